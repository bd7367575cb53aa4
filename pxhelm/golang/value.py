"""How Go values are held in Python, for everything that prints, compares or names them as Go does.

nil = None, bool = bool, int = int, int64 = ``Int64``, float64 = float, string = str (bytes that are not UTF-8 are
surrogate escapes, so ``s.encode("utf-8", "surrogateescape")`` are the Go bytes), []byte = bytes,
[]interface{} = list, map[string]interface{} = dict. Go types beside these are classes that name themselves.
bool is a subclass of int: test for it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PARTS = re.compile("[\udcc2-\udcf4][\udc80-\udcbf]")
"""Bytes that may be a character together."""
_BYTE = re.compile("[\udc80-\udcff]")


class Int64(int):
    """A Go int64: an int that ``typeOf`` and ``printf %T`` name otherwise; arithmetic gives plain int."""

    __slots__ = ()


def go_bytes(text: str) -> bytes:
    """Return the bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def go_string(raw: bytes) -> str:
    """Return the Go string that holds these bytes."""
    return raw.decode("utf-8", "surrogateescape")


def runes(text: str) -> str:
    """Return the text as ``[]rune`` and back makes it: bytes that are not UTF-8 are replacement characters."""
    return text if text.isascii() else _BYTE.sub("\ufffd", text)


def joined(text: str) -> str:
    """Return what was put together as a Go string: parts of a character that met are that character."""
    return text if text.isascii() or _PARTS.search(text) is None else go_string(go_bytes(text))


def sorted_texts(texts: Iterable[str]) -> list[str]:
    """Return texts in the order of their bytes."""
    found = sorted(texts)
    return found if "".join(found).isascii() else sorted(found, key=go_bytes)


class GoList(list[object]):
    """A Go slice of another element type than interface{}, or a nil one."""

    __slots__ = ()
    GO_TYPE = "[]interface {}"
    GO_NIL = False


class Strings(GoList):
    """A ``[]string``."""

    __slots__ = ()
    GO_TYPE = "[]string"


class Ints(GoList):
    """A ``[]int``."""

    __slots__ = ()
    GO_TYPE = "[]int"


class Lists(GoList):
    """A ``[][]interface {}``."""

    __slots__ = ()
    GO_TYPE = "[][]interface {}"


class NilList(GoList):
    """A nil ``[]interface {}``: prints as an empty list, is ``null`` in JSON."""

    __slots__ = ()
    GO_NIL = True


class NilStrings(Strings):
    """A nil ``[]string``."""

    __slots__ = ()
    GO_NIL = True


class NilMap(dict[str, object]):
    """A nil ``map[string]interface {}``: reads as an empty map, is ``null`` in JSON, takes no entry."""

    __slots__ = ()
    GO_NIL = True
    GO_UNDERLYING = "map[string]interface {}"


class StringMap(dict[str, object]):
    """A ``map[string]string``."""

    __slots__ = ()
    GO_TYPE = "map[string]string"
    GO_MISSING = ""


class NilStringMap(StringMap):
    """A nil ``map[string]string``."""

    __slots__ = ()
    GO_NIL = True


class Struct(dict[str, object]):
    """What JSON holds of a Go struct: keys in the order of its fields."""

    __slots__ = ()


class Uint64(int):
    """A Go uint64, as the parts of a semantic version are."""

    __slots__ = ()


class Uint8(int):
    """A Go uint8, as a byte of a string or of a []byte is."""

    __slots__ = ()


class Pointer:
    """A pointer of which only fmt prints where it points to."""

    __slots__ = ("GO_NIL", "GO_TYPE")

    def __init__(self, go_type: str, *, nil: bool) -> None:
        self.GO_TYPE = go_type
        self.GO_NIL = nil


def is_nil(value: object) -> bool:
    """Whether a value is nil for Go, also as a list or map that prints as an empty one."""
    return value is None or getattr(value, "GO_NIL", False) is True


def type_name(value: object) -> str:
    """Return the Go type's name as ``%T`` prints it."""
    kind = type(value)
    name = _TYPE_NAMES.get(kind)
    if name is not None:
        return name
    own = getattr(value, "GO_TYPE", None)
    if isinstance(own, str):
        return own
    for base, inherited in _TYPE_NAMES.items():
        if isinstance(value, base):
            return inherited
    return kind.__name__


_TYPE_NAMES: dict[type, str] = {
    type(None): "<nil>",
    bool: "bool",
    str: "string",
    float: "float64",
    dict: "map[string]interface {}",
    list: "[]interface {}",
    bytes: "[]uint8",
    Int64: "int64",
    Uint64: "uint64",
    Uint8: "uint8",
    complex: "complex128",
    int: "int",
}


def kind_name(value: object) -> str:
    """Return the Go kind's name as ``reflect.Kind`` prints it; ``invalid`` for nil."""
    name = _KIND_NAMES.get(type(value))
    if name is not None:
        return name
    own = getattr(value, "GO_KIND", None)
    if isinstance(own, str):
        return own
    for base, inherited in _KIND_NAMES.items():
        if isinstance(value, base):
            return inherited
    return "ptr" if type_name(value).startswith("*") else "struct"


_KIND_NAMES: dict[type, str] = {
    type(None): "invalid",
    bool: "bool",
    str: "string",
    float: "float64",
    dict: "map",
    list: "slice",
    bytes: "slice",
    Int64: "int64",
    Uint64: "uint64",
    Uint8: "uint8",
    complex: "complex128",
    int: "int",
}


def deep_equal(left: object, right: object) -> bool:
    """Whether two values are equal as ``reflect.DeepEqual`` has it: types count, so 1 is not 1.0."""
    if left is right:
        return not (isinstance(left, float) and left != left)  # noqa: PLR0124  NaN differs from itself
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        same_nil = getattr(left, "GO_NIL", False) == getattr(right, "GO_NIL", False)
        return (
            same_nil
            and len(left) == len(right)
            and all(key in right and deep_equal(item, right[key]) for key, item in left.items())
        )
    if isinstance(left, list) and isinstance(right, list):
        return (
            len(left) == len(right)
            and getattr(left, "GO_NIL", False) == getattr(right, "GO_NIL", False)
            and all(map(deep_equal, left, right))
        )
    return bool(left == right)
