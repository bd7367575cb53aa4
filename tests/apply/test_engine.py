"""Plan and apply against the simulated cluster."""

import pytest

from pxhelm.apply.command import Result
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.bindings import BindingState
from pxhelm.store.journal import StepState
from pxhelm.store.objects import ObjectKey as StoreKey
from tests.apply.lab import vm

WEB = ObjectKey("VirtualMachine", "production", "web-server")


def stored(lab, key=WEB):
    return lab.store.objects.get(StoreKey("lab", key.kind, key.namespace, key.name))


def the(result):
    assert len(result.objects) == 1
    return result.objects[0]


def reason(result):
    return the(result).outcome.reason


def test_a_plan_of_a_clone_foresees_every_step_and_writes_nothing(lab):
    planned = lab.plan(vm())
    (item,) = planned.plan.objects
    assert item.action is Action.CREATE
    assert [s.verb for s in item.steps] == ["clone", "config", "resize", "start"]
    assert lab.writes() == []
    assert stored(lab) is None
    assert lab.store.bindings.list("lab") == ()


def test_apply_makes_the_guest_with_its_marker_and_binds_it(lab):
    result = lab.apply(vm())
    assert result.exit_code is ExitCode.OK
    assert result.count(Action.CREATE) == 1
    binding = lab.store.bindings.get(stored(lab).uid)
    config = lab.api("GET", f"/nodes/pve-node1/qemu/{binding.vmid}/config")
    assert (config["name"], config["cores"], config["memory"]) == ("web-server", 4, "8192")
    assert "size=50G" in config["scsi0"]
    assert f"u={stored(lab).uid} v={binding.vmid}" in config["description"]
    assert binding.state is BindingState.BOUND
    assert f"uuid={binding.guest_uuid}" in config["smbios1"]
    assert lab.guests()[binding.vmid]["status"] == "running"


def test_a_second_apply_writes_nothing(lab):
    lab.apply(vm())
    mark = lab.mark
    result = lab.apply(vm())
    assert the(result).outcome.result is Result.UNCHANGED
    assert lab.writes(mark) == []
    assert lab.plan(vm()).plan.empty


def test_the_journal_holds_every_write_and_is_closed(lab):
    lab.apply(vm())
    (op,) = lab.store.journal.ops(stored(lab).uid)
    steps = lab.store.journal.steps(op.op_id)
    assert [(s.kind, s.state) for s in steps] == [
        (verb, StepState.DONE) for verb in ("clone", "config", "resize", "start")
    ]
    assert steps[0].upid.startswith("UPID:")
    assert op.state == "done"
    assert lab.store.journal.open_ops("lab") == ()
    assert lab.store.leases.get(f"object:{stored(lab).uid}") is None


def test_a_changed_leaf_is_one_write_and_says_what_it_takes(lab):
    lab.apply(vm(cores=4))
    mark = lab.mark
    planned = lab.plan(vm(cores=2))
    (item,) = planned.plan.objects
    assert [(c.path, c.before, c.after, c.effect.label) for c in item.changes] == [("cpu.cores", 4, 2, "restart")]
    assert lab.apply(vm(cores=2)).exit_code is ExitCode.OK
    assert [(e.method, e.params["cores"]) for e in lab.writes(mark)] == [("PUT", "2")]
    assert stored(lab).generation == 2
    assert lab.plan(vm(cores=2)).plan.empty
    notes = lab.plan(vm(cores=2)).plan.objects[0].notes
    assert notes == ("cpu.cores waits for a restart: configured is 2, the running guest has 4",)


def test_a_change_made_by_others_is_drift_and_apply_takes_it_back(lab):
    lab.apply(vm())
    vmid = lab.store.bindings.get(stored(lab).uid).vmid
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", memory=4096)
    (item,) = lab.plan(vm()).plan.objects
    assert [(d.path, d.base, d.live) for d in item.drift] == [("memory.size", 8 << 30, 4 << 30)]
    assert [c.path for c in item.changes] == ["memory.size"]
    lab.apply(vm())
    assert lab.api("GET", f"/nodes/pve-node1/qemu/{vmid}/config")["memory"] == "8192"


def test_what_others_set_and_no_manifest_names_is_left_alone(lab):
    lab.apply(vm())
    vmid = lab.store.bindings.get(stored(lab).uid).vmid
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", tags="theirs")
    assert lab.plan(vm()).plan.empty


def test_a_field_taken_out_of_the_manifest_is_unset(lab):
    lab.apply(vm(spec="  tags: [ours]"))
    vmid = lab.store.bindings.get(stored(lab).uid).vmid
    assert lab.api("GET", f"/nodes/pve-node1/qemu/{vmid}/config")["tags"] == "ours"
    lab.apply(vm())
    assert "tags" not in lab.api("GET", f"/nodes/pve-node1/qemu/{vmid}/config")
    assert lab.plan(vm()).plan.empty


def test_delete_removes_the_guest_and_lets_its_vmid_rest(lab):
    lab.apply(vm())
    uid = stored(lab).uid
    vmid = lab.store.bindings.get(uid).vmid
    result = lab.destroy(WEB)
    assert result.exit_code is ExitCode.OK, the(result).outcome
    assert result.count(Action.DELETE) == 1
    assert lab.guests() == {}
    assert stored(lab) is None
    assert lab.store.bindings.at("lab", vmid).state is BindingState.QUARANTINED
    assert [s.kind for s in lab.store.journal.steps(lab.store.journal.ops(uid)[-1].op_id)] == [
        "tombstone",
        "shutdown",
        "destroy",
    ]
    assert lab.store.journal.open_ops("lab") == ()


def test_deleting_what_is_gone_is_no_error(lab):
    lab.apply(vm())
    lab.destroy(WEB)
    assert lab.destroy(WEB).exit_code is ExitCode.OK


def test_an_object_that_is_given_twice_is_refused_before_anything_is_asked(lab):
    with pytest.raises(PxhelmError, match="twice"):
        plan_objects(lab.ports(), lab.resources(vm()) * 2, PlanRequest())
    assert lab.simulator.log() == []


def test_an_apply_that_changes_nothing_leaves_no_trace_in_the_journal_either(lab):
    text = vm(metadata="  annotations: {pxhelm.io/ignore-differences: memory}")
    lab.apply(text)
    before = lab.store.journal.ops(stored(lab).uid)
    lab.apply(text)
    assert lab.store.journal.ops(stored(lab).uid) == before
