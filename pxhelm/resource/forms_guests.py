"""Forms of a guest's own parameters that say more than one thing: ballooning, SMBIOS, hotplug, environment, directories.

Never prints a parameter: ``encode`` does.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping

from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.form import Content, Form, map_form, number_of, put, split_list, truth
from pxhelm.resource.model import Value
from pxhelm.resource.quantities import MIB


def _balloon(content: Mapping[str, WireValue]) -> int | None:
    found = number_of(content.get(""))
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


def _smbios_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    if value is None or not truth(content.get("base64", False)):
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
        put(content, name, None if text is None else base64.b64encode(str(text).encode()).decode())


HOTPLUG_DEFAULT = ("disk", "network", "usb")


def _hotplug_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    value = content.get(key)
    if value is None:
        return None
    items = value if isinstance(value, list) else split_list(str(value), ",; ")
    return HOTPLUG_DEFAULT if items == ["1"] else tuple(sorted({item for item in items if item != "0"}))


def _hotplug_write(content: Content, key: str, _slot: str, value: Value) -> None:
    assert value is None or isinstance(value, tuple)
    put(content, key, None if value is None else ",".join(str(item) for item in value) or "0")


def _env_items(content: Mapping[str, WireValue]) -> dict[str, Value]:
    text = str(content.get("", ""))
    return _pairs(text.split("\0"))


def _dirs_items(content: Mapping[str, WireValue]) -> dict[str, Value]:
    value = content.get("", "")
    return _pairs(value if isinstance(value, list) else split_list(str(value), ","))


def _pairs(items: Iterable[str]) -> dict[str, Value]:
    return {name: value for name, equals, value in (item.partition("=") for item in items) if equals}


def _joined(separator: str) -> Callable[[Mapping[str, Value]], WireValue | None]:
    return lambda items: separator.join(f"{name}={value}" for name, value in sorted(items.items())) or None


GUEST_FORMS: Mapping[str, Form] = {
    "hotplug": Form(_hotplug_read, _hotplug_write),
    "smbios": Form(_smbios_read, _smbios_write),
    "env": map_form(_env_items, _joined("\0")),
    "dirs": map_form(_dirs_items, _joined(",")),
    "balloon-minimum": Form(_minimum_read, _minimum_write),
    "balloon-enabled": Form(_ballooning_read, _ballooning_write),
}

GUEST_MAPS: Mapping[str, Callable[[Mapping[str, WireValue]], Mapping[str, Value]]] = {
    "env": _env_items,
    "dirs": _dirs_items,
}
