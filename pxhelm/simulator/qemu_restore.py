"""Restoring a virtual machine from an archive that a simulated vzdump made.

The real one was not recorded (its sandbox had no vma); only what happens without an archive was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import drives, guests, volumes
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, World


def restore(call: Call, vmid: str, pool: str, values: Mapping[str, Any]) -> str:
    """Go on with POST /nodes/{node}/qemu that has an ``archive``; ``values`` are laid over its configuration."""
    world, params = call.world, call.params
    archive = str(params["archive"])
    volumes.storage(world, volumes.split(archive)[0])
    found = volumes.find(world, call.node, archive)
    if found is None or "conf" not in found:
        raise ApiError(f"volume '{archive}' does not exist")
    old = world.state.get("guest", vmid)
    if old is not None and not (params.get("force") and old["kind"] == "qemu" and old["node"] == call.node):
        text = f"{guests.LABELS[old['kind']]} {vmid} already exists on node '{old['node']}'"
        raise ApiError(f"unable to restore VM {vmid} - {text}")
    if old is not None and old["run"] is not None:
        raise ApiError(f"unable to restore VM {vmid} - vm is running")
    if old is None:
        guests.create(world, "qemu", call.node, vmid)
    args = {"vmid": vmid, "pool": pool, "archive": archive, "unique": params.get("unique", 0)}
    args |= {"storage": str(params.get("storage", "")), "replaces": old is not None, "values": dict(values)}
    holds = [guests.flock("qemu", vmid)]
    return fork(world, call.identity, Plan(call.node, "qmrestore", vmid, "qmrestore", args, 5.0, holds))


def _job(task: Running) -> None:
    world, args = task.world, task.args
    vmid = args["vmid"]
    archive = volumes.find(world, task.node, args["archive"])
    if archive is None:
        raise TaskError(f"unable to restore VM {vmid} - volume '{args['archive']}' does not exist")
    old = world.state.get("guest", vmid)
    conf = {
        k: v
        for k, v in archive["conf"].items()
        if k not in ("lock", "parent", "template") and not k.startswith("unused")
    }
    maker = drives.Maker(world, task.node, vmid, {})
    wanted = drives.drives_of(conf)
    kept = (
        _make_room(world, vmid, old, {option for option, _ in wanted}) if args["replaces"] and old is not None else []
    )
    try:
        for option, drive in wanted:
            conf[option] = _drive(maker, option, drive, args["storage"])
    except ApiError as error:
        maker.undo()
        if not args["replaces"]:
            world.state.delete("guest", vmid)
        raise TaskError(f"unable to restore VM {vmid} - {error}") from None
    if args["unique"]:
        _renew(world, conf)
    conf |= args["values"]
    task.log(f"restore vma archive: {volumes.path(world, args['archive'])}", *maker.log)
    row = guests.blank("qemu", task.node, conf)
    for volid in kept:
        drives.add_unused(row, volid)
    guests.write(world, vmid, row)
    guests.join_pool(world, vmid, args["pool"])


def _make_room(world: World, vmid: str, old: Mapping[str, Any], slots: set[str]) -> list[str]:
    """Free what the archive brings again, before it is made, and return the volumes of other slots: they become unused."""
    disks = dict(drives.drives_of(old["conf"]))
    own = [v for v in drives.used_volumes(old) if ":" in v and volumes.parse(world, v).vmid == vmid]
    kept = {
        drive["file"] for slot, drive in disks.items() if slot not in slots and not drives.is_cloud_init(drive)
    } & set(own)
    for volid in own:
        if volid not in kept:
            volumes.remove(world, old["node"], volid)
    return [v for v in own if v in kept]


def _drive(maker: drives.Maker, option: str, drive: drives.Drive, storage: str) -> str:
    file = drive["file"]
    if drives.is_cloud_init(drive):
        target = storage or file.partition(":")[0]
        return maker.make({option: f"{target}:cloudinit,media=cdrom"})[option]
    if drives.is_cdrom(drive) or ":" not in file:
        return drives.show(option, drive)
    size = drive.pop("size", "1G")
    factor = {"K": 1 / 1024**2, "M": 1 / 1024, "G": 1.0, "T": 1024.0}.get(size[-1], 1 / 1024**3)
    gib = float(size.rstrip("KMGT")) * factor
    drive["file"] = f"{storage or file.partition(':')[0]}:{gib:g}"
    return maker.make({option: drives.show(option, drive)})[option]


def _renew(world: World, conf: dict[str, Any]) -> None:
    keys = keys_of("qemu", "net0")
    for option in [o for o in conf if re.fullmatch(r"net\d+", o)]:
        net = split_properties(keys, conf[option])
        conf[option] = print_properties(keys, {**net, "macaddr": world.mac()})
    if "vmgenid" in conf:
        conf["vmgenid"] = world.uuid()


TASKS = {"qmrestore": Job(_job)}
