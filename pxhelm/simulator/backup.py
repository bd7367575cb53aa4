"""Backup jobs, and vzdump as far as the real one was recorded: containers, to storages that take backups."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pxhelm.simulator import guests, volumes
from pxhelm.simulator.errors import ApiError, nested, parameter_error
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.tasks import Job, Plan, Running, TaskError, fork
from pxhelm.simulator.world import Call, Routes, World

_SUFFIX = {"zstd": "zst", "gzip": "gz", "lzo": "lzo", "1": "lzo", "0": ""}
DEFAULTS: dict[str, Any] = {
    "all": 0,
    "bwlimit": 0,
    "compress": "0",
    "dumpdir": "/var/lib/vz/dump",
    "fleecing": {"enabled": 0},
    "ionice": 7,
    "lockwait": 180,
    "mailnotification": "always",
    "mode": "snapshot",
    "notification-mode": "auto",
    "performance": {"max-workers": 16, "pbs-entries-max": 1048576},
    "pigz": 0,
    "prune-backups": "keep-all=1",
    "quiet": 0,
    "remove": 1,
    "stdexcludes": 1,
    "stop": 0,
    "stopwait": 10,
    "storage": "local",
    "zstd": 1,
}


def _selection_error(params: dict[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with the choice of guests."""
    chosen = [k for k in ("vmid", "pool", "all") if params.get(k)]
    if params.get("all") and params.get("vmid"):
        return "all", "option conflicts with option 'vmid'"
    if len(chosen) > 1:
        return chosen[-1], f"option conflicts with option '{chosen[0]}'"
    if not chosen:
        return "vmid", "property is missing"
    return None


# jobs


def _job_view(name: str, row: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": name, "type": "vzdump", "enabled": 1, **row}
    return {
        key: _object(key, value) if key in _OBJECTS and isinstance(value, str) else value
        for key, value in entry.items()
    }


_OBJECTS = {"prune-backups": "", "performance": "", "fleecing": "enabled"}
"""What is written as a text and shown as an object, and the key that the text may leave out."""


def _object(key: str, text: str) -> dict[str, str]:
    pairs = (part if "=" in part else f"{_OBJECTS[key]}={part}" for part in text.split(","))
    return dict(pair.partition("=")[::2] for pair in pairs)


def list_jobs(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/backup."""
    later = int(call.world.now) + 3600
    return [{**_job_view(n, r), "next-run": later} for n, r in call.state.items("backup")]


def read_job(call: Call) -> dict[str, Any]:
    """GET /cluster/backup/{id}."""
    name = str(call.params["id"])
    row = call.state.get("backup", name)
    if row is None:
        raise parameter_error("id", f"No such job '{name}'")
    return _job_view(name, row)


def create_job(call: Call) -> None:
    """POST /cluster/backup."""
    params = {k: v for k, v in call.params.items() if v is not None}
    name = str(params.pop("id", "") or f"backup-{call.world.uuid()}").removeprefix("backup-")
    if "schedule" not in params and "starttime" not in params:
        raise parameter_error("schedule", "neither 'starttime' nor 'schedule' were set")
    if call.state.has("backup", name):
        raise ApiError(f"Job '{name}' already exists")
    _check_job(params)
    call.state.put("backup", name, params)


def _check_job(params: dict[str, Any]) -> None:
    wrong = _selection_error(params)
    if wrong:
        raise nested("", {wrong[0]: wrong[1]})


def update_job(call: Call) -> None:
    """PUT /cluster/backup/{id}."""
    name = str(call.params["id"])
    if not call.state.has("backup", name):
        raise ApiError("no such vzdump job")
    values = {k: v for k, v in call.params.items() if k not in ("id", "delete", "digest") and v is not None}
    if any(values.get(k) for k in ("vmid", "pool", "all")):
        _check_job(values)
    row = call.state.edit("backup", name)
    if any(values.get(k) for k in ("vmid", "pool", "all")):
        for option in ("vmid", "pool", "all"):
            row.pop(option, None)
    row |= values
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)


def delete_job(call: Call) -> None:
    """DELETE /cluster/backup/{id}."""
    name = str(call.params["id"])
    if not call.state.has("backup", name):
        raise nested("", {"id": f"No such job '{name}'"})
    call.state.delete("backup", name)


def _selected(world: World, row: dict[str, Any]) -> list[str]:
    if row.get("pool"):
        return [str(v) for v in (world.state.get("pool", row["pool"]) or {"vms": []})["vms"]]
    if row.get("all"):
        out = split_list(str(row.get("exclude", "")))
        return [v for v in world.state.keys("guest") if v not in out]
    return split_list(str(row.get("vmid", "")))


def not_backed_up(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/backup-info/not-backed-up: guests in no job."""
    covered = {v for _, row in call.state.items("backup") for v in _selected(call.world, row)}
    found = []
    for vmid, row in call.state.items("guest"):
        if vmid not in covered:
            found.append({"vmid": int(vmid), "type": row["kind"], "name": guests.name_of(row, vmid)})
    return found


def included(call: Call) -> dict[str, Any]:
    """GET /cluster/backup/{id}/included_volumes."""
    row = read_job(call)
    children = []
    for vmid in _selected(call.world, row):
        guest = call.state.get("guest", vmid)
        if guest is not None:
            entry = {
                "id": int(vmid),
                "type": guest["kind"],
                "name": guest["conf"].get("name") or guest["conf"].get("hostname"),
            }
            children.append({**entry, "children": [], "leaf": 1})
    return {"children": children}


# vzdump


def vzdump(call: Call) -> str:
    """POST /nodes/{node}/vzdump."""
    params = {k: v for k, v in call.params.items() if v is not None}
    wrong = _selection_error(params)
    if wrong:
        raise parameter_error(*wrong)
    vmids = _selected(call.world, params)
    rights = Rights(call.world, call.identity)
    for vmid in vmids:
        rights.need(f"/vms/{vmid}", ["VM.Backup"])
    args: dict[str, Any] = {
        "vmids": vmids,
        **{k: params[k] for k in ("storage", "dumpdir", "compress", "mode", "notes-template") if k in params},
    }
    name = vmids[0] if len(vmids) == 1 else ""
    return fork(call.world, call.identity, Plan(call.node, "vzdump", name, "vzdump", args, 3.0))


def _check_storage(task: Running) -> None:
    args, state = task.args, task.world.state
    if "storage" in args and "dumpdir" in args:
        raise TaskError("cannot use options 'storage' and 'dumpdir' at the same time")
    name = str(args.get("storage", "local"))
    row = state.get("storage", name)
    if row is None:
        text = f"storage '{name}' does not exist"
        raise TaskError(
            f"could not activate storage '{name}': {text} could not get storage information for '{name}': {text}"
        )
    if "backup" not in volumes.content_of(row):
        text = f"can't use storage '{name}' for backups - wrong content type"
        raise TaskError(f"could not get storage information for '{name}': {text}")


def _vzdump_job(task: Running) -> None:
    world, args = task.world, task.args
    vmids = ",".join(args["vmids"])
    task.log(f"INFO: starting new backup job: vzdump {vmids}")
    failed = False
    for vmid in args["vmids"]:
        row = world.state.get("guest", vmid)
        if row is None or row["node"] != task.node:
            stamp = dt.datetime.fromtimestamp(world.now, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
            task.log(f"ERROR: Backup of VM {vmid} failed - unable to find VM '{vmid}'", f"INFO: Failed at {stamp}")
            failed = True
            continue
        task.log(f"INFO: Starting Backup of VM {vmid} ({row['kind']})")
        _archive(task, vmid, row)
        task.log(f"INFO: Finished Backup of VM {vmid} (00:00:01)")
    if failed:
        task.log("INFO: Backup job finished with errors")
        raise TaskError("job errors")
    task.log("INFO: Backup job finished successfully")


def _archive(task: Running, vmid: str, row: guests.Guest) -> None:
    stamp = dt.datetime.fromtimestamp(task.world.now, dt.UTC).strftime("%Y_%m_%d-%H_%M_%S")
    suffix = _SUFFIX.get(str(task.args.get("compress", "0")), "")
    ending = ("tar" if row["kind"] == "lxc" else "vma") + (f".{suffix}" if suffix else "")
    storage = str(task.args.get("storage", "local"))
    volid = f"{storage}:backup/vzdump-{row['kind']}-{vmid}-{stamp}.{ending}"
    saved = {"size": 1_000_000, "format": ending, "content": "backup", "ctime": int(task.world.now), "vmid": int(vmid)}
    volumes.put(task.world, task.node, volid, {**saved, "subtype": row["kind"], "conf": row["conf"]})
    task.log(f"INFO: creating vzdump archive '{volumes.path(task.world, volid)}'")


def extract_config(call: Call) -> str:
    """GET /nodes/{node}/vzdump/extractconfig."""
    volid = str(call.params["volume"])
    volumes.parse(call.world, volid)
    row = volumes.find(call.world, call.node, volid)
    if row is None or "conf" not in row:
        raise ApiError(f"volume '{volid}' does not exist")
    return "".join(f"{k}: {v}\n" for k, v in sorted(row["conf"].items()))


def defaults(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/vzdump/defaults."""
    del call
    return dict(DEFAULTS)


_ONE = "/cluster/backup/{id}"
ROUTES: Routes = {
    ("GET", "/cluster/backup"): list_jobs,
    ("POST", "/cluster/backup"): create_job,
    ("GET", _ONE): read_job,
    ("PUT", _ONE): update_job,
    ("DELETE", _ONE): delete_job,
    ("GET", f"{_ONE}/included_volumes"): included,
    ("GET", "/cluster/backup-info/not-backed-up"): not_backed_up,
    ("POST", "/nodes/{node}/vzdump"): vzdump,
    ("GET", "/nodes/{node}/vzdump/extractconfig"): extract_config,
    ("GET", "/nodes/{node}/vzdump/defaults"): defaults,
}


def _vzdump_begin(task: Running) -> None:
    _check_storage(task)


TASKS = {"vzdump": Job(_vzdump_job, _vzdump_begin)}
