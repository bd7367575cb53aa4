"""Taking back an apply that failed."""

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.undo import check_atomic, remember, undo
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK, vm


def config(lab, name):
    (row,) = [r for r in lab.guests().values() if r["name"] == name]
    return lab.api("GET", f"/nodes/{row['node']}/qemu/{row['vmid']}/config")


def applied(lab, *texts):
    """Apply and take back at once, as --atomic does after a failure."""
    planned = lab.plan(*texts)
    before = remember(lab.ports(), planned)
    result = apply_plan(lab.ports(), planned, QUICK)
    return undo(lab.ports(), planned, result, before, QUICK)


def test_what_was_created_is_gone_and_what_was_changed_is_as_before(lab):
    lab.apply(vm("old", spec="  tags: [one]"))
    before = config(lab, "old")
    undone = applied(lab, vm("old", cores=2, spec="  tags: [two]\n  protection: true"), vm("new"))
    assert undone.complete, undone
    assert [r["name"] for r in lab.guests().values()] == ["old"]
    after = config(lab, "old")
    assert {k: v for k, v in after.items() if k != "digest"} == {k: v for k, v in before.items() if k != "digest"}
    assert lab.plan(vm("old", spec="  tags: [one]")).plan.empty


def test_what_others_changed_after_us_stays_and_is_said(lab):
    lab.apply(vm("old", spec="  tags: [one]"))
    planned = lab.plan(vm("old", cores=2, spec="  tags: [two]"))
    before = remember(lab.ports(), planned)
    result = apply_plan(lab.ports(), planned, QUICK)
    (vmid,) = lab.guests()
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", tags="theirs")
    undone = undo(lab.ports(), planned, result, before, QUICK)
    assert undone.left == ("VirtualMachine/production/old: tags was changed by somebody else after us, so it stays",)
    assert (config(lab, "old")["tags"], config(lab, "old")["cores"]) == ("theirs", 4)


def test_what_cannot_be_taken_back_is_refused_beforehand(lab):
    lab.apply(vm("old"))
    planned = lab.plan(vm("old").replace("50G", "60G"), vm("new"))
    with pytest.raises(PxhelmError, match=r"VirtualMachine/production/old: resize disks\.scsi0\.size") as told:
        check_atomic(planned, allow_irreversible=False)
    assert told.value.code is ExitCode.REFUSED
    check_atomic(planned, allow_irreversible=True)
    old = ObjectKey("VirtualMachine", "production", "old")
    removal = plan_objects(lab.ports(), (), PlanRequest(delete=(old,)))
    with pytest.raises(PxhelmError, match="destroy"):
        check_atomic(removal, allow_irreversible=False)


def test_a_disk_that_grew_is_told_to_stay(lab):
    lab.apply(vm("old"))
    undone = applied(lab, vm("old").replace("50G", "60G"))
    assert not undone.complete
    assert "size=60G" in config(lab, "old")["scsi0"]
