"""How a function is offered to templates: its Python callable and its Go signature.

The engine converts and checks arguments by the Go types named here (text/template's rules and error texts), so that a
function body sees only values of those types. How Go values are held in Python: ``pxhelm.golang.value``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ANY = "interface {}"


class FunctionError(Exception):
    """A function's error result; the engine adds ``error calling NAME: `` and the position."""


@dataclass(frozen=True, slots=True)
class Function:
    """A template function."""

    call: Callable[..., object]
    params: tuple[str, ...] = ()
    """Go types of the fixed parameters, such as ``string``, ``int``, ``float64``, ``interface {}``."""
    variadic: str = ""
    """Go type of the repeated last parameter; empty = none."""
    host: bool = False
    """Whether the callable takes the ``Host`` (clock, randomness, lookup, engine) as its first argument."""
    result: str = ANY
    """Go type of the result, where a template can tell (nil handling, printing)."""


def function(callable_: Callable[..., object], *params: str, host: bool = False, result: str = ANY) -> Function:
    """Describe a function; a last parameter written ``...T`` is variadic.

    >>> function(len, "string", "...interface {}").variadic
    'interface {}'
    """
    if params and params[-1].startswith("..."):
        return Function(callable_, params[:-1], params[-1][3:], host, result)
    return Function(callable_, params, "", host, result)
