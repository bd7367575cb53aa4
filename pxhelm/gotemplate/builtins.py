"""text/template's own functions: comparison, index, len, printing and escaping. and/or live in ``calls``."""

from __future__ import annotations

from urllib.parse import quote as url_quote

from pxhelm.golang.fmt import result_text, sprint, sprintf, sprintln, value_text
from pxhelm.golang.fmt_numbers import PLAIN
from pxhelm.golang.fmt_verbs import print_value
from pxhelm.golang.value import Uint8, Uint64, go_bytes, is_nil, kind_name, type_name
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function
from pxhelm.gotemplate.values import truth


def not_(value: object) -> bool:
    """Return whether a value is empty."""
    return not truth(value)


# comparison


def _basic(value: object) -> str | None:
    """Return the basic kind of a value; None for what cannot be compared in order."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Uint64 | Uint8):
        return "uint"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "string"
    if isinstance(value, complex):
        return "complex"
    return None


def _incompatible(left: object, right: object) -> FunctionError:
    return FunctionError(f"incompatible types for comparison: {type_name(left)} and {type_name(right)}")


def eq(first: object, *others: object) -> bool:
    """Return whether the first value equals any of the others."""
    if not others:
        raise FunctionError("missing argument for comparison")
    kind = type(first)
    if kind is str or kind is float:
        for other in others:
            if type(other) is not kind:
                break
            if first == other:
                return True
        else:
            return False
    return any(_equal(first, other) for other in others)


def _equal(first: object, other: object) -> bool:
    kind, other_kind = _basic(first), _basic(other)
    if kind is not None and kind == other_kind:
        return first == other
    if kind != other_kind:
        if kind in _WHOLE and other_kind in _WHOLE:
            return first == other
        if first is not None and other is not None:
            raise _incompatible(first, other)
        return False
    if first is None or other is None:
        return is_nil(first) and is_nil(other)
    if kind_name(first) != kind_name(other):
        shown = f"{_as_s(first)}: {type_name(first)}, {type_name(other)}: {value_text(other)}"
        raise FunctionError(f"non-comparable types {shown}")
    if is_nil(first) or is_nil(other):
        return is_nil(first) == is_nil(other)
    if not _comparable(other):
        raise FunctionError(f"non-comparable type {_as_s(other)}: {type_name(other)}")
    return first is other if type_name(first).startswith("*") else first == other


def _comparable(value: object) -> bool:
    """Whether Go compares values of this type: no map, no list, no struct that holds one."""
    if isinstance(value, dict | list | bytes):
        return False
    fields = getattr(value, "GO_LAYOUT", None) or getattr(value, "GO_FIELDS", None) or {}
    return type_name(value).startswith("*") or all(_comparable(getattr(value, field)) for field in fields.values())


_WHOLE = ("int", "uint")


def _as_s(value: object) -> str:
    """Return the value as ``%s`` prints it."""
    return print_value(value, "s", PLAIN)


def ne(left: object, right: object) -> bool:
    """Return whether two values differ."""
    return not eq(left, right)


def lt(left: object, right: object) -> bool:
    """Return whether the first value is less than the second."""
    kind, other = _ordered(left), _ordered(right)
    if kind != other:
        if {kind, other} == {"int", "uint"}:
            return bool(left < right)  # type: ignore[operator]  # both are numbers
        raise _incompatible(left, right)
    if kind in ("bool", "complex"):
        raise FunctionError("invalid type for comparison")
    if kind == "string":
        return go_bytes(left) < go_bytes(right)  # type: ignore[arg-type]  # told by kind
    return bool(left < right)  # type: ignore[operator]  # told by kind


def _ordered(value: object) -> str:
    kind = _basic(value)
    if kind is None:
        raise FunctionError("invalid type for comparison")
    return kind


def le(left: object, right: object) -> bool:
    """Return whether the first value is less than or equal to the second."""
    return lt(left, right) or eq(left, right)


def gt(left: object, right: object) -> bool:
    """Return whether the first value is greater than the second."""
    return not le(left, right)


def ge(left: object, right: object) -> bool:
    """Return whether the first value is greater than or equal to the second."""
    return not lt(left, right)


# indexing


def length(value: object) -> int:
    """Return the length of a string in bytes, of a list or map in elements."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(go_bytes(value))
    if isinstance(value, list | dict | bytes | tuple):
        return len(value)
    if value is None:
        raise FunctionError("len of nil pointer")
    raise FunctionError(f"len of type {type_name(value).removeprefix('*')}")


def length_of_piped(value: object) -> int:
    """Return the length of what has left its interface{}: reflect itself stumbles over nil there."""
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return length(value)


def index(value: object, *keys: object) -> object:
    """Return ``value[a][b]…``."""
    if value is None:
        raise FunctionError("index of untyped nil")
    for key in keys:
        if type(value) is dict and type(key) is str:
            value = value.get(key)
        elif isinstance(value, list | tuple | str | bytes):
            raw = go_bytes(value) if isinstance(value, str) else value
            what = "string" if isinstance(value, str) else "slice"
            value = raw[_position(key, len(raw), what)]
            if isinstance(raw, bytes):
                value = Uint8(value)
        elif isinstance(value, dict):
            if key is None:
                raise FunctionError("value is nil; should be of type string")
            if not isinstance(key, str):
                raise FunctionError(f"value has type {type_name(key)}; should be string")
            value = value.get(key, getattr(value, "GO_MISSING", None))
        elif value is None:
            raise FunctionError("index of nil pointer")
        else:
            raise FunctionError(f"can't index item of type {type_name(value).removeprefix('*')}")
    return value


def _position(key: object, size: int, what: str) -> int:
    if key is None:
        raise FunctionError("cannot index slice/array with nil")
    if isinstance(key, bool) or not isinstance(key, int):
        raise FunctionError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key <= size:
        raise FunctionError(f"index out of range: {key}")
    if key == size:
        raise FunctionError(f"reflect: {what} index out of range")
    return key


def call(name: str, callee: object, *_args: object) -> object:
    """Refuse: no value of a chart is a function."""
    if callee is None:
        raise FunctionError("call of nil")
    raise FunctionError(f"non-function {name} of type {type_name(callee)}")


# printing and escaping


def print_(*args: object) -> str:
    """Return fmt.Sprint."""
    return sprint(args)


def printf(template: str, *args: object) -> str:
    """Return fmt.Sprintf."""
    return sprintf(template, args)


def println(*args: object) -> str:
    """Return fmt.Sprintln."""
    return sprintln(args)


def _joined(args: tuple[object, ...]) -> str:
    if len(args) == 1 and isinstance(args[0], str):
        return args[0]
    return sprint(["<no value>" if a is None else a for a in args], result_text)


_HTML = str.maketrans({'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"})


def html(*args: object) -> str:
    """Escape for HTML."""
    return _joined(args).translate(_HTML)


_JS = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
}  # fmt: skip


def js(*args: object) -> str:
    """Escape for JavaScript."""
    out = []
    for char in _joined(args):
        if char in _JS:
            out.append(_JS[char])
        elif char < " ":
            out.append(f"\\u{ord(char):04X}")
        elif char.isascii() or char.isprintable() or "\udc80" <= char <= "\udcff":  # a byte alone stays
            out.append(char)
        else:
            out.append(f"\\u{ord(char):04X}")
    return "".join(out)


def urlquery(*args: object) -> str:
    """Escape for a URL's query."""
    return url_quote(go_bytes(_joined(args)), safe="-_.~").replace("%20", "+")


BUILTINS: dict[str, Function] = {
    "and": function(truth, ANY, "..." + ANY),
    "or": function(truth, ANY, "..." + ANY),
    "not": function(not_, ANY, result="bool"),
    "eq": function(eq, ANY, "..." + ANY, result="bool"),
    "ne": function(ne, ANY, ANY, result="bool"),
    "lt": function(lt, ANY, ANY, result="bool"),
    "le": function(le, ANY, ANY, result="bool"),
    "gt": function(gt, ANY, ANY, result="bool"),
    "ge": function(ge, ANY, ANY, result="bool"),
    "len": function(length, ANY, result="int"),
    "index": function(index, ANY, "..." + ANY),
    "call": function(call, ANY, "..." + ANY),
    "print": function(print_, "..." + ANY, result="string"),
    "printf": function(printf, "string", "..." + ANY, result="string"),
    "println": function(println, "..." + ANY, result="string"),
    "html": function(html, "..." + ANY, result="string"),
    "js": function(js, "..." + ANY, result="string"),
    "urlquery": function(urlquery, "..." + ANY, result="string"),
}
