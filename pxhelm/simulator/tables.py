"""The tables of the simulated API: which function answers what, which job a task runs."""

from __future__ import annotations

from types import ModuleType

from pxhelm.proxmox.schema import Endpoint, ParamSpec
from pxhelm.simulator import (
    access,
    acl,
    acme,
    agent,
    backup,
    clusterlog,
    datacenter,
    disk_tasks,
    extras,
    firewall,
    firewall_sets,
    ha,
    lxc_create,
    lxc_power,
    lxc_read,
    lxc_update,
    migrate,
    network,
    node_extras,
    nodes,
    pools,
    qemu_clone,
    qemu_create,
    qemu_power,
    qemu_read,
    qemu_update,
    replication,
    sdn,
    sdn_fabrics,
    sdn_ipam,
    sdn_parts,
    sections,
    snapshots,
    storage_config,
    storage_list,
    tasks,
)
from pxhelm.simulator.world import Routes

_MODULES: tuple[ModuleType, ...] = (
    access,
    acl,
    acme,
    agent,
    backup,
    clusterlog,
    datacenter,
    disk_tasks,
    extras,
    firewall,
    firewall_sets,
    ha,
    lxc_create,
    lxc_power,
    lxc_read,
    lxc_update,
    migrate,
    network,
    node_extras,
    nodes,
    pools,
    qemu_clone,
    qemu_create,
    qemu_power,
    qemu_read,
    qemu_update,
    replication,
    sdn,
    sdn_fabrics,
    sdn_ipam,
    sdn_parts,
    sections,
    snapshots,
    storage_config,
    storage_list,
    tasks,
)

HANDLERS: Routes = {}
ROOT = Endpoint(
    "/",
    "GET",
    {},
    ParamSpec("", "array", items=ParamSpec("", "object", properties={"subdir": ParamSpec("subdir")})),
    {"user": "all"},
)
INDEX_KEYS = {
    "/nodes/{node}": "name",
    "/cluster": "name",
    "/nodes/{node}/capabilities": "name",
    "/nodes/{node}/capabilities/qemu": "name",
    "/cluster/ha": "id",
    "/cluster/sdn": "id",
}
INDEXES: dict[str, tuple[str, ...]] = {
    "/nodes/{node}/qemu/{vmid}": (
        "agent",
        "cloudinit",
        "config",
        "firewall",
        "migrate",
        "monitor",
        "move",
        "mtunnel",
        "pending",
        "remote_migrate",
        "resize",
        "rrd",
        "rrddata",
        "sendkey",
        "snapshot",
        "spiceproxy",
        "status",
        "termproxy",
        "unlink",
        "vncproxy",
    ),
    "/nodes/{node}/qemu/{vmid}/status": ("current", "reboot", "reset", "shutdown", "start", "stop", "suspend"),
    "/nodes/{node}/lxc/{vmid}": (
        "clone",
        "config",
        "firewall",
        "interfaces",
        "migrate",
        "pending",
        "resize",
        "rrd",
        "rrddata",
        "snapshot",
        "spiceproxy",
        "status",
        "termproxy",
        "vncproxy",
        "vncwebsocket",
    ),
}
"""Directory listings that differ from the paths below."""
HIDDEN: dict[str, tuple[str, ...]] = {
    "/access": ("permissions", "vncticket"),
    "/cluster/sdn": ("dry-run", "lock", "rollback"),
    "/nodes/{node}": ("execute", "vncwebsocket"),
}
"""Paths that directory listings leave out."""


def register() -> None:
    """Fill the tables, once."""
    if HANDLERS:
        return
    for module in _MODULES:
        HANDLERS.update(module.ROUTES)
        tasks.JOBS.update(getattr(module, "TASKS", {}))
