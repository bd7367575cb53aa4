"""spf13/cast as sprig uses it: a number from anything, 0 from what is none.

Never raises.
"""

from __future__ import annotations

from pxhelm.golang.duration import Duration
from pxhelm.golang.strconv import NumError, parse_float, parse_int
from pxhelm.golang.value import Int64

_HALF = 2**63


def wrap64(number: int) -> int:
    """Return the number as a Go int64 would hold it, wrapped around."""
    return number if -_HALF <= number < _HALF else (number + _HALF) % (2 * _HALF) - _HALF


def float_to_int(number: float) -> int:
    """Convert as Go's ``int64(f)`` on amd64: towards zero, the least int64 when it does not fit."""
    return int(number) if -9.3e18 < number < 9.2233720368547758e18 and number >= -_HALF else -_HALF


def to_int64(value: object) -> int:
    """Return an int64: texts by their base prefix (``010`` is 8), floats cut, 0 for all else."""
    kind = type(value)
    if kind is int or kind is Int64:
        return wrap64(int(value))  # type: ignore[call-overload]  # told by type()
    if value is None:
        return 0
    if isinstance(value, int):  # bool too
        return 0 if isinstance(value, Duration) else wrap64(int(value))
    if isinstance(value, float):
        return float_to_int(value)
    if isinstance(value, str):
        try:
            return parse_int(_trim_zero_decimal(value), 0)
        except NumError:
            return 0
    return 0


def to_float64(value: object) -> float:
    """Return a float64; 0 for what is no number."""
    if isinstance(value, int | float):
        return 0.0 if isinstance(value, Duration) else float(value)
    if isinstance(value, str):
        try:
            return parse_float(value)
        except NumError:
            return 0.0
    as_float = getattr(value, "go_float64", None)
    return float(as_float()) if as_float is not None else 0.0


def _trim_zero_decimal(text: str) -> str:
    """``1.00`` is ``1``, ``1.`` and ``1.01`` are themselves."""
    bare = text.rstrip("0")
    return bare[:-1] if bare.endswith(".") and bare != text else text
