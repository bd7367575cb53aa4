"""Forms of parameters that are lists of property strings, or maps written as lists: device mappings, headers, priorities.

Never prints a parameter: ``encode`` does.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping

from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.form import Content, Form, map_form
from pxhelm.resource.model import Value
from pxhelm.resource.types import pairs

_NUMBERS = frozenset(("iommuGroup",))


def _items(content: Mapping[str, WireValue]) -> list[str]:
    value = content.get("")
    if isinstance(value, list):
        return [str(each) for each in value if each != ""]
    return [] if value is None or value == "" else [str(value)]


def _records(names: Mapping[str, str]) -> Form:
    """Return the form of a list of property strings; ``names``: part of the record → its key, in the order of the table."""

    def read(content: Mapping[str, WireValue], _key: str, _slot: str) -> Value:
        found = []
        for text in _items(content):
            known = dict(part.partition("=")[::2] for part in text.split(","))
            entry = [(name, known[key]) for name, key in names.items() if key in known]
            found.append(tuple((name, int(v) if name in _NUMBERS and v.isdigit() else v) for name, v in entry))
        return tuple(found) or None

    def write(content: Content, _key: str, _slot: str, value: Value) -> None:
        if not isinstance(value, tuple):
            content.pop("", None)
            return
        content[""] = [",".join(f"{names[name]}={each}" for name, each in pairs(record).items()) for record in value]

    return Form(read, write)


def _priorities(content: Mapping[str, WireValue]) -> dict[str, Value]:
    """Read ``pve1:2,pve2``: nodes with their priorities, 0 where none is said."""
    found: dict[str, Value] = {}
    for item in ",".join(_items(content)).replace(";", ",").split(","):
        node, _, priority = item.strip().partition(":")
        if node:
            found[node] = int(priority) if priority.isdigit() else 0
    return found


def _print_priorities(known: Mapping[str, Value]) -> WireValue | None:
    return ",".join(f"{node}:{each}" if each else node for node, each in sorted(known.items())) or None


def _headers(content: Mapping[str, WireValue]) -> dict[str, Value]:
    """Read ``name=Content-Type,value=BASE64`` entries."""
    found: dict[str, Value] = {}
    for text in _items(content):
        known = dict(part.partition("=")[::2] for part in text.split(","))
        try:
            found[known.get("name", "")] = base64.b64decode(known.get("value", "")).decode()
        except (binascii.Error, UnicodeDecodeError):
            found[known.get("name", "")] = known.get("value", "")
    return found


def named_value(name: str, value: str) -> str:
    """Return an entry of a list of named values, as webhooks have headers and secrets."""
    return f"name={name},value={base64.b64encode(value.encode()).decode()}"


def _print_headers(known: Mapping[str, Value]) -> WireValue | None:
    return [named_value(name, str(each)) for name, each in sorted(known.items())] or None


def _guest_read(content: Mapping[str, WireValue], _key: str, _slot: str) -> Value:
    """Read ``vm:100,ct:101``; which of the two it is follows from the guest."""
    names = ",".join(_items(content)).replace(" ", ",").split(",")
    return tuple(sorted(f"vmid:{name.rpartition(':')[2]}" for name in names if name)) or None


def _guest_write(content: Content, _key: str, _slot: str, value: Value) -> None:
    if isinstance(value, tuple) and value:
        content[""] = ",".join(sorted(str(each) for each in value))
    else:
        content.pop("", None)


def _base64_read(content: Mapping[str, WireValue], _key: str, _slot: str) -> Value:
    text = "".join(_items(content))
    try:
        return base64.b64decode(text, validate=True).decode() or None
    except (binascii.Error, UnicodeDecodeError):
        return text


def _base64_write(content: Content, _key: str, _slot: str, value: Value) -> None:
    if value is None:
        content.pop("", None)
    else:
        content[""] = base64.b64encode(str(value).encode()).decode()


def _tags_read(content: Mapping[str, WireValue], key: str, _slot: str) -> Value:
    """Read a list that is written with semicolons and shown as an array."""
    value = content.get(key)
    text = "\n".join(str(each) for each in value) if isinstance(value, list) else str(value or "")
    return tuple(sorted({word for word in re.split(r"[;,\s]+", text) if word})) or None


def _tags_write(content: Content, key: str, _slot: str, value: Value) -> None:
    if isinstance(value, tuple) and value:
        content[key] = ";".join(str(each) for each in value)
    else:
        content.pop(key, None)


SECTION_FORMS: Mapping[str, Form] = {
    "pci-map": _records(
        {
            "node": "node",
            "path": "path",
            "id": "id",
            "iommuGroup": "iommugroup",
            "subsystemID": "subsystem-id",
            "comment": "description",
        }
    ),
    "usb-map": _records({"node": "node", "id": "id", "path": "path", "comment": "description"}),
    "dhcp-ranges": _records({"start": "start-address", "end": "end-address"}),
    "dir-map": _records({"node": "node", "path": "path"}),
    "priorities": map_form(_priorities, _print_priorities),
    "headers": map_form(_headers, _print_headers),
    "base64": Form(_base64_read, _base64_write),
    "tag-list": Form(_tags_read, _tags_write),
    "ha-guests": Form(_guest_read, _guest_write),
}
SECTION_MAPS: Mapping[str, Callable[[Mapping[str, WireValue]], Mapping[str, Value]]] = {
    "priorities": _priorities,
    "headers": _headers,
}
