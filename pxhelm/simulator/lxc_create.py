"""Making, restoring and destroying containers, after ``create_vm`` of pve-container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import drives, guests, mountpoints, volumes
from pxhelm.simulator.errors import ApiError, denied, parameter_error
from pxhelm.simulator.lxc_options import check_rights, net_line
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.qemu_create import finish_destroy, free_volumes
from pxhelm.simulator.qemu_options import check_bridges, check_tags, tags_line
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork, need_flock
from pxhelm.simulator.world import Call, Routes, World

_CONTROL = [
    "node",
    "vmid",
    "ostemplate",
    "storage",
    "pool",
    "start",
    "restore",
    "force",
    "unique",
    "bwlimit",
    "ignore-unpack-errors",
    "ha-managed",
    "password",
    "ssh-public-keys",
]
DEFAULT_GIB = 4
_KEPT = (
    "arch",
    "hostname",
    "memory",
    "ostype",
    "swap",
    "unprivileged",
    "cores",
    "description",
    "features",
    "nameserver",
    "searchdomain",
    "tags",
    "onboot",
)


def create(call: Call) -> str:
    """POST /nodes/{node}/lxc."""
    world, params = call.world, call.params
    vmid, pool, restore = str(params["vmid"]), str(params.get("pool", "")), bool(params.get("restore"))
    world.need_quorum()
    _need_free(call, vmid, restore=restore)
    guests.need_pool(world, pool)
    rights = Rights(world, call.identity)
    if not rights.has(f"/vms/{vmid}", ["VM.Allocate"]) and not (pool and rights.has(f"/pool/{pool}", ["VM.Allocate"])):
        raise denied()
    values = {k: v for k, v in params.items() if k not in _CONTROL}
    check_rights(rights, vmid, pool, values)
    if not restore and params.get("unprivileged", 1) == 0:
        rights.need("/", ["Sys.Modify"])
    _check_template(call, rights, restore=restore)
    storage = str(params.get("storage", "local"))
    volumes.storage(world, storage)
    mounts = {k: values.pop(k) for k in list(values) if mountpoints.is_mount(k)}
    if mounts and "rootfs" not in mounts:
        raise ApiError("mount points configured, but 'rootfs' not set - aborting")
    if not restore:
        mounts = mounts or {"rootfs": f"{storage}:{DEFAULT_GIB}"}
    mountpoints.check_access(world, rights, vmid, mounts)
    check_bridges(world, rights, values, "lxc")
    args = {
        "vmid": vmid,
        "pool": pool,
        "values": values,
        "mounts": mounts,
        "storage": storage,
        "start": params.get("start", 0),
    }
    args |= {"template": params["ostemplate"], "restore": restore, "ha": params.get("ha-managed", 0)}
    return _start(call, vmid, args, restore=restore)


def _need_free(call: Call, vmid: str, *, restore: bool) -> None:
    other = call.state.get("guest", vmid)
    if other is None:
        return
    text = f"{guests.LABELS[other['kind']]} {vmid} already exists on node '{other['node']}'"
    if other["conf"].get("lock") == "create":
        raise ApiError(f"unable to create CT {vmid} - {text}")
    if not (restore and call.params.get("force") and other["kind"] == "lxc" and other["node"] == call.node):
        raise ApiError(text)


def _check_template(call: Call, rights: Rights, *, restore: bool) -> None:
    volid = str(call.params["ostemplate"])
    name = volumes.parse(call.world, volid)
    wanted = "backup" if restore else "vztmpl"
    if name.content != wanted:
        raise ApiError(f"unable to use volume {volid} - content type needs to be '{wanted}'")
    drives.check_volume_access(call.world, rights, str(call.params["vmid"]), volid)


def _start(call: Call, vmid: str, args: dict[str, Any], *, restore: bool) -> str:
    kind = "vzrestore" if restore else "vzcreate"
    old = call.state.get("guest", vmid)
    if old is None:
        guests.create(call.world, "lxc", call.node, vmid)
    else:
        args["replaces"] = True
    seconds = 3.0 + 0.5 * len(args["mounts"])
    return fork(
        call.world, call.identity, Plan(call.node, kind, vmid, kind, args, seconds, [guests.flock("lxc", vmid)])
    )


def _create_job(task: Running) -> None:
    world, args = task.world, task.args
    vmid = args["vmid"]
    maker = mountpoints.Maker(world, task.node, vmid)
    try:
        values = dict(args["values"])
        if "tags" in values:
            check_tags(world, task.rights, vmid, "", values["tags"])
            values["tags"] = tags_line(world, values["tags"])
        mounts = maker.make(args["mounts"])
        template = volumes.find(world, task.node, args["template"])
        if template is None:
            raise ApiError(f"volume '{args['template']}' does not exist")
    except ApiError as error:
        maker.undo()
        task.log(*maker.log)
        world.state.delete("guest", vmid)
        raise TaskError(f"unable to create CT {vmid} - {error}") from None
    task.log(
        *maker.log,
        f"extracting archive '{volumes.path(world, args['template'])}'",
        "Detected container architecture: amd64",
    )
    guests.write(world, vmid, guests.blank("lxc", task.node, _complete(world, vmid, {**values, **mounts}, template)))
    _after(task)


def _after(task: Running) -> None:
    world, args = task.world, task.args
    guests.join_pool(world, args["vmid"], args["pool"])
    if args["ha"]:
        state = "started" if args["start"] else "stopped"
        world.state.put("ha", f"ct:{args['vmid']}", {"sid": f"ct:{args['vmid']}", "type": "ct", "state": state})
    elif args["start"]:
        row = guests.run_state(world, args["vmid"])
        row["run"] = {"since": world.now, "pid": 2000 + world.number(60000)}


def _complete(world: World, vmid: str, conf: dict[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    """Add what Proxmox adds to a new configuration."""
    for option in [o for o in conf if re.fullmatch(r"net\d+", o)]:
        conf[option] = net_line(world, conf[option])
    for option in [o for o, v in conf.items() if v == ""]:
        del conf[option]
    defaults = {"arch": "amd64", "hostname": f"CT{vmid}", "memory": 512, "swap": 512, "unprivileged": 1}
    defaults["ostype"] = template.get("ostype", "debian")
    for option, value in defaults.items():
        conf.setdefault(option, value)
    return conf


def _restore_job(task: Running) -> None:
    world, args = task.world, task.args
    vmid, archive = args["vmid"], args["template"]
    task.log(f"recovering backed-up configuration from '{archive}'")
    found = volumes.find(world, task.node, archive)
    if found is None or "conf" not in found:
        if not args.get("replaces"):
            world.state.delete("guest", vmid)
        raise TaskError(f"unable to restore CT {vmid} - volume '{archive}' does not exist")
    saved = found["conf"]
    mounts = args["mounts"] or mountpoints.to_restore(saved, args["storage"])
    maker = mountpoints.Maker(world, task.node, vmid)
    old = world.state.get("guest", vmid)
    try:
        made = maker.make(mounts)
    except ApiError as error:
        maker.undo()
        raise TaskError(f"unable to restore CT {vmid} - {error}") from None
    if args.get("replaces") and old is not None:
        for volid in mountpoints.used_volumes(old):
            volumes.remove(world, task.node, volid)
    conf = {k: saved[k] for k in saved if k in _KEPT or k.startswith("net")}
    task.log(*maker.log, "merging backed-up and given configuration..")
    guests.write(world, vmid, guests.blank("lxc", task.node, {**conf, **args["values"], **made}))
    _after(task)


def destroy(call: Call) -> str:
    """DELETE /nodes/{node}/lxc/{vmid}."""
    world, vmid, params = call.world, call.vmid, call.params
    row = guests.look(world, "lxc", call.node, vmid)
    guests.check_protection(row, f"can't remove CT {vmid}")
    if not params.get("purge"):
        guests.check_unused(world, row, vmid)
    if row["conf"].get("lock") == "create":
        need_flock(world, guests.flock("lxc", vmid))
    if row["run"] is not None and not params.get("force"):
        raise ApiError(f"unable to destroy CT {vmid} - container is running")
    args = {"vmid": vmid, "purge": params.get("purge", 0), "unreferenced": params.get("destroy-unreferenced-disks", 0)}
    return fork(
        world, call.identity, Plan(call.node, "vzdestroy", vmid, "vzdestroy", args, 1.0, [guests.flock("lxc", vmid)])
    )


def _destroy_begin(task: Running) -> None:
    row = guests.look(task.world, "lxc", task.node, task.args["vmid"])
    guests.check_lock(row)
    guests.check_protection(row, f"can't remove CT {task.args['vmid']}")
    for volid in mountpoints.used_volumes(row):
        volumes.parse(task.world, volid)


def _destroy_job(task: Running) -> None:
    row = guests.look(task.world, "lxc", task.node, task.args["vmid"])
    free_volumes(task, row, mountpoints.used_volumes(row))
    finish_destroy(task, row)


ROUTES: Routes = {
    ("POST", "/nodes/{node}/lxc"): create,
    ("DELETE", "/nodes/{node}/lxc/{vmid}"): destroy,
}
TASKS = {
    "vzcreate": Job(_create_job),
    "vzrestore": Job(_restore_job),
    "vzdestroy": Job(_destroy_job, _destroy_begin),
}

__all__ = ["ROUTES", "TASKS", "parameter_error"]
