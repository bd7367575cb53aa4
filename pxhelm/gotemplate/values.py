"""Go's view of values at run time: truth, and what fits a parameter.

``None`` is nil. Whether a nil is "no value" or a nil held in an interface{} depends on where it came from, which the
compiler knows; the checks are told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from pxhelm.golang.value import NilMap, type_name

Check = Callable[[object, bool], object]
"""(value, whether a nil would be one held in an interface{}) → the value; MismatchError when it does not fit."""


class MismatchError(Exception):
    """A value that does not fit a parameter; the engine adds the position."""


_EMPTY_OR_NOT = (bool, int, float, str, bytes, list, dict, tuple, complex)


def truth(value: object) -> bool:
    """Tell what ``if`` sees: false, 0, nil and everything empty are false, any struct is true."""
    if value is None:
        return False
    if isinstance(value, _EMPTY_OR_NOT):
        return bool(value)
    return True


@lru_cache(maxsize=256)
def check_for(go_type: str) -> Check | None:
    """Return the check of a parameter type (validateType: assignable or an error, never a conversion); None for any."""
    if go_type in ("interface {}", "any", "reflect.Value"):
        return None
    nilable = go_type.startswith(("[]", "map[", "*", "func"))
    plain = _PLAIN.get(go_type)

    def check(value: object, in_interface: bool) -> object:
        if type(value) is plain:
            return value
        if value is None:
            if in_interface:
                raise MismatchError(f"wrong type for value; expected {go_type}; got interface {{}}")
            if nilable:
                return NilMap() if go_type.startswith("map[") else None
            raise MismatchError(f"invalid value; expected {go_type}")
        if not fits(value, go_type):
            raise MismatchError(f"wrong type for value; expected {go_type}; got {type_name(value)}")
        return value

    return check


_PLAIN: dict[str, type] = {
    "string": str,
    "bool": bool,
    "float64": float,
    "map[string]interface {}": dict,
    "[]interface {}": list,
}


def plain_type(go_type: str) -> type | None:
    """Return the Python type whose values need no check for a parameter of this type; None when there is none."""
    return _PLAIN.get(go_type)


def fits(value: object, go_type: str) -> bool:
    """Tell whether a value is assignable to a Go type; a named map may stand for an unnamed one."""
    name = type_name(value)
    if name == go_type:
        return True
    if go_type == "map[string]interface {}":
        return isinstance(value, dict) and getattr(value, "GO_UNDERLYING", "") == go_type
    return False
