"""Snapshots of machines and containers: take, list, describe, roll back, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pxhelm.simulator import drives, guests, mountpoints, volumes
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.qemu_create import start_now
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes

_RESERVED = ("current", "pending")
_SKIP = ("lock", "description", "parent", "digest", "snaptime", "snapstate")
_PREFIX = {"qemu": "qm", "lxc": "vz"}


def _volumes(row: Guest, conf: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the volumes of a configuration with their sizes as written there."""
    if row["kind"] == "qemu":
        found = [(d["file"], d.get("size", "")) for _, d in drives.drives_of(conf) if not drives.is_cdrom(d)]
    else:
        found = [(m["volume"], m.get("size", "")) for _, m in mountpoints.mounts_of(conf)]
    return [(volid, size) for volid, size in found if ":" in volid]


def _fork(call: Call, kind: str, verb: str, args: dict[str, Any]) -> str:
    name = f"{_PREFIX[kind]}{verb}"
    holds = [guests.flock(kind, call.vmid)]
    given = {"kind": kind, "vmid": call.vmid, **args}
    return fork(call.world, call.identity, Plan(call.node, name, call.vmid, verb, given, 1.5, holds))


def _create(kind: str) -> Callable[[Call], str]:
    def create(call: Call) -> str:
        name = str(call.params["snapname"])
        if name in _RESERVED:
            raise ApiError(f"unable to use snapshot name '{name}' (reserved name)")
        if kind == "qemu":
            guests.look(call.world, kind, call.node, call.vmid)
        args = {
            "name": name,
            "description": call.params.get("description", ""),
            "vmstate": call.params.get("vmstate", 0),
        }
        return _fork(call, kind, "snapshot", args)

    return create


def _look(task: Running) -> Guest:
    return guests.look(task.world, task.args["kind"], task.node, task.args["vmid"])


def _create_begin(task: Running) -> None:
    row, name = _look(task), task.args["name"]
    guests.check_lock(row)
    if row["conf"].get("template"):
        raise TaskError("you can't take a snapshot if it's a template")
    if name in row["snaps"]:
        raise TaskError(f"snapshot name '{name}' already used")
    for volid, _ in _volumes(row, row["conf"]):
        if not volumes.has_snapshots(task.world, volid):
            raise TaskError("snapshot feature is not available")


def _create_job(task: Running) -> None:
    args = task.args
    row = guests.change(task.world, args["kind"], task.node, args["vmid"])
    conf = row["conf"]
    snap = {k: v for k, v in conf.items() if k not in _SKIP and not k.startswith("unused")}
    snap["snaptime"] = int(task.world.now)
    if args["description"]:
        snap["description"] = args["description"]
    if "parent" in conf:
        snap["parent"] = conf["parent"]
    if args["vmstate"] and row["run"]:
        snap["vmstate"] = f"state-{args['name']}"
    row["snaps"][args["name"]] = snap
    conf["parent"] = args["name"]
    if args["kind"] == "qemu":
        task.log(
            *(f"snapshotting 'drive-{o}' ({d['file']})" for o, d in drives.drives_of(conf) if not drives.is_cdrom(d))
        )


def _list(kind: str) -> Callable[[Call], list[dict[str, Any]]]:
    def list_all(call: Call) -> list[dict[str, Any]]:
        row = guests.look(call.world, kind, call.node, call.vmid)
        found: list[dict[str, Any]] = []
        for name, snap in row["snaps"].items():
            entry = {"name": name, "snaptime": snap["snaptime"], "description": _text(kind, snap)}
            if kind == "qemu":
                entry["vmstate"] = int("vmstate" in snap)
            if "parent" in snap:
                entry["parent"] = snap["parent"]
            found.append(entry)
        current = {
            "name": "current",
            "description": "You are here!",
            "digest": guests.digest_of(row),
            "running": int(bool(row["run"])),
        }
        if "parent" in row["conf"]:
            current["parent"] = row["conf"]["parent"]
        return [*found, current]

    return list_all


def _text(kind: str, snap: dict[str, Any]) -> str:
    text = str(snap.get("description", ""))
    return f"{text.rstrip(chr(10))}\n" if text and kind == "lxc" else text


def _named(call: Call, kind: str) -> dict[str, Any]:
    row = guests.look(call.world, kind, call.node, call.vmid)
    name = str(call.params["snapname"])
    if name not in row["snaps"]:
        raise ApiError(f"snapshot '{name}' does not exist")
    return dict(row["snaps"][name])


def _config(kind: str) -> Callable[[Call], dict[str, Any]]:
    def read(call: Call) -> dict[str, Any]:
        snap = _named(call, kind)
        if "description" in snap:
            snap["description"] = _text(kind, snap)
        return snap

    return read


def _describe(kind: str) -> Callable[[Call], None]:
    def write(call: Call) -> None:
        _named(call, kind)
        row = guests.change(call.world, kind, call.node, call.vmid)
        guests.check_lock(row)
        if "description" in call.params:
            row["snaps"][str(call.params["snapname"])]["description"] = call.params["description"]

    return write


def _index(kind: str) -> Callable[[Call], list[dict[str, str]]]:
    def index(call: Call) -> list[dict[str, str]]:
        del call
        return [{"cmd": "config"}, {"cmd": "rollback"}]

    assert kind in _PREFIX
    return index


def _act(kind: str, verb: str) -> Callable[[Call], str]:
    def act(call: Call) -> str:
        args = {
            "name": str(call.params["snapname"]),
            "start": call.params.get("start", 0),
            "force": call.params.get("force", 0),
        }
        return _fork(call, kind, verb, args)

    return act


def _need_snapshot(task: Running) -> None:
    row = _look(task)
    if task.args["name"] not in row["snaps"]:
        raise TaskError(f"snapshot '{task.args['name']}' does not exist")
    guests.check_lock(row)


def _rollback_job(task: Running) -> None:
    world, args = task.world, task.args
    row = guests.change(world, args["kind"], task.node, args["vmid"])
    old = row["conf"]
    snap = row["snaps"][args["name"]]
    conf = {k: v for k, v in snap.items() if k not in ("snaptime", "description", "vmstate", "parent")}
    conf |= {k: v for k, v in old.items() if k.startswith("unused") or k == "description"}
    conf["parent"] = args["name"]
    if args["kind"] == "qemu" and "vmgenid" in conf:
        conf["vmgenid"] = world.uuid()
    row["conf"], row["pending"], row["gone"], row["run"] = conf, {}, {}, None
    kept = [volid for volid, _ in _volumes(row, conf)]
    for volid, _ in _volumes(row, old):
        if volid not in kept:
            drives.add_unused(row, volid)
    for key in [k for k, v in conf.items() if k.startswith("unused") and v in kept]:
        del conf[key]
    for volid, size in _volumes(row, conf):
        volume = volumes.find(world, task.node, volid)
        if volume is not None and size:
            volumes.put(world, task.node, volid, {**volume, "size": _bytes(size)})
    if args["start"]:
        start_now(world, args["vmid"])


def _bytes(text: str) -> int:
    factor = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}.get(text[-1], 1)
    return int(text.rstrip("KMGT")) * factor


def _delete_job(task: Running) -> None:
    args = task.args
    row = guests.change(task.world, args["kind"], task.node, args["vmid"])
    gone = row["snaps"].pop(args["name"])
    for part in (row["conf"], *row["snaps"].values()):
        if part.get("parent") == args["name"]:
            part.pop("parent")
            if "parent" in gone:
                part["parent"] = gone["parent"]


def _routes(kind: str) -> Routes:
    every = f"/nodes/{{node}}/{kind}/{{vmid}}/snapshot"
    one = f"{every}/{{snapname}}"
    return {
        ("GET", every): _list(kind),
        ("POST", every): _create(kind),
        ("GET", one): _index(kind),
        ("DELETE", one): _act(kind, "delsnapshot"),
        ("GET", f"{one}/config"): _config(kind),
        ("PUT", f"{one}/config"): _describe(kind),
        ("POST", f"{one}/rollback"): _act(kind, "rollback"),
    }


ROUTES: Routes = {**_routes("qemu"), **_routes("lxc")}
TASKS = {
    "snapshot": Job(_create_job, _create_begin),
    "rollback": Job(_rollback_job, _need_snapshot),
    "delsnapshot": Job(_delete_job, _need_snapshot),
}
