"""Maps merged as dario.cat/mergo v1.0.1 does (``deepMerge`` in merge.go), in place; sub-maps are shared, not copied.

Only maps with text keys, as templates have them.
"""

from __future__ import annotations

from typing import Any

from pxhelm.golang.text import GoPanicError
from pxhelm.golang.value import NilMap, kind_name, type_name

Dict = dict[str, Any]


class DifferentTypesError(ValueError):
    """A map cannot be merged into what stands in its place; the text is mergo's."""

    def __init__(self) -> None:
        super().__init__("src and dst must be of same type")


def merged(target: Dict, source: Dict, *, overwrite: bool) -> Dict:
    """Merge ``source`` into ``target`` and return that; a new map for a nil one.

    Raises:
        DifferentTypesError: a map meets a pointer; what was merged before stays.
        GoPanicError: a value does not fit the element type of a typed map.
    """
    if isinstance(target, NilMap) and not isinstance(source, NilMap):
        target = {}
    _merge(target, source, overwrite)
    return target


def _merge(target: Dict, source: Dict, overwrite: bool) -> None:
    wanted = "" if type(target) is dict else _element_type(target)
    for key in list(source):  # which may grow meanwhile, when it is merged into itself
        item, mine = source[key], target.get(key)
        if type(item) in _SCALARS and not wanted:
            if overwrite or mine is None or (not mine and _empty(mine)):
                target[key] = item
            continue
        if item is None:
            if not overwrite:
                continue
        elif isinstance(item, dict):
            _merge_object(mine, item, overwrite)
            if isinstance(mine, dict) and mine:
                continue
        elif isinstance(item, list | bytes):
            if wanted:
                _check_list(item if overwrite or mine is None else mine, wanted, present=key in target)
            if not _empty(mine):
                if overwrite:
                    target[key] = item
                continue
        else:
            if kind_name(item) in ("struct", "ptr"):
                _merge_object(mine, item, overwrite)
            if not (overwrite or _empty(mine)):
                continue
        if overwrite or _empty(mine):
            if wanted:
                _check(_element_type(source) or "interface {}", wanted)
            target[key] = item


_SCALARS = frozenset((str, int, float, bool))


def _merge_object(mine: object, item: object, overwrite: bool) -> None:
    """Merge what is below a key: a map into a map; what a map, struct or pointer cannot be merged into is refused."""
    if isinstance(mine, dict):
        if isinstance(item, dict) and not isinstance(mine, NilMap):
            _merge(mine, item, overwrite)
        return
    kind, given = kind_name(mine), kind_name(item)
    if kind == "ptr" and given in ("map", "struct") and not overwrite:
        raise DifferentTypesError
    if kind == "struct" and getattr(mine, "GO_FIELDS", None):
        if given != "struct":
            raise GoPanicError(f"reflect: call of reflect.Value.Field on {given} Value")
        fields = _fields(item)
        for number, own in enumerate(_fields(mine)):
            if number >= len(fields):
                raise GoPanicError("reflect: Field index out of range")
            _merge_object(own, fields[number], overwrite)


def _fields(struct: object) -> list[object]:
    """Return what a Go struct holds, in its order."""
    layout: dict[str, str] = getattr(struct, "GO_LAYOUT", None) or getattr(struct, "GO_FIELDS", {})
    found = (getattr(struct, attribute) for attribute in layout.values())
    return [value() if callable(value) else value for value in found]


def _empty(value: object) -> bool:
    return value is None or (not value and isinstance(value, str | int | float | list | dict | bytes))


def _check(given: str, wanted: str) -> None:
    if given != wanted:
        raise GoPanicError(f"reflect.Value.SetMapIndex: value of type {given} is not assignable to type {wanted}")


def _check_list(item: object, wanted: str, *, present: bool) -> None:
    """Refuse a list for a typed map, as mergo stumbles over it."""
    if present and wanted == "string":
        raise GoPanicError("reflect: call of reflect.Value.IsNil on string Value")
    _check(type_name(item), wanted)


def _element_type(values: Dict) -> str:
    """Return the type of a typed map's elements, nothing for interface{}."""
    missing = getattr(values, "GO_MISSING", None)
    return "" if missing is None else type_name(missing)
