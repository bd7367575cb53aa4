"""Starting, stopping and pausing virtual machines.

A machine with ``kvm: 0`` has no operating system in it and never reacts to a shutdown; others take a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import drives, guests, volumes
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.qemu_create import start_now
from pxhelm.simulator.qemu_pending import apply_stopped, has_bridge
from pxhelm.simulator.qemu_update import need_root_for_skiplock
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork, interrupt
from pxhelm.simulator.world import Call, Routes, World

SHUTDOWN_SECONDS = 3.0
SHUTDOWN_TIMEOUT = 180


def _fork(call: Call, kind: str, args: Mapping[str, Any], seconds: float) -> str:
    holds = [guests.flock("qemu", call.vmid)]
    return fork(
        call.world, call.identity, Plan(call.node, kind, call.vmid, kind, {"vmid": call.vmid, **args}, seconds, holds)
    )


def ha_request(call: Call, kind: str, state: str, word: str) -> str:
    """File a request with the HA manager instead of acting."""
    sid = f"{kind}:{call.vmid}"
    args = {
        "sid": sid,
        "state": state,
        "text": f"Requesting HA {word} for {'VM' if kind == 'vm' else 'CT'} {call.vmid}",
    }
    return fork(call.world, call.identity, Plan(call.node, f"ha{word}", call.vmid, "ha", args, 0.5))


def _ha_job(task: Running) -> None:
    task.log(task.args["text"])
    if task.world.state.has("ha", task.args["sid"]):
        task.world.state.edit("ha", task.args["sid"])["state"] = task.args["state"]


def _managed(call: Call) -> bool:
    row = call.state.get("guest", call.vmid)
    return bool(row and guests.ha_managed(call.world, row, call.vmid))


def start(call: Call) -> str:
    """POST …/status/start."""
    need_root_for_skiplock(call)
    call.world.need_quorum()
    if _managed(call):
        return ha_request(call, "vm", "started", "start")
    return _fork(call, "qmstart", {"skiplock": call.params.get("skiplock", 0)}, 2.0)


def check_start(world: World, node: str, vmid: str, *, skip_lock: bool) -> None:
    """Refuse to start what cannot run."""
    row = guests.look(world, "qemu", node, vmid)
    conf = {**row["conf"], **row["pending"]}
    if conf.get("template"):
        raise TaskError("you can't start a vm if it's a template")
    if not skip_lock and row["conf"].get("lock") != "suspended":
        guests.check_lock(row)
    if row["run"] is not None:
        raise TaskError(f"VM {vmid} already running")
    for option in sorted(o for o in conf if o.startswith("net")):
        net = split_properties(keys_of("qemu", "net0"), conf[option])
        if net.get("bridge") and not has_bridge(world, node, net["bridge"]):
            raise TaskError(f"bridge '{net['bridge']}' does not exist")
    for _, drive in drives.drives_of(conf):
        file = drive["file"]
        if ":" in file and volumes.find(world, node, file) is None:
            raise TaskError(f"volume '{file}' does not exist")


def _start_begin(task: Running) -> None:
    check_start(task.world, task.node, task.args["vmid"], skip_lock=bool(task.args["skiplock"]))


def _start_job(task: Running) -> None:
    vmid = task.args["vmid"]
    row = guests.run_state(task.world, vmid)
    apply_stopped(task.world, vmid, row)
    row["conf"].pop("lock", None) if row["conf"].get("lock") == "suspended" else None
    start_now(task.world, vmid)


def power_off(world: World, vmid: str) -> None:
    """Let a machine stop and apply what waited for that."""
    row = guests.run_state(world, vmid)
    row["run"] = None
    apply_stopped(world, vmid, row)


def stop(call: Call) -> str:
    """POST …/status/stop."""
    need_root_for_skiplock(call)
    if _managed(call):
        return ha_request(call, "vm", "stopped", "stop")
    args: dict[str, Any] = {"skiplock": call.params.get("skiplock", 0)}
    if call.params.get("overrule-shutdown"):
        args["overruled"] = overrule(call, "qmshutdown")
    return _fork(call, "qmstop", args, 1.0)


def overrule(call: Call, kind: str) -> list[str]:
    """Interrupt the shutdown tasks of a guest; return their UPIDs."""
    found = [
        u
        for u, row in call.state.items("task")
        if row["status"] is None and row["type"] == kind and row["id"] == call.vmid
    ]
    for upid in found:
        interrupt(call.world, upid)
    return found


def _stop_begin(task: Running) -> None:
    vmid = task.args["vmid"]
    row = task.world.state.get("guest", vmid)
    if row is None or row["kind"] != "qemu" or row["node"] != task.node:
        raise TaskError(f"unable to find configuration file for VM {vmid} on node '{task.node}'")
    if task.args.get("overruled"):
        task.log(f"overruled qmshutdown tasks: {', '.join(task.args['overruled'])}")
    if row["run"] is not None and not task.args["skiplock"]:
        guests.check_lock(row)


def _stop_job(task: Running) -> None:
    row = task.world.state.get("guest", task.args["vmid"])
    if row and row["run"] is not None:
        power_off(task.world, task.args["vmid"])


def _reacts(row: Mapping[str, Any]) -> bool:
    return bool(row["conf"].get("kvm", 1)) and row["run"].get("state", "running") == "running"


def _shutdown_seconds(call: Call) -> tuple[float, bool]:
    row = call.state.get("guest", call.vmid)
    if row is None or row["run"] is None:
        return 0.5, True
    limit = float(call.params.get("timeout", SHUTDOWN_TIMEOUT))
    if _reacts(row):
        return min(SHUTDOWN_SECONDS, limit), True
    return limit, False


def shutdown(call: Call) -> str:
    """POST …/status/shutdown."""
    need_root_for_skiplock(call)
    if _managed(call):
        return ha_request(call, "vm", "stopped", "stop")
    seconds, reacts = _shutdown_seconds(call)
    args = {"skiplock": call.params.get("skiplock", 0), "force": call.params.get("forceStop", 0), "reacts": reacts}
    return _fork(call, "qmshutdown", args, seconds)


def _shutdown_job(task: Running) -> None:
    vmid = task.args["vmid"]
    row = task.world.state.get("guest", vmid)
    if row is None or row["run"] is None:
        return
    if not task.args["reacts"]:
        if not task.args["force"]:
            raise TaskError("VM quit/powerdown failed - got timeout")
        task.log("VM still running - terminating now with SIGTERM")
    power_off(task.world, vmid)


def _need_running(call: Call) -> None:
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    if row["run"] is None:
        raise ApiError(f"VM {call.vmid} not running")


def reboot(call: Call) -> str:
    """POST …/status/reboot."""
    _need_running(call)
    seconds, reacts = _shutdown_seconds(call)
    return _fork(call, "qmreboot", {"reacts": reacts}, seconds + 2.0)


def _reboot_job(task: Running) -> None:
    if not task.args["reacts"]:
        raise TaskError("VM quit/powerdown failed")
    power_off(task.world, task.args["vmid"])
    start_now(task.world, task.args["vmid"])


def reset(call: Call) -> str:
    """POST …/status/reset."""
    need_root_for_skiplock(call)
    _need_running(call)
    return _fork(call, "qmreset", {}, 0.5)


def _reset_job(task: Running) -> None:
    guests.run_state(task.world, task.args["vmid"])["run"]["since"] = task.world.now


def suspend(call: Call) -> str:
    """POST …/status/suspend: paused in memory, or saved with ``todisk``."""
    need_root_for_skiplock(call)
    _need_running(call)
    if call.params.get("todisk"):
        return _fork(call, "qmsuspend", {}, 5.0)
    return _fork(call, "qmpause", {"state": "paused"}, 0.2)


def resume(call: Call) -> str:
    """POST …/status/resume."""
    need_root_for_skiplock(call)
    _need_running(call)
    return _fork(call, "qmresume", {"state": "running"}, 0.2)


def _state_job(task: Running) -> None:
    guests.run_state(task.world, task.args["vmid"])["run"]["state"] = task.args["state"]


def _suspend_job(task: Running) -> None:
    row = guests.run_state(task.world, task.args["vmid"])
    row["run"] = None
    row["conf"]["lock"] = "suspended"


_STATUS = "/nodes/{node}/qemu/{vmid}/status"
ROUTES: Routes = {
    ("POST", f"{_STATUS}/start"): start,
    ("POST", f"{_STATUS}/stop"): stop,
    ("POST", f"{_STATUS}/shutdown"): shutdown,
    ("POST", f"{_STATUS}/reboot"): reboot,
    ("POST", f"{_STATUS}/reset"): reset,
    ("POST", f"{_STATUS}/suspend"): suspend,
    ("POST", f"{_STATUS}/resume"): resume,
}
TASKS = {
    "ha": Job(_ha_job),
    "qmstart": Job(_start_job, _start_begin),
    "qmstop": Job(_stop_job, _stop_begin),
    "qmshutdown": Job(_shutdown_job),
    "qmreboot": Job(_reboot_job),
    "qmreset": Job(_reset_job),
    "qmpause": Job(_state_job),
    "qmresume": Job(_state_job),
    "qmsuspend": Job(_suspend_job),
}
