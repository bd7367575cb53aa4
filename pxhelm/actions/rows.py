"""The rows of the cluster's one list, live or as they were recorded. Knows no object of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pxhelm.actions.services import Services
from pxhelm.errors import PxhelmError
from pxhelm.events import Warned
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.columns import duration
from pxhelm.store.inventory import Observation

Row = Mapping[str, Any]
NODE, TASK, NETWORK, EVENT, STORAGE = "Node", "Task", "Network", "Event", "Storage"
GUESTS = {"qemu": "VirtualMachine", "lxc": "Container"}
"""Types of rows that are guests, and their kinds."""


def list_rows(guests_only: bool = False) -> ApiGen[list[Row]]:
    """Return the rows of ``/cluster/resources``."""
    data = yield from call(Request("GET", "/cluster/resources", {"type": "vm"} if guests_only else {}))
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def recorded_rows(services: Services, at: float) -> list[Row]:
    """Return the rows as they were last recorded, or at a time; PxhelmError when nothing was."""
    inventory, cluster = services.store.inventory, services.place.cluster
    if at:
        held = inventory.at(cluster, at)
        if not held:
            raise PxhelmError(
                f"nothing is recorded of cluster {cluster} at that time",
                hint="`pxhelm discover` records; a later time may have something",
            )
        return [_row_of(one) for one in held if one.kind != TASK]
    seen = inventory.list(cluster)
    if not seen:
        raise PxhelmError(
            f"nothing is recorded of cluster {services.place.context}", hint="record it with `pxhelm discover`"
        )
    age = duration(max(1.0, services.now().timestamp() - min(one.at for one in seen)))
    services.listen(Warned(f"as recorded up to {age} ago; the cluster was not asked"))
    return [_row_of(one) for one in seen if one.kind != TASK]


def _row_of(seen: Observation) -> Row:
    """Return what was recorded as the list has it: guests are recorded by their configuration."""
    kind, _, name = seen.ref.partition("/")
    leaves = seen.current
    if kind not in GUESTS:
        return leaves if leaves.get("type") == kind else {"type": kind, kind: name, "nodes": None, "where": []}
    cores, sockets = leaves.get("cpu.cores"), leaves.get("cpu.sockets")
    disks = [v for path, v in leaves.items() if path.endswith(".size") and path.split(".")[0] in ("disks", "rootfs")]
    return {
        "type": kind,
        "id": seen.ref,
        "vmid": int(name),
        "name": leaves.get("hostname"),
        "node": seen.node,
        "status": seen.status,
        "maxcpu": (cores or 1) * (sockets or 1),
        "maxmem": leaves.get("memory.size"),
        "maxdisk": disks[0] if disks else None,
        "pool": leaves.get("pool"),
        "tags": ";".join(leaves.get("tags") or ()),
        "template": bool(leaves.get("isTemplate")),
        "uid": seen.uid,
    }


def merge_storages(rows: Iterable[Row]) -> dict[str, Row]:
    """Return one row per storage: one that is not shared has the room of all its nodes. Merged rows stay as they are."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.get("type") != "storage":
            continue
        name = str(row.get("storage"))
        if "where" in row:
            found[name] = dict(row)
            continue
        if name not in found:
            found[name] = {**row, "node": None, "nodes": 0, "where": [], "on": []}
        elif not row.get("shared"):
            for key in ("disk", "maxdisk"):
                found[name][key] = int(found[name].get(key) or 0) + int(row.get(key) or 0)
        found[name]["on"].append(str(row.get("node")))
        if row.get("status") == "available":
            found[name]["nodes"] += 1
            found[name]["where"].append(str(row.get("node")))
    return dict(found)


def _pools(rows: Iterable[Row]) -> dict[str, Row]:
    rows = list(rows)
    names = [str(row.get("pool")) for row in rows if row.get("type") == "pool"]
    count = {name: sum(row.get("pool") == name and row.get("type") in GUESTS for row in rows) for name in names}
    return {name: {"type": "pool", "pool": name, "guests": count[name]} for name in names}


MERGED: Mapping[str, Callable[[Iterable[Row]], dict[str, Row]]] = {STORAGE: merge_storages, "Pool": _pools}
"""Kinds of which the one list shows all there is to list."""
