"""Replication jobs and directory mappings."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator import drives, mountpoints
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.replication_runs import drop, jobs, made, mark, ran
from pxhelm.simulator.world import Call, Routes, check_digest, digest


def list_jobs(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/replication."""
    return [{"id": n, **row} for n, row in jobs(call.world).items()]


def list_on_node(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/replication: jobs of guests that are here, with what became of them."""
    here = [(n, row) for n, row in jobs(call.world).items() if row["source"] == call.node]
    return [{"id": n, **row, **ran(call.world, n, row)} for n, row in here]


def read_job(call: Call) -> dict[str, Any]:
    """GET /cluster/replication/{id}."""
    name = str(call.params["id"])
    row = jobs(call.world).get(name)
    if row is None:
        raise ApiError(f"no such replication job '{name}'")
    return {"id": name, **row}


def create_job(call: Call) -> None:
    """POST /cluster/replication."""
    params = call.params
    name, target = str(params["id"]), str(params["target"])
    vmid = name.partition("-")[0]
    guest = call.state.get("guest", vmid)
    if guest is None:
        raise ApiError(f"Guest '{vmid}' does not exist.")
    if not call.state.has("node", target):
        raise ApiError(f"Target '{target}' does not exist.")
    if target == guest["node"]:
        raise ApiError("Source and target must not be identical")
    known = jobs(call.world)
    if name in known:
        raise ApiError(f"replication job '{name}' already exists")
    if any(row["guest"] == int(vmid) and row["target"] == target for row in known.values()):
        raise ApiError(f"replication job for guest '{vmid}' to target '{target}' already exists")
    volids = drives.used_volumes(guest) if guest["kind"] == "qemu" else mountpoints.used_volumes(guest)
    found = False
    for volid in volids:
        storage = call.state.get("storage", volid.partition(":")[0]) or {}
        if storage.get("shared") or ":" not in volid:
            continue
        if storage.get("type") != "zfspool":
            raise ApiError(f"missing replicate feature on volume '{volid}'")
        found = True
    if not found:
        raise ApiError("No replicatable volumes found")
    made(call.world, name)
    row = {k: v for k, v in params.items() if k != "id" and v is not None}
    call.state.put(
        "replication", name, {**row, "guest": int(vmid), "source": guest["node"], "jobnum": int(name.partition("-")[2])}
    )


def _named(call: Call) -> str:
    name = str(call.params["id"])
    if name not in jobs(call.world):
        raise ApiError(f"no such job '{name}'")
    return name


def update_job(call: Call) -> None:
    """PUT /cluster/replication/{id}."""
    name = _named(call)
    row = call.state.edit("replication", name)
    if call.params.get("remove_job"):
        mark(call.world, name, str(call.params["remove_job"]))
    row |= {k: v for k, v in call.params.items() if k not in ("id", "delete", "digest")}
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)


def delete_job(call: Call) -> None:
    """DELETE /cluster/replication/{id}: a mark, and the job goes later; with ``force`` at once, also one that is not there."""
    if call.params.get("force"):
        drop(call.world, str(call.params["id"]))
        return
    mark(call.world, _named(call), "local" if call.params.get("keep") else "full")


# directory mappings


def list_maps(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/mapping/dir."""
    return [{"id": n, "type": "dir", "digest": digest(row), **row} for n, row in call.state.items("mapping/dir")]


def _map(call: Call, prefix: str = "") -> tuple[str, dict[str, Any]]:
    name = str(call.params["id"])
    row = call.state.get("mapping/dir", name)
    if row is None:
        raise ApiError(f"{prefix}dir mapping '{name}' not found")
    return name, row


def read_map(call: Call) -> dict[str, Any]:
    """GET /cluster/mapping/dir/{id}."""
    _, row = _map(call)
    return {"type": "dir", "digest": digest(row), **row}


def create_map(call: Call) -> None:
    """POST /cluster/mapping/dir."""
    name = str(call.params["id"])
    if call.state.has("mapping/dir", name):
        raise ApiError(f"create directory mapping failed: dir ID '{name}' already defined")
    call.state.put("mapping/dir", name, {k: call.params[k] for k in ("map", "description") if k in call.params})


def update_map(call: Call) -> None:
    """PUT /cluster/mapping/dir/{id}."""
    prefix = "update directory mapping failed: "
    name, row = _map(call, prefix)
    check_digest(call.params.get("digest"), digest(row), prefix)
    if "map" not in call.params:
        raise ApiError(f"{prefix}missing value for required option 'map'")
    row = call.state.edit("mapping/dir", name)
    row |= {k: call.params[k] for k in ("map", "description") if k in call.params}
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)


def delete_map(call: Call) -> None:
    """DELETE /cluster/mapping/dir/{id}: no error for one that is not there."""
    call.state.delete("mapping/dir", str(call.params["id"]))


_ONE, _MAP = "/cluster/replication/{id}", "/cluster/mapping/dir/{id}"
ROUTES: Routes = {
    ("GET", "/cluster/replication"): list_jobs,
    ("POST", "/cluster/replication"): create_job,
    ("GET", _ONE): read_job,
    ("PUT", _ONE): update_job,
    ("DELETE", _ONE): delete_job,
    ("GET", "/nodes/{node}/replication"): list_on_node,
    ("GET", "/cluster/mapping/dir"): list_maps,
    ("POST", "/cluster/mapping/dir"): create_map,
    ("GET", _MAP): read_map,
    ("PUT", _MAP): update_map,
    ("DELETE", _MAP): delete_map,
}
