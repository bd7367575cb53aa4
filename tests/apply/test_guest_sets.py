"""Sets of guests: members come with the set, and those that are too many go, the last first."""

from pxhelm.apply.engine import apply_plan
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK

SET = """
apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: worker}
spec:
  replicas: %d
  template: {kind: Container, spec: {node: pve-node1, source: {image: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"}, power: Stopped, rootfs: {storage: local-lvm, size: 1G}}}
"""


def members(lab):
    return sorted(row["name"] for row in lab.guests().values() if str(row["name"]).startswith("worker-"))


def test_members_are_made_and_those_that_are_too_many_go(lab):
    planned = lab.plan(SET % 2)
    assert [b.message for b in planned.plan.blocked] == []
    result = apply_plan(lab.ports(), planned, QUICK)
    assert result.exit_code is ExitCode.OK, result.error()
    assert members(lab) == ["worker-0", "worker-1"]
    assert lab.plan(SET % 2).plan.empty
    less = lab.plan(SET % 1)
    assert [o.key.name for o in less.plan.objects if o.action is Action.DELETE] == ["worker-1"]
    assert apply_plan(lab.ports(), less, QUICK).exit_code is ExitCode.OK
    assert members(lab) == ["worker-0"]


def test_members_go_with_their_set(lab):
    lab.apply(SET % 2)
    assert lab.destroy(ObjectKey("GuestSet", "default", "worker")).exit_code is ExitCode.OK
    assert members(lab) == []
