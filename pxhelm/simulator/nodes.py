"""Version, nodes, cluster status, resources, free numbers, cluster log."""

from __future__ import annotations

import hashlib
from typing import Any

from pxhelm.simulator import guests, lxc_read, qemu_read, volumes
from pxhelm.simulator.errors import parameter_error
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.storage_list import space, used_space
from pxhelm.simulator.world import Call, Routes, World

VERSIONS = {
    "9.2": {"release": "9.2", "version": "9.2.11", "repoid": "14a22df3"},
    "8.4": {"release": "8.4", "version": "8.4.1", "repoid": "2a5fa54a"},
    "7.4": {"release": "7.4", "version": "7.4-3", "repoid": "9002ab8a"},
}
_KERNEL = "Linux 7.0.2-1-pve #1 SMP PREEMPT_DYNAMIC PMX 7.0.2-1"
GIB = 1024**3


def version(call: Call) -> dict[str, Any]:
    """GET /version."""
    found: dict[str, Any] = dict(VERSIONS[call.world.moment.release])
    console = call.world.option("console")
    return {**found, "console": console} if console else found


def _memory(row: guests.Guest) -> int:
    mib = qemu_read.memory_mib(row["conf"]) if row["kind"] == "qemu" else int(row["conf"].get("memory", 512))
    return mib * 1024 * 1024


def _load(world: World, name: str) -> tuple[int, int]:
    """Return memory in use and guests running on a node."""
    used = GIB
    running = 0
    for vmid, row in world.state.items("guest"):
        if row["run"] and row["node"] == name:
            running += 1
            used += world.state.derived("guest", vmid, "memory", _memory)
    return used, running


def _fingerprint(name: str) -> str:
    return ":".join(f"{b:02X}" for b in hashlib.sha256(name.encode()).digest())


def node_entry(world: World, name: str) -> dict[str, Any]:
    """Return what lists say about a node."""
    row = world.state.get("node", name)
    entry: dict[str, Any] = {
        "node": name,
        "id": f"node/{name}",
        "type": "node",
        "level": "",
        "status": "online" if row.get("online", True) else "offline",
        "maxcpu": row.get("cpus", 8),
        "maxmem": row.get("memory", 64 * GIB),
        "maxdisk": row.get("disk", 100 * GIB),
    }
    if row.get("online", True):
        used, running = _load(world, name)
        entry |= {"cpu": round(0.01 + 0.02 * running, 4), "mem": min(used, entry["maxmem"]), "disk": 5 * GIB}
        entry["uptime"] = int(world.now - row.get("boot", world.now - 86400))
    return entry


def list_nodes(call: Call) -> list[dict[str, Any]]:
    """GET /nodes."""
    rights = Rights(call.world, call.identity)
    found = []
    for name in call.world.nodes():
        entry = node_entry(call.world, name)
        entry["ssl_fingerprint"] = _fingerprint(name)
        if not rights.has(f"/nodes/{name}", ["Sys.Audit"]):
            entry = {k: entry[k] for k in ("node", "id", "type", "status", "ssl_fingerprint", "level")}
        found.append(entry)
    return found


def node_status(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/status."""
    entry = node_entry(call.world, call.node)
    memory, disk = entry["maxmem"], entry["maxdisk"]
    spoken = VERSIONS[call.world.moment.release]
    return {
        "uptime": entry["uptime"],
        "cpu": entry["cpu"],
        "wait": 0,
        "idle": 0,
        "loadavg": ["0.10", "0.10", "0.10"],
        "kversion": _KERNEL,
        "pveversion": f"pve-manager/{spoken['version']}/{spoken['repoid']}",
        "cpuinfo": {
            "cpus": entry["maxcpu"],
            "cores": entry["maxcpu"],
            "sockets": 1,
            "mhz": "2400.000",
            "model": "simulated processor",
            "user_hz": 100,
            "hvm": "1",
            "flags": "fpu vme aes",
        },
        "memory": {
            "total": memory,
            "used": entry["mem"],
            "free": memory - entry["mem"],
            "available": memory - entry["mem"],
        },
        "swap": {"total": 0, "used": 0, "free": 0},
        "rootfs": {"total": disk, "used": entry["disk"], "free": disk - entry["disk"], "avail": disk - entry["disk"]},
        "ksm": {"shared": 0},
        "boot-info": {"mode": "efi", "secureboot": 0},
        "current-kernel": {"sysname": "Linux", "release": "7.0.2-1-pve", "version": _KERNEL, "machine": "x86_64"},
    }


def cluster_status(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/status."""
    main = call.state.get("cluster", "main")
    nodes = call.world.nodes()
    found: list[dict[str, Any]] = [
        {
            "type": "cluster",
            "id": "cluster",
            "name": main["name"],
            "version": main.get("version", len(nodes)),
            "nodes": len(nodes),
            "quorate": int(call.world.quorate),
        }
    ]
    for name in nodes:
        row = call.state.get("node", name)
        found.append(
            {
                "type": "node",
                "id": f"node/{name}",
                "name": name,
                "nodeid": row["nodeid"],
                "ip": row["ip"],
                "online": int(row.get("online", True)),
                "local": int(name == main["local"]),
                "level": "",
            }
        )
    return found


def config_nodes(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/config/nodes."""
    found = []
    for name in call.world.nodes():
        row = call.state.get("node", name)
        found.append(
            {"name": name, "node": name, "nodeid": str(row["nodeid"]), "quorum_votes": "1", "ring0_addr": row["ip"]}
        )
    return found


def _unseen(world: World, row: guests.Guest) -> bool:
    """Tell whether the statistics daemon has not come by since the guest was made."""
    period = world.seconds(world.moment.statistics)
    return bool(period) and row.get("born", 0) // period == world.now // period


def _guest_entry(world: World, vmid: str, row: guests.Guest, pool: str) -> dict[str, Any]:
    if _unseen(world, row):
        return _unknown_entry(vmid, row, pool)
    read = qemu_read.status_of if row["kind"] == "qemu" else lxc_read.status_of
    status = read(world, row, vmid)
    entry = {
        k: status[k]
        for k in ("vmid", "name", "status", "maxmem", "maxdisk", "uptime", "cpu", "mem", "disk", "netin", "netout")
    }
    entry |= {
        "id": f"{row['kind']}/{vmid}",
        "type": row["kind"],
        "node": row["node"],
        "maxcpu": status["cpus"],
        "template": int(bool(row["conf"].get("template"))),
        "memhost": 0,
        "diskread": 0,
        "diskwrite": 0,
    }
    if pool:
        entry["pool"] = pool
    for key in ("tags", "lock"):
        if key in status:
            entry[key] = status[key]
    if guests.ha_managed(world, row, vmid):
        entry["hastate"] = str((world.state.get("ha", guests.ha_id(row, vmid)) or {}).get("state", "started"))
    return entry


def _unknown_entry(vmid: str, row: guests.Guest, pool: str) -> dict[str, Any]:
    entry = {
        "id": f"{row['kind']}/{vmid}",
        "type": row["kind"],
        "node": row["node"],
        "vmid": int(vmid),
        "status": "unknown",
    }
    if pool:
        entry["pool"] = pool
    return entry | {k: row["conf"][k] for k in ("tags", "lock") if str(row["conf"].get(k, "")).strip()}


def guest_entries(world: World, vmids: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the entries of guests as ``/cluster/resources`` and pools show them."""
    pools = {str(v): pool for pool, row in world.state.items("pool") for v in row["vms"]}
    keys = world.state.keys("guest") if vmids is None else vmids
    rows = ((vmid, world.state.get("guest", vmid)) for vmid in keys)
    return [_guest_entry(world, vmid, row, pools.get(vmid, "")) for vmid, row in rows if row is not None]


def storage_entries(world: World) -> list[dict[str, Any]]:
    """Return the entries of storages as ``/cluster/resources`` shows them: one for each node."""
    found = []
    known = used_space(world)
    for name, row in world.state.items("storage"):
        for node in world.nodes():
            if row.get("nodes") and node not in row["nodes"]:
                continue
            entry: dict[str, Any] = {
                "id": f"storage/{node}/{name}",
                "type": "storage",
                "storage": name,
                "node": node,
                "plugintype": row["type"],
                "content": ",".join(sorted(volumes.content_of(row))),
                "shared": int(bool(row.get("shared"))),
                "status": "available" if world.online(node) and not row.get("disable") else "unknown",
            }
            if entry["status"] == "available":
                total, used = space(world, known, node, name)
                entry |= {"maxdisk": total, "disk": used}
            found.append(entry)
    return found


def resources(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/resources: what the asker may see."""
    world, rights = call.world, Rights(call.world, call.identity)
    kind = call.params.get("type")
    found: list[dict[str, Any]] = []
    root = call.identity.user == "root@pam" and not call.identity.token
    if kind in (None, "vm"):
        entries = guest_entries(world)
        found += entries if root else [e for e in entries if "VM.Audit" in rights.on(f"/vms/{e['vmid']}")]
    if kind in (None, "node"):
        for name in world.nodes():
            entry = node_entry(world, name)
            if not rights.has(f"/nodes/{name}", ["Sys.Audit"]):
                entry = {k: entry[k] for k in ("node", "id", "type", "status", "level")}
            found.append({**entry, "cgroup-mode": 2})
    if kind in (None, "storage"):
        found += [
            e
            for e in storage_entries(world)
            if rights.has(f"/storage/{e['storage']}", ["Datastore.Audit", "Datastore.AllocateSpace"], any_of=True)
        ]
    if kind is None:
        if rights.has("/sdn/zones/localnetwork", ["SDN.Audit", "SDN.Use", "SDN.Allocate"], any_of=True):
            found += _networks(world)
        found += [
            {"id": f"/pool/{pool}", "type": "pool", "pool": pool}
            for pool in sorted(world.state.keys("pool"))
            if rights.has(f"/pool/{pool}", ["Pool.Audit"])
        ]
    return found


def _networks(world: World) -> list[dict[str, Any]]:
    """The zone that every node has: its own bridges."""
    zone = {"type": "network", "network": "localnetwork", "network-type": "zone", "status": "ok"}
    return [{**zone, "node": n, "id": f"network/{n}/zone/localnetwork"} for n in world.nodes()]


def next_id(call: Call) -> str:
    """GET /cluster/nextid."""
    if "vmid" in call.params:
        vmid = str(call.params["vmid"])
        if call.state.has("guest", vmid):
            raise parameter_error("vmid", f"VM {vmid} already exists")
        return vmid
    return guests.next_vmid(call.world)


ROUTES: Routes = {
    ("GET", "/version"): version,
    ("GET", "/nodes/{node}/version"): version,
    ("GET", "/nodes"): list_nodes,
    ("GET", "/nodes/{node}/status"): node_status,
    ("GET", "/cluster/status"): cluster_status,
    ("GET", "/cluster/config/nodes"): config_nodes,
    ("GET", "/cluster/resources"): resources,
    ("GET", "/cluster/nextid"): next_id,
}
