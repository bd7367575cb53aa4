"""Growing disks of virtual machines, moving them to other storages and to other machines."""

from __future__ import annotations

import math
from typing import Any

from pxhelm.simulator import drives, guests, volumes
from pxhelm.simulator.errors import ApiError, parameter_error, parameter_errors
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.qemu_update import need_root_for_skiplock
from pxhelm.simulator.sizes import wanted_bytes
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, World, check_digest


def resize(call: Call) -> str:
    """PUT …/resize: everything but the parameters is looked at in the task."""
    need_root_for_skiplock(call)
    args: dict[str, Any] = {
        "vmid": call.vmid,
        **{k: call.params[k] for k in ("disk", "size", "digest", "skiplock") if k in call.params},
    }
    holds = [guests.flock("qemu", call.vmid)]
    return fork(call.world, call.identity, Plan(call.node, "resize", call.vmid, "resize", args, 1.0, holds))


def _resize_begin(task: Running) -> None:
    world, args = task.world, task.args
    row = guests.look(world, "qemu", task.node, args["vmid"])
    if args.get("digest") and args["digest"] != guests.digest_of(row):
        raise TaskError("checksum mismatch (file change by other user?)")
    if not args.get("skiplock"):
        guests.check_lock(row)
    option = args["disk"]
    if option not in row["conf"]:
        raise TaskError(f"disk '{option}' does not exist")
    file = drives.parse(option, row["conf"][option])["file"]
    volumes.parse(world, file)
    Rights(world, task.identity).need(f"/storage/{file.partition(':')[0]}", ["Datastore.AllocateSpace"])
    size = volumes.size_of(world, task.node, file)
    args["bytes"] = wanted_bytes(args["size"], size)
    args["grows"] = args["bytes"] != size
    if args["bytes"] < size:
        raise TaskError("shrinking disks is not supported")


def _resize_job(task: Running) -> None:
    world, args = task.world, task.args
    if not args["grows"]:
        return
    row = guests.change(world, "qemu", task.node, args["vmid"])
    option = args["disk"]
    drive = drives.parse(option, row["conf"][option])
    volume: dict[str, Any] = volumes.find(world, task.node, drive["file"]) or {}
    volumes.put(world, task.node, drive["file"], {**volume, "size": math.ceil(args["bytes"] / 1024) * 1024})
    drive["size"] = volumes.size_text(args["bytes"])
    row["conf"][option] = drives.show(option, drive)
    if row["run"] is None:
        task.log("Image resized.")


# move


def move(call: Call) -> str:
    """POST …/move_disk."""
    world, params = call.world, call.params
    storage, target = params.get("storage"), params.get("target-vmid")
    if storage is None and target is None:
        text = "both 'storage' and 'target-vmid' missing, either needs to be set"
        raise parameter_errors({"storage": text, "target-vmid": text})
    if storage is not None and target is not None:
        text = "either set 'storage' or 'target-vmid', but not both"
        raise parameter_errors({"storage": text, "target-vmid": text})
    if target is not None:
        return _reassign(call, str(target))
    row = guests.look(world, "qemu", call.node, call.vmid)
    check_digest(params.get("digest"), guests.digest_of(row))
    drive = _movable(row, str(params["disk"]))
    volumes.storage(world, str(storage))
    Rights(world, call.identity).need(f"/storage/{storage}", ["Datastore.AllocateSpace"])
    old = drive["file"].partition(":")[0]
    form = volumes.parse(world, drive["file"]).format
    if old == storage and params.get("format", form) == form:
        raise ApiError("you can't move to the same storage with same format")
    if not params.get("delete") and row["snaps"]:
        pass  # Proxmox moves and says in the log that snapshots stay behind
    args = {
        "vmid": call.vmid,
        "disk": params["disk"],
        "storage": storage,
        "format": params.get("format", ""),
        "delete": params.get("delete", 0),
    }
    size = volumes.find(world, call.node, drive["file"]) or {"size": 0}
    seconds = 1.0 + 0.5 * size["size"] / volumes.GIB
    holds = [guests.flock("qemu", call.vmid)]
    return fork(world, call.identity, Plan(call.node, "qmmove", call.vmid, "qmmove", args, seconds, holds))


def _movable(row: Guest, option: str) -> drives.Drive:
    if option not in row["conf"]:
        raise ApiError(f"disk '{option}' does not exist")
    drive = drives.parse(option, row["conf"][option])
    if drives.is_cdrom(drive, strict=True):
        raise ApiError("you can't move a cdrom")
    guests.check_lock(row)
    return drive


def _move_job(task: Running) -> None:
    world, args = task.world, task.args
    row = guests.change(world, "qemu", task.node, args["vmid"])
    option = args["disk"]
    drive = drives.parse(option, row["conf"][option])
    source, storage = drive["file"], args["storage"]
    old = source.partition(":")[0]
    task.log(f"copying volume '{source}' from current storage '{old}' to target storage '{storage}'")
    if row["snaps"]:
        task.log("moving disk with snapshots, snapshots will not be moved!")
    task.log(f"create full clone of drive {option} ({source})")
    size = volumes.size_of(world, task.node, source)
    form = args["format"] or volumes.parse(world, source).format
    volid, log = volumes.allocate(world, task.node, volumes.Wanted(storage, args["vmid"], size // 1024, form))
    task.log(*log)
    drive["file"] = volid
    drive["size"] = volumes.size_text(size)
    row["conf"][option] = drives.show(option, drive)
    if args["delete"]:
        task.log(f"removing source volume '{source}' after successful copy")
        volumes.free(world, task.node, source)
    else:
        drives.add_unused(row, source)
        unused = next(k for k, v in row["conf"].items() if k.startswith("unused") and v == source)
        task.log(f"adding source volume '{source}' as '{unused}' to config")


def _reassign(call: Call, target: str) -> str:
    world, params = call.world, call.params
    if target == call.vmid:
        raise parameter_error("target-vmid", "must be different than source VMID to reassign disk")
    other = world.state.get("guest", target)
    if other is None or other["kind"] != "qemu":
        raise ApiError(f"could not find target VM {target}")
    if other["node"] != call.node:
        raise ApiError("Both VMs need to be on the same node")
    row = guests.look(world, "qemu", call.node, call.vmid)
    disk = str(params["disk"])
    new = str(params.get("target-disk", disk))
    check_digest(params.get("digest"), guests.digest_of(row))
    check_digest(params.get("target-digest"), guests.digest_of(other))
    _movable(row, disk)
    guests.check_lock(other)
    if new in other["conf"]:
        raise ApiError(f"Target disk key '{new}' is already in use for VM '{target}'")
    args: dict[str, Any] = {"vmid": call.vmid, "disk": disk, "target": target, "new": new}
    name = f"{call.vmid}-{disk}>{target}-{new}"
    return fork(
        world,
        call.identity,
        Plan(call.node, "qmmove", name, "qmreassign", args, 1.0, [guests.flock("qemu", call.vmid)]),
    )


def _reassign_job(task: Running) -> None:
    world, args = task.world, task.args
    row = guests.change(world, "qemu", task.node, args["vmid"])
    other = guests.change(world, "qemu", task.node, args["target"])
    disk, new = args["disk"], args["new"]
    task.log(f"reassign disk '{disk}' from VM '{args['vmid']}' as '{new}' to VM '{args['target']}'")
    order = drives.boot_order(row["conf"])
    if disk in order:
        task.log(f"removing disk '{disk}' from boot order config")
        row["conf"]["boot"] = drives.boot_text(d for d in order if d != disk)
    task.log(f"removing disk '{disk}' from VM '{args['vmid']}' config")
    drive = drives.parse(disk, row["conf"].pop(disk))
    drive["file"] = _renamed(world, task.node, drive["file"], args["target"])
    other["conf"][new] = drives.show(new, drive)
    task.log(f"update VM {args['target']}: -{new} {other['conf'][new]}")


def _renamed(world: World, node: str, volid: str, vmid: str) -> str:
    volume = volumes.find(world, node, volid)
    if volume is None:
        raise TaskError(f"volume '{volid}' does not exist")
    storage = volid.partition(":")[0]
    fresh = f"{storage}:{volumes.free_name(world, node, storage, vmid, volume['format'])}"
    volumes.remove(world, node, volid)
    volumes.put(world, node, fresh, {**volume, "vmid": int(vmid)})
    return fresh


_ONE = "/nodes/{node}/qemu/{vmid}"
ROUTES: Routes = {("PUT", f"{_ONE}/resize"): resize, ("POST", f"{_ONE}/move_disk"): move}
TASKS = {
    "resize": Job(_resize_job, _resize_begin),
    "qmmove": Job(_move_job),
    "qmreassign": Job(_reassign_job),
}
