"""The ``--set`` family: ``a.b[0]=x,c={1,2}`` into a values tree, as Helm's strvals does it, quirk by quirk.

Never reads a file: ``--set-file`` is given a reader. Mirrors Helm also in what is left behind after an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pxhelm.errors import PxhelmError
from pxhelm.golang import json
from pxhelm.golang.strconv import NumError, parse_int, quote
from pxhelm.golang.value import Int64, type_name

if TYPE_CHECKING:
    from json import JSONDecoder

MAX_INDEX: Final = 65536
MAX_NESTED_NAMES: Final = 30
_NUMBER_START: Final = frozenset("123456789+-")
_SPACES: Final = frozenset("\t\n\v\f\r \x85\xa0")

Values = dict[str, object]
Reader = Callable[[str], object]
"""From the text of a value to the value."""


class SetError(PxhelmError):
    """A flag of the ``--set`` family that Helm refuses, in Helm's words."""


class _EndError(Exception):
    """Go's io.EOF: the text is used up, which most places take as success."""


def set_values(text: str, into: Values) -> None:
    """Apply a ``--set`` argument to a tree in place.

    Raises:
        SetError: in Helm's words; what was set before the error stays.
    """
    _run(_Parser(text, _typed), into)


def set_strings(text: str, into: Values) -> None:
    """Apply a ``--set-string`` argument: the grammar of ``--set``, every value a string."""
    _run(_Parser(text, str), into)


def set_file(text: str, into: Values, read: Reader) -> None:
    """Apply a ``--set-file`` argument; ``read`` gives the content for a path."""
    _run(_Parser(text, read), into)


def set_json(text: str, into: Values) -> None:
    """Apply a ``--set-json`` argument: each value is one JSON value, empty is null."""
    _run(_JsonParser(text, str), into)


def set_literal(text: str, into: Values) -> None:
    """Apply a ``--set-literal`` argument: all that follows ``=`` is the value."""
    _run(_LiteralParser(text, str), into)


def _run(parser: _Parser, into: Values) -> None:
    try:
        while True:
            parser.key(into, 0)
    except _EndError:
        return


def _typed(text: str) -> object:
    """Guess a value's type as ``--set`` does: bool, null, int64 without leading zero, else string."""
    folded = text.casefold()
    if folded == "true":
        return True
    if folded == "false":
        return False
    if folded == "null":
        return None
    if text == "0":
        return Int64(0)
    if text and text[0] in _NUMBER_START:
        try:
            return Int64(parse_int(text))
        except NumError:
            return text
    return text


class _Parser:
    """A cursor over the text; ``key`` reads one ``key=value``."""

    key_stops = "=[,."

    def __init__(self, text: str, read: Reader) -> None:
        # Go reads runes: a byte that is not UTF-8 is U+FFFD.
        self.text = "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in text)
        self.at = 0
        self.read = read

    def until(self, stops: str) -> tuple[str, str]:
        """Return the text before the next stop character and that character, ``""`` at the end."""
        text, at = self.text, self.at
        out: list[str] = []
        while at < len(text):
            char = text[at]
            at += 1
            if char in stops:
                self.at = at
                return "".join(out), char
            if char == "\\":
                if at == len(text):
                    break
                char = text[at]
                at += 1
            out.append(char)
        self.at = at
        return "".join(out), ""

    def key(self, data: Values, level: int) -> None:
        try:
            self._key(data, level)
        except _MismatchError as e:
            raise SetError(f"unable to parse key: {e}") from None

    def _key(self, data: Values, level: int) -> None:
        name, stop = self.until(self.key_stops)
        if not stop:
            if not name:
                raise _EndError
            raise SetError(f"key {quote(name)} has no value")
        if stop == "=":
            self.value(data, name)
        elif stop == "[":
            self._indexed(data, name, level)
        elif stop == ",":
            _put(data, name, "")
            raise SetError(f"key {quote(name)} has no value (cannot end with ,)")
        else:
            self._nested(data, name, level + 1)

    def _indexed(self, data: Values, name: str, level: int) -> None:
        index = self._index()
        items = _expect(data[name], list) if name in data else []
        try:
            items = self.item(items, index, level)
        except (_EndError, SetError):
            _put(data, name, items)
            raise
        _put(data, name, items)

    def _nested(self, data: Values, name: str, level: int) -> None:
        if level > MAX_NESTED_NAMES:
            raise SetError(
                f"value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAMES}"
            )
        inner: Values = _expect(data[name], dict) if name in data else {}
        try:
            self.key(inner, level)
        except (_EndError, SetError):
            if inner:
                _put(data, name, inner)
            raise
        if not inner:
            raise SetError(f"key map {quote(name)} has no value")
        _put(data, name, inner)

    def value(self, data: Values, name: str) -> None:
        """Read what follows ``=`` and set it."""
        if self.at == len(self.text):
            _put(data, name, "")
            raise _EndError
        if self.text[self.at] == "{":
            _put(data, name, self._list())
            return
        raw, _ = self.until(",")
        try:
            value = self.read(raw)
        except PxhelmError:
            _put(data, name, None)
            raise
        _put(data, name, value)

    def _list(self) -> list[object]:
        self.at += 1
        items: list[object] = []
        while True:
            raw, stop = self.until(",}")
            if not stop:
                raise SetError("list must terminate with '}'")
            if stop == "}":
                if self.text[self.at : self.at + 1] == ",":
                    self.at += 1
                items.append(self.read(raw))
                return items
            items.append(self.read(raw))

    def _index(self) -> int:
        raw, stop = self.until("]")
        if not stop:
            raise SetError("error parsing index: EOF")
        try:
            return parse_int(raw, function="Atoi")
        except NumError as e:
            raise SetError(f"error parsing index: {e}") from None

    def item(self, items: list[object], index: int, level: int) -> list[object]:
        """Set what follows ``[index]`` and return the list, a new one where it had to grow."""
        if index < 0:
            raise SetError(f"negative {index} index not allowed")
        rest, stop = self.until("[.=")
        if rest:
            raise SetError(f"unexpected data at end of array index: {_quote_runes(rest)}")
        if not stop:
            raise _EndError
        if stop == "=":
            return _put_at(items, index, self.item_value)
        if stop == "[":
            following = self._index()
            existing = items[index] if index < len(items) else None
            inner_list = [] if existing is None else _expect(existing, list)
            return _put_at(items, index, lambda: self.item(inner_list, following, level))
        inner: Values = {}
        if index < len(items):
            current = items[index]
            # Indices out of order: Helm replaces whatever stood there, before it knows whether the rest is right.
            inner = current if isinstance(current, dict) else {}
            items[index] = inner
        self.key(inner, level)
        return _put_at(items, index, lambda: inner)

    def item_value(self) -> object:
        """Read what follows ``[index]=``."""
        if self.at == len(self.text):
            return ""
        if self.text[self.at] == "{":
            return self._list()
        return self.read(self.until(",")[0])


class _JsonParser(_Parser):
    def _empty(self) -> bool:
        """Consume blanks and one comma; tell whether no value stands here."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char != "," and not (char in _SPACES or (char > "\xff" and char.isspace())):
                return False
            self.at += 1
            if char == ",":
                return True
        return True

    def value(self, data: Values, name: str) -> None:
        if self._empty():
            _put(data, name, None)
            return
        value, end = _decode_json(self.text, self.at)
        _put(data, name, value)
        self.at = end
        self._empty()

    def item_value(self) -> object:
        if self._empty():
            return None
        value, self.at = _decode_json(self.text, self.at)
        self._empty()
        return value


class _LiteralParser(_Parser):
    key_stops = "=[."

    def until(self, stops: str) -> tuple[str, str]:
        for at in range(self.at, len(self.text)):
            if self.text[at] in stops:
                found = self.text[self.at : at]
                self.at = at + 1
                return found, self.text[at]
        found = self.text[self.at :]
        self.at = len(self.text)
        return found, ""

    def value(self, data: Values, name: str) -> None:
        _put(data, name, self.until("")[0])

    def item_value(self) -> object:
        return self.until("")[0]


class _MismatchError(Exception):
    """Go's panic of a type assertion; the innermost ``key`` turns it into an error."""


def _expect(value: object, kind: type) -> Any:
    if isinstance(value, kind):
        return value
    wanted = "map[string]interface {}" if kind is dict else "[]interface {}"
    actual = "nil" if value is None else type_name(value)
    raise _MismatchError(f"interface conversion: interface {{}} is {actual}, not {wanted}")


def _put(data: Values, name: str, value: object) -> None:
    if name:
        data[name] = value


def _put_at(items: list[object], index: int, read: Callable[[], object]) -> list[object]:
    value = read()
    if index > MAX_INDEX:
        raise SetError(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
    if index >= len(items):
        items = items + [None] * (index + 1 - len(items))
    items[index] = value
    return items


_HALF_NUMBER = re.compile(r"\s*-?[0-9]+(?:\.|(?:\.[0-9]+)?[eE])")


def _decode_json(text: str, at: int) -> tuple[object, int]:
    """Decode the JSON value that starts here and return it with the place after it."""
    try:
        _, end = _prefix().raw_decode(text, _blank_end(text, at))
    except ValueError:
        end = len(text)
    if _HALF_NUMBER.fullmatch(text, at, end + 1):  # Go's decoder reads on
        end = len(text)
    try:
        return json.unmarshal(text[at:end]), end
    except json.JsonError as e:
        # A decoder that runs out of text says it otherwise than Unmarshal.
        raise SetError("unexpected EOF" if e.ended else str(e)) from None


def _blank_end(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at


def _refuse(name: str) -> object:
    raise ValueError(name)


@cache
def _prefix() -> JSONDecoder:
    from json import JSONDecoder

    return JSONDecoder(parse_constant=_refuse)


def _quote_runes(text: str) -> str:
    """Print characters as Go prints a slice of runes with ``%q``."""
    return "[" + " ".join("'" + quote(c)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'" for c in text) + "]"
