"""Functions about emptiness: default, coalesce, ternary.

false, 0, "", [], {} and nil are empty; ``default true false`` is true.
"""

from __future__ import annotations

from pxhelm.gotemplate.signature import ANY, Function, function


def empty(value: object) -> bool:
    """Whether a value is empty; objects never are."""
    return value is None or (not value and isinstance(value, str | int | float | list | dict | bytes | complex))


def default(fallback: object, *given: object) -> object:
    """Return the given value unless it is empty."""
    return fallback if not given or empty(given[0]) else given[0]


def coalesce(*values: object) -> object:
    """Return the first value that is not empty."""
    return next((value for value in values if not empty(value)), None)


def all_(*values: object) -> bool:
    """Whether no value is empty."""
    return not any(map(empty, values))


def any_(*values: object) -> bool:
    """Whether some value is not empty."""
    return not all(map(empty, values))


def ternary(when_true: object, when_false: object, condition: bool) -> object:
    """Return the first value if the condition holds, else the second."""
    return when_true if condition else when_false


FUNCTIONS: dict[str, Function] = {
    "default": function(default, ANY, "..." + ANY),
    "empty": function(empty, ANY, result="bool"),
    "coalesce": function(coalesce, "..." + ANY),
    "all": function(all_, "..." + ANY, result="bool"),
    "any": function(any_, "..." + ANY, result="bool"),
    "ternary": function(ternary, ANY, ANY, "bool"),
}
