"""Whether an answer has the shape that the API schema promises, so that everything after the client may rely on it.

Looked at: what is a list, what an object; and where guests are told apart, numbers and that a row says what it is about.
Proxmox' own habits are let pass: numbers and truth values as texts, null for what is not set, keys that the schema does not
know, optional keys that are missing, a text that is shown in its parts, and anything two levels down. All recorded answers of
a real cluster fit. Never looks at what a value says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.proxmox.schema import Endpoint, ParamSpec

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*|\s*")
_INTEGER = re.compile(r"\s*([+-]?\d+)?\s*")
_TRUTH = frozenset(("", "0", "1", "on", "off", "yes", "no", "true", "false"))
_MAY_BE_NULL = frozenset(("/nodes/{node}/lxc/{vmid}/interfaces",))
"""Lists that Proxmox answers with null: the interfaces of a container that does not run (recorded)."""
_GUESTS = ("/nodes/{node}/qemu", "/nodes/{node}/lxc")
_RELIED: Mapping[str, tuple[str, ...]] = {
    "/version": ("version",),
    "/cluster/status": ("id", "name", "type"),
    "/cluster/resources": ("id", "type"),
    "/cluster/tasks": ("upid",),
    "/nodes": ("node",),
    "/nodes/{node}/storage": ("storage",),
    "/nodes/{node}/storage/{storage}/content": ("volid",),
    "/nodes/{node}/tasks": ("upid",),
    "/nodes/{node}/tasks/{upid}/log": (),
    "/nodes/{node}/tasks/{upid}/status": ("status", "upid"),
    "/storage": ("storage",),
    **dict.fromkeys(_GUESTS, ("vmid",)),
    **{f"{path}/{{vmid}}/config": () for path in _GUESTS},
    **{f"{path}/{{vmid}}/pending": ("key",) for path in _GUESTS},
    **{f"{path}/{{vmid}}/snapshot": ("name",) for path in _GUESTS},
    **{f"{path}/{{vmid}}/status/current": ("status",) for path in _GUESTS},
}
"""Where identity and progress are read, with the keys without which an object says nothing: there values are looked at,
too. Elsewhere Proxmox does now and then what its schema does not say: a directory mapping has no description, a property
string is shown in its parts, or is not where the schema shows it so."""

_Types = frozenset[type]
_ANY: _Types = frozenset((str, int, float, bool, list, dict, type(None)))
_SCALARS: _Types = frozenset((str, int, float, bool, type(None)))
_BY_TYPE: Mapping[str, _Types] = {
    "string": _SCALARS,
    "integer": frozenset((int, type(None))),
    "number": frozenset((int, float, type(None))),
    "boolean": frozenset((bool, type(None))),
    "array": frozenset((list, type(None))),
    "object": frozenset((dict, type(None))),
}
_NOTHING = object()
_NAMES: Mapping[type, str] = {list: "a list", dict: "an object", type(None): "null", bool: "a truth value"}


def misfit(endpoint: Endpoint, data: object) -> str:
    """Return how an answer differs from what the endpoint returns, ``expected a list, got null``; empty when it fits.

    The endpoint may be a template or stand for one concrete path.
    """
    spec = endpoint.returns
    if data is None:
        promised = spec.type == "array" or not all(s.optional for s in spec.properties.values())
        return f"expected {_called(spec)}, got null" if promised and endpoint.path not in _MAY_BE_NULL else ""
    tells = _RELIED.get(endpoint.path)
    if spec.type == "object" and isinstance(data, dict):
        return _shape(spec, tells).differs(data) if tells is not None else ""
    if spec.type == "array" and isinstance(data, list):
        return _rows_differ(spec.items, data, tells) if spec.items is not None else ""
    fits = type(data) in _BY_TYPE.get(spec.type, _ANY) or _reads_as(spec, data)
    return "" if fits else f"expected {_called(spec)}, got {_shown(data)}"


class _Shape:
    """What an object of the schema holds, asked for key by key: most answers have few of the keys that they could."""

    __slots__ = ("_spec", "_tells", "_types")

    def __init__(self, spec: ParamSpec, tells: tuple[str, ...]) -> None:
        self._spec = spec
        self._tells = tells
        self._types: dict[str, _Types] = {}

    def differs(self, row: Mapping[str, Any]) -> str:
        """Return what is wrong with an object; empty when nothing is."""
        types = self._types
        for key, value in row.items():
            allowed = types.get(key)
            if allowed is None:
                known = self._spec.properties.get(key)
                allowed = types[key] = _ANY if known is None else self._types_of(known)
            if type(value) not in allowed:
                spec = self._spec.properties[key]
                if not _reads_as(spec, value):
                    return f"expected {_called(spec)} as {key}, got {_shown(value)}"
        for key in self._tells:
            if row.get(key) is None:
                return f"expected {key}, got an object without it"
        return ""

    def _types_of(self, spec: ParamSpec) -> _Types:
        if spec.type == "string" and spec.name not in self._tells:
            return _ANY  # now and then shown in parts: a property string as an object, tags as a list (recorded)
        return _BY_TYPE.get(spec.type, _ANY)


_shapes: dict[int, tuple[ParamSpec, _Shape]] = {}


def _shape(spec: ParamSpec, tells: tuple[str, ...]) -> _Shape:
    known = _shapes.get(id(spec))
    if known is None:
        # the spec itself is kept, so that its id cannot come to mean another one
        known = _shapes[id(spec)] = (spec, _Shape(spec, tells))
    return known[1]


def _rows_differ(items: ParamSpec, rows: list[Any], tells: tuple[str, ...] | None) -> str:
    if items.type == "object":
        strange = next((row for row in rows if type(row) is not dict), _NOTHING)
        if strange is not _NOTHING:
            return f"expected objects in the list, got {_shown(strange)}"
        if tells is None:
            return ""
        shape = _shape(items, tells)
        return next((wrong for row in rows if (wrong := shape.differs(row))), "")
    plain = _BY_TYPE.get(items.type, _ANY)
    for row in rows:
        if type(row) not in plain and not _reads_as(items, row):
            return f"expected {_called(items)} in the list, got {_shown(row)}"
    return ""


def _reads_as(spec: ParamSpec, value: object) -> bool:
    """Whether a value of another type says what is wanted: Perl has one type for texts, numbers and truth."""
    if spec.type == "boolean":
        return isinstance(value, (int, float)) or (isinstance(value, str) and value.lower() in _TRUTH)
    if spec.type == "integer" and isinstance(value, float):
        return value.is_integer()
    pattern = {"integer": _INTEGER, "number": _NUMBER}.get(spec.type)
    return pattern is not None and isinstance(value, str) and pattern.fullmatch(value) is not None


def _called(spec: ParamSpec) -> str:
    if spec.type == "array":
        return "a list of objects" if spec.items is not None and spec.items.type == "object" else "a list"
    return {"object": "an object", "string": "a text", "boolean": "a truth value"}.get(spec.type, "a number")


def _shown(data: object) -> str:
    if isinstance(data, str):
        return f"the text {data[:40]!r}"
    return _NAMES.get(type(data)) or f"the number {data}"
