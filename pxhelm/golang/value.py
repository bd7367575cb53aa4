"""How Go values are held in Python, for everything that prints, compares or names them as Go does.

nil = None, bool = bool, int = int, int64 = ``Int64``, float64 = float, string = str (bytes that are not UTF-8 are
surrogate escapes, so ``s.encode("utf-8", "surrogateescape")`` are the Go bytes), []byte = bytes,
[]interface{} = list, map[string]interface{} = dict. Go types beside these are classes that name themselves.
bool is a subclass of int: test for it first.
"""

from __future__ import annotations


class Int64(int):
    """A Go int64: an int that ``typeOf`` and ``printf %T`` name otherwise; arithmetic gives plain int."""

    __slots__ = ()


def go_bytes(text: str) -> bytes:
    """Return the bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def go_string(raw: bytes) -> str:
    """Return the Go string that holds these bytes."""
    return raw.decode("utf-8", "surrogateescape")
