"""What a value type is: how one value of a manifest is read, shown again and described. ``types`` has them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pxhelm.resource.model import Value
from pxhelm.resource.unfit import UnfitError, kind_of, whole

Read = Callable[[object], Value]
"""Raises UnfitError with the reason."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """How one type of value is written in a manifest."""

    name: str
    accepts: str
    """For people: ``a size such as 50G``."""
    read: Read
    show: Callable[[Value], object]
    """Canonical value → what a manifest would say."""
    schema: Mapping[str, object] = field(default_factory=dict)


def read_text(value: object) -> str:
    """Return a text; a number or boolean is refused with the quotes that it lacks."""
    if isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)}; write it in quotes")
    if isinstance(value, (int, float)):
        raise UnfitError(f'it is {kind_of(value)}; write "{whole(value)}"')
    if not isinstance(value, str):
        raise UnfitError(f"it is {kind_of(value)}")
    return value


def read_line(value: object) -> str:
    """Return a text of one line."""
    text = read_text(value)
    if "\n" in text:
        raise UnfitError("it has more than one line")
    return text


def as_is(value: Value) -> object:
    """Show a canonical value as it is."""
    return value


STRING = {"type": "string"}


def read_int(value: object) -> int:
    """Return a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnfitError(f"it is {kind_of(value)}")
    return value
