"""TOML read as BurntSushi/toml v1.6.0 reads it (parse.go), with its errors: keys, tables and what redefines them.

Integers are int64, dates Go times, an array of tables is a list of another type than an array.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final, NoReturn

from pxhelm.golang.calendar import UTC, Zone
from pxhelm.golang.layout_parse import ParseError, parse_time
from pxhelm.golang.strconv import NumError, parse_float, parse_int, quote
from pxhelm.golang.text import GoPanicError
from pxhelm.golang.times import Time
from pxhelm.golang.toml_lexer import Item, Lexer
from pxhelm.golang.toml_structure import top
from pxhelm.golang.value import GoList, Int64, go_bytes

Key = tuple[str, ...]
Table = dict[str, Any]


class TomlError(ValueError):
    """TOML that cannot be printed or read; the text is the library's."""


class Tables(GoList):
    """A ``[]map[string]interface {}``."""

    __slots__ = ()
    GO_TYPE = "[]map[string]interface {}"


LOCAL_DATETIME: Final = Zone("datetime-local", 0)
LOCAL_DATE: Final = Zone("date-local", 0)
LOCAL_TIME: Final = Zone("time-local", 0)
_DATES: Final = (
    ("2006-01-02T15:04:05.999999999Z07:00", UTC), ("2006-01-02T15:04:05.999999999", LOCAL_DATETIME), ("2006-01-02", LOCAL_DATE),
    ("15:04:05.999999999", LOCAL_TIME), ("2006-01-02T15:04Z07:00", UTC), ("2006-01-02T15:04", LOCAL_DATETIME), ("15:04", LOCAL_TIME),
)  # fmt: skip
_BYTE_ORDER_MARKS: Final = ("\ufeff", "\udcff\udcfe", "\udcfe\udcff")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\x7f]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_UNDERSCORED: Final = re.compile(r"(?:[0-9a-fA-F]_?|[^_])*(?<=[0-9a-fA-F])\Z")
_NAMED: Final = ("nan", "+nan", "-nan", "inf", "-inf", "+inf")
_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_ESCAPE: Final = re.compile(r"\\(?:x(..)|u(.{4})|U(.{8})|(.))", re.DOTALL)
_LINE_END: Final = re.compile(r"(\\\\)|\\[ \t\r\n]*?\n[ \t\r\n]*")


def quoted(text: str) -> str:
    """Return a text as a basic string."""
    return '"' + _ESCAPED.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


def key_part(part: str) -> str:
    """Return a part of a key, quoted unless it may stand bare."""
    return part if _BARE.match(part) else quoted(part)


def _key_text(key: Key) -> str:
    return ".".join(map(key_part, key))


def decode(text: str) -> Table:
    """Read TOML; TomlError when it is none.

    Raises:
        GoPanicError: where the library itself panics.
    """
    for mark in _BYTE_ORDER_MARKS:
        text = text.removeprefix(mark)
    if 0 in go_bytes(text)[:6]:
        raise TomlError(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"
        )
    try:
        return _Parser(text).parse()
    except RecursionError:
        raise TomlError("toml: a value is nested too deep") from None


class _Parser:
    """Reads one text; ``context`` is the table that keys belong to."""

    def __init__(self, text: str) -> None:
        self._lexer = Lexer(text, top)
        self._context: Key = ()
        self._key = ""
        self._line = 0
        self._root: Table = {}
        self._implicit: set[Key] = set()
        self._arrays: dict[Key, bool] = {}
        """Of each key that got a value, whether that is an array."""

    def parse(self) -> Table:
        while (item := self._next()).kind != "end":
            self._top_level(item)
        return self._root

    def _next(self) -> Item:
        item = self._lexer.item()
        if item.kind == "error":
            self._fail(item.line, item.text)
        return item

    def _fail(self, line: int, message: str) -> NoReturn:
        last = self._key
        if self._context:
            last = _key_text(self._context) + (f".{self._key}" if self._key else "")
        where = f" (last key {quote(last)})" if last else ""
        raise TomlError(f"toml: line {line}{where}: {message}")

    def _top_level(self, item: Item) -> None:
        match item.kind:
            case "comment":
                self._next()
            case "table start" | "array table start":
                is_array = item.kind == "array table start"
                key = self._keys("array table end" if is_array else "table end")
                self._add_context(key, is_array=is_array)
                self._arrays[self._context] = False
            case "key start":
                outer = self._context
                self._pair(Table())
                self._context, self._key = outer, ""
            case _:
                raise GoPanicError(f"BUG: Unexpected type at top level: {item.kind}\n\n")

    def _keys(self, end: str) -> Key:
        """Return the parts of a key up to an item."""
        item = self._next()
        self._line = item.line
        parts: list[str] = []
        while item.kind != end:
            parts.append(item.text if item.kind == "text" else str(self._value(item)))
            item = self._next()
        return tuple(parts)

    def _pair(self, table: Table) -> None:
        """Read a key with its value, and put that into a table that is read in its place, too."""
        key = self._keys("key end")
        *parents, self._key = key
        for part in parents:
            below = (*self._context, part)
            self._implicit.add(below)
            self._add_context(below, is_array=False)
        item = self._next()
        value = self._value(item)
        self._set(self._key, value)
        self._typed(is_array=item.kind == "array")
        for part in parents:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                self._fail(self._line, f"{quote(_key_text(self._context))} is not a table")
        table[self._key] = value

    def _typed(self, *, is_array: bool) -> None:
        """Note what the key holds; an empty one is, to the library, the table that it stands in."""
        key = (*self._context, self._key) if self._key else self._context
        self._arrays[key or ("",)] = is_array

    # values

    def _value(self, item: Item, *, in_array: bool = False) -> object:
        match item.kind:
            case "string":
                return item.text
            case "escaped string":
                return self._unescaped(item, item.text)
            case "long string":
                text = _LINE_END.sub(lambda found: found[1] or "", _without_newline(item.text))
                return self._unescaped(item, text)
            case "long raw string":
                return _without_newline(item.text)
            case "integer":
                return self._integer(item)
            case "float":
                return self._float(item)
            case "bool":
                return item.text == "true"
            case "date":
                return self._date(item)
            case "array":
                return self._array()
            case "inline table":
                return self._inline(in_array=in_array)
        raise GoPanicError(f"BUG: Unexpected value type: {item.kind}\n\n")

    def _unescaped(self, item: Item, text: str) -> str:
        def one(found: re.Match[str]) -> str:
            digits = found[1] or found[2] or found[3]
            if digits:
                code = int(digits, 16)
                if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                    self._fail(item.line, f"Escaped character '\\u{digits}' is not valid UTF-8.")
                return chr(code)
            if found[4] in " \t":
                self._fail(item.line, f"invalid escape: '\\{found[4]}'")
            return _ESCAPES[found[4]]

        return _ESCAPE.sub(one, text)

    def _integer(self, item: Item) -> Int64:
        text = item.text
        if not _underscores_fit(text):
            self._fail(item.line, f"Invalid integer {quote(text)}: underscores must be surrounded by digits")
        if _leading_zero(text):
            self._fail(item.line, f"Invalid integer {quote(text)}: cannot have leading zeroes")
        try:
            return Int64(parse_int(text, 0))
        except NumError as error:
            if error.is_range:
                self._fail(item.line, f"{text} is out of range for int64")
            raise GoPanicError(f"BUG: Expected integer value, but got '{text}'.\n\n") from None

    def _float(self, item: Item) -> float:
        text = item.text
        parts = [part for part in re.split("[.eE]", text) if part]
        if not all(map(_underscores_fit, parts)):
            self._fail(item.line, f"Invalid float {quote(text)}: underscores must be surrounded by digits")
        if parts and _leading_zero(parts[0]):
            self._fail(item.line, f"Invalid float {quote(text)}: cannot have leading zeroes")
        if re.search(r"\.(?![0-9])", text):
            self._fail(item.line, f"Invalid float {quote(text)}: '.' must be followed by one or more digits")
        if text in ("+nan", "-nan"):
            return math.copysign(math.nan, 1 if text[0] == "+" else -1)
        try:
            return parse_float(text.replace("_", ""))
        except NumError as error:
            if error.is_range:
                self._fail(item.line, f"{text} is out of range for float64")
            self._fail(item.line, f"Invalid float value: {quote(text)}")

    def _date(self, item: Item) -> Time:
        text = item.text.strip().replace("z", "Z").replace("t", "T").replace(" ", "T")
        found = next(filter(None, (_dated(text, form, zone) for form, zone in _DATES)), None)
        if found is None or _short_number(text, found[1]):
            self._fail(item.line, f"invalid datetime: {quote(text)}")
        return found[0]

    def _array(self) -> list[object]:
        self._typed(is_array=True)
        items: list[object] = []
        while (item := self._next()).kind != "array end":
            if item.kind == "comment":
                self._next()
                continue
            items.append(self._value(item, in_array=True))
        return items

    def _inline(self, *, in_array: bool) -> Table:
        outer, outer_key = self._context, self._key
        self._context = (*outer, outer_key)
        self._key = ""
        self._implicit.add(self._context)
        before = self._context
        self._add_context(before, is_array=in_array)
        found: Table = {}
        while (item := self._next()).kind != "inline table end":
            if item.kind == "comment":
                self._next()
                continue
            self._pair(found)
            self._context = before
        self._context, self._key = outer, outer_key
        return found

    # tables

    def _add_context(self, key: Key, *, is_array: bool) -> None:
        """Make a table the one that keys belong to, and those above it, too, unless they are."""
        table = self._root
        for depth, part in enumerate(key[:-1], 1):
            if part not in table:
                self._implicit.add(key[:depth])
                table[part] = {}
            inner = table[part]
            if isinstance(inner, Tables):
                inner = inner[-1]
            if not isinstance(inner, dict):
                self._fail(self._line, f"Key '{_key_text(key[:depth])}' was already created as a hash.")
            table = inner
        self._context = key[:-1]
        last = key[-1]
        if is_array:
            found = table.setdefault(last, Tables())
            if not isinstance(found, Tables):
                self._fail(self._line, f"Key '{_key_text(key)}' was already created and cannot be used as an array.")
            found.append({})
        else:
            self._set(last, {})
        self._context = key

    def _set(self, name: str, value: object) -> None:
        table = self._root
        for depth, part in enumerate(self._context, 1):
            inner = table[part]
            if isinstance(inner, Tables):
                inner = inner[-1]
            if not isinstance(inner, dict):
                self._fail(self._line, f"Key '{_key_text(self._context[:depth])}' has already been defined.")
            table = inner
        key = (*self._context, name)
        if name in table:
            implicit = key in self._implicit
            if not implicit:
                self._fail(self._line, f"Key '{_key_text(key)}' has already been defined.")
            self._implicit.discard(key)
            if not self._arrays.get(key):
                return
        table[name] = value


def _dated(text: str, form: str, zone: Zone) -> tuple[Time, str] | None:
    try:
        return parse_time(form, text, zone), form
    except ParseError:
        return None


def _without_newline(text: str) -> str:
    return text[1:] if text[:1] == "\n" else text[2:] if text[:2] == "\r\n" else text


def _leading_zero(text: str) -> bool:
    return (len(text) > 1 and text[0] == "0" and text[1] not in "box") or (
        len(text) > 2 and text[0] in "+-" and text[1] == "0"
    )


def _underscores_fit(text: str) -> bool:
    return text in _NAMED or bool(_UNDERSCORED.match(text))


def _short_number(text: str, form: str) -> bool:
    """Whether a number of a date has too few digits: the signs between are not where the layout has them."""
    for i, char in enumerate(form):
        if char in ".Z":
            return False
        if not char.isdigit() and text[i : i + 1] != char:
            return True
    return False
