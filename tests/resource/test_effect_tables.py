"""What a change does to a running guest: the tables of the design (engine.md D7.1, D7.2, corrected by kinds.md), row by row."""

import pytest

from pxhelm import kinds
from pxhelm.resource.effects import effect_of
from pxhelm.resource.kind import LeafChange, Op
from pxhelm.resource.model import Existence, Live

VM, CT = kinds.KINDS["VirtualMachine"], kinds.KINDS["Container"]
DISK = {"disks.scsi0.storage": "local-lvm", "disks.scsi0.size": 8 << 30, "disks.ide2.cdrom": "none"}
NIC = {"networks.net0.bridge": "vmbr0", "networks.net0.model": "virtio"}
EVERYTHING = ("cpu", "disk", "memory", "network", "usb")
METADATA, ONLINE, FELT, RESTART, OFFLINE, REPLACE, REFUSED = (
    "metadata", "online", "online-disruptive", "restart", "offline-op", "replace", "refused",
)  # fmt: skip
GIB = 1 << 30


def effect(kind, path, before, after, *, hotplug=None, power="running"):
    leaves = {**DISK, **NIC, "memory.size": 2 * GIB, "rootfs.size": 8 * GIB, "mounts.mp0.path": "/srv"}
    if before is not None:
        leaves[path] = before
    if hotplug is not None:
        leaves["options.hotplug"] = hotplug
    op = Op.UNSET if after is None else Op.SET
    live = Live(
        Existence.PRESENT, leaves, leaves, {k.split(".")[1]: "" for k in leaves if k.count(".") > 1}, power=power
    )
    return effect_of(kind, LeafChange(path, op, before, after), live)[0].label


MACHINE = [
    *((path, None, value, METADATA) for path, value in (
        ("hostname", "b"), ("description", "x"), ("tags", ("a",)), ("startup.onBoot", True), ("startup.order", 2),
        ("protection", True), ("options.hookScript", "local:snippets/x"), ("memory.shares", 5),
        ("cloudInit.user", "ops"), ("networks.net0.ip", "dhcp"), ("dns.search", "x.net"),
    )),
    *((path, None, value, ONLINE) for path, value in (
        ("cpu.limit", 1), ("cpu.units", 50), ("networks.net0.bridge", "vmbr1"), ("networks.net0.vlan", 5),
        ("networks.net0.firewall", True), ("networks.net0.rate", 1 << 20), ("networks.net0.connected", False),
        ("disks.scsi0.limits.total.bandwidth", 1 << 20), ("disks.scsi0.limits.read.iops", 5), ("disks.scsi0.backup", False),
    )),
    *((path, None, value, RESTART) for path, value in (
        ("disks.scsi0.aio", "native"), ("disks.scsi0.discard", True), ("disks.scsi0.ioThread", True),
        ("disks.scsi0.queues", 2), ("disks.scsi0.cache", "none"), ("disks.scsi0.ssd", True),
        ("disks.scsi0.readOnly", True), ("disks.scsi0.serial", "x"), ("disks.scsi0.detectZeroes", True),
        ("cpu.cores", 2), ("cpu.sockets", 2), ("cpu.type", "host"), ("cpu.numa", True), ("machine.type", "q35"),
        ("bios", "ovmf"), ("display.type", "qxl"), ("scsiController", "lsi"), ("bootOrder", ("net0",)),
        ("options.args", "-x"), ("pci.hostpci0.mapping", "gpu"), ("osType", "win11"), ("options.acpi", False),
        ("options.kvm", False), ("agent.type", "isa"), ("rng.source", "/dev/urandom"), ("audio.device", "AC97"),
        ("virtiofs.virtiofs0.mapping", "m"), ("efiDisk.storage", "local-lvm"), ("tpm.storage", "local-lvm"),
        ("networks.net0.hostTunnel", True),
    )),
    ("networks.net0.model", "virtio", "e1000", FELT),
    ("networks.net0.mac", None, "BC:24:11:00:00:09", FELT),
    ("disks.scsi0.size", 8 * GIB, 9 * GIB, ONLINE),
    ("disks.scsi0.size", 8 * GIB, 7 * GIB, REFUSED),
    ("disks.scsi0.storage", "local-lvm", "shared", ONLINE),
    ("disks.ide2.cdrom", "none", "local:iso/x.iso", ONLINE),
    ("tpm.version", "v2.0", "v1.2", REFUSED),
    ("isTemplate", None, True, OFFLINE),
    ("isTemplate", True, False, REFUSED),
    ("vmid", 100, 200, REPLACE),
]  # fmt: skip
PLUGGED = [  # path, after, feature, with the feature, without
    ("networks.net1.bridge", "vmbr0", "network", FELT, RESTART),
    ("networks.net0.model", "e1000", "network", FELT, RESTART),
    ("disks.scsi1.storage", "local-lvm", "disk", ONLINE, RESTART),
    ("disks.virtio1.storage", "local-lvm", "disk", ONLINE, RESTART),
    ("disks.sata1.storage", "local-lvm", "disk", RESTART, RESTART),
    ("disks.ide1.storage", "local-lvm", "disk", RESTART, RESTART),
    ("cpu.vcpus", 2, "cpu", ONLINE, RESTART),
    ("memory.size", 4 * GIB, "memory", ONLINE, RESTART),
    ("usb.usb0.mapping", "stick", "usb", ONLINE, RESTART),
    ("options.tablet", False, "usb", ONLINE, RESTART),
]
CONTAINER = [
    *((path, None, value, METADATA) for path, value in (
        ("description", "x"), ("startup.onBoot", True), ("protection", True), ("tags", ("a",)),
        ("options.hookScript", "local:snippets/x"),
    )),
    *((path, None, value, ONLINE) for path, value in (
        ("hostname", "b"), ("cpu.cores", 2), ("cpu.limit", 1), ("cpu.units", 5), ("memory.swap", 0),
        ("networks.net0.vlan", 5), ("networks.net1.bridge", "vmbr0"), ("mounts.mp1.path", "/b"),
        ("devices.dev0.path", "/dev/net/tun"),
    )),
    ("memory.size", 2 * GIB, 4 * GIB, ONLINE),
    ("rootfs.size", 8 * GIB, 9 * GIB, ONLINE),
    ("rootfs.size", 8 * GIB, 7 * GIB, REFUSED),
    ("mounts.mp0.path", "/srv", "/b", RESTART),
    ("features.nesting", None, True, RESTART),
    ("dns.servers", None, ("10.0.0.1",), RESTART),
    ("timezone", None, "host", RESTART),
    ("unprivileged", True, False, REPLACE),
    ("rootfs.storage", "local-lvm", "shared", OFFLINE),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after", "expected"), MACHINE)
def test_a_machine(path, before, after, expected):
    assert effect(VM, path, before, after) == expected


@pytest.mark.parametrize(("path", "after", "feature", "with_it", "without"), PLUGGED)
def test_what_is_plugged_depends_on_the_features_that_are_on(path, after, feature, with_it, without):
    others = tuple(each for each in EVERYTHING if each != feature)
    before = {"memory.size": 2 * GIB, "networks.net0.model": "virtio"}.get(path)
    assert effect(VM, path, before, after, hotplug=EVERYTHING) == with_it
    assert effect(VM, path, before, after, hotplug=others) == without
    default = with_it if feature in ("network", "disk", "usb") else without
    assert effect(VM, path, before, after) == default


@pytest.mark.parametrize(("path", "before", "after", "expected"), CONTAINER)
def test_a_container(path, before, after, expected):
    assert effect(CT, path, before, after) == expected


@pytest.mark.parametrize(("path", "before", "after", "expected"), [row for row in MACHINE if row[3] == RESTART])
def test_a_stopped_guest_needs_no_restart(path, before, after, expected):
    assert effect(VM, path, before, after, power="stopped") in (METADATA, ONLINE)
