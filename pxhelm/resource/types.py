"""Value types of the manifest language (kinds.md 2.3): from YAML to the canonical value and back.

Canonical: sizes in bytes, rates in bytes/s, durations in seconds, sets as sorted tuples. A type never guesses: an
unquoted ``on`` in a text field and a bare number for a size are errors that say what to write. Never looks at a field.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pxhelm.proxmox.wire import PropertyError, parse_size, print_size
from pxhelm.resource.model import SecretSource, Value
from pxhelm.resource.unfit import UnfitError, kind_of, whole
from pxhelm.secret import REDACTED, Secret

MIB = 1 << 20
KIB = 1 << 10

_RATE = re.compile(r"(\d+(?:\.\d+)?) ?([KMG])i?B/s")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_CALENDAR = re.compile(r"[A-Za-z0-9 .,:*/_-]+")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-+.]*")
_VOLID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*:\S+")

Read = Callable[[object], Value]
"""Raises UnfitError with the reason."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """How one type of value is written in a manifest."""

    name: str
    accepts: str
    """For people: ``a size such as 50G``."""
    read: Read
    show: Callable[[Value], object]
    """Canonical value → what a manifest would say."""
    schema: Mapping[str, object] = field(default_factory=dict)


def _text(value: object) -> str:
    if isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)}; write it in quotes")
    if isinstance(value, (int, float)):
        raise UnfitError(f'it is {kind_of(value)}; write "{whole(value)}"')
    if not isinstance(value, str):
        raise UnfitError(f"it is {kind_of(value)}")
    return value


def _line(value: object) -> str:
    text = _text(value)
    if "\n" in text:
        raise UnfitError("it has more than one line")
    return text


def _int(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnfitError(f"it is {kind_of(value)}")
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnfitError(f"it is {kind_of(value)}")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)}")
    return value


def _size(value: object) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)} without a unit; write {whole(value)}G or {whole(value)}M")
    text = _text(value)
    if text.isdigit():
        raise UnfitError(f"{text!r} has no unit; write {text}G or {text}M")
    try:
        return parse_size(text)
    except PropertyError:
        raise UnfitError(f"it is {kind_of(text)}") from None


def _show_size(value: Value) -> object:
    assert isinstance(value, int)
    return print_size(value) if value % KIB == 0 else f"{value / KIB}K"


def _memory(value: object) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
        return int(value) * MIB  # Proxmox counts memory in MiB, and so does the form that everybody writes
    size = _size(value)
    if size % MIB:
        raise UnfitError(f"{value} is not a whole number of MiB")
    return size


def _show_memory(value: Value) -> object:
    assert isinstance(value, int)
    return print_size(value)


def _rate(value: object) -> int:
    text = _text(value)
    found = _RATE.fullmatch(text)
    if found is None:
        raise UnfitError(f"it is {kind_of(text)}")
    rate = float(found[1]) * {"K": KIB, "M": MIB, "G": MIB * KIB}[found[2]]
    if not rate.is_integer():
        raise UnfitError(f"{text} is not a whole number of bytes per second")
    return int(rate)


def _show_rate(value: Value) -> object:
    assert isinstance(value, (int, float))
    for unit, factor in (("GB/s", MIB * KIB), ("MB/s", MIB)):
        if value % factor == 0:
            return f"{int(value // factor)}{unit}"
    kib = value / KIB
    return f"{int(kib) if kib == int(kib) else kib}KB/s"


def _duration(value: object) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)} without a unit; write {whole(value)}s")
    text = _text(value)
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise UnfitError(f"it is {kind_of(text)}")
    days, hours, minutes, seconds = found.groups()
    total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
    return int(total) if float(total).is_integer() else total


def _show_duration(value: Value) -> object:
    assert isinstance(value, (int, float))
    if isinstance(value, float):
        return f"{value}s"
    parts, rest = "", value
    for unit, seconds in (("h", 3600), ("m", 60)):
        count, rest = divmod(rest, seconds)
        parts += f"{count}{unit}" if count else ""
    return f"{parts}{rest}s" if rest or not parts else parts


def _matching(pattern: re.Pattern[str]) -> Read:
    def read(value: object) -> Value:
        text = _line(value)
        if not pattern.fullmatch(text):
            raise UnfitError(f"it is {kind_of(text)}")
        return text

    return read


def _name(value: object) -> str:
    text = _line(value)
    if len(text) > 63 or not _NAME.fullmatch(text):
        raise UnfitError(f"it is {kind_of(text)}")
    return text


def _mac(value: object) -> str:
    text = _line(value)
    if not _MAC.fullmatch(text):
        raise UnfitError(f"it is {kind_of(text)}")
    return text.upper()


def _address(value: object) -> str:
    text = _line(value)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise UnfitError(f"it is {kind_of(text)}") from None
    return text


def _cidr(version: int, words: tuple[str, ...]) -> Read:
    def read(value: object) -> Value:
        text = _line(value)
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
    return [_line(item) for item in value]


def _note(value: object) -> str:
    return _text(value).rstrip("\n")


def _tags(value: object) -> Value:
    items = _items(value)
    for item in items:
        if not _TAG.fullmatch(item):
            raise UnfitError(f"{item!r} is no tag: letters, digits, _ - + . are")
    return tuple(sorted({item.lower() for item in items}))


def _set(value: object) -> Value:
    return tuple(sorted(set(_items(value))))


def _list(value: object) -> Value:
    return tuple(_items(value))


def reference(value: object) -> str:
    """Return the one text of a reference: ``name``, ``ns/name``, ``Kind/name``, ``vmid:101``, ``id:local-lvm``."""
    if isinstance(value, Mapping):
        vmid = whole(value.get("vmid"))
        if len(value) == 1 and isinstance(vmid, int) and not isinstance(vmid, bool):
            return f"vmid:{vmid}"
        if len(value) == 1 and isinstance(value.get("id"), str):
            return f"id:{value['id']}"
        raise UnfitError("it is a map; a reference written as a map is {vmid: 101} or {id: local-lvm}")
    text = _line(value)
    if not text:
        raise UnfitError("it is empty")
    return text


def _range(value: object) -> str:
    text = _line(value)
    low, _, high = text.partition("-")
    if not low.isdigit() or not high.isdigit() or not 100 <= int(low) <= int(high) <= 999999999:
        raise UnfitError(f"it is {kind_of(text)}")
    return f"{int(low)}-{int(high)}"


def _date_time(value: object) -> int:
    text = _text(value)
    if text == "never":
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnfitError(f"it is {kind_of(text)}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _show_date_time(value: Value) -> object:
    assert isinstance(value, int)
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else "never"


def _ports(value: object) -> Value:
    items = value if isinstance(value, (list, tuple)) else [value]
    return tuple(sorted({str(_int(item)) if isinstance(item, (int, float)) else _line(item) for item in items}))


def _ref(value: object) -> Value:
    return reference(value)


def _refs(value: object) -> Value:
    if not isinstance(value, (list, tuple)):
        raise UnfitError(f"it is {kind_of(value)}")
    found = []
    for item in value:
        inner = item["guest"] if isinstance(item, Mapping) and set(item) == {"guest"} else item
        found.append(reference(inner))
    return tuple(sorted(set(found)))


def _show_ref(value: Value) -> object:
    text = str(value)
    if text.startswith("vmid:"):
        return {"vmid": int(text[5:])}
    return {"id": text[3:]} if text.startswith("id:") else text


def _secret(value: object) -> SecretSource:
    inner = value.get("valueFrom") if isinstance(value, Mapping) and set(value) == {"valueFrom"} else None
    if not isinstance(inner, Mapping) or len(inner) != 1:
        if isinstance(value, Mapping):
            raise UnfitError("a map that is not valueFrom with one of env, file, command, secretRef")
        raise UnfitError("it is a literal, which charts, releases and plans would carry about")
    ((source, where),) = inner.items()
    if source in ("env", "file") and isinstance(where, str) and where:
        return SecretSource(str(source), where)
    if source == "command" and isinstance(where, list) and where and all(isinstance(word, str) for word in where):
        return SecretSource("command", command=tuple(where))
    if source == "secretRef" and isinstance(where, Mapping) and set(where) == {"name", "key"}:
        return SecretSource("secretRef", str(where["name"]), str(where["key"]))
    raise UnfitError(f"valueFrom.{source} is not understood")


def _source(value: object) -> str:
    found = _secret(value)
    where: object = found.name
    if found.source == "command":
        where = list(found.command)
    elif found.source == "secretRef":
        where = {"name": found.name, "key": found.key}
    return json.dumps({found.source: where})


def source_of(value: object) -> SecretSource:
    """Return the source that a leaf of type ``source`` names."""
    return _secret({"valueFrom": json.loads(str(value))})


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _show_json(value: Value) -> object:
    return json.loads(str(value))


def _show_source(value: Value) -> object:
    return {"valueFrom": json.loads(str(value))}


def _document(value: object) -> Value:
    """Return a text as it is, a map as JSON in its own order, or where the whole document is read."""
    if not isinstance(value, Mapping) or set(value) == {"valueFrom"}:
        return _secret(value) if isinstance(value, Mapping) else _text(value)
    if '"valueFrom":' in (text := json.dumps(value, ensure_ascii=False, default=str)):
        raise UnfitError("a secret stands inside of it; make the whole document one: {valueFrom: …}")
    return text


def _show_document(value: Value) -> object:
    return json.loads(str(value)) if str(value).startswith("{") else value


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


def _as_is(value: Value) -> object:
    return value


def _as_list(value: Value) -> object:
    assert isinstance(value, tuple)
    return list(value)


def _show_refs(value: Value) -> object:
    assert isinstance(value, tuple)
    return [_show_ref(str(item)) for item in value]


def _hidden(_value: Value) -> object:
    return REDACTED


_STRING = {"type": "string"}
_STRINGS = {"oneOf": [{"type": "array", "items": _STRING}, _STRING]}
_CT_CIDR6 = _cidr(6, ("dhcp", "auto", "manual"))
_DOCUMENT = {"type": ["object", "string"]}
_REF = {
    "oneOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "properties": {"vmid": {"type": "integer"}},
            "required": ["vmid"],
            "additionalProperties": False,
        },
        {"type": "object", "properties": {"id": _STRING}, "required": ["id"], "additionalProperties": False},
    ]
}
_SECRET_SCHEMA = {
    "type": "object",
    "required": ["valueFrom"],
    "additionalProperties": False,
    "properties": {"valueFrom": {"type": "object", "minProperties": 1, "maxProperties": 1}},
}

TYPES: Mapping[str, ValueType] = {
    t.name: t
    for t in (
        ValueType("text", "a text", _text, _as_is, _STRING),
        ValueType("note", "a text", _note, _as_is, _STRING),
        ValueType("tags", "a list of tags", _tags, _as_list, _STRINGS),
        ValueType("line", "a text of one line", _line, _as_is, _STRING),
        ValueType("name", "a DNS name of at most 63 characters", _name, _as_is, _STRING),
        ValueType("int", "a whole number", _int, _as_is, {"type": "integer"}),
        ValueType("number", "a number", _number, _as_is, {"type": "number"}),
        ValueType("bool", "true or false", _bool, _as_is, {"type": "boolean"}),
        ValueType("size", "a size such as 50G or 512M", _size, _show_size, _STRING),
        ValueType(
            "memory", "a size such as 8G, or a number of MiB", _memory, _show_memory, {"type": ["string", "integer"]}
        ),
        ValueType("rate", "a rate such as 100MB/s or 512KB/s", _rate, _show_rate, _STRING),
        ValueType("duration", "a duration such as 30s, 5m or 1h30m", _duration, _show_duration, _STRING),
        ValueType("schedule", "a calendar event such as mon..fri 02:00", _matching(_CALENDAR), _as_is, _STRING),
        ValueType("range", "a range of VMIDs such as 20000-20999", _range, _as_is, _STRING),
        ValueType("date-time", "a time such as 2027-01-01T00:00:00Z, or never", _date_time, _show_date_time, _STRING),
        ValueType("mac", "a MAC address such as BC:24:11:00:00:01", _mac, _as_is, _STRING),
        ValueType("address", "an IP address", _address, _as_is, _STRING),
        ValueType("cidr", "an address with prefix such as 10.0.0.5/24, or dhcp", _cidr(4, ("dhcp",)), _as_is, _STRING),
        ValueType("cidr6", "an IPv6 address with prefix, dhcp or auto", _cidr(6, ("dhcp", "auto")), _as_is, _STRING),
        ValueType(
            "ct-cidr",
            "an address with prefix such as 10.0.0.5/24, dhcp or manual",
            _cidr(4, ("dhcp", "manual")),
            _as_is,
            _STRING,
        ),
        ValueType("ct-cidr6", "an IPv6 address with prefix, dhcp, auto or manual", _CT_CIDR6, _as_is, _STRING),
        ValueType("volume", "a volume such as local:iso/debian.iso", _matching(_VOLID), _as_is, _STRING),
        ValueType("set", "a list of texts, in any order", _set, _as_list, _STRINGS),
        ValueType("list", "a list of texts", _list, _as_list, _STRINGS),
        ValueType("ports", "a port, a range such as 80:90, or a list of them", _ports, _as_list, {}),
        ValueType("ref", "a name, {vmid: 101} or {id: local-lvm}", _ref, _show_ref, _REF),
        ValueType("refs", "a list of references", _refs, _show_refs, {"type": "array", "items": _REF}),
        ValueType("secret", "{valueFrom: {env: NAME}}, or file, command, secretRef", _secret, _hidden, _SECRET_SCHEMA),
        ValueType(
            "source", "{valueFrom: {env: NAME}}, or file, command, secretRef", _source, _show_source, _SECRET_SCHEMA
        ),
        ValueType("record", "a map", _record, _show_record, {"type": "object"}),
        ValueType("json", "any map, list or text", _json, _show_json, {}),
        ValueType("records", "a list of maps", _records, _show_records, {"type": "array"}),
        ValueType("document", "a map, a text, or {valueFrom: …}", _document, _show_document, _DOCUMENT),
        ValueType("raw", "a value as Proxmox writes it", _raw, _as_is, {"type": ["string", "number", "boolean"]}),
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
