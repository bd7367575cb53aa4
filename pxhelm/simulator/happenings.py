"""What happens to a cluster outside of its API: locks set by hand, nodes that vanish, quorum lost, files copied in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.simulator.storage_list import put_file
from pxhelm.simulator.tasks import settle
from pxhelm.simulator.world import World

FIELDS: Mapping[str, tuple[str, ...]] = {
    "set-lock": ("vmid", "lock"),
    "clear-lock": ("vmid",),
    "put-file": ("node", "volid", "size"),
    "node-down": ("node",),
    "node-up": ("node",),
    "api-down": ("node",),
    "api-up": ("node",),
    "quorum-lost": (),
    "quorum-back": (),
    "node-crash": ("node",),
}
"""What can happen, and what has to be said of it."""


def happen(world: World, event: Mapping[str, Any]) -> None:
    """Let one thing happen; ValueError for one that is not known.

    ``set-lock`` {vmid, lock}, ``clear-lock`` {vmid}, ``put-file`` {node, volid, size}, ``node-down``/``node-up`` {node},
    ``api-down``/``api-up`` {node}, ``quorum-lost``, ``quorum-back``, ``node-crash`` {node}: its running tasks vanish.
    """
    settle(world)
    kind = event["event"]
    if kind in ("set-lock", "clear-lock"):
        conf = world.state.edit("guest", str(event["vmid"]))["conf"]
        conf.pop("lock", None)
        if kind == "set-lock":
            conf["lock"] = event["lock"]
    elif kind == "put-file":
        put_file(world, event["node"], event["volid"], int(event["size"]))
    elif kind in ("node-down", "node-up"):
        world.state.edit("node", event["node"])["online"] = kind == "node-up"
    elif kind in ("api-down", "api-up"):
        world.state.edit("node", event["node"])["api"] = kind == "api-up"
    elif kind in ("quorum-lost", "quorum-back"):
        world.state.edit("cluster", "main")["quorate"] = kind == "quorum-back"
    elif kind == "node-crash":
        crash(world, event["node"])
    else:
        raise ValueError(f"unknown event '{kind}'")


def crash(world: World, node: str) -> None:
    """Let a node die: what its tasks were doing stays half done, its guests stop."""
    for upid in world.state.keys("due"):
        row = world.state.get("task", upid)
        if row["node"] == node:
            row = world.state.edit("task", upid)
            row |= {"status": "unexpected status", "end": int(world.now)}
            world.state.delete("due", upid)
            for name in row["holds"]:
                world.state.delete("flock", name.lstrip("~"))
    for vmid, guest in world.state.items("guest"):
        if guest["node"] == node and guest["run"]:
            world.state.edit("guest", vmid)["run"] = None
