"""How a value that is not of its type is spoken of. Knows no type."""

from __future__ import annotations

from collections.abc import Mapping


class UnfitError(ValueError):
    """A value that is not of its type; the text is the reason, for a sentence that names the field."""


def whole(value: object) -> object:
    """Return a float that is a whole number as an int: numbers of a manifest lost that difference in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def kind_of(value: object) -> str:
    """Return what a value is, for a sentence: ``the number 5``, ``a map``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {whole(value)}"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"the text {str(value)!r}" if len(str(value)) <= 60 else "a text"
