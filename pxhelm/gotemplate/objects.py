"""Go structs, and maps with methods, as templates see them.

A class offers itself by class attributes, nothing is found by accident:

    class KubeVersion:
        GO_TYPE = "*chartutil.KubeVersion"
        GO_FIELDS = {"Version": "version", "Major": "major"}            # Go field → Python attribute
        GO_METHODS = {"String": "__str__", "GitVersion": "git_version"} # Go method → Python method

Parameters of a method are typed by its annotations (``_TYPES``; all else is interface{}). Unknown fields of
a struct are errors; unknown keys of a map are nil. A map type with methods is a ``GoMap``: a method hides a key.
``String`` is how fmt prints an object.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pxhelm.golang.strconv import quote
from pxhelm.gotemplate.signature import ANY, Function, FunctionError


class GoMap(dict[str, object]):
    """A named map type with methods; subclass it."""

    __slots__ = ()
    GO_TYPE = "map[string]interface {}"
    GO_UNDERLYING = "map[string]interface {}"
    """The type without its name: what it is assignable to."""
    GO_METHODS: dict[str, str] = {}  # noqa: RUF012 - a class table, replaced by subclasses
    GO_MISSING: object = None
    """What a missing key gives: the element type's zero value."""

    def __init_subclass__(cls) -> None:
        if cls.GO_MISSING is None:
            MAP_TYPES.add(cls)
        METHOD_NAMES.update(cls.GO_METHODS)


MAP_TYPES: set[type] = {dict}
"""Types whose keys may be read straight away, unless the name is one of METHOD_NAMES."""

METHOD_NAMES: set[str] = set()
"""Every method of a map type: a field of this name takes the slow way."""


_TYPES = {
    "Writer": "io.Writer", "str": "string", "int": "int", "float": "float64", "bool": "bool", "Time": "time.Time",
    "Nanoseconds": "time.Duration", "Version | None": "*semver.Version",
}  # fmt: skip
"""Annotations of parameters that have a Go type."""


def method(cls: type, name: str) -> Function | None:
    """Return a type's method of this Go name; its callable takes the object first."""
    return _method(cls, name)


@lru_cache(maxsize=256)
def _method(cls: Any, name: str) -> Function | None:
    attribute = getattr(cls, "GO_METHODS", {}).get(name)
    if attribute is None:
        return None
    callable_ = getattr(cls, attribute)
    if attribute == "__str__":
        return Function(callable_, result="string")
    parameters = list(inspect.signature(callable_).parameters.values())[1:]
    fixed = tuple(_go_type(p) for p in parameters if p.kind is not p.VAR_POSITIONAL)
    variadic = next((_go_type(p) for p in parameters if p.kind is p.VAR_POSITIONAL), "")
    returned = str(callable_.__annotations__.get("return", ""))
    return Function(callable_, fixed, variadic, result=ANY if returned in ("object", "Any", "") else returned)


def _go_type(parameter: inspect.Parameter) -> str:
    return _TYPES.get(str(parameter.annotation), ANY)


def field_names(value: object) -> dict[str, str] | None:
    """Return Go field → attribute of a struct; None for what is no struct."""
    found = getattr(value, "GO_FIELDS", None)
    if isinstance(found, dict):
        return found
    if hasattr(value, "GO_METHODS") and not isinstance(value, dict | list):
        return {}
    return None


@lru_cache(maxsize=256)
def struct_fields(cls: Any) -> Mapping[str, str]:
    """Return Go field → attribute of a type, without names that are methods, too; none of what is no struct."""
    methods = getattr(cls, "GO_METHODS", {})
    fields = getattr(cls, "GO_FIELDS", {})
    return {name: attribute for name, attribute in fields.items() if name not in methods}


Writer = object
"""``io.Writer``: no value of a chart is one."""


class _Shared(GoMap):
    """A map that Go sees under two types: what is written to one of the pair stands in the other, too."""

    __slots__ = ("_other",)
    _other: _Shared

    def _pair(self, other: _Shared) -> None:
        self._other = other
        other._other = self

    def __setitem__(self, key: str, value: object) -> None:
        super().__setitem__(key, value)
        other = getattr(self, "_other", None)
        if other is not None:
            dict.__setitem__(other, key, value)

    def pop(self, key: str, default: object = None) -> object:
        """Remove a key from both and return its value."""
        other = getattr(self, "_other", None)
        if other is not None:
            dict.pop(other, key, None)
        return super().pop(key, default)


class PlainMap(_Shared):
    """``.Values`` under its plain type, as the parent chart and ``AsMap`` show it."""

    __slots__ = ()


class Values(_Shared):
    """``.Values``: a map with the methods of chartutil.Values."""

    __slots__ = ()
    GO_TYPE = "chartutil.Values"
    GO_METHODS = {  # noqa: RUF012 - a class table
        "AsMap": "as_map",
        "Encode": "encode",
        "YAML": "as_yaml",
        "Table": "table",
        "PathValue": "path_value",
    }

    def as_map(self) -> dict[str, object]:
        """Return the same map without its name."""
        other = getattr(self, "_other", None)
        if other is None:
            other = PlainMap(self)
            self._pair(other)
        return other

    def encode(self, writer: Writer) -> None:
        """Write the values as YAML; no template can name a writer."""

    def as_yaml(self) -> str:
        """Return the values as YAML."""
        from pxhelm.golang.yaml import to_yaml

        return to_yaml(dict(self))

    def table(self, path: str) -> Values:
        """Return the map at a dotted path; FunctionError when there is none."""
        found: object = self
        for part in path.split("."):
            if not isinstance(found, dict) or not isinstance(found.get(part), dict):
                raise FunctionError(f"{quote(part)} is not a table")
            found = found[part]
        assert isinstance(found, dict)
        return Values(found)

    def path_value(self, path: str) -> object:
        """Return the scalar at a dotted path; FunctionError when there is none."""
        *parents, last = path.split(".")
        if not path:
            raise FunctionError("YAML path cannot be empty")
        found: object = self
        for part in parents:
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, dict) or last not in found or isinstance(found[last], dict):
            raise FunctionError(f"{quote(last)} is not a value")
        return found[last]
