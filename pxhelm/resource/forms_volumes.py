"""Forms of what disks, drives and mount points stand on: storage, size, volume, path, image format, CD.

The size and storage of a volume that exists are Proxmox' to say: writing them there has no effect, ``resize`` and
moving change them. Never prints a parameter: ``encode`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pxhelm.proxmox.wire import PropertyError, parse_size
from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.form import Content, Form
from pxhelm.resource.model import Value

NEW_STORAGE = "@storage"
NEW_SIZE = "@size"
"""Keys under which a volume that is still to be allocated is kept until ``encode`` prints it."""

GIB = 1 << 30


def file_of(content: Mapping[str, WireValue]) -> str:
    """Return the volume, path or word that a drive or mount point stands on; empty when there is none."""
    return str(content.get("file", content.get("volume", "")))


def is_cdrom(content: Mapping[str, WireValue]) -> bool:
    """Whether a drive is a CD drive; Proxmox' own cloud-init drive is none in our eyes."""
    return content.get("media") == "cdrom" and not is_cloudinit(content)


def is_cloudinit(content: Mapping[str, WireValue]) -> bool:
    """Whether a drive holds Proxmox' cloud-init data."""
    volume = file_of(content).partition(":")[2]
    return volume == "cloudinit" or "-cloudinit" in volume


def _is_disk(content: Mapping[str, WireValue]) -> bool:
    return not is_cloudinit(content) and content.get("media") != "cdrom"


def _disk_read(part: Callable[[Mapping[str, WireValue], str], Value]) -> Callable[..., Value]:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        return part(content, key) if _is_disk(content) else None

    return read


def _storage_part(content: Mapping[str, WireValue], _key: str) -> Value:
    storage, colon, _ = file_of(content).partition(":")
    return storage if colon and not storage.startswith("/") else None


def _volume_part(content: Mapping[str, WireValue], _key: str) -> Value:
    file = file_of(content)
    return file if ":" in file and not file.startswith("/") else None


def _path_part(content: Mapping[str, WireValue], _key: str) -> Value:
    file = file_of(content)
    return file if file.startswith("/") else None


def _size_part(content: Mapping[str, WireValue], key: str) -> Value:
    value = content.get(key)
    if isinstance(value, str):
        try:
            return parse_size(value)
        except PropertyError:
            return None
    return int(value) if isinstance(value, (int, float)) else None


def _format_part(content: Mapping[str, WireValue], key: str) -> Value:
    stated = content.get(key)
    if stated:
        return str(stated)
    name = file_of(content).rpartition(".")
    return name[2] if name[0] and name[2] in ("raw", "qcow2", "vmdk") else None


def _storage_write(content: Content, _key: str, _slot: str, value: Value) -> None:
    if value is not None and not file_of(content):
        content[NEW_STORAGE] = str(value)


def _size_write(content: Content, key: str, _slot: str, value: Value) -> None:
    # the size of a volume that exists is Proxmox' to say; resize changes it
    if isinstance(value, int) and not file_of(content):
        content[NEW_SIZE] = value
        content.pop(key, None)


def _volume_write(key_name: str) -> Callable[[Content, str, str, Value], None]:
    def write(content: Content, _key: str, _slot: str, value: Value) -> None:
        if value is not None:
            content[key_name] = str(value)
            content.pop("size", None)

    return write


def _format_write(content: Content, key: str, _slot: str, value: Value) -> None:
    if value is not None and not file_of(content):
        content[key] = str(value)


def _import_write(content: Content, key: str, _slot: str, value: Value) -> None:
    if value is not None and not file_of(content):
        content[key] = str(value)


_CD = {"none": "none", "cdrom": "host"}


def _cdrom_read(content: Mapping[str, WireValue], _key: str, _slot: str) -> Value:
    return _CD.get(file_of(content), file_of(content)) if is_cdrom(content) else None


def _cdrom_write(content: Content, _key: str, _slot: str, value: Value) -> None:
    if value is not None:
        content["file"] = "cdrom" if value == "host" else str(value)
        content["media"] = "cdrom"
        content.pop("size", None)


VOLUME_FORMS: Mapping[str, Form] = {
    "storage": Form(_disk_read(_storage_part), _storage_write),
    "volume-size": Form(_disk_read(_size_part), _size_write),
    "file": Form(_disk_read(_volume_part), _volume_write("file")),
    "ct-volume": Form(_disk_read(_volume_part), _volume_write("volume")),
    "host-path": Form(_disk_read(_path_part), _volume_write("volume")),
    "image-format": Form(_disk_read(_format_part), _format_write),
    "import": Form(lambda _content, _key, _slot: None, _import_write),
    "cdrom": Form(_cdrom_read, _cdrom_write),
}
