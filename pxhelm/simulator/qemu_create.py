"""Making and destroying virtual machines, after ``create_vm`` and ``destroy_vm`` of qemu-server."""

from __future__ import annotations

import re
from typing import Any

from pxhelm.simulator import drives, guests, volumes
from pxhelm.simulator.errors import ApiError, denied
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.qemu_options import (
    check_bridges,
    check_cpu,
    check_device,
    check_rights,
    check_tags,
    default_machine,
    net_line,
    stored,
    tags_line,
)
from pxhelm.simulator.qemu_restore import TASKS as RESTORE_TASKS
from pxhelm.simulator.qemu_restore import restore
from pxhelm.simulator.qemu_update import check_hookscript, check_ssh_keys, need_root_for_skiplock
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork, need_flock
from pxhelm.simulator.world import Call, Routes, World

QEMU = "11.1.3"
_CONTROL = [
    "node",
    "vmid",
    "archive",
    "bwlimit",
    "force",
    "live-restore",
    "pool",
    "start",
    "storage",
    "unique",
    "ha-managed",
    "import-working-storage",
]


def meta_line(world: World) -> str:
    """Return what a new machine is told about its creation."""
    return f"creation-qemu={QEMU},ctime={int(world.now)}"


def create(call: Call) -> str:
    """POST /nodes/{node}/qemu."""
    world, params = call.world, call.params
    values = {k: v for k, v in params.items() if k not in _CONTROL}
    check_ssh_keys(values)
    world.need_quorum()
    vmid, pool = str(params["vmid"]), str(params.get("pool", ""))
    guests.need_pool(world, pool)
    rights = Rights(world, call.identity)
    if "storage" in params:
        rights.need(f"/storage/{params['storage']}", ["Datastore.AllocateSpace"])
    if not rights.has(f"/vms/{vmid}", ["VM.Allocate"]) and not (pool and rights.has(f"/pool/{pool}", ["VM.Allocate"])):
        raise denied()
    if "archive" in params:
        own = {k: v for k, v in values.items() if not drives.is_drive(k)}
        _check(call, rights, pool, own)
        return restore(call, vmid, pool, own)
    _check(call, rights, pool, values)
    try:
        guests.create(world, "qemu", call.node, vmid)
    except ApiError as error:
        raise ApiError(f"unable to create VM {vmid} - {error}") from None
    args = {
        "vmid": vmid,
        "pool": pool,
        "values": values,
        "start": params.get("start", 0),
        "ha": params.get("ha-managed", 0),
    }
    seconds = 1.0 + 0.5 * sum(1 for o in values if drives.is_drive(o))
    return fork(
        world, call.identity, Plan(call.node, "qmcreate", vmid, "qmcreate", args, seconds, [guests.flock("qemu", vmid)])
    )


def _check(call: Call, rights: Rights, pool: str, values: dict[str, Any]) -> None:
    world, vmid = call.world, str(call.params["vmid"])
    for option in list(values):
        if drives.is_drive(option):
            values[option] = drives.clean(option, values[option])
    drives.check_access(world, rights, vmid, values)
    check_rights(rights, vmid, pool, values)
    for option in sorted(values):
        if re.fullmatch(r"(?:serial|usb|hostpci)\d+", option):
            check_device(rights, vmid, pool, option, (None, str(values[option])))
    check_bridges(world, rights, values)
    check_cpu(world, values)
    check_hookscript(world, call.node, values)
    for option in list(values):
        values[option] = stored(option, values[option])
        if re.fullmatch(r"net\d+", option):
            values[option] = net_line(world, values[option])


def _create_job(task: Running) -> None:
    world, args = task.world, task.args
    vmid, values = args["vmid"], dict(args["values"])
    maker = drives.Maker(world, task.node, vmid, {})
    try:
        if "tags" in values:
            check_tags(world, task.rights, vmid, "", values["tags"])
            values["tags"] = tags_line(world, values["tags"])
        made = maker.make({o: v for o, v in values.items() if drives.is_drive(o)})
    except ApiError as error:
        maker.undo()
        task.log(*maker.log)
        world.state.delete("guest", vmid)
        raise TaskError(f"unable to create VM {vmid} - {error}") from None
    task.log(*maker.log)
    conf = _complete(world, {**values, **made})
    guests.write(world, vmid, guests.blank("qemu", task.node, conf))
    guests.join_pool(world, vmid, args["pool"])
    if args["ha"]:
        task.log("Add as HA resource")
        state = "started" if args["start"] else "stopped"
        world.state.put("ha", f"vm:{vmid}", {"sid": f"vm:{vmid}", "type": "vm", "state": state})
    elif args["start"]:
        task.log("Execute autostart")
        start_now(world, vmid)


def _complete(world: World, conf: dict[str, Any]) -> dict[str, Any]:
    """Add what Proxmox adds to a new configuration."""
    conf = {k: v for k, v in conf.items() if not (v == "" and k in ("description", "name"))}
    if not conf.get("boot"):
        conf["boot"] = drives.boot_text(drives.bootable(conf))
    conf.setdefault("smbios1", f"uuid={world.uuid()}")
    if str(conf.get("vmgenid", "1")) == "1":
        conf["vmgenid"] = world.uuid()
    if "ostype" in conf and "machine" not in conf:
        conf |= default_machine("ostype", conf["ostype"])
    conf["meta"] = meta_line(world)
    return conf


def start_now(world: World, vmid: str) -> None:
    """Let a machine run from now on."""
    row = guests.run_state(world, vmid)
    row["run"] = {"since": world.now, "pid": 2000 + world.number(60000), "state": "running"}


def destroy(call: Call) -> str:
    """DELETE /nodes/{node}/qemu/{vmid}."""
    world, vmid = call.world, call.vmid
    need_root_for_skiplock(call)
    row = guests.look(world, "qemu", call.node, vmid)
    guests.check_protection(row, f"can't remove VM {vmid}")
    if not call.params.get("purge"):
        guests.check_unused(world, row, vmid)
    if row["conf"].get("lock") == "create":
        need_flock(world, guests.flock("qemu", vmid))
    if row["run"] is not None:
        raise ApiError(f"VM {vmid} is running - destroy failed")
    params = call.params
    args = {"vmid": vmid, "purge": params.get("purge", 0), "skiplock": params.get("skiplock", 0)}
    args["unreferenced"] = params.get("destroy-unreferenced-disks", 0)
    return fork(
        world, call.identity, Plan(call.node, "qmdestroy", vmid, "qmdestroy", args, 1.0, [guests.flock("qemu", vmid)])
    )


def _may_destroy(task: Running) -> Guest:
    world, vmid = task.world, task.args["vmid"]
    row = guests.look(world, "qemu", task.node, vmid)
    if not task.args["skiplock"]:
        guests.check_lock(row)
    guests.check_protection(row, f"can't remove VM {vmid}")
    if row["run"] is not None:
        raise TaskError(f"VM {vmid} is running - destroy failed")
    return row


def _destroy_begin(task: Running) -> None:
    _may_destroy(task)


def _destroy_job(task: Running) -> None:
    row = _may_destroy(task)
    free_volumes(task, row, drives.used_volumes(row))
    finish_destroy(task, row)


def free_volumes(task: Running, row: Guest, volids: list[str]) -> None:
    """Free the volumes of a guest that goes; refuse when a linked clone depends on one."""
    world, vmid = task.world, task.args["vmid"]
    owned = [v for v in volids if _owned(world, v, vmid)]
    for volid in owned:
        if volumes.children_of(world, row["node"], volid):
            raise TaskError(f"base volume '{volid}' is still in use by linked cloned")
    for volid in owned:
        try:
            volumes.free(world, row["node"], volid)
        except ApiError as error:
            task.warn(f"Could not remove disk '{volid}', check manually: {error}")
    if task.args.get("unreferenced"):
        for name in world.state.keys("storage"):
            for volid in volumes.names_on(world, row["node"], name):
                found = volumes.find(world, row["node"], volid)
                if found and str(found.get("vmid", "")) == vmid and found["content"] in ("images", "rootdir"):
                    volumes.remove(world, row["node"], volid)


def _owned(world: World, volid: str, vmid: str) -> bool:
    if volid in ("none", "cdrom") or volid.startswith("/"):
        return False
    try:
        name = volumes.parse(world, volid)
    except ApiError:
        return False
    return name.content == "images" and name.vmid == vmid


def finish_destroy(task: Running, row: Guest) -> None:
    """Remove configuration, rights, firewall; with ``purge`` also jobs and HA resources."""
    world, vmid = task.world, task.args["vmid"]
    guests.need_writable(world, row["kind"], task.node, vmid)
    guests.forget(world, vmid)
    if task.args["purge"]:
        task.log(*guests.purge(world, row, vmid))
    world.state.delete("guest", vmid)


ROUTES: Routes = {
    ("POST", "/nodes/{node}/qemu"): create,
    ("DELETE", "/nodes/{node}/qemu/{vmid}"): destroy,
}
TASKS = {**RESTORE_TASKS, "qmcreate": Job(_create_job), "qmdestroy": Job(_destroy_job, _destroy_begin)}
