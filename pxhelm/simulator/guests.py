"""What virtual machines and containers have in common: their rows, locks, digests, lists.

A guest is a row under its number: kind, node, configuration, pending changes, snapshots, and what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.replication_runs import drop, jobs
from pxhelm.simulator.world import World, digest

FOLDERS = {"qemu": "qemu-server", "lxc": "lxc"}
LABELS = {"qemu": "VM", "lxc": "CT"}
_LOCKS = {"qemu": "/var/lock/qemu-server/lock-{}.conf", "lxc": "/run/lock/lxc/pve-config-{}.lock"}

Guest = dict[str, Any]


def missing(kind: str, node: str, vmid: str) -> ApiError:
    """Return the error of a guest that is not there."""
    return ApiError(f"Configuration file 'nodes/{node}/{FOLDERS[kind]}/{vmid}.conf' does not exist")


def look(world: World, kind: str, node: str, vmid: str) -> Guest:
    """Return a guest's row to look at; Proxmox' error when it is not there, not of this kind, not on this node."""
    row: Guest | None = world.state.get("guest", vmid)
    if row is None or row["kind"] != kind or row["node"] != node:
        raise missing(kind, node, vmid)
    return row


def change(world: World, kind: str, node: str, vmid: str) -> Guest:
    """Return a guest's row to change; the configuration can be written only with quorum."""
    look(world, kind, node, vmid)
    need_writable(world, kind, node, vmid)
    row: Guest = world.state.edit("guest", vmid)
    return row


def need_writable(world: World, kind: str, node: str, vmid: str) -> None:
    """Refuse writing of a configuration file without quorum."""
    if not world.quorate:
        file = f"/etc/pve/nodes/{node}/{FOLDERS[kind]}/{vmid}.conf.tmp.{world.number(90000)}"
        raise ApiError(f"unable to open file '{file}' - Permission denied")


def run_state(world: World, vmid: str) -> Guest:
    """Return a guest's row to change what runs, which needs no quorum."""
    row: Guest = world.state.edit("guest", vmid)
    return row


def create(world: World, kind: str, node: str, vmid: str) -> Guest:
    """Claim a number: write a configuration that holds only ``lock: create``."""
    other = world.state.get("guest", vmid)
    if other is not None:
        raise ApiError(f"{LABELS[other['kind']]} {vmid} already exists on node '{other['node']}'")
    return write(world, vmid, blank(kind, node, {"lock": "create"}))


def blank(kind: str, node: str, conf: Mapping[str, Any]) -> Guest:
    """Return a fresh row."""
    return {"kind": kind, "node": node, "conf": dict(conf), "pending": {}, "gone": {}, "snaps": {}, "run": None}


def write(world: World, vmid: str, row: Guest) -> Guest:
    """Write a guest's row, new or in place of the one that claimed its number."""
    old = world.state.get("guest", vmid)
    born = old.get("born", world.now) if old else world.now
    fresh: Guest = world.state.put("guest", vmid, {**row, "born": born})
    return fresh


def digest_of(row: Mapping[str, Any]) -> str:
    """Return the digest of the configuration file."""
    return digest(row["conf"], row["pending"], row["gone"], row["snaps"])


def check_lock(row: Mapping[str, Any]) -> None:
    """Refuse when the configuration is locked."""
    lock = row["conf"].get("lock")
    if lock:
        raise ApiError(f"{LABELS[row['kind']]} is locked ({lock})")


def check_protection(row: Mapping[str, Any], what: str) -> None:
    """Refuse when the guest is protected."""
    if row["conf"].get("protection"):
        raise ApiError(f"{what} - protection mode enabled")


def flock(kind: str, vmid: str) -> str:
    """Return the name of the lock file of a guest."""
    return _LOCKS[kind].format(vmid)


def name_of(row: Mapping[str, Any], vmid: str) -> str:
    """Return the name as lists show it."""
    if row["kind"] == "lxc":
        return str(row["conf"].get("hostname", f"CT{vmid}"))
    return str(row["conf"].get("name", f"VM {vmid}"))


def pool_of(world: World, vmid: str) -> str:
    """Return the pool a guest is in, or nothing."""
    return next((pool for pool, row in world.state.items("pool") if int(vmid) in row["vms"]), "")


def ha_id(row: Mapping[str, Any], vmid: str) -> str:
    """Return the id the guest would have as an HA resource."""
    return f"{'ct' if row['kind'] == 'lxc' else 'vm'}:{vmid}"


def ha_managed(world: World, row: Mapping[str, Any], vmid: str) -> bool:
    """Tell whether the HA manager looks after the guest."""
    return world.state.has("ha", ha_id(row, vmid))


def need_pool(world: World, pool: str) -> None:
    """Refuse a pool that does not exist, as Proxmox does: 403."""
    if pool and not world.state.has("pool", pool):
        raise ApiError(f"Permission check failed (pool '{pool}' does not exist)", 403)


def join_pool(world: World, vmid: str, pool: str) -> None:
    """Put a guest into a pool."""
    if pool and world.state.has("pool", pool):
        row = world.state.edit("pool", pool)
        if int(vmid) not in row["vms"]:
            row["vms"].append(int(vmid))


def forget(world: World, vmid: str) -> None:
    """Remove what follows a guest when it is destroyed: pool membership, ACLs, firewall."""
    for pool in world.state.keys("pool"):
        if int(vmid) in world.state.get("pool", pool)["vms"]:
            world.state.edit("pool", pool)["vms"].remove(int(vmid))
    world.state.delete("acl", f"/vms/{vmid}")
    world.state.delete("firewall", f"vm/{vmid}")


def check_unused(world: World, row: Mapping[str, Any], vmid: str) -> None:
    """Refuse to destroy, without ``purge``, a guest that HA or a replication job names."""
    if ha_managed(world, row, vmid):
        kind = LABELS[row["kind"]]
        raise ApiError(f"unable to remove {kind} {vmid} - used in HA resources and purge parameter not set.")
    for job in jobs(world):
        if job.partition("-")[0] == vmid:
            raise ApiError(f"There is a replication job '{job}' for guest '{vmid}' - Please remove that first.")


def purge(world: World, row: Mapping[str, Any], vmid: str) -> list[str]:
    """Remove a guest from backup jobs, replication and HA; return the log lines."""
    log = [f"purging {LABELS[row['kind']]} {vmid} from related configurations.."]
    for job in world.state.keys("backup"):
        found = str(world.state.get("backup", job).get("vmid", ""))
        if vmid in found.split(","):
            world.state.edit("backup", job)["vmid"] = ",".join(v for v in found.split(",") if v != vmid)
    for job in jobs(world):
        if job.partition("-")[0] == vmid:
            drop(world, job)
    sid = ha_id(row, vmid)
    if world.state.has("ha", sid):
        world.state.delete("ha", sid)
        log.append(f"NOTE: removed {LABELS[row['kind']]} {vmid} from HA resource configuration.")
    return log


def next_vmid(world: World) -> str:
    """Return the first free number of the data centre's range."""
    bounds = dict(part.split("=") for part in str(world.option("next-id") or "").split(",") if "=" in part)
    lower, upper = int(bounds.get("lower", 100)), int(bounds.get("upper", 1000000))
    for vmid in range(lower, upper):
        if not world.state.has("guest", str(vmid)):
            return str(vmid)
    raise ApiError(f"unable to get any free VMID in range [{lower}, {upper}]")
