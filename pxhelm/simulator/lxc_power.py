"""Starting and stopping containers, cloning them, making templates, growing their volumes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import guests, mountpoints, volumes
from pxhelm.simulator.errors import MISSING, ApiError, denied
from pxhelm.simulator.lxc_update import apply_stopped
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.qemu_clone import rename_to_base
from pxhelm.simulator.qemu_pending import has_bridge
from pxhelm.simulator.qemu_power import ha_request, overrule
from pxhelm.simulator.sizes import wanted_bytes
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, check_digest


def _fork(call: Call, kind: str, args: Mapping[str, Any], seconds: float) -> str:
    holds = [guests.flock("lxc", call.vmid)]
    return fork(
        call.world, call.identity, Plan(call.node, kind, call.vmid, kind, {"vmid": call.vmid, **args}, seconds, holds)
    )


def _running(call: Call) -> bool:
    row = call.state.get("guest", call.vmid)
    return bool(row and row["kind"] == "lxc" and row["node"] == call.node and row["run"])


def _managed(call: Call) -> bool:
    row = call.state.get("guest", call.vmid)
    return bool(row and row["kind"] == "lxc" and guests.ha_managed(call.world, row, call.vmid))


def start(call: Call) -> str:
    """POST …/status/start."""
    call.world.need_quorum()
    if _running(call):
        raise ApiError(f"CT {call.vmid} already running")
    if _managed(call):
        return ha_request(call, "ct", "started", "start")
    return _fork(call, "vzstart", {}, 2.0)


def _start_begin(task: Running) -> None:
    row = guests.look(task.world, "lxc", task.node, task.args["vmid"])
    guests.check_lock(row)
    if row["conf"].get("template"):
        raise TaskError("you can't start a CT if it's a template")
    for option in sorted(o for o in row["conf"] if re.fullmatch(r"net\d+", o)):
        bridge = split_properties(keys_of("lxc", "net0"), row["conf"][option]).get("bridge", "")
        if bridge and not has_bridge(task.world, task.node, bridge):
            raise TaskError(f"bridge '{bridge}' does not exist")
    for _, mount in mountpoints.mounts_of(row["conf"]):
        if not mount["volume"].startswith("/"):
            volumes.parse(task.world, mount["volume"])
            volumes.size_of(task.world, task.node, mount["volume"])


def _start_job(task: Running) -> None:
    row = guests.run_state(task.world, task.args["vmid"])
    apply_stopped(task.world, row)
    row["run"] = {"since": task.world.now, "pid": 2000 + task.world.number(60000)}


def _need_running(call: Call, label: str = "CT") -> None:
    if not _running(call):
        raise ApiError(f"{label} {call.vmid} not running")


def stop(call: Call) -> str:
    """POST …/status/stop."""
    _need_running(call)
    if _managed(call):
        return ha_request(call, "ct", "stopped", "stop")
    if call.params.get("overrule-shutdown"):
        overrule(call, "vzshutdown")
    return _fork(call, "vzstop", {}, 1.0)


def shutdown(call: Call) -> str:
    """POST …/status/shutdown."""
    _need_running(call)
    if _managed(call):
        return ha_request(call, "ct", "stopped", "stop")
    return _fork(call, "vzshutdown", {}, 2.0)


def _stop_job(task: Running) -> None:
    row = guests.run_state(task.world, task.args["vmid"])
    row["run"] = None
    apply_stopped(task.world, row)


def reboot(call: Call) -> str:
    """POST …/status/reboot."""
    _need_running(call, "VM")
    return _fork(call, "vzreboot", {}, 4.0)


def suspend(call: Call) -> str:
    """POST …/status/suspend: experimental in Proxmox; the container's processes are saved and it is off."""
    _need_running(call)
    return _fork(call, "vzsuspend", {}, 2.0)


def resume(call: Call) -> str:
    """POST …/status/resume."""
    if _running(call):
        raise ApiError(f"CT {call.vmid} already running")
    return _fork(call, "vzresume", {}, 2.0)


def _reboot_job(task: Running) -> None:
    _stop_job(task)
    _start_job(task)


# clone


def clone(call: Call) -> str:
    """POST …/clone."""
    world, params, vmid = call.world, call.params, call.vmid
    new, pool, storage = str(params["newid"]), str(params.get("pool", "")), str(params.get("storage", ""))
    target = str(params.get("target") or call.node)
    guests.need_pool(world, pool)
    rights = Rights(world, call.identity)
    if not rights.has(f"/vms/{new}", ["VM.Allocate"]) and not (pool and rights.has(f"/pool/{pool}", ["VM.Allocate"])):
        raise denied()
    world.need_quorum()
    row = guests.look(world, "lxc", call.node, vmid)
    if not world.state.has("node", target):
        raise ApiError(f"no such cluster node '{target}'")
    guests.check_lock(row)
    full = bool(params.get("full", not row["conf"].get("template")))
    if storage and not full:
        raise ApiError("parameter 'storage' not allowed for linked clones")
    gib = 0.0
    for option, mount in mountpoints.mounts_of(row["conf"]):
        name = volumes.parse(world, mount["volume"])
        store = volumes.storage(world, mount["volume"].partition(":")[0])
        if not full and (not name.is_base or store["type"] in volumes.DIRECTORY_TYPES):
            raise ApiError(f"Linked clone feature for '{mount['volume']}' is not available")
        if target != call.node and not store.get("shared"):
            raise ApiError(f"can't clone CT to node '{target}' (CT uses local storage)")
        rights.need(f"/storage/{storage or mount['volume'].partition(':')[0]}", ["Datastore.AllocateSpace"])
        gib += volumes.size_of(world, call.node, mount["volume"]) / volumes.GIB
        del option
    if world.state.has("guest", new):
        raise ApiError(f"unable to create CT {new}: config file already exists")
    args = {"new": new, "pool": pool, "storage": storage, "full": full, "target": target}
    args |= {k: params[k] for k in ("hostname", "description") if k in params}
    guests.write(world, new, guests.blank("lxc", call.node, {"lock": "create"}))
    return _fork(call, "vzclone", args, 1.5 + 0.5 * gib * full)


def _clone_job(task: Running) -> None:
    world, args = task.world, task.args
    new = args["new"]
    task.log(f"creating a clone of container {args['vmid']} with ID {new}")
    maker = mountpoints.Maker(world, task.node, new)
    try:
        source = guests.look(world, "lxc", task.node, args["vmid"])["conf"]
        conf = {
            k: v for k, v in source.items() if k not in ("lock", "template", "parent") and not k.startswith("unused")
        }
        for option, mount in mountpoints.mounts_of(conf):
            mount["volume"] = _copy(task, maker, option, mount["volume"])
            conf[option] = mountpoints.show(option, mount)
    except ApiError as error:
        maker.undo()
        world.state.delete("guest", new)
        raise TaskError(f"clone failed: {error}") from None
    keys = keys_of("lxc", "net0")
    for option in [o for o in conf if re.fullmatch(r"net\d+", o)]:
        net = split_properties(keys, conf[option])
        conf[option] = print_properties(keys, {**net, "hwaddr": world.mac()})
    conf |= {k: args[k] for k in ("hostname", "description") if args.get(k)}
    guests.write(world, new, guests.blank("lxc", args["target"], conf))
    guests.join_pool(world, new, args["pool"])


def _copy(task: Running, maker: mountpoints.Maker, option: str, source: str) -> str:
    world, args = task.world, task.args
    size = volumes.size_of(world, task.node, source)
    if args["full"]:
        task.log(f"create full clone of mountpoint {option} ({source})")
        return maker.allocate(args["storage"] or source.partition(":")[0], size // 1024)
    task.log(f"create linked clone of mountpoint {option} ({source})")
    volid = volumes.linked_name(world, task.node, source, args["new"])
    base = volumes.split(source)[1]
    row = {"size": size, "format": "raw", "vmid": int(args["new"]), "content": "rootdir", "ctime": int(world.now)}
    volumes.put(world, task.node, volid, {**row, "parent": base, "base": base})
    maker.made.append(volid)
    return volid


def template(call: Call) -> None:
    """POST …/template: answers before it is done."""
    row = guests.look(call.world, "lxc", call.node, call.vmid)
    guests.check_lock(row)
    if row["snaps"]:
        raise ApiError("unable to create template, because CT contains snapshots")
    if row["conf"].get("template"):
        raise ApiError("you can't convert a template to a template")
    if row["run"] is not None:
        raise ApiError("you can't convert a CT to template if the CT is running")
    _fork(call, "vztemplate", {}, 0.2)


def _template_job(task: Running) -> None:
    row = guests.change(task.world, "lxc", task.node, task.args["vmid"])
    row["conf"]["template"] = 1
    for option, mount in mountpoints.mounts_of(row["conf"]):
        if not volumes.parse(task.world, mount["volume"]).is_base:
            mount["volume"] = rename_to_base(task.world, task.node, mount["volume"])
            row["conf"][option] = mountpoints.show(option, mount)


# resize


def resize(call: Call) -> str:
    """PUT …/resize: refused at once, done in a task."""
    world, params = call.world, call.params
    row = guests.look(world, "lxc", call.node, call.vmid)
    check_digest(params.get("digest"), guests.digest_of(row))
    guests.check_lock(row)
    option = str(params["disk"])
    if option not in row["conf"]:
        raise ApiError("format error", 500, dict.fromkeys(("volume", "mp")[: 1 + (option != "rootfs")], MISSING))
    volid = mountpoints.parse(option, row["conf"][option])["volume"]
    size = volumes.size_of(world, call.node, volid)
    new = wanted_bytes(str(params["size"]), size)
    if new < size:
        raise ApiError("unable to shrink disk size")
    if new == size:
        raise ApiError("disk is already at specified size")
    args = {"vmid": call.vmid, "disk": option, "volid": volid, "size": new}
    holds = [guests.flock("lxc", call.vmid)]
    return fork(world, call.identity, Plan(call.node, "resize", call.vmid, "ctresize", args, 1.0, holds))


def _resize_job(task: Running) -> None:
    world, args = task.world, task.args
    row = guests.change(world, "lxc", task.node, args["vmid"])
    volume = volumes.find(world, task.node, args["volid"])
    if volume is None:
        raise TaskError(f"volume '{args['volid']}' does not exist")
    volumes.put(world, task.node, args["volid"], {**volume, "size": args["size"]})
    mount = mountpoints.parse(args["disk"], row["conf"][args["disk"]])
    mount["size"] = volumes.size_text(args["size"])
    row["conf"][args["disk"]] = mountpoints.show(args["disk"], mount)
    task.log("Image resized.")


_ONE = "/nodes/{node}/lxc/{vmid}"
ROUTES: Routes = {
    ("POST", f"{_ONE}/status/start"): start,
    ("POST", f"{_ONE}/status/stop"): stop,
    ("POST", f"{_ONE}/status/shutdown"): shutdown,
    ("POST", f"{_ONE}/status/reboot"): reboot,
    ("POST", f"{_ONE}/status/suspend"): suspend,
    ("POST", f"{_ONE}/status/resume"): resume,
    ("POST", f"{_ONE}/clone"): clone,
    ("POST", f"{_ONE}/template"): template,
    ("PUT", f"{_ONE}/resize"): resize,
}
TASKS = {
    "vzstart": Job(_start_job, _start_begin),
    "vzstop": Job(_stop_job),
    "vzshutdown": Job(_stop_job),
    "vzreboot": Job(_reboot_job),
    "vzsuspend": Job(_stop_job),
    "vzresume": Job(_start_job, _start_begin),
    "vzclone": Job(_clone_job),
    "vztemplate": Job(_template_job),
    "ctresize": Job(_resize_job),
}
