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
    for key in list(source):
        if key not in source:  # gone, or merged into itself, meanwhile
            continue
        item, mine = source[key], target.get(key)
        if item is None:
            if overwrite:
                _set(target, key, None, source)
            continue
        if isinstance(item, dict):
            _merge_map(mine, item, overwrite)
            if isinstance(mine, dict) and mine:
                continue
        elif isinstance(item, list | bytes):
            if key in target and _element_type(target) == "string":
                raise GoPanicError("reflect: call of reflect.Value.IsNil on string Value")
            _set(target, key, item if overwrite or mine is None else mine, None)
            if not _empty(mine):
                continue
        if overwrite or _empty(mine):
            _set(target, key, item, source)


def _merge_map(mine: object, item: Dict, overwrite: bool) -> None:
    if isinstance(mine, dict):
        if not isinstance(mine, NilMap):
            _merge(mine, item, overwrite)
    elif mine is not None and not overwrite and kind_name(mine) == "ptr":
        raise DifferentTypesError


def _empty(value: object) -> bool:
    return value is None or (not value and isinstance(value, str | int | float | list | dict | bytes))


def _set(target: Dict, key: str, item: object, source: Dict | None) -> None:
    """Set a key; ``source`` is the map that the item is an element of, None when it stands for itself."""
    wanted = _element_type(target)
    if wanted:
        given = type_name(item) if source is None else _element_type(source) or "interface {}"
        if given != wanted:
            raise GoPanicError(f"reflect.Value.SetMapIndex: value of type {given} is not assignable to type {wanted}")
    target[key] = item


def _element_type(values: Dict) -> str:
    """Return the type of a typed map's elements, nothing for interface{}."""
    missing = getattr(values, "GO_MISSING", None)
    return "" if missing is None else type_name(missing)
