"""How canonical values stand in Proxmox' parameters: units, inverted booleans, lists, and what disks are called.

A form reads one leaf from the parsed content of a parameter and writes it there. The content of a property string is
its keys; that of a plain parameter stands under the empty key. Never prints a parameter: ``encode`` does.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from pxhelm.proxmox.wire import PropertyError, parse_size
from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.form import Content, Form
from pxhelm.resource.forms_sections import SECTION_FORMS, SECTION_MAPS
from pxhelm.resource.identity import split_description
from pxhelm.resource.model import Value
from pxhelm.resource.types import KIB, MIB

NEW_STORAGE = "@storage"
NEW_SIZE = "@size"
"""Keys under which a volume that is still to be allocated is kept until ``encode`` prints it."""

GIB = 1 << 30


def _number(value: WireValue | None) -> int | float | None:
    if isinstance(value, (int, float)):
        return value
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return int(number) if number is not None and number.is_integer() else number


def _put(content: Content, key: str, value: WireValue | None) -> None:
    if value is None:
        content.pop(key, None)
    else:
        content[key] = value


def _plain(as_type: Callable[[WireValue], Value]) -> Form:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        return None if value is None else as_type(value)

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, (str, int, float, bool))
        _put(content, key, value)

    return Form(read, write)


def _scaled(factor: int) -> Form:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        number = _number(content.get(key))
        if number is None:
            return None
        scaled = number * factor
        return int(scaled) if float(scaled).is_integer() else scaled

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, (int, float))
        if value is None:
            content.pop(key, None)
            return
        number = value / factor
        content[key] = int(number) if number.is_integer() else number

    return Form(read, write)


def _throttle() -> Form:
    """Return the form of a bandwidth limit: written as ``mbps…``, which is hot, read also from ``bps…``, which is not."""
    mbps = _scaled(MIB)

    def read(content: Mapping[str, WireValue], key: str, slot: str) -> Value:
        found = mbps.read(content, key, slot)
        number = _number(content.get(key[1:])) if found is None else None
        return found if number is None else int(number)

    def write(content: Content, key: str, slot: str, value: Value) -> None:
        content.pop(key[1:], None)
        mbps.write(content, key, slot, value)

    return Form(read, write)


def _words(yes: str, no: str) -> Form:
    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        return None if value is None else value == yes or value is True

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        _put(content, key, None if value is None else yes if value else no)

    return Form(read, write)


def _inverted_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    return None if value is None else not _truth(value)


def _inverted_write(content: Content, key: str, _slot: str, value: Value) -> None:
    _put(content, key, None if value is None else not value)


def _truth(value: WireValue) -> bool:
    return value not in (False, 0, "0", "", "no", "off", "false")


def _joined(separators: str, *, ordered: bool) -> Form:
    """Return the form of a list; the first separator is the one that is written, all are read."""

    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        if value is None:
            return None
        items = value if isinstance(value, list) else _split(str(value), separators)
        return tuple(items) if ordered else tuple(sorted(set(items)))

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, tuple)
        _put(content, key, separators[0].join(str(item) for item in value) if value else None)

    return Form(read, write)


def _array(*, ordered: bool) -> Form:
    """Return the form of a list that is an array in the API, not one text."""

    def read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
        value = content.get(key)
        items = value if isinstance(value, list) else [] if value is None else [str(value)]
        return (tuple(items) if ordered else tuple(sorted(set(items)))) or None

    def write(content: Content, key: str, _slot: str, value: Value) -> None:
        assert value is None or isinstance(value, tuple)
        _put(content, key, [str(item) for item in value] if value else None)

    return Form(read, write)


def _vmids() -> Form:
    """Return the form of a list of guests by VMID."""
    plain = _joined(",; ", ordered=False)

    def read(content: Mapping[str, WireValue], key: str, slot: str) -> Value:
        found = plain.read(content, key, slot)
        return tuple(sorted(f"vmid:{each}" for each in found)) if isinstance(found, tuple) else None

    def write(content: Content, key: str, slot: str, value: Value) -> None:
        assert value is None or isinstance(value, tuple)
        numbers = sorted(int(str(each).removeprefix("vmid:")) for each in value) if value is not None else None
        plain.write(content, key, slot, None if numbers is None else tuple(str(each) for each in numbers))

    return Form(read, write)


def _vmid_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    return None if value is None else f"vmid:{value}"


def _vmid_write(content: Content, key: str, _slot: str, value: Value) -> None:
    _put(content, key, None if value is None else int(str(value).removeprefix("vmid:")))


def _split(text: str, separators: str) -> list[str]:
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [item.strip() for item in text.split(separators[0]) if item.strip()]


def _tags_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    if value is None:
        return None
    items = value if isinstance(value, list) else _split(str(value), ";, ")
    return tuple(sorted({item.lower() for item in items})) or None


def _balloon(content: Mapping[str, WireValue]) -> int | None:
    found = _number(content.get(""))
    return None if found is None else int(found)


def _minimum_read(content: Mapping[str, WireValue], _key: str, _slot: str) -> Value:
    balloon = _balloon(content)
    return balloon * MIB if balloon else None


def _minimum_write(content: Content, _key: str, _slot: str, value: Value) -> None:
    if isinstance(value, int):
        content[""] = value // MIB
    elif _balloon(content):
        content.pop("", None)


def _ballooning_read(content: Mapping[str, WireValue], _key: str, _slot: str) -> Value:
    balloon = _balloon(content)
    return None if balloon is None else balloon > 0


def _ballooning_write(content: Content, _key: str, _slot: str, value: Value) -> None:
    if value is False:
        content[""] = 0
    elif _balloon(content) == 0:
        content.pop("", None)


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


def _smbios_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    if value is None or not _truth(content.get("base64", False)):
        return None if value is None else str(value)
    try:
        return base64.b64decode(str(value), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return str(value)


def _smbios_write(content: Content, key: str, slot: str, value: Value) -> None:
    texts = {k: _smbios_read(content, k, slot) for k in content if k not in ("uuid", "base64")}
    texts[key] = value
    content["base64"] = True
    for name, text in texts.items():
        _put(content, name, None if text is None else base64.b64encode(str(text).encode()).decode())


HOTPLUG_DEFAULT = ("disk", "network", "usb")


def _hotplug_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    if value is None:
        return None
    items = value if isinstance(value, list) else _split(str(value), ",; ")
    return HOTPLUG_DEFAULT if items == ["1"] else tuple(sorted({item for item in items if item != "0"}))


def _hotplug_write(content: Content, key: str, _slot: str, value: Value) -> None:
    assert value is None or isinstance(value, tuple)
    _put(content, key, None if value is None else ",".join(str(item) for item in value) or "0")


def _description_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    return (split_description(str(value))[0] or None) if value is not None else None


def _env_items(content: Mapping[str, WireValue]) -> dict[str, str]:
    text = str(content.get("", ""))
    return dict(item.split("=", 1) for item in text.split("\0") if "=" in item)


def _env_read(content: Mapping[str, WireValue], _key: str, slot: str) -> Value:
    return _env_items(content).get(slot)


def _env_write(content: Content, _key: str, slot: str, value: Value) -> None:
    items = _env_items(content)
    if value is None:
        items.pop(slot, None)
    else:
        items[slot] = str(value)
    _put(content, "", "\0".join(f"{k}={v}" for k, v in sorted(items.items())) or None)


def _dirs_items(content: Mapping[str, WireValue]) -> dict[str, str]:
    value = content.get("", "")
    items = value if isinstance(value, list) else _split(str(value), ",")
    return dict(item.split("=", 1) for item in items if "=" in item)


def _dirs_read(content: Mapping[str, WireValue], _key: str, slot: str) -> Value:
    return _dirs_items(content).get(slot)


def _dirs_write(content: Content, _key: str, slot: str, value: Value) -> None:
    items = _dirs_items(content)
    if value is None:
        items.pop(slot, None)
    else:
        items[slot] = str(value)
    _put(content, "", ",".join(f"{k}={v}" for k, v in sorted(items.items())) or None)


def _text(value: WireValue) -> Value:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ";".join(value) if isinstance(value, list) else str(value)


def _bool(value: WireValue) -> Value:
    return _truth(value)


def _int(value: WireValue) -> Value:
    number = _number(value)
    return number if number is not None else str(value)


def _raw(value: WireValue) -> Value:
    return tuple(value) if isinstance(value, list) else value


TEXT = _plain(_text)
KIBIPS = _scaled(KIB)

FORMS: Mapping[str, Form] = {
    # by type
    "int": _plain(_int),
    "number": _plain(_int),
    "duration": _plain(_int),
    "size": _plain(_int),
    "bool": _plain(_bool),
    "raw": _plain(_raw),
    "set": _joined(",; ", ordered=False),
    "list": _joined(",; ", ordered=True),
    "refs": _joined(",; ", ordered=False),
    # units
    "mib": _scaled(MIB),
    "mbps": _scaled(MIB),
    "throttle": _throttle(),
    "kibps": KIBIPS,
    # spellings
    "not": Form(_inverted_read, _inverted_write),
    "on-ignore": _words("on", "ignore"),
    "yes-no": _words("yes", "no"),
    "semicolons": _joined(";, ", ordered=False),
    "semicolon-list": _joined(";, ", ordered=True),
    "spaces": _joined(" ,;", ordered=True),
    "space-set": _joined(" ,;", ordered=False),
    "commas": _joined(",; ", ordered=False),
    "lines": _joined("\n", ordered=False),
    "array": _array(ordered=True),
    "array-set": _array(ordered=False),
    # guests
    "vmids": _vmids(),
    "vmid": Form(_vmid_read, _vmid_write),
    "description": Form(_description_read, TEXT.write),
    "hotplug": Form(_hotplug_read, _hotplug_write),
    "tags": Form(_tags_read, _joined(";", ordered=False).write),
    "smbios": Form(_smbios_read, _smbios_write),
    "env": Form(_env_read, _env_write),
    "dirs": Form(_dirs_read, _dirs_write),
    # memory
    "balloon-minimum": Form(_minimum_read, _minimum_write),
    "balloon-enabled": Form(_ballooning_read, _ballooning_write),
    # volumes
    "storage": Form(_disk_read(_storage_part), _storage_write),
    "volume-size": Form(_disk_read(_size_part), _size_write),
    "file": Form(_disk_read(_volume_part), _volume_write("file")),
    "ct-volume": Form(_disk_read(_volume_part), _volume_write("volume")),
    "host-path": Form(_disk_read(_path_part), _volume_write("volume")),
    "image-format": Form(_disk_read(_format_part), _format_write),
    "import": Form(lambda _content, _key, _slot: None, _import_write),
    "cdrom": Form(_cdrom_read, _cdrom_write),
    **SECTION_FORMS,
}


MAPS: Mapping[str, Callable[[Mapping[str, WireValue]], Mapping[str, Value]]] = {
    "env": _env_items,
    "dirs": _dirs_items,
    **SECTION_MAPS,
}
"""Forms of parameters that hold a map with free keys."""


def form_of(type_name: str, form: str) -> Form:
    """Return the form of a field: by its own name, else by its type, else plain text."""
    return FORMS.get(form or type_name, TEXT)
