"""The tag for people: on what is ours, never an identity, no difference, and no quarrel with a manifest's tags."""

import pytest

from pxhelm.apply.command import Result
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from tests.apply.lab import Lab, vm

BLANK = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web-server, namespace: production}
spec: {node: pve-node1, memory: 512, disks: [{storage: local-lvm, size: 1G}]%s}
"""
CONTAINER = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: web-server, namespace: production}
spec:
  node: pve-node2
  template: local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst
  memory: 512
  rootfs: {storage: local-lvm, size: 4G}
"""


class Tagging(Lab):
    """A lab of which the context says tagGuests."""

    tag = "pxhelm"

    def ports(self, worker="one", **changes):
        return super().ports(worker, tag=self.tag, **changes)


@pytest.fixture
def lab(tmp_path):
    made = Tagging(tmp_path)
    yield made
    made.close()


def guest(lab):
    (row,) = lab.guests().values()
    return f"/nodes/{row['node']}/{row['id']}/config"


def tags(lab):
    return set(lab.api("GET", guest(lab)).get("tags", "").split(";")) - {""}


def applied(lab, text, **request):
    result = lab.apply(text, **request)
    assert result.exit_code is ExitCode.OK, [o.outcome.message for o in result.failed]
    return result


def settled(lab, text):
    """Say that applying again writes nothing, and that there is no drift."""
    plan = lab.plan(text).plan
    assert not [o.drift for o in plan.objects if o.drift]
    mark = lab.mark
    assert {o.outcome.result for o in lab.apply(text).objects} == {Result.UNCHANGED}
    assert lab.writes(mark) == []


@pytest.mark.parametrize("text", [BLANK % "", CONTAINER, vm()], ids=["blank", "container", "clone"])
def test_new_guests_carry_it_and_are_then_left_alone(lab, text):
    applied(lab, text)
    assert tags(lab) == {"pxhelm"}
    settled(lab, text)


@pytest.mark.parametrize("text", [BLANK % ", tags: [a, b]", vm(spec="  tags: [a, b]")], ids=["blank", "clone"])
def test_it_stands_beside_the_tags_of_a_manifest(lab, text):
    applied(lab, text)
    assert tags(lab) == {"a", "b", "pxhelm"}
    settled(lab, text)
    applied(lab, text.replace("[a, b]", "[c]"))
    assert tags(lab) == {"c", "pxhelm"}
    applied(lab, text.replace("tags: [a, b]", "tags: []"))
    assert tags(lab) == {"pxhelm"}


def test_a_manifest_that_names_it_says_nothing_new(lab):
    text = BLANK % ", tags: [a, pxhelm]"
    applied(lab, text)
    assert tags(lab) == {"a", "pxhelm"}
    settled(lab, text)


def test_tags_that_a_manifest_lets_go_leave_it(lab):
    applied(lab, BLANK % ", tags: [a]")
    applied(lab, BLANK % "")
    assert tags(lab) == {"pxhelm"}


def test_a_clone_keeps_the_tags_of_its_template(lab):
    template = next(r for r in lab.api("GET", "/cluster/resources", type="vm") if r.get("template"))
    lab.api("PUT", f"/nodes/{template['node']}/{template['id']}/config", tags="linux")
    applied(lab, vm())
    assert tags(lab) == {"linux", "pxhelm"}
    settled(lab, vm())


def test_who_takes_it_off_is_right(lab):
    text = BLANK % ", tags: [a]"
    applied(lab, text)
    lab.api("PUT", guest(lab), tags="a")
    settled(lab, text)
    applied(lab, text.replace("[a]", "[b]"))
    assert tags(lab) == {"b"}


def test_a_foreign_guest_that_carries_it_is_foreign(lab):
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=500, name="web-server", tags="pxhelm")
    pinned = BLANK % ", vmid: 500"
    result = lab.apply(pinned)
    assert {o.outcome.reason for o in result.failed} <= {"Exists", "Taken", "IdentityConflict"}
    assert result.failed


def test_a_guest_that_is_adopted_gets_it(lab):
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=500, name="web-server", memory=512, tags="old")
    text = BLANK.replace("disks: [{storage: local-lvm, size: 1G}]", "description: found") % ""
    text = text.replace("production}", 'production, annotations: {pxhelm.io/adopt-from: "vmid:500"}}')
    assert {o.action for o in lab.plan(text).plan.objects} == {Action.ADOPT}
    applied(lab, text)
    assert tags(lab) == {"old", "pxhelm"}
    settled(lab, text)


def test_a_guest_that_is_let_go_loses_it(lab):
    text = BLANK % ", tags: [a]"
    kept = text.replace(
        "namespace: production}", "namespace: production, annotations: {pxhelm.io/deletion-policy: Retain}}"
    )
    applied(lab, kept)
    assert tags(lab) == {"a", "pxhelm"}
    (resource,) = lab.resources(kept)
    assert lab.destroy(resource.key).exit_code is ExitCode.OK
    assert tags(lab) == {"a"}


def test_without_the_setting_nothing_carries_it(lab):
    lab.tag = ""
    applied(lab, BLANK % "")
    assert tags(lab) == set()
    lab.tag = "pxhelm"
    settled(lab, BLANK % "")  # what was there before stays as it is
