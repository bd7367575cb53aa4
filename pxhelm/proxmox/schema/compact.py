"""Turns the API description that Proxmox publishes (``apidata.js``) into the compact facts that ``Schema`` reads.

Facts only: names, types, limits, formats, permissions. No sentence of Proxmox' own is carried over. Never reads or
writes a file; ``packaging/apischema.py`` and ``pxhelm api schema update`` do.

The result is zlib-compressed lines of JSON: line 0 is the tree of paths, every other line an endpoint or a type,
referred to by its number, equal lines stored once. A reader decodes only the lines it is asked about.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_SCALARS = {
    "pattern": "pattern",
    "minLength": "min_length",
    "maxLength": "max_length",
    "requires": "requires",
    "alias": "alias",
    "keyAlias": "key_alias",
    "type-property": "type_property",
}
_LIMITS = {"minimum": "minimum", "min": "minimum", "maximum": "maximum", "max": "maximum"}
_WORDS = re.compile(r"\w (?=\w)")
_HIGHEST = re.compile(r"\(n is 0 to (\d+)")
_KEY = re.compile(
    r"(?P<open>\[(?=[\[,]|[\w-]+=[^\]]))?,?(?:\[(?P<key>[\w-]+)=\]|(?P<name>[\w-]+)=)(?P<what><[^>]*>|\\d\+|\S*)"
)

HIGHEST_INDEX = {
    "net": 31,
    "ipconfig": 31,
    "numa": 7,
    "hostpci": 15,
    "usb": 13,
    "virtiofs": 9,
    "link": 7,
    "acmedomain": 5,
    "mp": 255,
    "dev": 255,
    "unused": 255,
}
"""The last index of indexed parameters where the description does not say it, or (usb) says it for old machines."""


def compact(apidata: str, version: str) -> bytes:
    """Return the facts of one API description, for ``Schema.parse``.

    ``apidata`` is the text of ``apidata.js`` or the JSON in it; ValueError when it holds no description.
    """
    start = apidata.find("[")
    if start < 0:
        raise ValueError("no API description in this text")
    tree, _ = json.JSONDecoder().raw_decode(apidata, start)
    lines = _Lines()
    index: Json = {}
    _add_paths(tree, index, lines)
    if not index:
        raise ValueError("the API description is empty")
    head = _dump({"version": version, "tree": index})
    return zlib.compress("\n".join([head, *lines.texts]).encode(), 9)


class _Lines:
    """The pool of lines; equal texts share a number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def add(self, data: Json) -> int:
        text = _dump(data)
        number = self._numbers.get(text)
        if number is None:
            self.texts.append(text)
            number = self._numbers[text] = len(self.texts)
        return number


def _dump(data: Json) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _add_paths(nodes: list[Json], index: Json, lines: _Lines) -> None:
    for node in nodes:
        place = index
        for segment in node["path"].strip("/").split("/"):
            if segment:
                place = place.setdefault(segment, {})
        for method, info in sorted((node.get("info") or {}).items()):
            place.setdefault("", {})[method] = lines.add(_endpoint(info, lines))
        _add_paths(node.get("children") or [], index, lines)


def _endpoint(info: Json, lines: _Lines) -> Json:
    parameters = info.get("parameters") or {}
    permissions = {k: v for k, v in (info.get("permissions") or {}).items() if k != "description"}
    found: Json = {
        "parameters": _properties(_merged(parameters), lines),
        "returns": lines.add(_spec("", info.get("returns") or {"type": "null"}, lines)),
    }
    if permissions:
        found["permissions"] = permissions
    if info.get("proxyto"):
        found["proxyto"] = info["proxyto"]
    if info.get("protected"):
        found["protected"] = True
    if not int(info.get("allowtoken", 1)):
        found["token"] = False
    if _lets_others_pass(parameters):
        found["additional"] = True
    return found


def _lets_others_pass(schema: Json) -> bool:
    """Whether parameters are accepted that are not listed: PVE::JSONSchema refuses them only where that is said."""
    parts = [schema, *(schema.get("allOf") or [])]
    return all(int(part.get("additionalProperties", 1)) for part in parts)


def _merged(schema: Json) -> dict[str, Json]:
    """Return all properties of a schema; those of a ``oneOf`` branch carry the types they belong to."""
    found: dict[str, Json] = {k: dict(v) for k, v in (schema.get("properties") or {}).items()}
    for part in schema.get("allOf") or []:
        found.update(_merged(part))
    if schema.get("oneOf"):
        which = schema.get("type-property", "")
        if which and "type-property-schema" in schema:
            found[which] = schema["type-property-schema"]
        for branch in schema["oneOf"]:
            for name, spec in (branch.get("properties") or {}).items():
                known = found.setdefault(name, {**spec, "instance-types": [], "type-property": which})
                if "instance-types" in known:
                    known["instance-types"].append(branch.get("instance-type", ""))
    return found


def _properties(properties: Mapping[str, Json], lines: _Lines) -> dict[str, int]:
    return {name: lines.add(_spec(name, spec, lines)) for name, spec in sorted(properties.items())}


def _spec(name: str, spec: Json, lines: _Lines) -> Json:
    found: Json = {"type": spec.get("type") or ("object" if "properties" in spec else "string")}
    for key, ours in _SCALARS.items():
        if spec.get(key) is not None:
            found[ours] = int(spec[key]) if "Length" in key else spec[key]
    if "pattern" in found:
        found["pattern"] = _portable(found["pattern"])
    for key, ours in _LIMITS.items():
        if spec.get(key) is not None:
            found[ours] = _number(spec[key])
    if int(spec.get("optional") or 0) or (spec.get("oneOf") and all(each.get("optional") for each in spec["oneOf"])):
        found["optional"] = True
    if spec.get("default_key"):
        found["default_key"] = True
    if spec.get("enum"):
        found["enum"] = [str(v) for v in spec["enum"]]
    if spec.get("instance-types"):
        found["instance_types"] = spec["instance-types"]
    default = _default(spec)
    if default is not None:
        found["default"] = default
    if name.endswith("[n]"):
        found["highest"] = _highest(name, spec)
    _structure(spec, found, lines)
    return found


def _structure(spec: Json, found: Json, lines: _Lines) -> None:
    """Add what the value is made of: a format by name or by its keys, the items of a list, the keys of an object."""
    form = spec.get("format")
    if isinstance(form, str):
        found["format"] = form
        keys = from_typetext(spec.get("typetext") or "")
        if keys:
            found["properties"] = _properties(keys, lines)
    elif isinstance(form, dict):
        found["properties"] = _properties(form, lines)
    elif isinstance(spec.get("properties"), dict):
        found["properties"] = _properties(spec["properties"], lines)
    if isinstance(spec.get("items"), dict):
        found["items"] = lines.add(_spec("", spec["items"], lines))
    if spec.get("oneOf"):
        found["one_of"] = [lines.add(_spec("", each, lines)) for each in spec["oneOf"]]


def from_typetext(text: str) -> dict[str, Json]:
    """Return the keys of a property string whose format is known by name only, read from its grammar.

    ``[[host=]<ID>] [,pcie=<1|0>]`` gives the default key ``host`` and the boolean ``pcie``.
    """
    found: dict[str, Json] = {}
    for match in _KEY.finditer(text):
        spec = _type_of(match["what"])
        if match["key"]:
            spec["default_key"] = 1
        if match["open"]:
            spec["optional"] = 1
        found[match["key"] or match["name"]] = spec
    return found


def _type_of(what: str) -> Json:
    inner = what[1:-1] if what.startswith("<") else what
    if inner == "1|0":
        return {"type": "boolean"}
    if inner in ("integer", "N", "PORT", "\\d+"):
        return {"type": "integer"}
    if inner == "number":
        return {"type": "number"}
    if re.fullmatch(r"[\w./-]+(\|[\w./-]+)+", inner) and not re.search(r"\d-\d", inner):
        return {"type": "string", "enum": inner.split("|")}
    return {"type": "string"}


def _portable(pattern: str) -> str:
    """Return a Perl expression as Python and RE2 read it: ``(?^i:`` is a group without the flags outside of it."""
    return pattern.replace("(?^:", "(?:").replace("(?^u:", "(?:").replace("(?^i:", "(?i:")


def _number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _default(spec: Json) -> Any:
    """Return the default if it is a value of the type; some describe in words what the server does instead."""
    default = spec.get("default")
    kind = spec.get("type")
    if kind in ("integer", "number"):
        try:
            return _number(default)
        except (TypeError, ValueError):
            return None
    if kind == "boolean":
        return None if default in (None, "") else str(default).lower() in ("1", "yes", "on", "true")
    if isinstance(default, str) and len(_WORDS.findall(default)) > 1:
        return None
    return default


def _highest(name: str, spec: Json) -> int:
    stem = name.removesuffix("[n]")
    said = _HIGHEST.search(spec.get("description") or "")
    return HIGHEST_INDEX.get(stem) or (int(said[1]) if said else 255)
