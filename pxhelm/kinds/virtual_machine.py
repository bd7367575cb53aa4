"""A virtual machine of QEMU. Never touches what its manifest does not speak of, and no guest that is not its own."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.proxmox.request import ApiGen
from pxhelm.resource.columns import GUEST
from pxhelm.resource.decode import decode as decode_config
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.guest import QEMU, clone_source, observe_guest
from pxhelm.resource.guest_make import guest_steps, refuse_guest
from pxhelm.resource.kind import Change, Kind, Surroundings
from pxhelm.resource.model import Leaves, Live, Resource, Target
from pxhelm.resource.normal import Normal, by_bus, guest_shorthand, move, slots, wrap
from pxhelm.resource.parts import cloudinit, common, cpu, devices, disk, firewall, firewall_rules, ha, nic, seed
from pxhelm.resource.parts.words import worded
from pxhelm.resource.step import Step
from pxhelm.resource.writer import Writer

_OWN: tuple[Field, ...] = (
    Field("hostname", "name", "name", effect=Effect.METADATA, help="default: metadata.name"),
    Field("placement.allowOffline", "bool"),
    Field("placement.withLocalDisks", "bool"),
    Field("placement.network", "line"),
    Field("placement.type", "line", choices=("secure", "insecure")),
    Field("placement.withConntrackState", "bool"),
    Field(
        "source.clone.name", "ref", creation_only=True, help="a guest that is a template", refers=("VirtualMachine",)
    ),
    Field("source.clone.mode", "line", creation_only=True, choices=("Full", "Linked")),
    Field("source.clone.snapshot", "line", creation_only=True),
    Field("source.clone.storage", "ref", creation_only=True, refers=("Storage",)),
    Field("source.clone.format", "line", creation_only=True, choices=("raw", "qcow2", "vmdk")),
    Field("source.clone.bandwidth", "rate", creation_only=True),
    Field("source.backup.volume", "volume", creation_only=True),
    Field("source.backup.storage", "ref", creation_only=True, refers=("Storage",)),
    Field("source.backup.bandwidth", "rate", creation_only=True),
    Field("source.backup.unique", "bool", creation_only=True, help="fresh MAC addresses and UUID, default true"),
    Field("source.backup.liveRestore", "bool", creation_only=True, help="start it while the backup is still read"),
    Field("source.backup.workingStorage", "ref", creation_only=True, refers=("Storage",), help="for what is unpacked"),
)


def normalize(spec: Mapping[str, object]) -> Mapping[str, object]:
    """Expand the shorthand of kinds.md 2.5."""
    normal = Normal(spec)
    guest_shorthand(normal)
    ha.normalize(normal)
    firewall_rules.normalize(normal, ("firewall",))
    move(normal, "template", ("source", "clone", "name"))
    slots(normal, "disks", by_bus("scsi"))
    wrap(normal, "machine", "type")
    wrap(normal, "display", "type")
    wrap(normal, "agent", "enabled")
    return normal


def observe(target: Target) -> ApiGen[Live]:
    """Read one virtual machine."""
    return observe_guest(VIRTUAL_MACHINE, QEMU, target)


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing."""
    return guest_steps(Writer(VIRTUAL_MACHINE, QEMU, change))


def refuse(change: Change) -> str:
    """Return why it must not be touched as asked."""
    return refuse_guest(Writer(VIRTUAL_MACHINE, QEMU, change))


def decode(config: Mapping[str, object]) -> Leaves:
    """Return the leaves of a configuration."""
    return decode_config(VIRTUAL_MACHINE, config)


def sources(resource: Resource, surroundings: Surroundings) -> tuple[int, ...]:
    """Return the VMID of the template it is cloned from."""
    found = clone_source(resource, surroundings, QEMU)
    return (found,) if found else ()


VIRTUAL_MACHINE = Kind(
    name="VirtualMachine",
    plural="virtualmachines",
    short=("vm", "vms"),
    namespaced=True,
    guest=True,
    rank=60,
    fields=worded(
        (
            *_OWN,
            *common.BASICS,
            *cpu.CPU,
            *cpu.MEMORY,
            *devices.FIRMWARE,
            *disk.EFI_AND_TPM,
            *disk.FIELDS,
            *nic.VM_FIELDS,
            *cloudinit.FIELDS,
            *seed.FIELDS,
            *devices.PASSED_THROUGH,
            *devices.DISPLAY,
            *devices.IDENTITY,
            *devices.OPTIONS,
            *ha.FIELDS,
            *firewall.fields(firewall.GUEST, "firewall.", sets=True),
            *common.RAW,
        )
    ),
    normalize=normalize,
    observe=observe,
    steps=steps,
    identifier=lambda resource: str(resource.leaves.get("hostname", resource.key.name)),
    columns=GUEST,
    decode=decode,
    slots={"disks": disk.SLOTS, "networks": nic.SLOTS, "numa": cpu.NUMA_SLOTS, **devices.SLOTS},
    lone={"efiDisk": "efidisk0", "tpm": "tpmstate0", "ha": ha.RAW},
    device_effects={"disks": disk.plug, "networks": nic.plug, "usb": devices.plug_usb, "ha": ha.plug},
    api="/nodes/{node}/qemu",
    beyond=("ha", "firewall"),
    sources=sources,
    refuse=refuse,
    check=firewall.unguarded,
    more_references=cpu.model_of,
)
