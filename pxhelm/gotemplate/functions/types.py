"""Functions about types: what Go calls a value.

The names are those of ``golang.value``.
"""

from __future__ import annotations

from pxhelm.golang.value import deep_equal, kind_name, type_name
from pxhelm.gotemplate.signature import ANY, Function, function


def type_is(target: str, value: object) -> bool:
    """Whether a value's type has that name."""
    return target == type_name(value)


def type_is_like(target: str, value: object) -> bool:
    """Whether a value's type has that name, or is a pointer to such."""
    return type_name(value) in (target, "*" + target)


def kind_is(target: str, value: object) -> bool:
    """Whether a value is of that kind."""
    return target == kind_name(value)


def hello() -> str:
    """Greet, as sprig does."""
    return "Hello!"


FUNCTIONS: dict[str, Function] = {
    "typeOf": function(type_name, ANY, result="string"),
    "typeIs": function(type_is, "string", ANY, result="bool"),
    "typeIsLike": function(type_is_like, "string", ANY, result="bool"),
    "kindOf": function(kind_name, ANY, result="string"),
    "kindIs": function(kind_is, "string", ANY, result="bool"),
    "deepEqual": function(deep_equal, ANY, ANY, result="bool"),
    "hello": function(hello, result="string"),
}
