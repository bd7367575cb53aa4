"""The cluster log: tasks that start and end, and changes of machines; containers' changes are not told, as in the real one."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.world import Call, Identity, Routes, World

KEPT = 200


def write(world: World, node: str, identity: Identity, text: str) -> None:
    """Add an entry; the oldest ones go."""
    has = world.state.has("clusterlog", "main")
    row = (
        world.state.edit("clusterlog", "main")
        if has
        else world.state.put("clusterlog", "main", {"last": 0, "entries": []})
    )
    row["last"] += 1
    row["entries"].append([row["last"], int(world.now), node, identity.name, text])
    del row["entries"][:-KEPT]


def read(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/log, newest first: one's own entries without the right to see all."""
    everything = Rights(call.world, call.identity).has("/", ["Sys.Syslog"])
    row = call.state.get("clusterlog", "main") or {"entries": []}
    found = []
    for number, stamp, node, user, text in reversed(row["entries"]):
        if everything or user == call.identity.name:
            entry = {
                "uid": str(number),
                "id": f"{number}:{node}",
                "node": node,
                "pid": 2113,
                "pri": 6,
                "tag": "pvedaemon",
            }
            found.append({**entry, "time": stamp, "user": user, "msg": text})
    return found[: call.params.get("max") or None]


ROUTES: Routes = {("GET", "/cluster/log"): read}
