"""Moving guests to other nodes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import drives, guests, mountpoints, volumes
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, World


def _check(call: Call, kind: str) -> Guest:
    target = str(call.params["target"])
    if target == call.node:
        raise parameter_error("target", "target is local node.")
    if not call.state.has("node", target):
        raise ApiError(f"no such cluster node '{target}'")
    row = guests.look(call.world, kind, call.node, call.vmid)
    guests.check_lock(row)
    return row


def _ha(call: Call, kind: str) -> str:
    text = f"Requesting HA migration for {guests.LABELS[kind]} {call.vmid} to node {call.params['target']}"
    args = {"sid": f"{'vm' if kind == 'qemu' else 'ct'}:{call.vmid}", "state": "started", "text": text}
    return fork(call.world, call.identity, Plan(call.node, "hamigrate", call.vmid, "ha", args, 0.5))


def migrate_machine(call: Call) -> str:
    """POST /nodes/{node}/qemu/{vmid}/migrate."""
    row = _check(call, "qemu")
    if row["run"] and not call.params.get("online"):
        raise ApiError("can't migrate running VM without --online")
    if call.params.get("targetstorage"):
        for name in str(call.params["targetstorage"]).split(","):
            storage = name.rpartition(":")[2]
            if storage != "1":
                volumes.storage(call.world, storage)
                Rights(call.world, call.identity).need(f"/storage/{storage}", ["Datastore.AllocateSpace"])
    if guests.ha_managed(call.world, row, call.vmid):
        return _ha(call, "qemu")
    return _fork(call, "qemu", "qmigrate", row)


def migrate_container(call: Call) -> str:
    """POST /nodes/{node}/lxc/{vmid}/migrate."""
    row = _check(call, "lxc")
    if row["run"] and not (call.params.get("restart") or call.params.get("online")):
        raise ApiError("can't migrate running container without --online or --restart")
    if guests.ha_managed(call.world, row, call.vmid):
        return _ha(call, "lxc")
    return _fork(call, "lxc", "vzmigrate", row)


def _fork(call: Call, kind: str, task: str, row: Guest) -> str:
    local = sum(_size(call.world, row, v) for v in _volumes(row) if not _shared(call.world, v))
    args = {
        "kind": kind,
        "vmid": call.vmid,
        "target": call.params["target"],
        "storage": str(call.params.get("targetstorage", "")),
    }
    seconds = 3.0 + local / volumes.GIB * 0.5
    return fork(
        call.world,
        call.identity,
        Plan(call.node, task, call.vmid, "migrate", args, seconds, [guests.flock(kind, call.vmid)]),
    )


def _volumes(row: Guest) -> list[str]:
    found = drives.used_volumes(row) if row["kind"] == "qemu" else mountpoints.used_volumes(row)
    return [v for v in found if ":" in v and not v.startswith("/")]


def _shared(world: World, volid: str) -> bool:
    return bool((world.state.get("storage", volid.partition(":")[0]) or {}).get("shared"))


def _size(world: World, row: Guest, volid: str) -> int:
    found = volumes.find(world, row["node"], volid)
    return int(found["size"]) if found else 0


def _stamp(world: World) -> str:
    return dt.datetime.fromtimestamp(world.now, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def _say(task: Running, *lines: str) -> None:
    task.log(*(f"{_stamp(task.world)} {line}" for line in lines))


def _job(task: Running) -> None:
    world, args = task.world, task.args
    target = args["target"]
    node = world.node(target)
    label = guests.LABELS[args["kind"]]
    if not node.get("online", True):
        ssh = f"# /usr/bin/ssh -e none -o 'BatchMode=yes' -o 'HostKeyAlias={target}' root@{node['ip']} /bin/true"
        text = "Can't connect to destination address using public key"
        _say(
            task,
            ssh,
            f"ssh: connect to host {node['ip']} port 22: No route to host",
            f"ERROR: migration aborted: {text}",
        )
        raise TaskError("migration aborted")
    row = guests.look(world, args["kind"], task.node, args["vmid"])
    guests.check_lock(row)
    _say(task, f"starting migration of {label} {args['vmid']} to node '{target}' ({node['ip']})")
    local = [v for v in _volumes(row) if not _shared(world, v)]
    _check_local(task, row, local)
    for volid in local:
        found = volumes.find(world, task.node, volid)
        if found is not None:
            volumes.remove(world, task.node, volid)
            volumes.put(world, target, volid, found)
    row = guests.change(world, args["kind"], task.node, args["vmid"])
    row["node"] = target
    if args["kind"] == "lxc" and row["run"]:
        row["run"] = {**row["run"], "since": world.now}
    _say(task, "migration finished successfully (duration 00:00:01)")


def _check_local(task: Running, row: Mapping[str, Any], local: list[str]) -> None:
    world, target = task.world, task.args["target"]
    problems = []
    for volid in local:
        name = volumes.parse(world, volid)
        storage = volid.partition(":")[0]
        _say(task, f"found local disk '{volid}' (attached)")
        if name.content == "iso":
            problems.append(f"can't migrate local disk '{volid}': local cdrom image")
        elif row["snaps"] and not volumes.has_snapshots(world, volid):
            problems.append(f"can't migrate local disk '{volid}': non-migratable snapshot exists")
        else:
            try:
                volumes.need_available(world, storage, target)
            except ApiError as error:
                problems.append(f"can't migrate local disk '{volid}': {error}")
    if problems:
        text = f"Problem found while scanning volumes - can't migrate {guests.LABELS[row['kind']]} - check log"
        _say(task, *problems, f"ERROR: {text}", "aborting phase 1 - cleanup resources")
        _say(task, f"ERROR: migration aborted (duration 00:00:00): {text}")
        raise TaskError("migration aborted")


def preconditions(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/qemu/{vmid}/migrate."""
    row = guests.look(call.world, "qemu", call.node, call.vmid)
    local = [v for v in _volumes(row) if not _shared(call.world, v)]
    disks = [{"volid": v, "size": _size(call.world, row, v), "cdrom": 0, "is_unused": 0} for v in local]
    others = [n for n in call.world.nodes() if n != call.node and call.world.online(n)]
    return {"running": int(bool(row["run"])), "local_disks": disks, "local_resources": [], "allowed_nodes": others}


ROUTES: Routes = {
    ("GET", "/nodes/{node}/qemu/{vmid}/migrate"): preconditions,
    ("POST", "/nodes/{node}/qemu/{vmid}/migrate"): migrate_machine,
    ("POST", "/nodes/{node}/lxc/{vmid}/migrate"): migrate_container,
}
TASKS = {"migrate": Job(_job)}
