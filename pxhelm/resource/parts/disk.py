"""Disks of a virtual machine: slots, fields, and what plugging one in or out does.

A disk is spoken of as storage and size; the volume id is Proxmox' and is carried. ``STORAGE:SIZE`` is never sent for a
slot that has a volume, because Proxmox would allocate a new one.
"""

from __future__ import annotations

from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import grow_or_refuse, hotplugs, silent
from pxhelm.resource.field import Field
from pxhelm.resource.model import Leaves, Live, Value

SLOTS: tuple[str, ...] = (
    *(f"scsi{n}" for n in range(31)),
    *(f"virtio{n}" for n in range(16)),
    *(f"sata{n}" for n in range(6)),
    *(f"ide{n}" for n in range(4)),
    *(f"unused{n}" for n in range(256)),
)
"""In the order in which Proxmox proposes boot disks; the unused ones can only be removed."""

_CACHE = ("none", "writethrough", "writeback", "unsafe", "directsync")
_AIO = ("native", "threads", "io_uring")
_ON_ERROR = ("ignore", "report", "stop")


def plug(path: str, _before: Value, after: Value, live: Live) -> tuple[Effect, str]:
    """Return the effect of a whole disk that comes or goes."""
    slot = path.split(".")[1]
    if slot.startswith(("scsi", "virtio")) and hotplugs(live, "disk"):
        return Effect.ONLINE, "" if after is not None else "the volume is kept as unused"
    return Effect.RESTART, f"{slot} cannot be plugged while the guest runs"


def _move(path: str, before: Value, after: Value, _live: Live) -> tuple[Effect, str]:
    if before is not None and after is not None:
        return Effect.ONLINE, f"all data of {path.split('.')[1]} is copied from {before} to {after}"
    return Effect.ONLINE, ""


def _media(path: str, before: Value, _after: Value, _live: Live) -> tuple[Effect, str]:
    if before is None:
        return Effect.RESTART, f"a CD drive on {path.split('.')[1]} appears at the next start"
    return Effect.ONLINE, ""


def _same_volume(path: str, wanted: Leaves, live: Live) -> bool:
    # a volume that is attached is named by the manifest only to adopt it; a move gives it another name
    return live.intended.get(path) is None or live.intended[path] == wanted[path]


def _same_format(path: str, wanted: Leaves, live: Live) -> bool:
    return live.intended.get(path) in (None, wanted[path])


def _fields(family: str) -> tuple[Field, ...]:
    def at(name: str) -> str:
        return f"{family}.*.{name}"

    r, o = Effect.RESTART, Effect.ONLINE
    return (
        Field(at("storage"), "ref", "*.file", form="storage", effect=_move, refers=("Storage",), help="where it lies"),
        Field(at("size"), "size", "*.size", form="volume-size", effect=grow_or_refuse, help="grows, never shrinks"),
        Field(
            at("format"),
            "line",
            "*.format",
            form="image-format",
            effect=_move,
            choices=("raw", "qcow2", "vmdk"),
            same=_same_format,
        ),
        Field(at("importFrom"), "ref", "*.import-from", form="import", refers=("Image",), creation_only=True),
        Field(at("volume"), "volume", "*.file", form="file", same=_same_volume),
        Field(
            at("cdrom"), "ref", "*.file", form="cdrom", effect=_media, refers=("Image",), help="volume, none or host"
        ),
        Field(at("backup"), "bool", "*.backup", default=True),
        Field(at("replicate"), "bool", "*.replicate", default=True),
        Field(at("shared"), "bool", "*.shared", default=False),
        Field(at("snapshot"), "bool", "*.snapshot"),
        Field(at("cache"), "line", "*.cache", effect=r, choices=_CACHE),
        Field(at("aio"), "line", "*.aio", effect=r, choices=_AIO),
        Field(at("discard"), "bool", "*.discard", form="on-ignore", effect=r, default=False),
        Field(at("ssd"), "bool", "*.ssd", effect=r, default=False),
        Field(at("ioThread"), "bool", "*.iothread", effect=r, default=False, on_create=True),
        Field(at("readOnly"), "bool", "*.ro", effect=r, default=False),
        Field(at("queues"), "int", "*.queues", effect=r, bounds=(2, None)),
        Field(at("vendor"), "line", "*.vendor", effect=r),
        Field(at("product"), "line", "*.product", effect=r),
        Field(at("serial"), "line", "*.serial", effect=silent),
        Field(at("wwn"), "line", "*.wwn", effect=silent),
        Field(at("model"), "line", "*.model", effect=silent),
        Field(at("scsiBlock"), "bool", "*.scsiblock", effect=silent, default=False),
        Field(at("detectZeroes"), "bool", "*.detect_zeroes", effect=silent),
        Field(at("onReadError"), "line", "*.rerror", effect=silent, choices=_ON_ERROR),
        Field(at("onWriteError"), "line", "*.werror", effect=silent, choices=("enospc", *_ON_ERROR)),
        *_limits(at("limits"), o),
        Field(at("reclaimPolicy"), "line", choices=("Retain", "Delete"), help="what becomes of a removed volume"),
        Field(at("extra.*"), "raw", "*.*", effect=r, help="sub-options that have no field"),
    )


def _limits(prefix: str, effect: Effect) -> tuple[Field, ...]:
    fields: list[Field] = []
    for scope, suffix in (("total", ""), ("read", "_rd"), ("write", "_wr")):
        at, end = f"{prefix}.{scope}", suffix
        fields += (
            Field(f"{at}.bandwidth", "rate", f"*.mbps{end}", form="throttle", effect=effect),
            Field(f"{at}.burst", "rate", f"*.mbps{end}_max", form="mbps", effect=effect),
            Field(f"{at}.burstDuration", "duration", f"*.bps{end}_max_length", effect=effect),
            Field(f"{at}.iops", "int", f"*.iops{end}", effect=effect),
            Field(f"{at}.burstIops", "int", f"*.iops{end}_max", effect=effect),
            Field(f"{at}.burstIopsDuration", "duration", f"*.iops{end}_max_length", effect=effect),
        )
    return tuple(fields)


FIELDS = _fields("disks")

EFI_AND_TPM: tuple[Field, ...] = (
    Field("efiDisk.storage", "ref", "efidisk0.file", form="storage", effect=Effect.RESTART, refers=("Storage",)),
    Field("efiDisk.volume", "volume", "efidisk0.file", form="file", effect=Effect.RESTART, same=_same_volume),
    Field("efiDisk.format", "line", "efidisk0.format", form="image-format", effect=Effect.RESTART, same=_same_format),
    Field("efiDisk.importFrom", "ref", "efidisk0.import-from", form="import", refers=("Image",), creation_only=True),
    Field("efiDisk.type", "line", "efidisk0.efitype", choices=("2m", "4m"), on_create="4m", creation_only=True),
    Field("efiDisk.preEnrolledKeys", "bool", "efidisk0.pre-enrolled-keys", default=False, creation_only=True),
    Field("efiDisk.msCert", "line", "efidisk0.ms-cert", choices=("2011", "2023", "2023w", "2023k"), creation_only=True),
    Field("efiDisk.extra.*", "raw", "efidisk0.*", effect=Effect.RESTART, help="sub-options that have no field"),
    Field("tpm.extra.*", "raw", "tpmstate0.*", effect=Effect.RESTART, help="sub-options that have no field"),
    Field("tpm.storage", "ref", "tpmstate0.file", form="storage", effect=Effect.RESTART, refers=("Storage",)),
    Field("tpm.volume", "volume", "tpmstate0.file", form="file", effect=Effect.RESTART, same=_same_volume),
    Field("tpm.format", "line", "tpmstate0.format", form="image-format", effect=Effect.RESTART, same=_same_format),
    Field("tpm.importFrom", "ref", "tpmstate0.import-from", form="import", refers=("Image",), creation_only=True),
    Field(
        "tpm.version",
        "line",
        "tpmstate0.version",
        effect=Effect.REFUSED,
        choices=("v1.2", "v2.0"),
        default="v1.2",
        on_create="v2.0",
        kept=True,
        help="changes only by removing the TPM and adding another",
    ),
)
