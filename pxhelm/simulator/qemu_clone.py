"""Cloning virtual machines and making templates of them, after ``clone_vm`` and ``template`` of qemu-server."""

from __future__ import annotations

import re
from typing import Any

from pxhelm.simulator import drives, guests, volumes
from pxhelm.simulator.errors import ApiError, denied, parameter_error
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.qemu_create import meta_line
from pxhelm.simulator.qemu_read import snapshot_conf
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, World

_SNAPSHOT_KEYS = ("parent", "snaptime", "snapstate", "vmstate", "runningmachine", "runningcpu")


def _need_target_rights(call: Call, vmid: str, pool: str) -> None:
    rights = Rights(call.world, call.identity)
    if not rights.has(f"/vms/{vmid}", ["VM.Allocate"]) and not (pool and rights.has(f"/pool/{pool}", ["VM.Allocate"])):
        raise denied()


def clone(call: Call) -> str:
    """POST …/clone."""
    world, params, vmid = call.world, call.params, call.vmid
    new, pool = str(params["newid"]), str(params.get("pool", ""))
    target, storage = str(params.get("target") or call.node), str(params.get("storage", ""))
    guests.need_pool(world, pool)
    _need_target_rights(call, new, pool)
    world.need_quorum()
    if target != call.node and not world.state.has("node", target):
        raise ApiError(f"no such cluster node '{target}'")
    row = world.state.get("guest", vmid)
    if row is None or row["kind"] != "qemu" or row["node"] != call.node:
        raise ApiError(f"unable to find configuration file for VM {vmid} on node '{call.node}'")
    if storage:
        volumes.storage(world, storage)
        Rights(world, call.identity).need(f"/storage/{storage}", ["Datastore.AllocateSpace"])
        if target != call.node and not volumes.storage(world, storage).get("shared"):
            raise ApiError(f"can't clone to non-shared storage '{storage}'")
    guests.check_lock(row)
    conf = snapshot_conf(row, params["snapname"]) if "snapname" in params else {**row["conf"]}
    full = bool(params.get("full", not conf.get("template")))
    if not full and storage:
        raise ApiError("parameter 'storage' not allowed for linked clones")
    if world.state.has("guest", new):
        raise ApiError(f"unable to create VM {new}: config file already exists")
    gib = _check_drives(call, conf, full=full, target=target)
    args = {
        "vmid": vmid,
        "new": new,
        "pool": pool,
        "storage": storage,
        "target": target,
        "full": full,
        "format": params.get("format", ""),
    }
    args |= {k: params[k] for k in ("name", "description", "snapname") if k in params}
    source = guests.flock("qemu", vmid)
    holds = [source if row["run"] else f"~{source}", guests.flock("qemu", new)]
    seconds = 0.5 + (gib * 0.3 if full else 0.0)
    plan = Plan(call.node, "qmclone", vmid, "qmclone", args, seconds, holds, patience=1.0, delay=0.1)
    return fork(world, call.identity, plan)


def _check_drives(call: Call, conf: dict[str, Any], *, full: bool, target: str) -> float:
    """Refuse disks that cannot be cloned so; return the GiB to be copied."""
    world = call.world
    gib = 0.0
    for option, drive in drives.drives_of(conf):
        if drives.is_cdrom(drive, strict=True) or ":" not in drive["file"]:
            continue
        name = drive["file"].partition(":")[0]
        row = volumes.storage(world, name)
        if not full and not drives.is_cloud_init(drive) and not volumes.parse(world, drive["file"]).is_base:
            raise ApiError(f"Linked clone feature is not supported for '{drive['file']}' ({option})")
        if target != call.node and not row.get("shared"):
            raise ApiError(f"can't clone VM to node '{target}' (VM uses local storage)")
        chosen = str(call.params.get("storage") or name)
        Rights(world, call.identity).need(f"/storage/{chosen}", ["Datastore.AllocateSpace"])
        found = volumes.find(world, call.node, drive["file"])
        gib += (found["size"] if found else 0) / volumes.GIB
    return gib


def _clone_begin(task: Running) -> None:
    world, args = task.world, task.args
    if world.state.has("guest", args["new"]):
        raise TaskError(f"unable to create VM {args['new']}: config file already exists")
    row = guests.look(world, "qemu", task.node, args["vmid"])
    guests.check_lock(row)
    guests.write(world, args["new"], guests.blank("qemu", task.node, {"lock": "clone"}))
    task.log(f"creating a clone of VM {args['vmid']} with ID {args['new']}")


def _clone_job(task: Running) -> None:
    world, args = task.world, task.args
    made: list[str] = []
    try:
        source = guests.look(world, "qemu", task.node, args["vmid"])
        conf = dict(source["snaps"][args["snapname"]] if "snapname" in args else source["conf"])
        fresh = _fresh_conf(world, conf, args)
        for option, drive in drives.drives_of(conf):
            fresh[option] = _clone_drive(task, option, drive, made)
    except ApiError as error:
        for volid in made:
            volumes.remove(world, task.node, volid)
        world.state.delete("guest", args["new"])
        raise TaskError(f"clone failed: {error}") from None
    guests.write(world, args["new"], guests.blank("qemu", args["target"], fresh))
    guests.join_pool(world, args["new"], args["pool"])
    firewall = world.state.get("firewall", f"vm/{args['vmid']}")
    if firewall:
        world.state.put("firewall", f"vm/{args['new']}", firewall)


def _fresh_conf(world: World, conf: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    skip = ("lock", "template", "snapshots", *_SNAPSHOT_KEYS)
    fresh = {k: v for k, v in conf.items() if k not in skip and not k.startswith("unused") and not drives.is_drive(k)}
    keys = keys_of("qemu", "net0")
    for option in [o for o in fresh if re.fullmatch(r"net\d+", o)]:
        net = split_properties(keys, fresh[option])
        net["macaddr"] = world.mac()
        fresh[option] = print_properties(keys, net)
    if "vmgenid" in fresh:
        fresh["vmgenid"] = world.uuid()
    smbios = split_properties(keys_of("qemu", "smbios1"), str(fresh.get("smbios1", "")))
    smbios["uuid"] = world.uuid()
    fresh["smbios1"] = print_properties(keys_of("qemu", "smbios1"), smbios)
    fresh["meta"] = meta_line(world)
    fresh["name"] = args.get("name") or f"Copy-of-VM-{conf.get('name') or args['vmid']}"
    if args.get("description"):
        fresh["description"] = args["description"]
    return fresh


def _clone_drive(task: Running, option: str, drive: drives.Drive, made: list[str]) -> str:
    world, args = task.world, task.args
    source = drive["file"]
    if drives.is_cdrom(drive, strict=True) or ":" not in source:
        return drives.show(option, drive)
    size = volumes.size_of(world, task.node, source)
    cloud = drives.is_cloud_init(drive)
    if not args["full"] and not cloud:
        volid = volumes.linked_name(world, task.node, source, args["new"])
        task.log(f"create linked clone of drive {option} ({source})", f"clone {source}: base volume of {volid}")
        base = volumes.split(source)[1]
        form = volumes.parse(world, volid).format
        row = {"size": size, "format": form, "vmid": int(args["new"]), "content": "images", "ctime": int(world.now)}
        parent = (
            f"../{base}"
            if volumes.storage(world, source.partition(":")[0])["type"] in volumes.DIRECTORY_TYPES
            else base
        )
        volumes.put(world, task.node, volid, {**row, "parent": parent, "base": base})
    else:
        task.log(f"create full clone of drive {option} ({source})")
        volid, log = volumes.allocate(world, task.node, _copy_of(world, source, args, size, cloud=cloud))
        task.log(*log)
    made.append(volid)
    drive["file"] = volid
    drive["size"] = volumes.size_text(size)
    if args["full"] and not cloud:
        text = f"{size / volumes.GIB:.1f} GiB"
        task.log(f"transferred 0.0 B of {text} (0.00%)", f"transferred {text} of {text} (100.00%)")
    return drives.show(option, drive)


def _copy_of(world: World, source: str, args: dict[str, Any], size: int, *, cloud: bool) -> volumes.Wanted:
    name = args["storage"] or source.partition(":")[0]
    form = args["format"] or volumes.parse(world, source).format
    row = volumes.storage(world, name)
    directory = row["type"] in volumes.DIRECTORY_TYPES
    file = ""
    if cloud:
        file = f"vm-{args['new']}-cloudinit" + (f".{form}" if directory else "")
    return volumes.Wanted(name, args["new"], size // 1024, form, file)


def template(call: Call) -> str:
    """POST …/template."""
    world, vmid = call.world, call.vmid
    row = guests.look(world, "qemu", call.node, vmid)
    disk = call.params.get("disk", "")
    guests.check_lock(row)
    if row["snaps"]:
        raise ApiError("unable to create template, because VM contains snapshots")
    if row["conf"].get("template") and not disk:
        raise ApiError("you can't convert a template to a template")
    if row["run"] is not None:
        raise ApiError("you can't convert a VM to template if VM is running")
    args = {"vmid": vmid, "disk": disk}
    return fork(
        world, call.identity, Plan(call.node, "qmtemplate", vmid, "qmtemplate", args, 1.0, [guests.flock("qemu", vmid)])
    )


def _template_job(task: Running) -> None:
    world, args = task.world, task.args
    row = guests.change(world, "qemu", task.node, args["vmid"])
    row["conf"]["template"] = 1
    for option, drive in drives.drives_of(row["conf"]):
        if args["disk"] and option != args["disk"]:
            continue
        if drives.is_cdrom(drive) or ":" not in drive["file"] or volumes.parse(world, drive["file"]).is_base:
            continue
        drive["file"] = rename_to_base(world, task.node, drive["file"])
        row["conf"][option] = drives.show(option, drive)


def rename_to_base(world: World, node: str, volid: str) -> str:
    """Make a volume the base of linked clones; return its new id."""
    base = volumes.base_name(volid)
    found = volumes.find(world, node, volid)
    if found is not None:
        volumes.remove(world, node, volid)
        volumes.put(world, node, base, found)
    return base


_ONE = "/nodes/{node}/qemu/{vmid}"
ROUTES: Routes = {("POST", f"{_ONE}/clone"): clone, ("POST", f"{_ONE}/template"): template}
TASKS = {"qmclone": Job(_clone_job, _clone_begin), "qmtemplate": Job(_template_job)}

__all__ = ["ROUTES", "TASKS", "parameter_error", "rename_to_base"]
