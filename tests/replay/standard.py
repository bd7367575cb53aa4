"""Brings a simulator to the recorded standard state."""

import json
from pathlib import Path

from pxhelm.simulator import seed
from pxhelm.simulator.state import State
from pxhelm.simulator.storage_list import put_file
from pxhelm.simulator.world import Moment, World


def standard_rows(file, now):
    """Return the rows of the state in ``pve-9.2-standard-state.json`` beside ``file``."""
    told = json.loads(next(Path(file).resolve().parent.glob("*standard-state.json")).read_text())
    state = State()
    world = World(state, Moment(now, seed.entropy_of(7), 1.0))
    cluster = told["cluster"]
    main = {
        "name": cluster["name"],
        "local": told["connect"]["node"],
        "quorate": True,
        "version": cluster["config_version"],
    }
    state.put("cluster", "main", {**main, "key": "k"})
    state.put("datacenter", "main", {})
    for name, node in told["nodes"].items():
        row = {"nodeid": node["nodeid"], "ip": node["ip"], "online": True, "api": True, "boot": now - 9000}
        state.put("node", name, {**row, "cpus": told["host"]["cpus"], "memory": told["host"]["memory"]})
        interfaces = {i["iface"]: {k: v for k, v in i.items() if k != "iface"} for i in told["network"][name]}
        state.put("network", name, {"active": interfaces})
    for storage in told["storages"]:
        row = {"type": storage["type"], "path": storage["path"], "content": storage["content"]}
        state.put("storage", storage["storage"], {**row, **({"shared": 1} if storage["shared"] else {})})
    for name, files in told["files"].items():
        for entry in files:
            more = {k: entry[k] for k in ("virtual_size", "executable") if k in entry}
            put_file(world, name, entry["volid"], entry["size"], more)
    seed.seed_access(world, told["connect"]["password"])
    return state.take_changes()


def load(rows):
    state = State()
    for kind, key, value in rows:
        state.load(kind, key, value)
    return state
