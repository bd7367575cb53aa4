"""Starting and stopping guests, and destroying one that is not ours."""

import pytest

from pxhelm.actions.inspect import Found, find_one
from pxhelm.actions.operate import Manner, _nothing, _told, carry_out, exit_code
from pxhelm.actions.power import Verb, Wish
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import StepFinished, StepStarted, TaskProgress
from pxhelm.proxmox.request import Response, drive
from pxhelm.store.leases import Holder


def guests(lab, *vmids, kind="VirtualMachine"):
    return [find_one(lab.services, (kind,), f"vmid:{vmid}") for vmid in vmids]


def status(lab, vmid, kind="qemu"):
    return next(r["status"] for r in lab.api("GET", "/cluster/resources") if r["id"] == f"{kind}/{vmid}")


def test_several_at_once_and_each_says_what_became_of_it(lab):
    done = carry_out(lab.services, guests(lab, 100, 101, 9000), Wish(Verb.START))
    assert [one.result for one in done] == ["started", "already running", ""]
    assert "you can't start a vm if it's a template" in done[2].error.message
    assert exit_code(done) is ExitCode.PARTIAL
    assert exit_code(done[2:]) is ExitCode.FAILED
    assert exit_code(done[:2]) is ExitCode.OK
    assert status(lab, 100) == "running"


def test_stop_asks_the_system_in_the_guest_and_force_pulls_the_plug(lab):
    with lab.counted() as requests:
        carry_out(lab.services, guests(lab, 101), Wish(Verb.STOP))
    assert "POST /api2/json/nodes/pve-node2/qemu/101/status/shutdown" in requests
    assert status(lab, 101) == "stopped"
    with lab.counted() as requests:
        carry_out(lab.services, guests(lab, 102), Wish(Verb.STOP, force=True))
    assert "POST /api2/json/nodes/pve-node3/qemu/102/status/stop" in requests


def test_a_guest_that_does_not_react_is_an_error_with_a_way_out(lab):
    lab.api("PUT", "/nodes/pve-node3/qemu/102/config", kvm=0)
    carry_out(lab.services, guests(lab, 102), Wish(Verb.RESTART, force=True))
    (done,) = carry_out(lab.services, guests(lab, 102), Wish(Verb.STOP, timeout=1))
    assert "--force" in done.error.hint
    assert status(lab, 102) == "running"


def test_restart_starts_what_is_off(lab):
    done = carry_out(lab.services, guests(lab, 100, 101), Wish(Verb.RESTART))
    assert [one.result for one in done] == ["started", "restarted"]


def test_containers_go_the_same_way(lab):
    (done,) = carry_out(lab.services, guests(lab, 104, kind="Container"), Wish(Verb.START))
    assert (done.result, status(lab, 104, "lxc")) == ("started", "running")


OURS = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: NAME}
spec: {node: pve-node1, template: debian-12-template, power: Running}
"""


def ours(lab, *names):
    for name in names:
        lab.apply(OURS.replace("NAME", name))
    return [find_one(lab.services, ("VirtualMachine",), name) for name in names]


def test_a_guest_on_which_an_apply_works_is_left_alone_and_the_others_go_on(lab):
    one, two = ours(lab, "one", "two")
    leases, now = lab.store.leases, lab.services.now().timestamp()
    lease = leases.acquire(f"object:{one.stored.uid}", Holder("here", "boot", 2, "another"), 60, now)
    with lab.counted() as requests:
        done = carry_out(lab.services, [one, two], Wish(Verb.STOP, force=True))
    assert [one.result for one in done] == ["", "stopped"]
    assert not [r for r in requests if f"/{one.vmid}/status" in r]
    assert "cannot stop VirtualMachine/default/one: another command works on it (here pid 2" in done[0].error.message
    assert (exit_code(done), exit_code(done[:1])) == (ExitCode.PARTIAL, ExitCode.LOCKED)
    leases.release(lease)
    assert exit_code(carry_out(lab.services, [one], Wish(Verb.STOP, force=True))) is ExitCode.OK


def test_a_guest_is_leased_while_something_is_done_to_it_and_no_longer(lab):
    (one,) = ours(lab, "one")
    held = []

    def watched(name, holder, ttl, now, dead):
        held.append(name)
        return acquire(name, holder, ttl, now, dead)

    acquire, lab.store.leases.acquire = lab.store.leases.acquire, watched
    carry_out(lab.services, [one], Wish(Verb.RESTART, force=True))
    assert held == [f"object:{one.stored.uid}"]
    assert lab.store.leases.get(held[0]) is None


def test_progress_is_told_with_the_tasks_own_lines(lab):
    carry_out(lab.services, guests(lab, 100), Wish(Verb.START))
    kinds = [type(event) for event in lab.told]
    assert kinds[0] is StepStarted
    assert kinds[-1] is StepFinished
    assert TaskProgress in kinds


def test_what_runs_is_not_destroyed_without_force(lab):
    (done,) = carry_out(lab.services, guests(lab, 101), Wish(Verb.DESTROY))
    assert "it is running" in done.error.message
    assert status(lab, 101) == "running"
    (done,) = carry_out(lab.services, guests(lab, 101), Wish(Verb.DESTROY, force=True))
    assert done.result == "deleted"
    with pytest.raises(StopIteration):
        status(lab, 101)


def test_a_protected_guest_stays(lab):
    lab.api("PUT", "/nodes/pve-node1/qemu/100/config", protection=1)
    (done,) = carry_out(lab.services, guests(lab, 100), Wish(Verb.DESTROY))
    assert "protection" in done.error.message
    assert status(lab, 100) == "stopped"


def under_ha(statuses, timeout=180.0):
    """Stop a guest of the HA manager, whose task ends at once; return the result and the seconds waited."""
    upid = "UPID:pve1:00000001:00000001:60000000:hastop:101:root@pam:"
    waits = []
    left = iter(statuses)

    def send(request):
        if request.method == "POST":
            return Response(upid)
        if request.path.endswith("/status/current"):
            return Response({"status": next(left)})
        return Response([] if request.path.endswith("/log") else {"status": "stopped", "exitstatus": "OK"})

    guest = Found("VirtualMachine", "web", row={"vmid": 101, "node": "pve1", "status": "running"})
    operation = _told(lambda _event: None, guest, Wish(Verb.STOP, timeout=timeout), Manner(), _nothing)
    return drive(operation, send, waits.append), sum(waits)


def test_the_ha_managers_task_only_asks_so_the_guest_itself_is_watched():
    assert under_ha(["running", "running", "stopped"]) == ("stopped", 4.0)


def test_an_ha_manager_that_does_nothing_is_not_waited_for_without_end():
    with pytest.raises(PxhelmError, match="the HA manager was asked, but VirtualMachine/web is not stopped after 10 s"):
        under_ha(["running"] * 100, timeout=10)
