"""Value types of the manifest language (kinds.md 2.3): from YAML to the canonical value and back.

Canonical: sizes in bytes, rates in bytes/s, durations in seconds, sets as sorted tuples. A type never guesses: an
unquoted ``on`` in a text field and a bare number for a size are errors that say what to write. Never looks at a field.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping

from pxhelm.resource.calendar_event import is_event
from pxhelm.resource.model import SecretSource, Value
from pxhelm.resource.pointers import POINTERS
from pxhelm.resource.quantities import QUANTITIES
from pxhelm.resource.unfit import UnfitError, kind_of, whole
from pxhelm.resource.value_type import STRING, Read, ValueType, as_is, read_int, read_line, read_text
from pxhelm.resource.window import parse_window
from pxhelm.secret import REDACTED, Secret

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-+.]*")
_NUMERIC = re.compile(r"[0-9A-Fa-f.:/-]*[.:][0-9A-Fa-f.:/-]*")
"""Texts that can only be meant as an address, not as the name of one."""
_LAST_PORT = 65535
_VOLID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*:\S+")


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)}")
    return value


def _matching(pattern: re.Pattern[str]) -> Read:
    def read(value: object) -> Value:
        text = read_line(value)
        if not pattern.fullmatch(text):
            raise UnfitError(f"it is {kind_of(text)}")
        return text

    return read


def _schedule(value: object) -> Value:
    text = read_line(value)
    if not is_event(text):
        raise UnfitError(f"it is {kind_of(text)}")
    return text


def _name(value: object) -> str:
    text = read_line(value)
    if len(text) > 63 or not _NAME.fullmatch(text):
        raise UnfitError(f"it is {kind_of(text)}")
    return text


def _mac(value: object) -> str:
    text = read_line(value)
    if not _MAC.fullmatch(text):
        raise UnfitError(f"it is {kind_of(text)}")
    return text.upper()


def _address(value: object) -> str:
    text = read_line(value)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise UnfitError(f"it is {kind_of(text)}") from None
    return text


def _cidr(version: int, words: tuple[str, ...]) -> Read:
    def read(value: object) -> Value:
        text = read_line(value)
        if text in words:
            return text
        try:
            found = ipaddress.ip_interface(text)
        except ValueError:
            raise UnfitError(f"it is {kind_of(text)}") from None
        if "/" not in text:
            raise UnfitError(
                f"{text} has no prefix length; write {text}/24" if version == 4 else f"{text} has no prefix"
            )
        if found.version != version:
            raise UnfitError(f"{text} is an IPv{found.version} address")
        return text

    return read


def _items(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise UnfitError(f"it is {kind_of(value)}")
    return [read_line(item) for item in value]


def _note(value: object) -> str:
    return read_text(value).rstrip("\n")


def _tags(value: object) -> Value:
    items = _items(value)
    for item in items:
        if not _TAG.fullmatch(item):
            raise UnfitError(f"{item!r} is no tag: letters, digits, _ - + . are")
    return tuple(sorted({item.lower() for item in items}))


def _windows(value: object) -> Value:
    items = _items(value)
    if not items:
        raise UnfitError("it is empty")
    for item in items:
        try:
            parse_window(item)
        except ValueError as error:
            raise UnfitError(str(error)) from None
    return tuple(sorted(set(items)))


def _set(value: object) -> Value:
    return tuple(sorted(set(_items(value))))


def _list(value: object) -> Value:
    return tuple(_items(value))


def _ports(value: object) -> Value:
    items = value if isinstance(value, (list, tuple)) else [value]
    found = {str(read_int(item)) if isinstance(item, (int, float)) else read_line(item) for item in items}
    for item in found:
        numbers = [int(part) for part in item.split(":") if part.isascii() and part.isdigit()]
        if numbers != sorted(numbers) or any(number > _LAST_PORT for number in numbers):
            raise UnfitError(f"{item} is no port or range: the last is {_LAST_PORT}, and a range goes up")
    return tuple(sorted(found))


def _network(value: object) -> Value:
    text = read_line(value)
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        raise UnfitError(f"it is {kind_of(text)}") from None
    return text


def _addresses(value: object) -> Value:
    found = _set(value)
    assert isinstance(found, tuple)
    for item in found:
        parts = str(item).split("-") if _NUMERIC.fullmatch(str(item)) else ()
        try:
            for part in parts:
                ipaddress.ip_interface(part) if len(parts) == 1 else ipaddress.ip_address(part)
        except ValueError:
            raise UnfitError(f"{item} is no address, network or range") from None
    return found


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _show_json(value: Value) -> object:
    return json.loads(str(value))


def _raw(value: object) -> Value:
    found = whole(value)
    if isinstance(found, (bool, int, float, str)):
        return found
    raise UnfitError(f"it is {kind_of(value)}; raw parameters are written as Proxmox writes them")


def _record(value: object) -> Value:
    if not isinstance(value, Mapping):
        raise UnfitError(f"it is {kind_of(value)}")
    return tuple((str(name), inner) for name, inner in value.items())


def _records(value: object) -> Value:
    if not isinstance(value, (list, tuple)):
        raise UnfitError(f"it is {kind_of(value)}")
    return tuple(_record(item) for item in value)


def _show_record(value: object) -> object:
    assert isinstance(value, (tuple, list))
    return {str(pair[0]): list(pair[1]) if isinstance(pair[1], tuple) else pair[1] for pair in value}


def _show_records(value: Value) -> object:
    assert isinstance(value, tuple)
    return [_show_record(item) for item in value]


def _as_list(value: Value) -> object:
    assert isinstance(value, tuple)
    return list(value)


_STRINGS = {"oneOf": [{"type": "array", "items": STRING}, STRING]}
_CT_CIDR6 = _cidr(6, ("dhcp", "auto", "manual"))
TYPES: Mapping[str, ValueType] = {
    t.name: t
    for t in (
        *QUANTITIES,
        *POINTERS,
        ValueType("text", "a text", read_text, as_is, STRING),
        ValueType("note", "a text", _note, as_is, STRING),
        ValueType("tags", "a list of tags", _tags, _as_list, _STRINGS),
        ValueType("line", "a text of one line", read_line, as_is, STRING),
        ValueType("name", "a DNS name of at most 63 characters", _name, as_is, STRING),
        ValueType("bool", "true or false", _bool, as_is, {"type": "boolean"}),
        ValueType("schedule", "a calendar event such as mon..fri 02:00", _schedule, as_is, STRING),
        ValueType("mac", "a MAC address such as BC:24:11:00:00:01", _mac, as_is, STRING),
        ValueType("address", "an IP address", _address, as_is, STRING),
        ValueType("cidr", "an address with prefix such as 10.0.0.5/24, or dhcp", _cidr(4, ("dhcp",)), as_is, STRING),
        ValueType("cidr6", "an IPv6 address with prefix, dhcp or auto", _cidr(6, ("dhcp", "auto")), as_is, STRING),
        ValueType(
            "ct-cidr",
            "an address with prefix such as 10.0.0.5/24, dhcp or manual",
            _cidr(4, ("dhcp", "manual")),
            as_is,
            STRING,
        ),
        ValueType("ct-cidr6", "an IPv6 address with prefix, dhcp, auto or manual", _CT_CIDR6, as_is, STRING),
        ValueType("prefix4", "an address with prefix such as 10.0.0.5/24", _cidr(4, ()), as_is, STRING),
        ValueType("prefix6", "an IPv6 address with prefix such as fd00::5/64", _cidr(6, ()), as_is, STRING),
        ValueType("network", "an address or a network such as 10.0.0.0/24", _network, as_is, STRING),
        ValueType(
            "addresses", "a list of addresses, networks, ranges, aliases or +SETs", _addresses, _as_list, _STRINGS
        ),
        ValueType("volume", "a volume such as local:iso/debian.iso", _matching(_VOLID), as_is, STRING),
        ValueType("set", "a list of texts, in any order", _set, _as_list, _STRINGS),
        ValueType("windows", "a window such as sun 02:00-06:00, or a list of them", _windows, _as_list, _STRINGS),
        ValueType("list", "a list of texts", _list, _as_list, _STRINGS),
        ValueType("ports", "a port, a range such as 80:90, or a list of them", _ports, _as_list, {}),
        ValueType("record", "a map", _record, _show_record, {"type": "object"}),
        ValueType("json", "any map, list or text", _json, _show_json, {}),
        ValueType("records", "a list of maps", _records, _show_records, {"type": "array"}),
        ValueType("raw", "a value as Proxmox writes it", _raw, as_is, {"type": ["string", "number", "boolean"]}),
    )
}


def shown(type_name: str, value: Value) -> object:
    """Return what a manifest would say for a canonical value; secrets as ``***``."""
    if value is None:
        return None
    if isinstance(value, (Secret, SecretSource)):
        return REDACTED
    return TYPES[type_name].show(value)


def pairs(value: object) -> dict[str, Value]:
    """Return a record as the map that it stands for."""
    return {str(name): inner for name, inner in value} if isinstance(value, (tuple, list)) else {}
