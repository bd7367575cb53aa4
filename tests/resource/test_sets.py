"""A set of guests is its members, before anything is planned."""

import pytest

from pxhelm import kinds
from pxhelm.errors import StageError
from pxhelm.manifest import load_manifests

SET = """apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: worker, namespace: prod, annotations: {pxhelm.io/depends-on: VirtualMachine/prod/db}}
spec:
  replicas: 2
  template:
    kind: VirtualMachine
    metadata: {labels: {k3s: agent}}
    spec:
      template: debian-12-template
      networks: {net0: {bridge: vmbr0, ip: "10.0.40.$(ordinal+10)/24"}}
      description: "$(name) is number $(ordinal); $$(ordinal) and $(hostname) are the shell's"
"""


def parsed(text=SET):
    return kinds.parse(load_manifests(text, "set.yaml"))


def test_members_have_their_ordinals_filled_in():
    one, *members = parsed()
    assert [m.key.address for m in members] == ["VirtualMachine/prod/worker-0", "VirtualMachine/prod/worker-1"]
    assert [m.leaves["networks.net0.ip"] for m in members] == ["10.0.40.10/24", "10.0.40.11/24"]
    assert members[1].leaves["description"] == ("worker-1 is number 1; $(ordinal) and $(hostname) are the shell's")
    assert members[0].labels == {"k3s": "agent", "pxhelm.io/set": "worker"}
    assert members[0].annotations == {"pxhelm.io/depends-on": "VirtualMachine/prod/db"}
    assert {r.name for r in one.references} == {"worker-0", "worker-1"}


def test_the_text_of_a_member_is_a_manifest_of_its_own():
    member = parsed()[1]
    again = kinds.parse(load_manifests(member.text, "member.yaml"))
    assert [(r.key, r.leaves) for r in again] == [(member.key, member.leaves)]


def test_a_mistake_in_the_template_is_told_where_it_was_written():
    with pytest.raises(StageError) as caught:
        parsed(SET.replace("bridge: vmbr0", "brigde: vmbr0"))
    (mistake,) = caught.value.errors  # one of the author's, though two members have it
    assert (mistake.where.file, mistake.where.line) == ("set.yaml", 11)


@pytest.mark.parametrize("replicas", ["-1", "many", "2000"])
def test_a_wrong_number_is_told_by_the_set(replicas):
    with pytest.raises(StageError, match="mistake"):
        parsed(SET.replace("replicas: 2", f"replicas: {replicas}"))
