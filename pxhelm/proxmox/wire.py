"""How values are written on the wire: property strings, sizes, booleans, lists, request parameters.

A property string such as ``virtio=AA:BB:…,bridge=vmbr0,firewall=1`` is read by the keys that the schema gives for its
format (``ParamSpec.properties``) into a canonical dict: booleans are ``bool``, sizes bytes, MACs upper case, aliases
resolved, percent-encoded texts decoded. Laws, held by property tests: ``parse(print(v)) == v`` for canonical ``v``;
``print(parse(t))`` does not depend on order or spelling of ``t``; keys the schema does not know are carried as they are.
Never decides whether a value is allowed: Proxmox and ``validate`` do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import Param
from pxhelm.proxmox.schema import Endpoint, ParamSpec, Properties
from pxhelm.secret import Secret

Value = str | int | float | bool | list[str]

TRUE = frozenset(("1", "on", "yes", "true"))
FALSE = frozenset(("0", "off", "no", "false"))
LOOSE = ""
"""The key under which parts are carried that have no key, where the format has no default key."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?")
_SIZE = re.compile(r"([0-9]{1,40}(?:\.[0-9]{1,40})?)([KMGT])?")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_LIST = re.compile(r"[;,\s]+")


class PropertyError(PxhelmError):
    """A property string that Proxmox could not read either, or a value that cannot stand in one."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=ExitCode.USAGE)


def parse_size(text: str) -> int:
    """Return the bytes of ``512M``, ``50G``, ``1.5T``; ``Gi`` means ``G``: all units are powers of 1024.

    A fraction of a byte is cut off, as Proxmox does. Raises PropertyError.
    """
    size = _size(text.removesuffix("i") if text[-2:-1] in _UNITS else text)
    if size is None:
        raise PropertyError(f"cannot read size {text!r}: want a number with K, M, G or T, such as 50G")
    return size


def print_size(size: int) -> str:
    """Return bytes in the largest unit that divides them, as Proxmox prints sizes (``0T`` for nothing)."""
    for unit in ("", "K", "M", "G"):
        if size % 1024:
            return f"{size}{unit}"
        size //= 1024
    return f"{size}T"


def parse_property(form: Mapping[str, ParamSpec], text: str) -> dict[str, Value]:
    """Return the canonical dict of a property string.

    A value that does not fit its type stays a text; an unknown key keeps its text. Raises PropertyError for a key
    given twice.
    """
    table = _table(form)
    found: dict[str, Value] = {}
    loose: list[str] = []
    for part in text.split(","):
        name, equals, raw = part.partition("=")
        if not equals:
            if not part.strip():
                continue
            name, raw = table.default_key, part
        if not name or not raw:
            loose.append(part)
            continue
        key = table.keys.get(name)
        if key is None:
            _set(found, name, raw)
            continue
        if key.key_alias:
            _set(found, key.key_alias, name)
        _set(found, key.target, _read(key.spec, raw))
    if loose:
        found[LOOSE] = ",".join(loose)
    return found


def print_property(form: Mapping[str, ParamSpec], values: Mapping[str, Value]) -> str:
    """Return the property string, keys in Proxmox' order: default key, required, optional, then unknown ones.

    Texts are brought to canonical form as well, so any spelling gives the same result; sizes given as numbers are
    bytes. Raises PropertyError for an empty value or one with a comma or a line end.
    """
    table = _table(form)
    known: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name, value in values.items():
        key = table.keys.get(name)
        if key is None:
            if name != LOOSE:
                unknown[name] = _written(None, name, value)
            continue
        if key.key_alias:
            _set(known, key.key_alias, name)
        _set(known, key.target, _written(key.spec, name, value))
    parts = [part for name in table.order if name in known for part in _part(table, known, name)]
    parts += [f"{name}={unknown[name]}" for name in sorted(unknown)]
    loose = values.get(LOOSE)
    return ",".join([*parts, str(loose)] if loose else parts)


def normal(form: Mapping[str, ParamSpec], text: str) -> str:
    """Return the one spelling of a property string."""
    return print_property(form, parse_property(form, text))


def effective(form: Mapping[str, ParamSpec], values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values with the schema's defaults for keys that are not set."""
    defaults = {k: s.default for k, s in form.items() if s.default is not None and not s.alias}
    return {**{k: _read(form[k], d) if isinstance(d, str) else d for k, d in defaults.items()}, **values}


def parse_value(spec: ParamSpec, raw: object) -> Value | dict[str, Value]:
    """Return the canonical form of a configuration value as a reply holds it (number or text)."""
    text = _plain(raw) if isinstance(raw, (bool, int, float)) else str(raw)
    return parse_property(spec.properties, text) if spec.properties and spec.type == "string" else _read(spec, text)


def encode(params: Mapping[str, Param], endpoint: Endpoint | None) -> list[tuple[str, str]]:
    """Return the form fields or query of a request; secrets are opened here and nowhere else.

    Booleans become 0/1. A list becomes a repeated key where the schema wants an array, else one comma-separated
    text. A parameter that Proxmox wants percent-encoded (``sshkeys``) is given plain and encoded here, once more than
    the form itself. Without an endpoint nothing is known about the parameters.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        spec = endpoint.parameters.get(name) if endpoint is not None else None
        if isinstance(value, (str, Secret, bool, int, float)):
            pairs.append((name, _field(spec, value)))
        elif spec is not None and spec.type == "array":
            pairs.extend((name, _field(spec.items, each)) for each in value)
        else:
            pairs.append((name, ",".join(_field(None, each) for each in value)))
    return pairs


def multipart(pairs: Iterable[tuple[str, str]], filename: str, boundary: str) -> tuple[bytes, bytes, str]:
    """Return what stands before and after the content of a file in a form, and the type of the form.

    ``boundary`` must be one that nobody can foresee, so that no file holds it and adds fields of its own.
    """
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    head = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in pairs)
    quoted = filename.replace('"', "%22").replace("\r", "").replace("\n", "")
    head += f'{part}"filename"; filename="{quoted}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    return head.encode(), f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _field(spec: ParamSpec | None, value: str | Secret | float) -> str:
    text = value.reveal() if isinstance(value, Secret) else _plain(value)
    return quote(text, safe="") if spec is not None and spec.format == "urlencoded" else text


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key in the text means."""

    target: str
    spec: ParamSpec
    key_alias: str


@dataclass(frozen=True, slots=True)
class _Table:
    """A format, prepared for reading and printing."""

    keys: Mapping[str, _Key]
    default_key: str
    order: tuple[str, ...]
    combined: Mapping[str, str]
    """Key whose value is written as a name in front of another: ``model`` → ``macaddr``."""


_tables: dict[int, tuple[Properties, _Table]] = {}


def _table(form: Mapping[str, ParamSpec]) -> _Table:
    if not isinstance(form, Properties):
        return _prepare(form)
    known = _tables.get(id(form))
    if known is None:
        # the schema itself is kept, so that its id cannot come to mean another one
        known = _tables[id(form)] = (form, _prepare(form))
    return known[1]


def _prepare(form: Mapping[str, ParamSpec]) -> _Table:
    keys = {name: _Key(s.alias or name, form.get(s.alias, s), s.key_alias) for name, s in form.items()}
    own = sorted(name for name, s in form.items() if not s.alias)
    default = next((name for name in own if form[name].default_key), "")
    order = sorted(own, key=lambda name: (name != default, form[name].optional, name))
    combined = {key.key_alias: key.target for key in keys.values() if key.key_alias}
    return _Table(keys, default, tuple(order), combined)


def _part(table: _Table, known: dict[str, str], name: str) -> Iterable[str]:
    """Yield the text of one key; a key that was written together with another is gone from ``known``."""
    text = known[name]
    other = table.combined.get(name, "")
    if other in known and text in table.keys:
        yield f"{text}={known.pop(other)}"
    elif name == table.default_key and "=" not in text and text.strip():
        yield text
    else:
        yield f"{name}={text}"


def _set(found: dict[str, Value] | dict[str, str], name: str, value: Value) -> None:
    if name in found:
        raise PropertyError(f"cannot read property string: key {name} is given twice")
    found[name] = value  # type: ignore[assignment]


def _read(spec: ParamSpec, text: str) -> Value:
    """Return the canonical value of a text; the text itself when it does not fit the type."""
    if spec.type == "boolean":
        lower = text.lower()
        return True if lower in TRUE else False if lower in FALSE else text
    if spec.type == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    if spec.type == "number":
        if not _NUMBER.fullmatch(text):
            return text
        return int(text) if text.isdigit() else _whole(float(text))
    if not spec.format:
        return text
    if spec.format == "disk-size":
        size = _size(text)
        return text if size is None else size
    if spec.format == "mac-addr":
        return text.upper()
    if spec.format == "urlencoded":
        return unquote(text, errors="surrogateescape")
    if spec.format.endswith("-list"):
        return [each for each in _LIST.split(text) if each]
    return text


def _written(spec: ParamSpec | None, name: str, value: Value) -> str:
    if spec is not None and spec.format == "urlencoded" and isinstance(value, str):
        text = quote(value, safe="", errors="surrogateescape")
    else:
        if spec is not None and isinstance(value, str):
            value = _read(spec, value)
        if isinstance(value, list):
            text = ";".join(value)
        elif spec is not None and spec.format == "disk-size" and isinstance(value, int):
            text = print_size(value)
        else:
            text = _plain(value)
    if not text or "," in text or "\n" in text:
        raise PropertyError(
            f"cannot write {name}={text!r} in a property string: it is empty or holds a comma or line end"
        )
    return text


def _plain(value: str | float) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        text = repr(_whole(value))
        return f"{value:.20f}".rstrip("0") if "e" in text else text
    return str(value)


def _whole(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _size(text: str) -> int | None:
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number, unit = match[1], _UNITS[match[2] or ""]
    return int(number) * unit if number.isdigit() else int(float(number) * unit)
