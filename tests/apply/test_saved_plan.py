"""Plan now, apply later: bound per object to what was seen."""

import pytest

from pxhelm.apply.command import Result
from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.apply.saved import load_plan, save_plan
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK, vm

ONE = ObjectKey("VirtualMachine", "production", "one")


def later(lab, text):
    return apply_plan(lab.ports(), load_plan(lab.ports(), text), QUICK)


def outcomes(result):
    return {o.key.name: (o.outcome.result, o.outcome.reason) for o in result.objects}


def vmid_of(lab, name):
    return next(vmid for vmid, row in lab.guests().items() if row["name"] == name)


def test_a_saved_plan_does_what_it_says(lab):
    text = save_plan(lab.plan(vm("one"), vm("two")))
    assert later(lab, text).exit_code is ExitCode.OK
    assert sorted(row["name"] for row in lab.guests().values()) == ["one", "two"]
    assert lab.plan(vm("one"), vm("two")).plan.empty


def test_an_object_that_changed_since_is_refused_alone_and_named(lab):
    lab.apply(vm("one"), vm("two"))
    text = save_plan(lab.plan(vm("one", cores=2), vm("two", cores=2)))
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid_of(lab, 'one')}/config", tags="by-hand")
    result = later(lab, text)
    assert outcomes(result) == {"one": (Result.BLOCKED, "Stale"), "two": (Result.DONE, "")}
    assert lab.api("GET", f"/nodes/pve-node1/qemu/{vmid_of(lab, 'one')}/config")["cores"] == 4


def test_a_manifest_applied_since_makes_the_plan_of_its_object_stale(lab):
    lab.apply(vm("one"))
    text = save_plan(lab.plan(vm("one", cores=2)))
    lab.apply(vm("one", cores=3))
    assert outcomes(later(lab, text)) == {"one": (Result.BLOCKED, "Stale")}


def test_an_object_made_since_makes_the_plan_to_make_it_stale(lab):
    text = save_plan(lab.plan(vm("one")))
    lab.apply(vm("one", cores=2))
    assert outcomes(later(lab, text)) == {"one": (Result.BLOCKED, "Stale")}
    assert len(lab.guests()) == 1


def test_what_happens_elsewhere_does_not_make_a_plan_stale(lab):
    lab.apply(vm("one"), vm("two"))
    text = save_plan(lab.plan(vm("one", cores=2)))
    lab.apply(vm("two", cores=2))
    lab.api("POST", "/nodes/pve-node2/qemu", vmid=500, name="theirs")
    assert outcomes(later(lab, text)) == {"one": (Result.DONE, "")}


def test_a_saved_removal_removes_and_is_refused_for_what_changed(lab):
    lab.apply(vm("one"))
    text = save_plan(plan_objects(lab.ports(), (), PlanRequest(delete=(ONE,))))
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid_of(lab, 'one')}/config", tags="by-hand")
    assert outcomes(later(lab, text)) == {"one": (Result.BLOCKED, "Stale")}
    text = save_plan(plan_objects(lab.ports(), (), PlanRequest(delete=(ONE,))))
    assert outcomes(later(lab, text)) == {"one": (Result.DONE, "")}
    assert lab.guests() == {}


def test_a_plan_of_another_cluster_is_refused(lab):
    text = save_plan(lab.plan(vm("one")))
    with pytest.raises(PxhelmError, match="made for the cluster lab, this is other") as told:
        load_plan(lab.ports(cluster_name="other"), text)
    assert told.value.code is ExitCode.REFUSED
