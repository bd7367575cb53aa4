"""A cluster to begin with: nodes, storages, bridges, a template, an ISO, users, and guests that somebody else made.

The same seed gives the same cluster. What it holds is documented in ``docs`` through the constants here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pxhelm.simulator import auth, drives, guests, volumes
from pxhelm.simulator.qemu_create import meta_line
from pxhelm.simulator.state import State
from pxhelm.simulator.storage_list import put_file
from pxhelm.simulator.world import Moment, World

GIB = 1024**3
PASSWORD = "pxhelm-simulator"  # noqa: S105 - of a cluster that does not exist
TOKEN_NAME = "pxhelm"  # noqa: S105 - its name
TOKEN_SECRET = "70786865-6c6d-4000-8000-73696d756c61"  # noqa: S105 - of a cluster that does not exist
TOKEN = f"root@pam!{TOKEN_NAME}={TOKEN_SECRET}"
"""The API token of every seeded cluster, privilege separation off."""
TEMPLATE_VMID = 9000
TEMPLATE_NAME = "debian-12-template"
CONTAINER_TEMPLATE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
ISO = "local:iso/debian-12.7.0-amd64-netinst.iso"
SNIPPET = "local:snippets/user-data.yaml"
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Machine:
    """A node."""

    name: str
    cpus: int = 16
    memory: int = 128 * GIB
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the cluster is."""

    nodes: int = 3
    """Nodes of the usual size, named ``pve-node1`` and so on; without meaning when ``machines`` are given."""
    guests: int = 0
    """Guests of somebody else, numbered from 100."""
    seed: int = 1
    machines: tuple[Machine, ...] = ()


def entropy_of(seed: int) -> Callable[[int], bytes]:
    """Return a source of bytes that is the same each time."""
    counter = 0

    def take(count: int) -> bytes:
        nonlocal counter
        found = b""
        while len(found) < count:
            counter += 1
            found += hashlib.sha256(f"{seed}:{counter}".encode()).digest()
        return found[:count]

    return take


def seed(state: State, shape: Shape, now: float) -> None:
    """Fill an empty state."""
    world = World(state, Moment(now, entropy_of(shape.seed), 0.0))
    machines = shape.machines or tuple(Machine(f"pve-node{n}") for n in range(1, shape.nodes + 1))
    names = [machine.name for machine in machines]
    main = {"name": "pxhelm-sim", "local": names[0], "quorate": True, "version": len(names)}
    state.put("cluster", "main", {**main, "key": world.uuid()})
    state.put("datacenter", "main", {})
    for number, machine in enumerate(machines, 1):
        _node(world, number, machine)
    _storages(world, names)
    seed_access(world, PASSWORD)
    state.edit("user", "root@pam")["tokens"][TOKEN_NAME] = {"privsep": 0, "expire": 0, "secret": TOKEN_SECRET}
    _template(world, names[0])
    for number in range(shape.guests):
        _guest(world, 100 + number, names[number % len(names)], number)


def seed_access(world: World, password: str) -> None:
    """Write the realms and root@pam."""
    world.state.put("realm", "pam", {"type": "pam", "comment": "Linux PAM standard authentication"})
    world.state.put("realm", "pve", {"type": "pve", "comment": "Proxmox VE authentication server"})
    world.state.put("user", "root@pam", {"enable": 1, "expire": 0, "groups": [], "tokens": {}})
    auth.set_password(world, "root@pam", password)


def bridge_entry(address: str, prefix: int, ports: str = "", priority: int = 3) -> dict[str, Any]:
    """Return a bridge as /nodes/{node}/network shows it."""
    return {
        "type": "bridge",
        "method": "static",
        "method6": "manual",
        "address": address,
        "netmask": str(prefix),
        "cidr": f"{address}/{prefix}",
        "bridge_ports": ports,
        "bridge_stp": "off",
        "bridge_fd": "0",
        "autostart": 1,
        "active": 1,
        "priority": priority,
        "families": ["inet"],
    }


def _node(world: World, number: int, machine: Machine) -> None:
    name, size = machine.name, {"cpus": machine.cpus, "memory": machine.memory}
    row = {"nodeid": number, "ip": f"10.10.0.{number}", "online": True, "api": True, **size}
    world.state.put("node", name, {**row, "boot": world.now - 86400 * number})
    nic = {
        "type": "eth",
        "exists": 1,
        "active": 1,
        "method": "manual",
        "method6": "manual",
        "families": ["inet"],
        "priority": 2,
    }
    world.state.put("network", name, {"active": {"eno1": nic, "vmbr0": bridge_entry(f"10.10.0.{number}", 24, "eno1")}})


def _storages(world: World, names: list[str]) -> None:
    state = world.state
    state.put(
        "storage",
        "local",
        {"type": "dir", "path": "/var/lib/vz", "content": ["iso", "vztmpl", "backup", "snippets", "import"]},
    )
    thin = {
        "type": "lvmthin",
        "thinpool": "data",
        "vgname": "pve",
        "content": ["images", "rootdir"],
        "size": 4096 * GIB,
    }
    state.put("storage", "local-lvm", thin)
    rbd = {"type": "rbd", "pool": "rbd", "content": ["images", "rootdir"], "shared": 1, "size": 20480 * GIB}
    state.put("storage", SHARED, rbd)
    for name in names:
        put_file(world, name, CONTAINER_TEMPLATE, 126_000_000, {"ostype": "debian"})
        put_file(world, name, ISO, 661_651_456)
        put_file(world, name, SNIPPET, 64)


def _disk(world: World, node: str, storage: str, vmid: int, gib: int) -> str:
    volid, _ = volumes.allocate(world, node, volumes.Wanted(storage, str(vmid), gib * 1024 * 1024))
    return volid


def _template(world: World, node: str) -> None:
    """The template lies on the shared storage, so that every node can clone it."""
    disk = _disk(world, node, SHARED, TEMPLATE_VMID, 3)
    base = volumes.base_name(disk)
    row = volumes.find(world, node, disk)
    assert row is not None
    volumes.remove(world, node, disk)
    volumes.put(world, node, base, row)
    cloud = volumes.Wanted(SHARED, str(TEMPLATE_VMID), drives.CLOUD_INIT_KIB, "raw", f"vm-{TEMPLATE_VMID}-cloudinit")
    drive, _ = volumes.allocate(world, node, cloud)
    conf = {
        "name": TEMPLATE_NAME,
        "template": 1,
        "agent": "enabled=1",
        "boot": "order=scsi0",
        "cores": 1,
        "sockets": 1,
        "cpu": "x86-64-v2-AES",
        "ide2": f"{drive},media=cdrom",
        "ipconfig0": "ip=dhcp",
        "memory": "1024",
        "meta": meta_line(world),
        "net0": f"virtio={world.mac()},bridge=vmbr0",
        "ostype": "l26",
        "scsi0": f"{base},size=3G",
        "scsihw": "virtio-scsi-single",
        "serial0": "socket",
        "smbios1": f"uuid={world.uuid()}",
        "vga": "serial0",
        "vmgenid": world.uuid(),
    }
    world.state.put("guest", str(TEMPLATE_VMID), guests.blank("qemu", node, conf))


def _guest(world: World, vmid: int, node: str, number: int) -> None:
    running = {"since": world.now - 3600 - number, "pid": 5000 + number, "state": "running"} if number % 4 else None
    kind = "lxc" if number % 5 == 4 else "qemu"
    row = guests.blank(kind, node, _container(world, vmid, node) if kind == "lxc" else _machine(world, vmid, node))
    world.state.put("guest", str(vmid), {**row, "run": running})


def _machine(world: World, vmid: int, node: str) -> dict[str, Any]:
    volid = _disk(world, node, "local-lvm", vmid, 8)
    return {
        "name": f"foreign-vm-{vmid}",
        "boot": "order=scsi0;net0",
        "cores": 2,
        "memory": "2048",
        "meta": meta_line(world),
        "net0": f"virtio={world.mac()},bridge=vmbr0",
        "ostype": "l26",
        "scsi0": f"{volid},size=8G",
        "scsihw": "virtio-scsi-single",
        "smbios1": f"uuid={world.uuid()}",
        "tags": "foreign",
        "vmgenid": world.uuid(),
    }


def _container(world: World, vmid: int, node: str) -> dict[str, Any]:
    volid = _disk(world, node, "local-lvm", vmid, 4)
    return {
        "arch": "amd64",
        "hostname": f"foreign-ct-{vmid}",
        "memory": 512,
        "net0": f"name=eth0,bridge=vmbr0,hwaddr={world.mac()},ip=dhcp,type=veth",
        "ostype": "debian",
        "rootfs": f"{volid},size=4G",
        "swap": 512,
        "tags": "foreign",
        "unprivileged": 1,
    }
