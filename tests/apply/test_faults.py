"""Every write of a guest's life, its request lost, its answer lost, or a 502 after its effect: it ends as without."""

import pytest

from pxhelm.apply.command import Result
from pxhelm.apply.engine import apply_plan
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.bindings import BindingState
from pxhelm.store.journal import StepState
from pxhelm.store.objects import ObjectQuery
from tests.apply.lab import QUICK, vm

WEB = ObjectKey("VirtualMachine", "production", "web-server")
FAULTS = ("drop-request", "drop-reply", "5xx-after-effect=502")
CREATION = ("POST */clone", "PUT */config", "PUT */resize", "POST */status/start")
REMOVAL = ("PUT */config", "POST */status/shutdown", "DELETE */qemu/*")
READS = ("GET */tasks/*/status", "GET */pending", "GET /cluster/resources", "GET /cluster/nextid")


def steps(lab):
    found = lab.store.objects.list(ObjectQuery("lab"))
    ops = [op for o in found for op in lab.store.journal.ops(o.uid)]
    return [s for op in ops for s in lab.store.journal.steps(op.op_id)]


def only_guest(lab):
    ((vmid, row),) = lab.guests().items()
    config = lab.api("GET", f"/nodes/{row['node']}/qemu/{vmid}/config")
    assert (config["cores"], config["memory"], "size=50G" in config["scsi0"]) == (4, "8192", True)
    assert row["status"] == "running"
    return vmid


@pytest.mark.parametrize("write", CREATION)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_guest_is_made_once_through_any_fault(lab_of, fault, write):
    lab = lab_of(faults=(f"{fault} {write} #1",))
    result = lab.apply(vm())
    assert result.exit_code is ExitCode.OK, result.objects
    vmid = only_guest(lab)
    (binding,) = lab.store.bindings.list("lab")
    assert (binding.vmid, binding.state) == (vmid, BindingState.BOUND)
    assert lab.store.journal.open_ops("lab") == ()
    assert {s.state for s in steps(lab)} <= {StepState.DONE, StepState.SKIPPED}
    assert lab.plan(vm()).plan.empty


@pytest.mark.parametrize("write", REMOVAL)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_guest_is_removed_through_any_fault(lab_of, fault, write):
    number = 2 if write == "PUT */config" else 1
    lab = lab_of(faults=(f"{fault} {write} #{number}",))
    lab.apply(vm())
    result = lab.destroy(WEB)
    assert result.exit_code is ExitCode.OK, result.objects
    assert lab.guests() == {}
    assert lab.store.objects.list(ObjectQuery("lab")) == ()
    assert lab.store.journal.open_ops("lab") == ()


@pytest.mark.parametrize("read", READS)
def test_reads_that_fail_for_a_while_do_no_harm(lab_of, read):
    lab = lab_of(faults=(f"drop-reply {read} #2-4",))
    assert lab.apply(vm()).exit_code is ExitCode.OK
    only_guest(lab)


def test_a_quorum_that_is_lost_pauses_and_writes_nothing(lab):
    lab.apply(vm())

    def lose(world):
        world.state.edit("cluster", "main")["quorate"] = False

    lab.simulator.change(lose)
    (item,) = lab.apply(vm(cores=2)).objects
    assert (item.outcome.result, item.outcome.reason) == (Result.BLOCKED, "QuorumLost")
    ((_, row),) = lab.guests().items()
    assert row["maxcpu"] == 4


def test_a_failed_step_leaves_the_operation_open_and_the_next_apply_completes_the_guest(lab_of):
    """What was made must know later that it was: only then is it started."""
    lab = lab_of(faults=("5xx-after-effect=500 PUT */resize #1-3",))
    first = lab.apply(vm())
    if first.exit_code is not ExitCode.OK:
        assert lab.store.journal.open_ops("lab") != ()
    assert lab.apply(vm()).exit_code is ExitCode.OK
    only_guest(lab)
    assert lab.store.journal.open_ops("lab") == ()


def test_one_bad_object_stops_only_what_waits_for_it(lab):
    bad = vm("bad").replace("debian-12-template", "no-such-template")
    child = vm("child", metadata="  annotations: {pxhelm.io/depends-on: VirtualMachine/production/bad}")
    result = lab.apply(bad, child, vm("good"))
    reasons = {o.key.name: (o.outcome.result, o.outcome.reason) for o in result.objects}
    assert reasons == {
        "bad": (Result.BLOCKED, "Invalid"),
        "child": (Result.BLOCKED, "Dependency"),
        "good": (Result.DONE, ""),
    }
    assert result.exit_code is ExitCode.PARTIAL
    assert result.count(Action.CREATE) == 1
    assert "no-such-template" in result.error().message


def test_an_object_that_fails_while_it_is_made_blocks_what_waits_for_it(lab):
    child = vm("child", metadata="  annotations: {pxhelm.io/depends-on: VirtualMachine/production/web-server}")
    denied = lab.ports(cluster=lab.client_over(_denying(lab, "/clone")))
    result = apply_plan(denied, lab.plan(vm(), child), QUICK)
    reasons = {o.key.name: o.outcome.reason for o in result.objects}
    assert reasons == {"web-server": "PermissionDenied", "child": "Dependency"}
    assert lab.guests() == {}


POOL = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: shop}\nspec: {}\n"
LATER = "apiVersion: proxmox.io/v1\nkind: Job\nmetadata: {name: later, namespace: production}\nspec: {wait: 0s}\n"


def test_what_fails_stops_only_what_needs_it_and_jobs(lab):
    """Kinds come in an order, but a pool that cannot be made is no reason to do without guests that are not in it."""
    denied = lab.ports(cluster=lab.client_over(_denying(lab, "/pools")))
    member = vm("member", spec="  pool: shop")
    result = apply_plan(denied, lab.plan(POOL, vm("free"), member, LATER), QUICK)
    reasons = {o.key.name: (o.outcome.result, o.outcome.reason) for o in result.objects}
    assert reasons == {
        "shop": (Result.FAILED, "PermissionDenied"),
        "free": (Result.DONE, ""),
        "member": (Result.BLOCKED, "Dependency"),
        "later": (Result.BLOCKED, "Dependency"),
    }


def _denying(lab, end):
    def send(method, path, *rest, **more):
        if method == "POST" and path.endswith(end):
            return 403, "Permission check failed (/vms/9000, VM.Clone)", {}, b'{"data":null}'
        return lab.simulator.send(method, path, *rest, **more)

    return send


def test_what_a_killed_creation_left_can_be_removed(lab_of):
    """The clone was sent and its answer lost with the process; then the user changes her mind."""
    lab = lab_of()

    class Crash(BaseException):
        pass

    def send(method, path, *rest, **more):
        answer = lab.simulator.send(method, path, *rest, **more)
        if path.endswith("/clone"):
            raise Crash
        return answer

    apply_plan(lab.ports(cluster=lab.client_over(send)), lab.plan(vm()), QUICK)
    assert len(lab.guests()) == 1
    assert lab.destroy(WEB).exit_code is ExitCode.OK
    assert lab.guests() == {}
    assert lab.store.journal.open_ops("lab") == ()
