"""Values to YAML as Helm's ``toYaml`` (goyaml.v2) and ``toYamlPretty`` (goyaml.v3) print them.

Maps are sorted in goyaml's natural order. Takes JSON-able values; never reads YAML.
"""

from __future__ import annotations

import re
from functools import cmp_to_key

from pxhelm.golang import json
from pxhelm.golang.strconv import format_float
from pxhelm.golang.value import Struct, go_bytes, runes, sorted_texts, type_name
from pxhelm.golang.yaml_scalar import V2, V3, Dialect, scalar

_SAFE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+=@%~*&|<>!?-]*(?: [A-Za-z0-9_./+=~*&|<>!?@%-]+)*\Z")
_KEYWORDS = frozenset(
    "y Y yes Yes YES on On ON n N no No NO off Off OFF true True TRUE false False FALSE null Null NULL".split()  # noqa: SIM905
)
_PLAIN_ORDER = re.compile(r"[A-Za-z./-]*\Z")
_LINE_ENDS = ("\n", "\u2028", "\u2029")
"""What ends a line: the last of a literal block may be a separator of Unicode's."""
_MULTILINE = re.compile("[\n\r\x85\u2028\u2029]")
_MAX_SIMPLE_KEY = 128
_MAX_SIMPLE_BINARY = 51
"""Bytes of a key whose base64 is one line."""
_MAX_JSON_KEY = 1024
"""Characters of a key that goyaml finds in the JSON which sigs.k8s.io/yaml has it read."""
_DEEP = 2000
"""Columns after which to look for a value that holds itself."""


class NotPlainError(TypeError):
    """A value that is neither a scalar nor a list or map of such."""


class Verbatim(str):
    """A scalar that is written as it stands."""

    __slots__ = ()


class Emitter:
    """Writes one document; ``lines`` is the output, in pieces."""

    def __init__(self, dialect: Dialect, *, json_numbers: bool) -> None:
        self._dialect = dialect
        self._json_numbers = json_numbers
        self._list_step = 2 if dialect.indented_lists else 0
        self.out: list[str] = []

    def root(self, value: object) -> str:
        """Return the document, ending in a newline."""
        if isinstance(value, dict) and value:
            self._map(value, 0, first=True)
        elif isinstance(value, list | tuple) and value:
            self._list(value, 0, first=True)
        else:
            self.out.append(self._inline(value, 0, 2))
        text = "".join(self.out)
        return text if text.endswith(_LINE_ENDS) else text + "\n"

    def _map(self, value: dict[str, object], indent: int, *, first: bool) -> None:
        """Write the pairs; ``first``: the cursor stands where the first key goes."""
        out = self.out
        if indent >= _DEEP:
            from pxhelm.golang.json import holds_itself

            if holds_itself(value) is not None:
                raise ValueError("a map that holds itself")
        lead = "\n" + " " * indent
        for key in sorted_keys(value, self._dialect):
            if first:
                first = False
            else:
                out.append(lead[1:] if out[-1].endswith(_LINE_ENDS) else lead)
            item = value[key]
            if _SAFE.match(key) and key not in _KEYWORDS and len(key) <= _MAX_SIMPLE_KEY:
                text = key
            elif not _is_simple(key, self._dialect):
                self._complex(key, item, indent)
                continue
            else:
                text = scalar(key, indent, indent + 2, self._dialect, key=True)
            out.append(text + ":")
            self._value(item, indent, indent + len(text) + 2)

    def _complex(self, key: str, item: object, indent: int) -> None:
        if self._json_numbers and len(json.marshal(key)) > _MAX_JSON_KEY:
            raise ValueError("yaml: did not find expected ',' or '}'")
        out = self.out
        out.append("? " + scalar(key, indent + 2, indent + 2, self._dialect))
        out.append((" " * indent if out[-1].endswith(_LINE_ENDS) else "\n" + " " * indent) + ":")
        if isinstance(item, dict) and item:
            out.append(" ")
            self._map(item, indent + 2, first=True)
        elif isinstance(item, list | tuple) and item:
            out.append(" ")
            self._list(item, indent + 2, first=True)
        else:
            out.append(" " + self._inline(item, indent + 2, indent + 2))

    def _value(self, item: object, indent: int, column: int) -> None:
        """Write what follows ``key:``."""
        out = self.out
        if isinstance(item, dict) and item:
            out.append("\n" + " " * (indent + 2))
            self._map(item, indent + 2, first=True)
        elif isinstance(item, list | tuple) and item:
            out.append("\n" + " " * (indent + self._list_step))
            self._list(item, indent + self._list_step, first=True)
        elif item.__class__ is str and column < 48 and len(item) < 32 and _SAFE.match(item) and item not in _KEYWORDS:
            out.append(f" {item}")
        else:
            out.append(" " + self._inline(item, column, indent + 2))

    def _list(self, items: list[object] | tuple[object, ...], indent: int, *, first: bool) -> None:
        out = self.out
        lead = "\n" + " " * indent
        for item in items:
            if first:
                first = False
            else:
                out.append(lead[1:] if out[-1].endswith(_LINE_ENDS) else lead)
            out.append("- ")
            if isinstance(item, dict) and item:
                self._map(item, indent + 2, first=True)
            elif isinstance(item, list | tuple) and item:
                self._list(item, indent + 2, first=True)
            else:
                out.append(self._inline(item, indent + 2, indent + 2))

    def _inline(self, item: object, column: int, indent: int) -> str:
        """Return a scalar or an empty collection."""
        if isinstance(item, Verbatim):
            return item
        if isinstance(item, str):
            return scalar(item, column, indent, self._dialect)
        if item is None:
            return "null"
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, int):
            if not self._json_numbers and type(item) is not int and type_name(item) == "time.Duration":
                return str(item)
            return int.__repr__(item)
        if isinstance(item, float):
            return self._float(item)
        if isinstance(item, dict):
            return "null" if self._json_numbers and getattr(item, "GO_NIL", False) else "{}"
        if isinstance(item, list | tuple):
            return "null" if self._json_numbers and getattr(item, "GO_NIL", False) else "[]"
        raise NotPlainError(item)

    def _float(self, number: float) -> str:
        if self._json_numbers and -1e21 < number < 1e21 and number == int(number):
            # JSON prints such a float without a point, and goyaml reads that as an integer
            whole = _json_whole(number)
            if -(2**63) <= int(whole) < 2**64:
                return whole
        text = format_float(number)
        if self._json_numbers and number - number != 0:
            raise ValueError(f"json: unsupported value: {text}")
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(text, text)


def _is_simple(key: str, dialect: Dialect) -> bool:
    if dialect.indented_lists and runes(key) != key:
        return len(go_bytes(key)) <= _MAX_SIMPLE_BINARY
    return "\x85" in key or (
        not _MULTILINE.search(key) and len(key.encode("utf-8", "surrogateescape")) <= _MAX_SIMPLE_KEY
    )


def _json_whole(number: float) -> str:
    if abs(number) < 2**53:
        return str(int(number))
    digits, _, power = repr(number).partition("e")
    if not power:
        return digits.removesuffix(".0")
    head, _, tail = digits.partition(".")
    return head + tail.ljust(int(power), "0")


def sorted_keys(value: dict[str, object], dialect: Dialect) -> list[str]:
    """Return the keys in goyaml's natural order."""
    if len(value) < 2 or (dialect.digits_first and isinstance(value, Struct)):
        return list(value)
    if _PLAIN_ORDER.match("".join(value)):
        return sorted(value)
    less = _less_v3 if dialect.digits_first else _less

    def order(a: str, b: str) -> int:
        return -1 if less(a, b) else 1

    keys = sorted_texts(value)
    if all(runes(key) == key for key in keys):
        return sorted(keys, key=cmp_to_key(order))
    if not dialect.digits_first:  # of keys that are alike in JSON it is the last that counts
        keys = list({runes(key): key for key in keys}.values())
    readable = cmp_to_key(order)
    return sorted(keys, key=lambda key: readable(runes(key)))


def _less(a: str, b: str, *, digits_first: bool = False) -> bool:
    digits = False
    for i in range(min(len(a), len(b))):
        x, y = a[i], b[i]
        if x == y:
            digits = x.isdecimal()
            continue
        x_letter, y_letter = x.isalpha(), y.isalpha()
        if x_letter and y_letter:
            return x < y
        if x_letter or y_letter:
            return x_letter if digits and digits_first else y_letter
        return _less_digits(a, b, i)
    return len(a) < len(b)


def _less_v3(a: str, b: str) -> bool:
    return _less(a, b, digits_first=True)


def _less_digits(a: str, b: str, start: int) -> bool:
    left = right = 0
    if a[start] == "0" or b[start] == "0":
        j = start - 1
        while j >= 0 and a[j].isdecimal():
            if a[j] != "0":
                left = right = 1
                break
            j -= 1
    left, left_end = _number(a, start, left)
    right, right_end = _number(b, start, right)
    if left != right:
        return left < right
    if left_end != right_end:
        return left_end < right_end
    return a[start] < b[start]


def _number(text: str, at: int, number: int) -> tuple[int, int]:
    while at < len(text) and text[at].isdecimal():
        number = (number * 10 + ord(text[at]) - 48 + 2**63) % 2**64 - 2**63
        at += 1
    return number, at


def emit(value: object) -> str:
    """Print a JSON value as sigs.k8s.io/yaml's Marshal does, with its last newline."""
    return Emitter(V2, json_numbers=True).root(value)


def emit_pretty(value: object) -> str:
    """Print a value as a goyaml.v3 encoder with indent 2 does, with its last newline."""
    return Emitter(V3, json_numbers=False).root(value)
