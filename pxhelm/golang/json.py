"""Go's encoding/json: how values print and what the reader says of bad input.

Never a schema, never a file.
"""

from __future__ import annotations

import base64
import json as _json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pxhelm.golang.strconv import NumError, decimal_digits, format_float, parse_float, quote
from pxhelm.golang.value import NilMap, Struct, go_bytes, runes, type_name


class JsonError(ValueError):
    """JSON that cannot be printed or read; the text is Go's."""

    ended = False
    """Whether the text was over too soon."""
    partial: object = None
    """What was read in spite of the error, with nil for each number that no float64 holds."""


_HTML = re.compile(r'[\x00-\x1f"\\<>&\u2028\u2029\ud800-\udfff]')
_RAW = re.compile(r'[\x00-\x1f"\\\u2028\u2029\ud800-\udfff]')
_ESCAPES = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}
"""What Go's encoder escapes, so that JSON can stand in a page."""
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    short = _SHORT.get(char)
    if short is not None:
        return short
    return "\\ufffd" if "\ud800" <= char <= "\udfff" else f"\\u{ord(char):04x}"


def text(value: str, *, html: bool = True) -> str:
    """Return a JSON string; ``html``: ``<``, ``>`` and ``&`` are escaped too."""
    return '"' + (_HTML if html else _RAW).sub(_escape, value) + '"'


def ordered(value: object) -> str:
    """Return compact JSON as Go prints structs: keys in the order given, ``<``, ``>`` and ``&`` escaped."""
    return _json.dumps(value, separators=(",", ":"), ensure_ascii=False).translate(_ESCAPES)


def number(value: float) -> str:
    """Return a float64 as JSON prints it: exponents only below 1e-6 and from 1e21 up."""
    shown = repr(value)
    if "e" not in shown and "n" not in shown:
        return shown.removesuffix(".0")
    if "n" in shown:
        raise JsonError(f"json: unsupported value: {format_float(value)}")
    sign = "-" if value < 0 else ""
    digits, exponent = decimal_digits(shown.removeprefix("-"))
    if exponent >= 21 or exponent < -6:
        rest = digits[1:]
        return f"{sign}{digits[0]}{'.' if rest else ''}{rest}e{exponent:+d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return (
        sign
        + digits[: exponent + 1].ljust(exponent + 1, "0")
        + (f".{rest}" if (rest := digits[exponent + 1 :]) else "")
    )


def marshal(value: object, *, indent: str = "", html: bool = True) -> str:
    """Print a value as ``json.Marshal`` does, or as ``MarshalIndent`` with no prefix; JsonError with Go's text."""
    depth = 0 if html else 1  # the encoder that escapes no HTML is given a pointer
    return "".join(_pieces(value, ("\n" if indent else "", indent, html), depth))


_DEEP = 1000
"""Levels after which Go looks for a value that holds itself."""


def holds_itself(value: object) -> object:
    """Return the first map or list that, in the order of printing, is reached from itself; None when there is none."""
    path: set[int] = set()
    known: set[int] = set()
    # No recursion: what a chart builds may be deeper than any stack.
    above: list[tuple[object, Iterator[object]]] = [(None, iter((value,)))]
    while above:
        holder, rest = above[-1]
        item = next((one for one in rest if isinstance(one, dict | list | tuple) and id(one) not in known), None)
        if item is None:
            above.pop()
            path.discard(id(holder))
            known.add(id(holder))
        elif id(item) in path:
            return item
        else:
            path.add(id(item))
            above.append((item, iter(_in_order(item))))
    return None


def _in_order(value: dict[Any, object] | list[object] | tuple[object, ...]) -> Iterable[object]:
    if isinstance(value, dict) and not isinstance(value, Struct):
        return [value[key] for key in sorted(value, key=_byte_order)]
    return value.values() if isinstance(value, dict) else value


def _pieces(value: object, form: tuple[str, str, bool], depth: int) -> Iterator[str]:
    newline, indent, html = form
    if depth == _DEEP and (found := holds_itself(value)) is not None:
        raise JsonError(f"json: unsupported value: encountered a cycle via {type_name(found)}")
    if isinstance(value, str):
        yield text(value, html=html)
    elif isinstance(value, dict) and value:
        yield from _object(value, form, depth)
    elif isinstance(value, list | tuple) and value:
        inner = newline + indent
        lead = "[" + inner
        for item in value:
            yield lead
            yield from _pieces(item, (inner, indent, html), depth + 1)
            lead = "," + inner
        yield newline + "]"
    else:
        yield _scalar(value, form, depth)


def _object(value: dict[Any, object], form: tuple[str, str, bool], depth: int) -> Iterator[str]:
    newline, indent, html = form
    inner = newline + indent
    lead = "{" + inner
    colon = ": " if indent else ":"
    order: Any = value if isinstance(value, Struct) else sorted(value, key=_byte_order)
    for key in order:
        yield lead + text(str(key), html=html) + colon
        yield from _pieces(value[key], (inner, indent, html), depth + 1)
        lead = "," + inner
    yield newline + "}"


def _byte_order(key: object) -> str:
    shown = str(key)
    return shown if shown.isascii() else go_bytes(shown).decode("latin-1")


def _scalar(value: object, form: tuple[str, str, bool], depth: int) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return "null" if getattr(value, "GO_NIL", False) else "{}"
    if isinstance(value, list | tuple):
        return "null" if getattr(value, "GO_NIL", False) else "[]"
    return "".join(_pieces(plain(value), form, depth))


def plain(value: object) -> Any:
    """Return the JSON value of a Go value: bytes as base64, objects by their ``go_json``; JsonError if there is none."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        made = type(value) if isinstance(value, Struct | NilMap) else dict
        return made({str(key): plain(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [plain(item) for item in value] if value else value
    go_json = getattr(value, "go_json", None)
    if go_json is not None:
        shown = go_json()
        return plain(Struct(shown) if type(shown) is dict else shown)
    raise JsonError(f"json: unsupported type: {type_name(value)}")


# ---------------------------------------------------------------------------------------------- reading

_SURROGATE = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def unmarshal(source: str) -> object:
    """Read JSON into an ``interface{}`` as ``json.Unmarshal`` does: numbers are floats; JsonError with Go's text."""
    if _SURROGATE.search(source):
        source = _SURROGATE.sub(_paired, source)
    try:
        return _json.loads(runes(source), parse_int=_float, parse_float=_float, parse_constant=_refuse, strict=True)
    except (ValueError, RecursionError):
        return _Reader(source).document()


def _paired(found: re.Match[str]) -> str:
    """Keep escaped backslashes and pairs of surrogates; a lone one is U+FFFD to Go."""
    return found[0] if found[0] == "\\\\" or len(found[0]) > 6 else "\\ufffd"


def _float(digits: str) -> float:
    try:
        return parse_float(digits)
    except NumError:
        raise ValueError(digits) from None


def _refuse(name: str) -> object:
    raise ValueError(name)


class _Reader:
    """Go's own reader, for what Python's refuses: finds the error as Go words it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._problem: JsonError | None = None

    def document(self) -> object:
        self._check()
        try:
            found: object = _json.loads(
                runes(self._source),
                parse_int=self._number,
                parse_float=self._number,
                strict=False,
            )
        except RecursionError:
            raise JsonError("exceeded max depth") from None
        if self._problem is not None:
            self._problem.partial = found
            raise self._problem
        return found

    def _number(self, digits: str) -> float | None:
        try:
            return parse_float(digits)
        except NumError:
            text = f"json: cannot unmarshal number {digits} into Go value of type float64"
            self._problem = self._problem or JsonError(text)
            return None

    def _check(self) -> None:
        """Walk the whole text as Go's scanner does; JsonError at the first character it refuses."""
        stack: list[str] = []
        self._space()
        self._value(stack)
        while stack:
            self._space()
            char = self._peek()
            if char == ",":
                self._at += 1
                self._space()
                if stack[-1] == "{":
                    self._key("looking for beginning of object key string")
                self._value(stack)
            elif char == ("}" if stack[-1] == "{" else "]"):
                self._at += 1
                stack.pop()
            elif stack[-1] == "{":
                self._fail("after object key:value pair")
            else:
                self._fail("after array element")
        self._space()
        if self._at < len(self._source):
            self._fail("after top-level value")

    def _peek(self) -> str:
        return self._source[self._at] if self._at < len(self._source) else ""

    def _space(self) -> None:
        while self._at < len(self._source) and self._source[self._at] in " \t\r\n":
            self._at += 1

    def _fail(self, context: str) -> None:
        char = self._peek()
        if char:
            raise JsonError(f"invalid character {_quote_char(char)} {context}")
        error = JsonError("unexpected end of JSON input")
        if re.search("literal (true|false|null)|numeric literal|escape", context):
            # a space is what Go's scanner is fed at the end
            error = JsonError(f"invalid character ' ' {context}")
        error.ended = True
        raise error

    def _value(self, stack: list[str]) -> None:
        """Read a scalar, or open a collection and read on to the end of its first scalar."""
        while True:
            char = self._peek()
            if char == "{":
                self._at += 1
                self._space()
                if self._peek() == "}":
                    self._at += 1
                    return
                stack.append("{")
                self._key("looking for beginning of object key string")
                continue
            if char == "[":
                self._at += 1
                self._space()
                if self._peek() == "]":
                    self._at += 1
                    return
                stack.append("[")
                continue
            break
        if char == '"':
            self._string()
        elif char in "-0123456789" and char:
            self._digits()
        elif char in "tfn" and char:
            self._word({"t": "true", "f": "false", "n": "null"}[char])
        else:
            self._fail("looking for beginning of value")

    def _key(self, context: str) -> None:
        if self._peek() != '"':
            self._fail(context)
        self._string()
        self._space()
        if self._peek() != ":":
            self._fail("after object key")
        self._at += 1
        self._space()

    def _word(self, word: str) -> None:
        for expected in word:
            if self._peek() != expected:
                self._fail(f"in literal {word} (expecting {_quote_char(expected)})")
            self._at += 1

    def _digits(self) -> None:
        if self._peek() == "-":
            self._at += 1
            if self._peek() not in "0123456789" or not self._peek():
                self._fail("in numeric literal")
        if self._peek() == "0":
            self._at += 1
        else:
            self._run()
        if self._peek() == ".":
            self._at += 1
            if self._peek() not in "0123456789" or not self._peek():
                self._fail("after decimal point in numeric literal")
            self._run()
        if self._peek() and self._peek() in "eE":
            self._at += 1
            if self._peek() and self._peek() in "+-":
                self._at += 1
            if self._peek() not in "0123456789" or not self._peek():
                self._fail("in exponent of numeric literal")
            self._run()

    def _run(self) -> None:
        while self._peek() and self._peek() in "0123456789":
            self._at += 1

    def _string(self) -> None:
        self._at += 1
        while True:
            char = self._peek()
            if char == '"':
                self._at += 1
                return
            if char == "\\":
                self._at += 1
                self._escaped()
            elif not char or char < " ":
                self._fail("in string literal")
            else:
                self._at += 1

    def _escaped(self) -> None:
        char = self._peek()
        if char and char in 'bfnrt\\/"':
            self._at += 1
        elif char == "u":
            self._at += 1
            for _ in range(4):
                if not self._peek() or self._peek() not in "0123456789abcdefABCDEF":
                    self._fail("in \\u hexadecimal character escape")
                self._at += 1
        else:
            self._fail("in string escape code")


def _quote_char(char: str) -> str:
    if char == "'":
        return r"'\''"
    if char == '"':
        return "'\"'"
    byte = char.encode("utf-8", "surrogateescape")[0]
    return "'" + quote(chr(byte))[1:-1] + "'"
