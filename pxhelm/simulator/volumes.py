"""Volumes on storages: names, sizes, allocation, removal; as the storage plugins of Proxmox do it.

A volume is a row under ``NODE/VOLID`` (``*/VOLID`` on shared storages). Files (ISO, templates, snippets …) are volumes too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.world import World

GIB = 1024**3
DIRECTORY_TYPES = ("dir", "nfs", "cifs", "btrfs", "cephfs")
SNAPSHOT_TYPES = ("lvmthin", "rbd", "zfspool", "zfs", "btrfs")
_LARGEST = 8 * 1024**5
_FILE = r"vm-\d+-.+|base-\d+-.+|subvol-\d+-.+|basevol-\d+-.+"
_DIR_NAME = re.compile(
    r"(?:(?P<base>\d+/(?:base-\d+-[^/]+))/)?(?P<vmid>\d+)/(?P<file>[^/]+\.(?P<format>raw|qcow2|vmdk|subvol))"
)
_BLOCK_NAME = re.compile(r"(?:(?P<base>base-\d+-[^/]+)/)?(?P<file>(?:vm|base|subvol|basevol)-(?P<vmid>\d+)-\S+)")
_FOLDERS = {
    "iso": "template/iso",
    "vztmpl": "template/cache",
    "backup": "dump",
    "snippets": "snippets",
    "import": "import",
}


@dataclass(frozen=True, slots=True)
class Name:
    """What the name of a volume says."""

    content: str
    """images, iso, vztmpl, backup, snippets, import."""
    file: str
    vmid: str = ""
    base: str = ""
    """Volume name of the template a linked clone depends on."""
    format: str = ""

    @property
    def is_base(self) -> bool:
        """Whether this is a template's volume."""
        return self.file.startswith(("base-", "basevol-"))


def storage(world: World, name: str) -> Any:
    """Return a storage's definition; Proxmox' error when there is none."""
    row = world.state.get("storage", name)
    if row is None:
        raise ApiError(f"storage '{name}' does not exist")
    return row


def content_of(row: Mapping[str, Any]) -> list[str]:
    """Return the content types of a storage."""
    found: list[str] = row.get("content", [])
    return found


def need_available(world: World, name: str, node: str) -> Any:
    """Return a storage that may be used on a node; Proxmox' error otherwise."""
    row = storage(world, name)
    if row.get("disable"):
        raise ApiError(f"storage '{name}' is disabled")
    if row.get("nodes") and node not in row["nodes"]:
        raise ApiError(f"storage '{name}' is not available on node '{node}'")
    return row


def split(volid: str) -> tuple[str, str]:
    """Return storage and volume name."""
    name, colon, rest = volid.partition(":")
    if not colon or not rest or "/" in name:
        raise ApiError(f"unable to parse volume ID '{volid}'")
    return name, rest


def parse(world: World, volid: str) -> Name:
    """Return what a volume's name says; Proxmox' error for a name the storage cannot have."""
    name, volname = split(volid)
    row = storage(world, name)
    folder, _, file = volname.partition("/")
    if folder in _FOLDERS and file and row["type"] in (*DIRECTORY_TYPES, "pbs"):
        suffix = next(
            (s for s in ("tar.zst", "tar.gz", "tar.xz", "vma.zst", "vma.gz", "vma") if file.endswith(s)),
            file.rpartition(".")[2],
        )
        vmid = re.match(r"vzdump-(?:qemu|lxc)-(\d+)-", file)
        return Name(folder, file, vmid[1] if vmid else "", format=suffix)
    if row["type"] in DIRECTORY_TYPES:
        found = _DIR_NAME.fullmatch(volname)
        if not found:
            raise ApiError(f"unable to parse directory volume name '{volname}'")
        return Name("images", found["file"], found["vmid"], found["base"] or "", found["format"])
    found = _BLOCK_NAME.fullmatch(volname)
    if not found:
        kind = {"lvmthin": "lvm", "zfspool": "zfs"}.get(row["type"], row["type"])
        raise ApiError(f"unable to parse {kind} volume name '{volname}'")
    return Name(
        "images",
        found["file"],
        found["vmid"],
        found["base"] or "",
        "subvol" if found["file"].startswith("subvol") else "raw",
    )


def path(world: World, volid: str) -> str:
    """Return the path of a volume, for messages."""
    name, volname = split(volid)
    row = storage(world, name)
    if row["type"] not in DIRECTORY_TYPES:
        return f"/dev/{row.get('vgname') or row.get('pool') or name}/{volname.rpartition('/')[2]}"
    found = parse(world, volid)
    if found.content == "images":
        return f"{row.get('path', '')}/images/{found.vmid}/{found.file}"
    return f"{row.get('path', '')}/{_FOLDERS[found.content]}/{found.file}"


def _key(world: World, node: str, volid: str) -> str:
    row = world.state.get("storage", volid.partition(":")[0]) or {}
    return f"{'*' if row.get('shared') else node}/{volid}"


def find(world: World, node: str, volid: str) -> Any | None:
    """Return the row of a volume as a node sees it, or ``None``."""
    return world.state.get("volume", _key(world, node, volid))


def put(world: World, node: str, volid: str, row: Mapping[str, Any]) -> None:
    """Write the row of a volume."""
    world.state.put("volume", _key(world, node, volid), dict(row))


def remove(world: World, node: str, volid: str) -> None:
    """Forget a volume, if it is there."""
    world.state.delete("volume", _key(world, node, volid))


def names_on(world: World, node: str, name: str) -> list[str]:
    """Return the volume ids on a storage as a node sees them."""
    prefix = _key(world, node, f"{name}:")
    skip = prefix.index("/") + 1
    return [key[skip:] for key in world.state.keys("volume") if key.startswith(prefix)]


def _size_of(world: World, volid: str) -> int:
    return int(world.state.get("volume", volid)["size"])


def size_text(size: int) -> str:
    """Print a size as Proxmox does: the largest unit that leaves nothing over."""
    for unit in ("", "K", "M", "G"):
        if size % 1024:
            return f"{size}{unit}"
        size //= 1024
    return f"{size}T"


def kib_of_gib(text: str) -> int:
    """Return the KiB of a size in GiB as text, rounded up."""
    return math.ceil(round(float(text) * 1024 * 1024, 6))


def free_name(world: World, node: str, name: str, vmid: str, form: str) -> str:
    """Return the volume name the next disk of a guest gets."""
    row = storage(world, name)
    pattern = re.compile(rf"(?:.*/)?(?:vm|base|subvol|basevol)-{vmid}-disk-(\d+)(?:\.\w+)?")
    taken = {int(m[1]) for volid in names_on(world, node, name) if (m := pattern.fullmatch(volid.partition(":")[2]))}
    number = next(n for n in range(len(taken) + 1) if n not in taken)
    stem = f"{'subvol' if form == 'subvol' else 'vm'}-{vmid}-disk-{number}"
    return f"{vmid}/{stem}.{form}" if row["type"] in DIRECTORY_TYPES else stem


@dataclass(frozen=True, slots=True)
class Wanted:
    """A volume to be made."""

    storage: str
    vmid: str
    kib: int
    format: str = "raw"
    name: str = ""
    """File name; empty = the next free one."""
    content: str = "images"


def allocate(world: World, node: str, wanted: Wanted) -> tuple[str, list[str]]:
    """Make a volume; return its id and what qemu-img would write."""
    row = need_available(world, wanted.storage, node)
    directory = row["type"] in DIRECTORY_TYPES
    form = wanted.format if directory or wanted.format == "subvol" else "raw"
    if wanted.name:
        volname = f"{wanted.vmid}/{wanted.name}" if directory else wanted.name
    else:
        volname = free_name(world, node, wanted.storage, wanted.vmid, form)
    volid = f"{wanted.storage}:{volname}"
    where = path(world, volid)
    if find(world, node, volid) is not None:
        raise ApiError(f"disk image '{where}' already exists")
    size = wanted.kib * 1024
    log = _format_log(where, form, size) if directory and form != "subvol" else []
    if size > _LARGEST:
        raise ApiError(
            f"unable to create image: qemu-img: {where}: The image size is too large for file format '{form}'"
        )
    put(world, node, volid, _row(world, wanted, form, size))
    return volid, log


def _row(world: World, wanted: Wanted, form: str, size: int) -> dict[str, Any]:
    return {
        "size": size,
        "format": form,
        "vmid": int(wanted.vmid),
        "content": wanted.content,
        "ctime": int(world.now),
        "parent": None,
    }


def _format_log(where: str, form: str, size: int) -> list[str]:
    if form == "qcow2":
        options = "cluster_size=65536 extended_l2=off preallocation=metadata compression_type=zlib"
        return [f"Formatting '{where}', fmt=qcow2 {options} size={size} lazy_refcounts=off refcount_bits=16"]
    if form == "vmdk":
        return [f"Formatting '{where}', fmt=vmdk size={size} compat6=off hwversion=undefined"]
    return [f"Formatting '{where}', fmt={form} size={size} preallocation=off"]


def children_of(world: World, node: str, volid: str) -> list[str]:
    """Return the linked clones that depend on a base volume."""
    name, volname = split(volid)
    found = []
    for other in names_on(world, node, name):
        row = find(world, node, other)
        if row and row.get("base") == volname:
            found.append(other)
    return found


def free(world: World, node: str, volid: str) -> None:
    """Remove a volume from its storage; Proxmox' error when that is refused."""
    name, _ = split(volid)
    need_available(world, name, node)
    parse(world, volid)
    if children_of(world, node, volid):
        raise ApiError(f"base volume '{volid}' is still in use by linked cloned")
    remove(world, node, volid)


def linked_name(world: World, node: str, base: str, vmid: str) -> str:
    """Return the volume id of a linked clone of a base volume."""
    name, volname = split(base)
    row = storage(world, name)
    form = "qcow2" if row["type"] in DIRECTORY_TYPES else "raw"
    fresh = free_name(world, node, name, vmid, form)
    return f"{name}:{fresh}" if row["type"] == "lvmthin" else f"{name}:{volname}/{fresh}"


def base_name(volid: str) -> str:
    """Return the name a volume gets when its guest becomes a template."""
    return re.sub(
        r"(?:(?<=/)|(?<=:))(vm|subvol)-(\d+-[^/]+)$", lambda m: ("base-" if m[1] == "vm" else "basevol-") + m[2], volid
    )


def has_snapshots(world: World, volid: str) -> bool:
    """Tell whether a volume can have snapshots."""
    name, _ = split(volid)
    row = storage(world, name)
    if row["type"] in SNAPSHOT_TYPES:
        return True
    return parse(world, volid).format == "qcow2"


def size_of(world: World, node: str, volid: str) -> int:
    """Return the size of a volume in bytes; Proxmox' error when it does not exist."""
    row = find(world, node, volid)
    if row is None:
        raise ApiError(f"volume '{volid}' does not exist")
    return int(row["size"])
