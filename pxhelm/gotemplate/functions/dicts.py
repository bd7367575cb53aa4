"""Functions on maps.

``set``, ``unset``, ``merge`` and ``mergeOverwrite`` change their first map in place, as charts rely on.
"""

from __future__ import annotations

from typing import Any

from pxhelm.golang.mergo import DifferentTypesError, merged
from pxhelm.golang.text import GoPanicError, to_string
from pxhelm.golang.value import NilMap, Strings, type_name
from pxhelm.gotemplate.objects import Values
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function

Dict = dict[str, Any]
_MAP = "map[string]interface {}"


def _plain(values: Dict) -> Dict:
    """Return the same map under the type that these functions give: ``.Values`` loses its name."""
    return values.as_map() if type(values) is Values else values


def get(values: Dict, key: str) -> object:
    """Return a value, the empty text when the key is missing."""
    return values.get(key, "")


def set_(values: Dict, key: str, value: object) -> Dict:
    """Set a key in place and return the same map."""
    if isinstance(values, NilMap):
        raise FunctionError("assignment to entry in nil map")
    values[key] = value
    return _plain(values)


def unset(values: Dict, key: str) -> Dict:
    """Remove a key in place and return the same map."""
    values.pop(key, None)
    return _plain(values)


def has_key(values: Dict, key: str) -> bool:
    """Whether a map has a key."""
    return key in values


def pluck(key: str, *maps: Dict) -> list[object]:
    """Return the values of one key in several maps."""
    return [values[key] for values in maps if values and key in values]


def keys(*maps: Dict) -> Strings:
    """Return the keys of the maps; Go's order is random, ours is that of each map."""
    return Strings([key for values in maps for key in values or ()])


def pick(values: Dict, *names: str) -> Dict:
    """Return a map of the named keys only."""
    return {name: values[name] for name in names if name in values}


def omit(values: Dict, *names: str) -> Dict:
    """Return a map without the named keys."""
    omitted = set(names)
    return {key: value for key, value in values.items() if key not in omitted}


def dict_(*pairs: object) -> Dict:
    """Return a map of keys and values; the last key without a value gets the empty text."""
    if len(pairs) % 2:
        pairs = (*pairs, "")
    found: Dict = {}
    values = iter(pairs)
    for key in values:
        found[key if type(key) is str else to_string(key)] = next(values)
    return found


def _merged(target: Dict, sources: tuple[Dict, ...], *, overwrite: bool, must: bool) -> object:
    try:
        for source in sources:
            if source is not target:
                target = merged(target, source, overwrite=overwrite)
    except GoPanicError as error:
        raise FunctionError(str(error)) from None
    except DifferentTypesError as error:
        if must:
            raise FunctionError(str(error)) from None
        return ""
    return _plain(target)


def merge(target: Dict, *sources: Dict) -> object:
    """Fill what is missing or empty in the first map from the others, in place; the empty text if that fails."""
    return _merged(target, sources, overwrite=False, must=False)


def merge_overwrite(target: Dict, *sources: Dict) -> object:
    """Overwrite the first map with the others, in place; the empty text if that fails."""
    return _merged(target, sources, overwrite=True, must=False)


def must_merge(target: Dict, *sources: Dict) -> object:
    """Fill what is missing or empty in the first map from the others, in place."""
    return _merged(target, sources, overwrite=False, must=True)


def must_merge_overwrite(target: Dict, *sources: Dict) -> object:
    """Overwrite the first map with the others, in place."""
    return _merged(target, sources, overwrite=True, must=True)


def values_(values: Dict) -> list[object]:
    """Return a map's values; Go's order is random."""
    return list(values.values())


def deep_copy(value: object) -> object:
    """Return a copy that shares no map or list with the value."""
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return _copied(value)


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return type(value)({key: _copied(item) for key, item in value.items()})
    if isinstance(value, list):
        return type(value)([_copied(item) for item in value])
    copy = getattr(value, "go_copy", None)
    return value if copy is None else copy()


def _as_map(value: object) -> Dict:
    name = "nil" if value is None else type_name(value)
    if name != _MAP or not isinstance(value, dict):
        raise FunctionError(f"interface conversion: interface {{}} is {name}, not {_MAP}")
    return value


def dig(*arguments: object) -> object:
    """Follow keys down a map, with a default for a missing one: ``dig "a" "b" default map``."""
    if len(arguments) < 3:
        raise FunctionError("dig needs at least three arguments")
    found: object = _as_map(arguments[-1])
    path = arguments[:-2]
    for key in path:
        if not isinstance(key, str):
            name = "nil" if key is None else type_name(key)
            raise FunctionError(f"interface conversion: interface {{}} is {name}, not string")
    for key in path:
        current = _as_map(found)
        if key not in current:
            return arguments[-2]
        found = current[str(key)]
    return found


FUNCTIONS: dict[str, Function] = {
    "get": function(get, _MAP, "string"),
    "set": function(set_, _MAP, "string", ANY, result=_MAP),
    "unset": function(unset, _MAP, "string", result=_MAP),
    "hasKey": function(has_key, _MAP, "string", result="bool"),
    "pluck": function(pluck, "string", "..." + _MAP, result="[]interface {}"),
    "keys": function(keys, "..." + _MAP, result="[]string"),
    "pick": function(pick, _MAP, "...string", result=_MAP),
    "omit": function(omit, _MAP, "...string", result=_MAP),
    "dict": function(dict_, "..." + ANY, result=_MAP),
    "merge": function(merge, _MAP, "..." + _MAP),
    "mustMerge": function(must_merge, _MAP, "..." + _MAP),
    "mergeOverwrite": function(merge_overwrite, _MAP, "..." + _MAP),
    "mustMergeOverwrite": function(must_merge_overwrite, _MAP, "..." + _MAP),
    "values": function(values_, _MAP, result="[]interface {}"),
    "deepCopy": function(deep_copy, ANY),
    "mustDeepCopy": function(deep_copy, ANY),
    "dig": function(dig, "..." + ANY),
}
