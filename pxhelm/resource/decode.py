"""Proxmox' configuration to leaves: what an object has, in the same canonical form as what a manifest wants.

Unset parameters give no leaf; parameters that no field covers stand under ``config``. Never reads a default into the
result: whether unset equals a value is asked of the field (engine.md D6.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pxhelm.proxmox.wire import PropertyError, parse_value
from pxhelm.resource.form import Content
from pxhelm.resource.forms import MAPS, form_of
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Leaves, Value
from pxhelm.resource.raw import REFUSED
from pxhelm.resource.table import STAR, Table, spec_of, table_of

SERVER_KEYS = frozenset(("digest", "meta", "lock", "parent", "snaptime", "vmstate", "runningmachine", "runningcpu"))
"""Parameters that Proxmox writes for itself."""


LINE_END = "\n"
"""Between the items of an array, where one text holds them."""
NUL = "\0"
"""Between them where a version has a text instead: formats that end in ``-alist``, as ``exclude-path`` before 8."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What ``/pending`` says: the configuration with what is pending, and that of the running guest."""

    intended: Mapping[str, str]
    current: Mapping[str, str]
    digest: str


def content_of(api: str, version: str, param: str, raw: object) -> Content:
    """Return the parsed content of one parameter: the keys of a property string, else the value under ``""``."""
    spec = spec_of(api, version, param)
    if spec is None:
        return {"": str(raw)}
    if spec.type == "array":
        return {"": str(raw).replace(NUL, LINE_END).split(LINE_END)}
    try:
        value = parse_value(spec, raw)
    except PropertyError:
        return {"": str(raw)}
    return value if isinstance(value, dict) else {"": value}


def decode(kind: Kind, raw: Mapping[str, object], version: str = "9.2") -> Leaves:
    """Return the leaves of a configuration as Proxmox' API gives it."""
    table = table_of(kind.fields, kind.slots)
    leaves: dict[str, Value] = {}
    for param, text in raw.items():
        if param in SERVER_KEYS:
            continue
        places = table.places_of(param)
        if not places:
            if table.place(f"config.{param}") is not None and _configures(kind, param, version):
                leaves[f"config.{param}"] = _scalar(text)
            continue
        _read_param(kind, param, content_of(kind.api, version, param, text), leaves)
    return leaves


def _configures(kind: Kind, param: str, version: str) -> bool:
    """Whether a key of an answer is a parameter that could be set raw; answers hold other things than configuration, too."""
    if kind.guest:
        return not param.startswith("unused")
    return param not in REFUSED and spec_of(kind.api, version, param) is not None


def _read_param(kind: Kind, param: str, content: Content, leaves: dict[str, Value]) -> None:
    table: Table = table_of(kind.fields, kind.slots)
    plain = set(content) == {""}
    for place in table.places_of(param):
        form_name = place.field.form
        if place.field.write_only:
            continue  # Proxmox shows asterisks
        if STAR in place.path:
            items = MAPS[form_name](content) if form_name in MAPS else {}
            leaves.update({place.path.replace(STAR, key): value for key, value in items.items()})
            continue
        value = form_of(place.field.type, form_name).read(content, "" if plain else place.key, place.slot)
        if value is not None:
            leaves[place.path] = value


def _scalar(value: object) -> Value:
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def text_of(value: object) -> str:
    """Return a value of a reply as the text that the configuration file holds; the items of an array as lines.

    Some replies hold a property string already taken apart.
    """
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return LINE_END.join(text_of(each) for each in value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={text_of(each)}" for key, each in value.items())
    return str(value)


def pending_rows(data: object) -> Rows:
    """Return both views of the rows of ``/pending``."""
    intended: dict[str, str] = {}
    current: dict[str, str] = {}
    digest = ""
    for row in data if isinstance(data, Iterable) else ():
        if not isinstance(row, Mapping):
            continue
        key = str(row.get("key", ""))
        if key == "digest":
            digest = str(row.get("value", ""))
            continue
        if "value" in row:
            current[key] = text_of(row["value"])
        if row.get("delete"):
            continue
        if "pending" in row:
            intended[key] = text_of(row["pending"])
        elif "value" in row:
            intended[key] = text_of(row["value"])
    return Rows(intended, current, digest)
