"""Pools and their members."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.nodes import guest_entries, storage_entries
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.world import Call, Routes

_MEMBER = [
    "id",
    "node",
    "type",
    "vmid",
    "name",
    "status",
    "template",
    "maxcpu",
    "maxmem",
    "maxdisk",
    "cpu",
    "mem",
    "memhost",
    "disk",
    "diskread",
    "diskwrite",
    "netin",
    "netout",
    "uptime",
    "storage",
    "plugintype",
    "content",
    "shared",
]


def _members(call: Call, pool: str, kind: str | None) -> list[dict[str, Any]]:
    row = call.state.get("pool", pool)
    entries = guest_entries(call.world, [str(v) for v in row["vms"]])
    local = call.state.get("cluster", "main")["local"]
    entries += [e for e in storage_entries(call.world) if e["storage"] in row["storage"] and e["node"] == local]
    found = [{k: e[k] for k in _MEMBER if k in e} for e in entries]
    return [e for e in found if kind is None or e["type"] == kind]


def _view(call: Call, pool: str, *, members: bool) -> dict[str, Any]:
    row = call.state.get("pool", pool)
    entry: dict[str, Any] = {"poolid": pool}
    if row.get("comment"):
        entry["comment"] = row["comment"]
    if members:
        entry["members"] = _members(call, pool, call.params.get("type"))
    return entry


def _named(call: Call, prefix: str = "") -> str:
    pool = str(call.params["poolid"])
    if not call.state.has("pool", pool):
        raise ApiError(f"{prefix}pool '{pool}' does not exist")
    return pool


def list_pools(call: Call) -> list[dict[str, Any]]:
    """GET /pools, also for one pool with its members."""
    if "poolid" in call.params:
        pool = _named(call)
        Rights(call.world, call.identity).need(f"/pool/{pool}", ["Pool.Audit"])
        return [_view(call, pool, members=True)]
    rights = Rights(call.world, call.identity)
    pools = sorted(call.state.keys("pool"))
    return [_view(call, pool, members=False) for pool in pools if rights.has(f"/pool/{pool}", ["Pool.Audit"])]


def read_pool(call: Call) -> dict[str, Any]:
    """GET /pools/{poolid}."""
    pool = _named(call)
    found = _view(call, pool, members=True)
    if "comment" in call.state.get("pool", pool):
        found["comment"] = call.state.get("pool", pool)["comment"]
    return found


def create_pool(call: Call) -> None:
    """POST /pools."""
    prefix = "create pool failed: "
    call.world.need_lock("user_cfg", prefix)
    pool = str(call.params["poolid"])
    if call.state.has("pool", pool):
        raise ApiError(f"{prefix}pool '{pool}' already exists")
    parent = pool.rpartition("/")[0]
    if parent and not call.state.has("pool", parent):
        raise ApiError(f"{prefix}parent '{parent}' of pool '{pool}' does not exist")
    row: dict[str, Any] = {"vms": [], "storage": []}
    if "comment" in call.params:
        row["comment"] = call.params["comment"]
    call.state.put("pool", pool, row)


def update_pool(call: Call) -> None:
    """PUT /pools/{poolid}, and PUT /pools with ``poolid``."""
    prefix = "update pools failed: "
    call.world.need_lock("user_cfg", prefix)
    params = call.params
    pool = _named(call, prefix)
    rights = Rights(call.world, call.identity)
    row = call.state.edit("pool", pool)
    if "comment" in params:
        row["comment"] = params["comment"]
    for vmid in (int(v) for v in split_list(str(params.get("vms", "")))):
        rights.need(f"/vms/{vmid}", ["Permissions.Modify"]) if not call.identity.root else None
        if params.get("delete"):
            if vmid not in row["vms"]:
                raise ApiError(f"{prefix}VM {vmid} is not a pool member")
            row["vms"].remove(vmid)
            continue
        if call.state.has("guest", str(vmid)):
            _add_vm(call, pool, row, vmid)
    for name in split_list(str(params.get("storage", ""))):
        if params.get("delete"):
            if name not in row["storage"]:
                raise ApiError(f"{prefix}Storage '{name}' is not a pool member")
            row["storage"].remove(name)
        elif name in row["storage"]:
            raise ApiError(f"{prefix}Storage '{name}' is already a pool member")
        else:
            row["storage"].append(name)


def _add_vm(call: Call, pool: str, row: dict[str, Any], vmid: int) -> None:
    prefix = "update pools failed: "
    if vmid in row["vms"]:
        raise ApiError(f"{prefix}VM {vmid} is already a pool member")
    other = next((p for p, r in call.state.items("pool") if p != pool and vmid in r["vms"]), None)
    if other is not None:
        if not call.params.get("allow-move"):
            raise ApiError(f"{prefix}VM {vmid} belongs already to pool '{other}' and 'allow-move' is not set")
        call.state.edit("pool", other)["vms"].remove(vmid)
    row["vms"].append(vmid)


def delete_pool(call: Call) -> None:
    """DELETE /pools/{poolid}, and DELETE /pools with ``poolid``."""
    prefix = "delete pool failed: "
    call.world.need_lock("user_cfg", prefix)
    pool = _named(call, prefix)
    row = call.state.get("pool", pool)
    child = next((p for p in call.state.keys("pool") if p.startswith(f"{pool}/")), None)
    if child is not None:
        raise ApiError(f"{prefix}pool '{pool}' is not empty (contains pool '{child}')")
    if row["vms"]:
        raise ApiError(f"{prefix}pool '{pool}' is not empty (contains VM {row['vms'][0]})")
    if row["storage"]:
        raise ApiError(f"{prefix}pool '{pool}' is not empty (contains storage '{row['storage'][0]}')")
    call.state.delete("pool", pool)
    call.state.delete("acl", f"/pool/{pool}")


ROUTES: Routes = {
    ("GET", "/pools"): list_pools,
    ("POST", "/pools"): create_pool,
    ("PUT", "/pools"): update_pool,
    ("DELETE", "/pools"): delete_pool,
    ("GET", "/pools/{poolid}"): read_pool,
    ("PUT", "/pools/{poolid}"): update_pool,
    ("DELETE", "/pools/{poolid}"): delete_pool,
}
