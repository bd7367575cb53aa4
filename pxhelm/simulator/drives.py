"""The disks of a virtual machine: reading and printing their lines, making and detaching volumes, boot order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pxhelm.simulator import volumes
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.guests import Guest
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.world import World

Drive = dict[str, str]

_NAME = re.compile(r"(?:ide[0-3]|scsi(?:[12]?\d|30)|virtio(?:\d|1[0-5])|sata[0-5]|efidisk0|tpmstate0)")
_NEW = re.compile(r"(?:([^/:\s]+):)?(\d+(?:\.\d+)?)")
_CLOUD_INIT = re.compile(r"([^/:\s]+):cloudinit")
_OUR_CLOUD_INIT = re.compile(r"vm-\d+-cloudinit(?:\.\w+)?$")
BOOT_ORDER = (
    *(f"ide{n}" for n in range(4)),
    *(f"scsi{n}" for n in range(31)),
    *(f"virtio{n}" for n in range(16)),
    *(f"sata{n}" for n in range(6)),
)
CLOUD_INIT_KIB = 4096


def is_drive(option: str) -> bool:
    """Tell whether an option is a disk."""
    return bool(_NAME.fullmatch(option))


def parse(option: str, text: str) -> Drive:
    """Return the properties of a disk line."""
    return split_properties(keys_of("qemu", option), text)


def show(option: str, drive: Mapping[str, str]) -> str:
    """Print a disk line: the volume first, then the options by name."""
    return print_properties(keys_of("qemu", option), drive)


def is_cloud_init(drive: Mapping[str, str]) -> bool:
    """Tell whether a disk is a cloud-init drive, made or to be made."""
    file = drive["file"]
    return bool(_CLOUD_INIT.fullmatch(file) or _OUR_CLOUD_INIT.search(file))


def is_cdrom(drive: Mapping[str, str], *, strict: bool = False) -> bool:
    """Tell whether a disk is a CD drive; ``strict`` leaves out cloud-init drives."""
    return drive.get("media") == "cdrom" and not (strict and is_cloud_init(drive))


def is_new(drive: Mapping[str, str]) -> re.Match[str] | None:
    """Return storage and size of a disk to be made."""
    return None if is_cdrom(drive) else _NEW.fullmatch(drive["file"])


def clean(option: str, text: str) -> str:
    """Return a disk line as it is kept: aliases resolved, ``media=cdrom`` added where the file says so."""
    drive = parse(option, text)
    if drive["file"] in ("cdrom", "none"):
        drive.setdefault("media", "cdrom")
    return show(option, drive)


def drives_of(conf: Mapping[str, Any]) -> list[tuple[str, Drive]]:
    """Return the disks of a configuration, in boot order, EFI disk and TPM state last."""
    return [(o, parse(o, conf[o])) for o in (*BOOT_ORDER, "efidisk0", "tpmstate0") if o in conf]


def check_access(world: World, rights: Rights, vmid: str, options: Mapping[str, Any]) -> None:
    """Refuse disks on storages that are not there, not allowed, or not made for disks."""
    for option in sorted(o for o in options if is_drive(o)):
        drive = parse(option, options[option])
        _check_one(world, rights, vmid, option, drive)
        source = drive.get("import-from")
        if source:
            if not (new := is_new(drive)) or float(new[2]):
                text = "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>"
                raise parameter_error(option, text)
            if source.startswith("/"):
                if not rights.identity.root:
                    raise ApiError(_ROOT_PATHS)
            else:
                volumes.parse(world, source)


_ROOT_PATHS = "Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 635."


def _check_one(world: World, rights: Rights, vmid: str, option: str, drive: Drive) -> None:
    file = drive["file"]
    if file == "none" or (cloud := _CLOUD_INIT.fullmatch(file)):
        if file != "none" and cloud:
            volumes.storage(world, cloud[1])
            rights.need(f"/storage/{cloud[1]}", ["Datastore.AllocateSpace"])
        return
    if file == "cdrom":
        rights.need("/", ["Sys.Console"])
        return
    new = is_new(drive)
    if new:
        if not new[1]:
            raise ApiError("no storage ID specified (and no default storage)")
        rights.need(f"/storage/{new[1]}", ["Datastore.AllocateSpace"])
        if "images" not in volumes.content_of(volumes.storage(world, new[1])):
            raise parameter_error("storage", f"storage '{new[1]}' does not support vm images")
        return
    if file.startswith("/"):
        if not rights.identity.root:
            raise ApiError(_ROOT_PATHS)
        return
    check_volume_access(world, rights, vmid, file)
    kind = volumes.parse(world, file).content
    if kind not in ("images", "iso"):
        raise parameter_error(option, "content type needs to be 'images' or 'iso'")
    if kind == "iso" and not is_cdrom(drive):
        raise parameter_error(option, "explicit 'media=cdrom' is required for iso images")


def check_volume_access(world: World, rights: Rights, vmid: str, volid: str) -> None:
    """Refuse a volume that the asker may not use for this guest."""
    name = volumes.parse(world, volid)
    storage = volid.partition(":")[0]
    if name.content in ("iso", "vztmpl", "import"):
        rights.need(f"/storage/{storage}", ["Datastore.AllocateSpace", "Datastore.Audit"], any_of=True)
    elif (
        (name.content == "images" and name.vmid == vmid)
        or (name.content == "images" and name.vmid and rights.has(f"/vms/{name.vmid}", ["VM.Config.Disk"]))
        or (name.content == "backup" and name.vmid and rights.has(f"/vms/{name.vmid}", ["VM.Backup"]))
    ):
        return
    else:
        rights.need(f"/storage/{storage}", ["Datastore.Allocate"])


class Maker:
    """Makes the volumes that disk lines ask for, and remembers them so that a failure can take them back."""

    def __init__(self, world: World, node: str, vmid: str, conf: Mapping[str, Any]) -> None:
        self._world = world
        self._node = node
        self._vmid = vmid
        self._conf = conf
        self.made: list[str] = []
        self.log: list[str] = []

    def make(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return the lines as they will stand in the configuration."""
        found: dict[str, str] = {}
        for option in sorted(options):
            drive = parse(option, options[option])
            found[option] = self._one(option, drive, {**self._conf, **found})
        return found

    def undo(self) -> None:
        """Remove what was made."""
        for volid in self.made:
            volumes.remove(self._world, self._node, volid)

    def _one(self, option: str, drive: Drive, conf: Mapping[str, Any]) -> str:
        file = drive["file"]
        if file in ("none", "cdrom"):
            drive.pop("size", None)
            return show(option, drive)
        cloud = _CLOUD_INIT.fullmatch(file)
        new = is_new(drive)
        if cloud:
            return self._cloud_init(option, drive, cloud[1], conf)
        if new:
            return self._new(option, drive, new[1], new[2])
        if file.startswith("/"):
            drive.pop("size", None)
            return show(option, drive)
        size = volumes.size_of(self._world, self._node, file)
        if _OUR_CLOUD_INIT.search(file):
            drive.pop("size", None)
        else:
            drive["size"] = volumes.size_text(size)
        return show(option, drive)

    def _cloud_init(self, option: str, drive: Drive, storage: str, conf: Mapping[str, Any]) -> str:
        for other, line in conf.items():
            if other != option and is_drive(other) and is_cloud_init(parse(other, line)):
                raise ApiError(f"{option} - cloud-init drive is already attached at '{other}'")
        row = volumes.storage(self._world, storage)
        directory = row["type"] in volumes.DIRECTORY_TYPES
        form = drive.pop("format", "qcow2" if directory else "raw")
        name = f"vm-{self._vmid}-cloudinit" + (f".{form}" if directory else "")
        self._allocate(volumes.Wanted(storage, self._vmid, CLOUD_INIT_KIB, form, name), drive)
        drive["media"] = "cdrom"
        drive.pop("size", None)
        line = show(option, drive)
        self.log.append(f"{option}: successfully created disk '{line}'")
        return line

    def _new(self, option: str, drive: Drive, storage: str, gib: str) -> str:
        row = volumes.storage(self._world, storage)
        form = drive.pop("format", "") or (
            "raw" if row["type"] not in volumes.DIRECTORY_TYPES else row.get("format", "raw")
        )
        kib = volumes.kib_of_gib(gib)
        source = drive.pop("import-from", "")
        if source:
            kib = self._import_kib(source)
        if option in ("efidisk0", "tpmstate0"):
            kib = {"efidisk0": 528, "tpmstate0": 4096}[option]
        self._allocate(volumes.Wanted(storage, self._vmid, kib, form), drive)
        drive["size"] = volumes.size_text(kib * 1024)
        line = show(option, drive)
        self.log.append(f"{option}: successfully created disk '{line}'")
        return line

    def _import_kib(self, source: str) -> int:
        row = volumes.find(self._world, self._node, source)
        if row is None:
            file = volumes.parse(self._world, source).file
            where = volumes.storage(self._world, source.partition(":")[0]).get("path", "")
            raise ApiError(f"failed to stat '{where}/import/{file}'")
        return int(row.get("virtual_size", row["size"])) // 1024

    def _allocate(self, wanted: volumes.Wanted, drive: Drive) -> None:
        volid, log = volumes.allocate(self._world, self._node, wanted)
        self.made.append(volid)
        self.log.extend(log)
        drive["file"] = volid


def add_unused(row: Guest, volid: str) -> None:
    """Put a volume on the first free ``unusedN`` line."""
    conf = row["conf"]
    if volid in [conf[k] for k in conf if k.startswith("unused")]:
        return
    number = next(n for n in range(256) if f"unused{n}" not in conf)
    conf[f"unused{number}"] = volid


def register_unused(world: World, row: Guest, vmid: str, drive: Mapping[str, str]) -> None:
    """Keep the volume of a disk that leaves the configuration; a cloud-init drive is freed."""
    file = drive["file"]
    if is_cloud_init(drive):
        volumes.remove(world, row["node"], file)
    elif (
        not is_cdrom(drive)
        and not file.startswith("/")
        and file not in ("none", "cdrom")
        and volumes.parse(world, file).vmid == vmid
    ):
        add_unused(row, file)


def forget_used(row: Guest) -> None:
    """Drop ``unusedN`` lines whose volume is attached again."""
    used = {parse(o, line)["file"] for part in (row["conf"], row["pending"]) for o, line in part.items() if is_drive(o)}
    for key in [k for k, v in row["conf"].items() if k.startswith("unused") and v in used]:
        del row["conf"][key]


def used_volumes(row: Mapping[str, Any]) -> list[str]:
    """Return the volumes a guest owns or refers to, in configuration, pending changes and snapshots."""
    found: list[str] = []
    for part in (row["conf"], row["pending"], *row["snaps"].values()):
        for option, line in part.items():
            if is_drive(option):
                found.append(parse(option, line)["file"])
            elif option.startswith("unused"):
                found.append(line)
    return list(dict.fromkeys(found))


def bootable(conf: Mapping[str, Any]) -> list[str]:
    """Return the devices Proxmox boots from by default: first disk, first CD drive, first network card."""
    drives = [(o, d) for o, d in drives_of(conf) if o in BOOT_ORDER]
    found = [next((o for o, d in drives if not is_cdrom(d)), ""), next((o for o, d in drives if is_cdrom(d)), "")]
    nets = sorted(o for o in conf if re.fullmatch(r"net\d+", o))
    return [o for o in found if o] + nets[:1]


def boot_text(devices: Iterable[str]) -> str:
    """Print a boot order; a blank when it is empty."""
    order = ";".join(devices)
    return f"order={order}" if order else " "


def boot_order(conf: Mapping[str, Any]) -> list[str]:
    """Return the devices of the configured boot order."""
    found = re.search(r"order=([^,]+)", str(conf.get("boot", "")))
    return [d for d in re.split(r"[;\s]+", found[1]) if d] if found else []
