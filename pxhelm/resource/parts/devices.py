"""Rarer devices and options of a virtual machine: firmware, display, passed-through hardware, SMBIOS, agent."""

from __future__ import annotations

from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import hotplugs
from pxhelm.resource.field import Field
from pxhelm.resource.model import Leaves, Live, Value

R, O, M = Effect.RESTART, Effect.ONLINE, Effect.METADATA  # noqa: E741 - as in kinds.md 2.8

SLOTS: dict[str, tuple[str, ...]] = {
    "pci": tuple(f"hostpci{n}" for n in range(16)),
    "usb": tuple(f"usb{n}" for n in range(14)),
    "virtiofs": tuple(f"virtiofs{n}" for n in range(10)),
    "serial": tuple(f"serial{n}" for n in range(4)),
    "parallel": tuple(f"parallel{n}" for n in range(3)),
}

_OS = ("other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris")
_WATCHDOG = ("reset", "shutdown", "poweroff", "pause", "debug", "none")
_SCSI = ("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi")


def plug_usb(_path: str, _before: Value, _after: Value, live: Live) -> tuple[Effect, str]:
    """Return the effect of USB devices: plugged while the guest runs, if USB hotplug is on."""
    return (O, "") if hotplugs(live, "usb") else (R, "USB hotplug is off")


def bootable(order: Value, wanted: Leaves, live: Live) -> tuple[object, ...]:
    """Return the slots of a boot order that are there or wanted: Proxmox takes others out, and refuses them (D6.2)."""
    slots = order if isinstance(order, tuple) else ()
    known = {path.split(".")[1] for path in wanted if path.startswith(("disks.", "networks.", "usb.", "pci."))}
    return tuple(slot for slot in slots if slot in known or slot in live.raw)


def _same_order(path: str, wanted: Leaves, live: Live) -> bool:
    found = live.intended.get(path)
    return bootable(wanted[path], wanted, live) == (found or ())


FIRMWARE: tuple[Field, ...] = (
    Field("osType", "line", "ostype", effect=R, choices=_OS, default="other", on_create="l26"),
    Field("arch", "line", "arch", effect=R, choices=("x86_64", "aarch64"), root_only=True),
    Field("bios", "line", "bios", effect=R, choices=("seabios", "ovmf"), default="seabios"),
    Field("machine.type", "line", "machine.type", effect=R),
    Field("machine.viommu", "line", "machine.viommu", effect=R, choices=("intel", "virtio")),
    Field("machine.awBits", "int", "machine.aw-bits", effect=R, bounds=(32, 64)),
    Field("machine.enableS3", "bool", "machine.enable-s3", effect=R),
    Field("machine.enableS4", "bool", "machine.enable-s4", effect=R),
    Field("bootOrder", "list", "boot.order", form="semicolon-list", effect=R, same=_same_order),
    Field("scsiController", "line", "scsihw", effect=R, choices=_SCSI, default="lsi", on_create="virtio-scsi-single"),
    Field("agent.enabled", "bool", "agent.enabled", effect=R, default=False),
    Field("agent.type", "line", "agent.type", effect=R, choices=("virtio", "isa"), default="virtio"),
    Field("agent.freezeFS", "bool", "agent.freeze-fs", effect=R, default=True),
    Field("agent.fstrimClonedDisks", "bool", "agent.fstrim_cloned_disks", default=False),
)

PASSED_THROUGH: tuple[Field, ...] = (
    Field("pci.*.mapping", "ref", "*.mapping", effect=R, refers=("PCIMapping",)),
    Field("pci.*.host", "line", "*.host", effect=R, root_only=True),
    Field("pci.*.mdev", "line", "*.mdev", effect=R),
    Field("pci.*.pcie", "bool", "*.pcie", effect=R, default=False),
    Field("pci.*.romBar", "bool", "*.rombar", effect=R, default=True),
    Field("pci.*.romFile", "line", "*.romfile", effect=R, root_only=True),
    Field("pci.*.primaryGPU", "bool", "*.x-vga", effect=R, default=False),
    Field("pci.*.driver", "line", "*.driver", effect=R, choices=("vfio", "keep")),
    Field("pci.*.legacyIGD", "bool", "*.legacy-igd", effect=R, default=False),
    Field("pci.*.deviceID", "line", "*.device-id", effect=R),
    Field("pci.*.vendorID", "line", "*.vendor-id", effect=R),
    Field("pci.*.subDeviceID", "line", "*.sub-device-id", effect=R),
    Field("pci.*.subVendorID", "line", "*.sub-vendor-id", effect=R),
    Field("usb.*.mapping", "ref", "*.mapping", effect=plug_usb, refers=("USBMapping",)),
    Field("usb.*.host", "line", "*.host", effect=plug_usb, root_only=True),
    Field("usb.*.usb3", "bool", "*.usb3", effect=plug_usb, default=False),
    Field("virtiofs.*.mapping", "ref", "*.dirid", effect=R, refers=("DirMapping",)),
    Field(
        "virtiofs.*.cache", "line", "*.cache", effect=R, choices=("auto", "always", "metadata", "never"), default="auto"
    ),
    Field("virtiofs.*.directIO", "bool", "*.direct-io", effect=R, default=False),
    Field("virtiofs.*.exposeACL", "bool", "*.expose-acl", effect=R, default=False),
    Field("virtiofs.*.exposeXattr", "bool", "*.expose-xattr", effect=R, default=False),
    Field("pci.*.extra.*", "raw", "*.*", effect=R, help="sub-options that have no field"),
    Field("usb.*.extra.*", "raw", "*.*", effect=plug_usb, help="sub-options that have no field"),
    Field("virtiofs.*.extra.*", "raw", "*.*", effect=R, help="sub-options that have no field"),
    Field("serial.*", "line", "*", effect=R, root_only=True),
    Field("parallel.*", "line", "*", effect=R, root_only=True),
)

DISPLAY: tuple[Field, ...] = (
    Field("display.type", "line", "vga.type", effect=R, default="std"),
    Field("display.memory", "memory", "vga.memory", form="mib", effect=R),
    Field("display.clipboard", "line", "vga.clipboard", effect=R, choices=("vnc",)),
    Field("audio.device", "line", "audio0.device", effect=R, choices=("ich9-intel-hda", "intel-hda", "AC97")),
    Field("audio.driver", "line", "audio0.driver", effect=R, choices=("spice", "none")),
    Field("rng.source", "line", "rng0.source", effect=R, choices=("/dev/urandom", "/dev/random", "/dev/hwrng")),
    Field("rng.maxBytes", "int", "rng0.max_bytes", effect=R),
    Field("rng.period", "int", "rng0.period", effect=R),
    Field("watchdog.model", "line", "watchdog.model", effect=R, choices=("i6300esb", "ib700")),
    Field("watchdog.action", "line", "watchdog.action", effect=R, choices=_WATCHDOG),
    Field("spice.folderSharing", "bool", "spice_enhancements.foldersharing", effect=R, default=False, root_only=True),
    Field(
        "spice.videoStreaming",
        "line",
        "spice_enhancements.videostreaming",
        effect=R,
        choices=("off", "all", "filter"),
        root_only=True,
    ),
    Field("ivshmem.size", "memory", "ivshmem.size", form="mib", effect=R, root_only=True),
    Field("ivshmem.name", "line", "ivshmem.name", effect=R, root_only=True),
)

IDENTITY: tuple[Field, ...] = (
    Field("smbios.uuid", "line", "smbios1.uuid", kept=True, effect=R),
    *(
        Field(f"smbios.{name}", "line", f"smbios1.{name}", form="smbios", effect=R)
        for name in ("manufacturer", "product", "version", "serial", "sku", "family")
    ),
    Field("vmGenerationID", "line", "vmgenid", effect=R, root_only=True),
    Field("confidential.sev.type", "line", "amd-sev.type", effect=R, root_only=True),
    Field("confidential.sev.allowSMT", "bool", "amd-sev.allow-smt", effect=R, root_only=True),
    Field("confidential.sev.kernelHashes", "bool", "amd-sev.kernel-hashes", effect=R, root_only=True),
    Field("confidential.sev.noDebug", "bool", "amd-sev.no-debug", effect=R, root_only=True),
    Field("confidential.sev.noKeySharing", "bool", "amd-sev.no-key-sharing", effect=R, root_only=True),
    Field("confidential.tdx.type", "line", "intel-tdx.type", effect=R, root_only=True),
    Field("confidential.tdx.attestation", "bool", "intel-tdx.attestation", effect=R, root_only=True),
    Field("confidential.tdx.vsockCID", "int", "intel-tdx.vsock-cid", effect=R, root_only=True),
    Field("confidential.tdx.vsockPort", "int", "intel-tdx.vsock-port", effect=R, root_only=True),
)

OPTIONS: tuple[Field, ...] = (
    Field("options.acpi", "bool", "acpi", effect=R, default=True),
    Field("options.kvm", "bool", "kvm", effect=R, default=True),
    Field("options.tablet", "bool", "tablet", effect=plug_usb, default=True),
    Field("options.localTime", "bool", "localtime", effect=R),
    Field("options.freeze", "bool", "freeze", effect=R, default=False),
    Field("options.reboot", "bool", "reboot", effect=R, default=True),
    Field("options.timeDriftFix", "bool", "tdf", effect=R, default=False),
    Field("options.hotplug", "set", "hotplug", form="hotplug", effect=R, default=("disk", "network", "usb")),
    Field("options.keyboard", "line", "keyboard", effect=R),
    Field("options.startDate", "line", "startdate", effect=R, default="now"),
    Field("options.args", "line", "args", effect=R, root_only=True),
    Field("options.hookScript", "ref", "hookscript", form="line", effect=M, root_only=True, refers=("Snippet",)),
    Field("options.vmStateStorage", "ref", "vmstatestorage", form="line", effect=M, refers=("Storage",)),
    Field("options.migrateDowntime", "duration", "migrate_downtime", effect=M, root_only=True),
    Field("options.migrateSpeed", "rate", "migrate_speed", form="mbps", effect=M, root_only=True),
)
