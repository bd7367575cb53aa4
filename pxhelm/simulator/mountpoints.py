"""The root file system and mount points of a container: reading and printing their lines, making volumes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.simulator import volumes
from pxhelm.simulator.drives import check_volume_access
from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.propstring import keys_of, print_properties, split_properties
from pxhelm.simulator.world import World

Mount = dict[str, str]
_NEW = re.compile(r"([^/:\s]+):(\d+(?:\.\d+)?)")
_SUBVOLUMES = ("zfspool", "btrfs")


def is_mount(option: str) -> bool:
    """Tell whether an option is the root file system or a mount point."""
    return option == "rootfs" or bool(re.fullmatch(r"mp\d+", option))


def _key(option: str) -> str:
    return "rootfs" if option == "rootfs" else "mp0"


def parse(option: str, text: str) -> Mount:
    """Return the properties of a mount line."""
    return split_properties(keys_of("lxc", _key(option)), text)


def show(option: str, mount: Mapping[str, str]) -> str:
    """Print a mount line."""
    return print_properties(keys_of("lxc", _key(option)), mount)


def mounts_of(conf: Mapping[str, Any]) -> list[tuple[str, Mount]]:
    """Return the mounts of a configuration, the root file system first."""
    options = sorted(
        (o for o in conf if is_mount(o)), key=lambda o: (o != "rootfs", int(o[2:]) if o != "rootfs" else 0)
    )
    return [(o, parse(o, conf[o])) for o in options]


def is_new(mount: Mapping[str, str]) -> re.Match[str] | None:
    """Return storage and size of a volume to be made."""
    return _NEW.fullmatch(mount["volume"])


def check_access(world: World, rights: Rights, vmid: str, options: Mapping[str, str]) -> None:
    """Refuse mounts on storages that are not there, not allowed, or not made for containers."""
    for option, line in options.items():
        mount = parse(option, line)
        volume = mount["volume"]
        if volume.startswith("/"):
            if not rights.identity.root:
                raise ApiError("Permission check failed (mount point type bind is only allowed for root@pam)", 403)
            continue
        new = is_new(mount)
        name = volume.partition(":")[0]
        rights.need(f"/storage/{name}", ["Datastore.AllocateSpace"])
        row = volumes.storage(world, name)
        if "rootdir" not in volumes.content_of(row):
            raise parameter_error("storage", f"storage '{name}' does not support container directories")
        if new is None and re.match(r"\d+/|(?:vm|base|subvol)-", volume.partition(":")[2]):
            check_volume_access(world, rights, vmid, volume)


class Maker:
    """Makes the volumes that mount lines ask for, and remembers them so that a failure can take them back."""

    def __init__(self, world: World, node: str, vmid: str) -> None:
        self._world = world
        self._node = node
        self._vmid = vmid
        self.made: list[str] = []
        self.log: list[str] = []

    def make(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return the lines as they will stand in the configuration."""
        order = sorted(options, key=lambda o: (o != "rootfs", o))
        return {option: self._one(option, parse(option, options[option])) for option in order}

    def undo(self) -> None:
        """Remove what was made."""
        for volid in self.made:
            volumes.remove(self._world, self._node, volid)

    def _one(self, option: str, mount: Mount) -> str:
        volume = mount["volume"]
        if volume.startswith("/"):
            return show(option, mount)
        new = is_new(mount)
        if new:
            kib = volumes.kib_of_gib(new[2])
            mount["volume"] = self.allocate(new[1], kib)
            mount["size"] = volumes.size_text(kib * 1024)
        else:
            volumes.parse(self._world, volume)
            mount["size"] = volumes.size_text(volumes.size_of(self._world, self._node, volume))
        return show(option, mount)

    def allocate(self, storage: str, kib: int) -> str:
        """Make one volume with a file system; return its id."""
        row = volumes.storage(self._world, storage)
        subvolume = row["type"] in _SUBVOLUMES or (kib == 0 and row["type"] in volumes.DIRECTORY_TYPES)
        form = "subvol" if subvolume else "raw"
        volid, log = volumes.allocate(
            self._world, self._node, volumes.Wanted(storage, self._vmid, kib, form, content="rootdir")
        )
        self.made.append(volid)
        self.log.extend(log)
        if not subvolume:
            self.log.append(f"Creating filesystem with {kib // 4} 4k blocks and {kib // 16} inodes")
        return volid


def used_volumes(row: Mapping[str, Any]) -> list[str]:
    """Return the volumes a container refers to, in configuration, pending changes and snapshots."""
    found: list[str] = []
    for part in (row["conf"], row["pending"], *row["snaps"].values()):
        for option, line in part.items():
            if is_mount(option):
                volume = parse(option, line)["volume"]
                if not volume.startswith("/"):
                    found.append(volume)
            elif option.startswith("unused"):
                found.append(line)
    return list(dict.fromkeys(found))


def to_restore(saved: Mapping[str, Any], storage: str) -> dict[str, str]:
    """Return the lines that make a backed-up container's volumes anew on a storage."""
    found = {}
    for option, mount in mounts_of(saved):
        size = mount.pop("size", "0")
        factor = {"K": 1 / 1024**2, "M": 1 / 1024, "G": 1.0, "T": 1024.0}.get(size[-1:], 0.0)
        gib = float(size.rstrip("KMGT") or 0) * factor
        found[option] = show(option, {**mount, "volume": f"{storage}:{gib:g}"})
    return found
