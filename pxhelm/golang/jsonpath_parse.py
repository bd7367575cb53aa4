"""The grammar of kubectl's JSONPath templates: texts, and actions between braces (k8s.io/client-go/util/jsonpath).

Only reads; what a path finds is ``jsonpath``'s business. Error texts are client-go's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pxhelm.golang.unicode import is_word


class JsonPathError(ValueError):
    """A template that cannot be read or evaluated, in client-go's words."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is, quotes undone."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number or boolean to compare with."""

    value: bool | int | float


@dataclass(frozen=True, slots=True)
class Field:
    """``.name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*``."""


@dataclass(frozen=True, slots=True)
class Recursive:
    """``..``."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """``range`` or ``end``; anything else is an error when it is evaluated."""

    name: str


@dataclass(frozen=True, slots=True)
class Slice:
    """``[start:end:step]``; one index is ``[i:i+1]``."""

    start: int | None
    end: int | None
    step: int | None
    single: bool = False
    """Whether it was one index, so that an end of 0 is the end of the list."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """What stands in one pair of braces."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """``[a,b]``."""

    parts: tuple[Nodes, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(left operator right)]``; the operator ``exists`` has no right side."""

    left: Nodes
    right: Nodes
    operator: str


Node = Text | Number | Field | Wildcard | Recursive | Identifier | Slice | Nodes | Union | Filter

_ENDS: Final = frozenset(" \t\r\n.,[]$@{}")
_KEY: Final = re.compile(r"'([^']*)'")
_SLICE: Final = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?", re.ASCII)
_COMPARISON: Final = re.compile(r"([^!<>=]+)([!<>=]+)(.+?)")
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_CODES: Final = {"x": 2, "u": 4, "U": 8}


def parse(template: str) -> tuple[Node, ...]:
    """Return the texts and actions of a template; JsonPathError when it is none."""
    parser = _Parser(template)
    return parser.template()


def _action(text: str) -> Nodes:
    found = parse(f"{{{text}}}")[0]
    assert isinstance(found, Nodes)
    return found


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def template(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while self._at < len(self._source):
            brace = self._source.find("{", self._at)
            end = len(self._source) if brace < 0 else brace
            if end > self._at:
                found.append(Text(self._source[self._at : end]))
            self._at = end
            if brace >= 0:
                self._at += 1
                found.append(Nodes(tuple(self._inside())))
        return tuple(found)

    def _inside(self) -> list[Node]:
        found: list[Node] = []
        while True:
            rest = self._source[self._at : self._at + 3]
            char = rest[:1]
            if char == "}":
                self._at += 1
                return found
            if rest == "[?(":
                found.append(self._filter())
            elif rest.startswith(".."):
                self._recursive(found)
            elif char in ("", "\r", "\n"):
                raise JsonPathError("unclosed action")
            elif char in " @$":
                self._at += 1
            elif char == "[":
                found += self._array()
            elif char in "\"'":
                found.append(Text(self._quoted(char)))
            elif char == ".":
                self._at += 1
                found.append(self._field())
            elif char in "+-" or char.isdecimal():
                found.append(self._number())
            elif is_word(char):
                found.append(self._identifier())
            else:
                raise JsonPathError(f"unrecognized character in action: U+{ord(char):04X} '{char}'")

    def _recursive(self, found: list[Node]) -> None:
        if found and isinstance(found[-1], Recursive):
            raise JsonPathError("invalid multiple recursive descent")
        self._at += 2
        found.append(Recursive())
        following = self._source[self._at : self._at + 1]
        if following and is_word(following):
            found.append(self._field())

    def _word(self) -> str:
        """Return what stands before the next character that ends a name; a backslash keeps the one behind it."""
        begin = self._at
        while self._at < len(self._source) and self._source[self._at] not in _ENDS:
            self._at += 2 if self._source[self._at] == "\\" else 1
        self._at = min(self._at, len(self._source))
        return self._source[begin : self._at]

    def _field(self) -> Node:
        name = self._word()
        return Wildcard() if name == "*" else Field(name.replace("\\", ""))

    def _identifier(self) -> Node:
        begin = self._at
        while self._at < len(self._source) and self._source[self._at] not in _ENDS:
            self._at += 1
        name = self._source[begin : self._at]
        return Number(name == "true") if name in ("true", "false") else Identifier(name)

    def _number(self) -> Node:
        match = re.compile(r"[+-]?[\d.]*").match(self._source, self._at)
        assert match
        self._at = match.end()
        for read in (int, float):
            try:
                return Number(read(match[0]))
            except ValueError:
                continue
        raise JsonPathError(f"cannot parse number {match[0]}")

    def _array(self) -> list[Node]:
        end = re.compile(r"[\]\n]").search(self._source, self._at)
        if end is None or end[0] == "\n":
            raise JsonPathError("unterminated array")
        text = self._source[self._at + 1 : end.start()]
        self._at = end.end()
        text = ":" if text == "*" else text
        parts = text.split(",")
        if len(parts) > 1:
            return [Union(tuple(_action(f"[{part.strip(' ')}]") for part in parts))]
        key = _KEY.fullmatch(text)
        return list(_action(f".{key[1]}").nodes) if key else [_slice(text)]

    def _filter(self) -> Node:
        self._at += 3
        begin, quote, ended = self._at, "", False
        while True:
            char = self._source[self._at : self._at + 1]
            self._at += 1
            if char in ("", "\n"):
                raise JsonPathError("unterminated filter")
            if char in "\"'":
                if not quote:
                    quote = char
                elif char == quote and self._source[self._at - 2] != "\\":
                    ended = True
            elif char == ")" and bool(quote) == ended:
                break
        if self._source[self._at : self._at + 1] != "]":
            raise JsonPathError("unclosed array expect ]")
        text = self._source[begin : self._at - 1]
        self._at += 1
        compared = _COMPARISON.fullmatch(text)
        if compared is None:
            return Filter(_action(text), Nodes(()), "exists")
        return Filter(_action(compared[1]), _action(compared[3]), compared[2])

    def _quoted(self, quote: str) -> str:
        begin = self._at
        self._at += 1
        while True:
            char = self._source[self._at : self._at + 1]
            self._at += 1
            if char in ("", "\n"):
                raise JsonPathError("unterminated quoted string")
            if char == quote and self._source[self._at - 2] != "\\":
                return unquote(self._source[begin : self._at])


def _slice(text: str) -> Slice:
    found = _SLICE.fullmatch(text)
    if found is None:
        raise JsonPathError(f"invalid array index {text}")
    start, end, step = (_bound(part) for part in found.groups())
    single = not found[2]
    return Slice(start, (start or 0) + 1 if single else end, step, single)


def _bound(part: str | None) -> int | None:
    number = (part or "").removeprefix(":")
    if not number:
        return None
    if number == "-":
        raise JsonPathError("array index - is not a number")
    return int(number)


def unquote(text: str) -> str:
    """Undo a quoted string as client-go's UnquoteExtend: Go's escapes between single or double quotes."""
    quote, inner = text[0], text[1:-1]
    out, at = [], 0
    wrong = JsonPathError(f"unquote string {text} error invalid syntax")
    while at < len(inner):
        char = inner[at]
        at += 1
        if char == quote:
            raise wrong
        if char != "\\":
            out.append(char)
            continue
        escape = inner[at : at + 1]
        at += 1
        if escape in _ESCAPES:
            out.append(_ESCAPES[escape])
        elif escape == quote:
            out.append(quote)
        elif escape in _CODES or (escape and escape in "01234567"):
            digits = _CODES.get(escape, 3)
            begin = at if escape in _CODES else at - 1
            code = inner[begin : begin + digits]
            try:
                out.append(chr(int(code, 16 if escape in _CODES else 8)))
            except (ValueError, OverflowError):
                raise wrong from None
            at = begin + digits
        else:
            raise wrong
    return "".join(out)
