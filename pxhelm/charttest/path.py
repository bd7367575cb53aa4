"""Paths into a document, in the YAML JSONPath that helm-unittest uses.

``a.b[0].c``, ``a["x.y/z"]``, ``[*]``, ``.*``, ``..name``, ``[1:3]``, ``[0,2]``, ``[?(@.name == "x" && @.port > 80)]``.
A path without ``$`` starts at the document, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pxhelm.errors import PxhelmError
from pxhelm.golang import regexp

Step = Callable[[Any, Any], Iterator[Any]]
"""From a value (and the document) to the values below it."""


class PathError(PxhelmError):
    """A path, or a pattern, that cannot be read."""


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return the search for a Go regular expression; PathError with Go's text when it is none."""
    try:
        compiled = regexp.compile_pattern(pattern)
    except regexp.RegexpError as error:
        raise PathError(str(error)) from None
    return lambda text: regexp.matches(compiled, text)


def find(document: Any, path: str) -> list[Any]:
    """Return every value at a path, the document itself for an empty one; PathError."""
    if not path:
        return [document]
    return list(_walk(_steps(path), document, document))


def _walk(steps: tuple[Step, ...], value: Any, root: Any) -> Iterator[Any]:
    found: Iterable[Any] = (value,)
    for step in steps:
        found = [below for one in found for below in step(one, root)]
    yield from found


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[Step, ...]:
    parser = _Parser(path)
    steps = parser.steps(whole=True)
    return tuple(steps)


_NAME: Final = re.compile(r"(?:\\.|[^.\[\]\\ ()&|=!<>~*,])+")
_PLAIN_NAME: Final = re.compile(r"(?:\\.|[^.\[\\])+")
_QUOTED: Final = re.compile(r"\s*(?:'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\")\s*")
_SLICE: Final = re.compile(r"\s*(-?\d+)?\s*(:)?\s*(-?\d+)?\s*(?::\s*(-?\d+)?)?\s*")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_REGEX: Final = re.compile(r"/((?:\\.|[^/\\])*)/")
_OPERATOR: Final = re.compile(r"==|!=|=~|>=|<=|>|<")


@dataclass(slots=True)
class _Parser:
    text: str
    at: int = 0

    def fail(self, reason: str) -> PathError:
        return PathError(f"cannot read path {self.text}: {reason} at position {self.at + 1}")

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        if self.peek(text):
            self.at += len(text)
            return True
        return False

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def steps(self, *, whole: bool) -> list[Step]:
        """Read steps to the end, or in a filter as far as a path goes."""
        steps: list[Step] = []
        first = not self.take("$") and whole
        while self.at < len(self.text):
            if self.take(".."):
                steps.append(_descend)
                if not self.peek("["):
                    steps.append(self.name(whole=whole))
            elif self.take("["):
                steps.append(self.bracket())
            elif self.take(".") or first:
                if self.at < len(self.text) and not self.peek("["):
                    steps.append(self.name(whole=whole))
            elif whole:
                raise self.fail(f"unexpected {self.text[self.at]!r}")
            else:
                break
            first = False
        return steps

    def name(self, *, whole: bool) -> Step:
        if self.take("*"):
            return _children
        found = self.match(_PLAIN_NAME if whole else _NAME)
        if found is None:
            raise self.fail("child name missing")
        text = re.sub(r"\\(.)", r"\1", found[0])
        return _own_name(text[:-1]) if whole and text.endswith("~") and len(text) > 1 else _child(text)

    def bracket(self) -> Step:
        if self.take("?("):
            condition = self.either()
            self.blank()
            if not self.take(")") or not self.take("]"):
                raise self.fail("filter is not closed")
            return _filter(condition)
        self.blank()
        if self.take("*"):
            self.close()
            return _children
        steps: list[Step] = []
        while True:
            quoted = self.match(_QUOTED)
            if quoted is not None:
                raw = quoted[1] if quoted[1] is not None else quoted[2]
                steps.append(_child(re.sub(r"\\(.)", r"\1", raw)))
            else:
                found = self.match(_SLICE)
                if found is None or not found[0].strip():
                    raise self.fail("subscript missing")
                if found[4] and not int(found[4]):
                    raise self.fail("a step of 0")
                steps.append(_index(found))
            if not self.take(","):
                break
        self.close()
        return steps[0] if len(steps) == 1 else _union(tuple(steps))

    def close(self) -> None:
        self.blank()
        if not self.take("]"):
            raise self.fail("] missing")

    # filters

    def either(self) -> Callable[[Any, Any], bool]:
        parts = [self.both()]
        self.blank()
        while self.take("||"):
            parts.append(self.both())
            self.blank()
        return lambda value, root: any(part(value, root) for part in parts)

    def both(self) -> Callable[[Any, Any], bool]:
        parts = [self.term()]
        self.blank()
        while self.take("&&"):
            parts.append(self.term())
            self.blank()
        return lambda value, root: all(part(value, root) for part in parts)

    def term(self) -> Callable[[Any, Any], bool]:
        self.blank()
        if self.take("!"):
            inner = self.term()
            return lambda value, root: not inner(value, root)
        if self.take("("):
            inner = self.either()
            self.blank()
            if not self.take(")"):
                raise self.fail(") missing")
            return inner
        left = self.operand()
        self.blank()
        found = self.match(_OPERATOR)
        if found is None:
            return lambda value, root: bool(left(value, root))
        self.blank()
        if found[0] == "=~":
            pattern = self.match(_REGEX)
            if pattern is None:
                raise self.fail("regular expression missing")
            try:
                matches = matcher(pattern[1].replace("\\/", "/"))
            except PathError as error:
                raise self.fail(error.message) from None
            return lambda value, root: any(isinstance(one, str) and matches(one) for one in left(value, root))
        right, compare = self.operand(), _COMPARE[found[0]]
        return lambda value, root: _compared(left(value, root), right(value, root), compare)

    def operand(self) -> Callable[[Any, Any], list[Any]]:
        self.blank()
        if self.peek("@") or self.peek("$"):
            here = self.take("@")
            steps = tuple(self.steps(whole=False))
            return lambda value, root: list(_walk(steps, value if here else root, root))
        quoted = self.match(_QUOTED)
        if quoted is not None:
            text = re.sub(r"\\(.)", r"\1", quoted[1] if quoted[1] is not None else quoted[2])
            return lambda _value, _root: [text]
        number = self.match(_NUMBER)
        if number is not None:
            amount = float(number[0]) if "." in number[0] else int(number[0])
            return lambda _value, _root: [amount]
        for word, constant in (("true", True), ("false", False), ("null", None)):
            if self.take(word):
                return lambda _value, _root, constant=constant: [constant]  # type: ignore[misc]
        raise self.fail("value missing")


def _compared(left: list[Any], right: list[Any], compare: Callable[[Any, Any], bool]) -> bool:
    return bool(left) and bool(right) and all(compare(a, b) for a in left for b in right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def both_of_a_kind(a: Any, b: Any) -> bool:
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (a, b))
        texts = isinstance(a, str) and isinstance(b, str)
        return (numbers or texts) and compare(a, b)

    return both_of_a_kind


def _equal(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": _equal,
    "!=": lambda a, b: not _equal(a, b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
}


def _child(name: str) -> Step:
    def child(value: Any, _root: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return child


def _own_name(name: str) -> Step:
    """Find the name itself where there is a child of this name: ``metadata.name~``."""

    def own(value: Any, _root: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield name

    return own


def _children(value: Any, _root: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _descend(value: Any, root: Any) -> Iterator[Any]:
    yield value
    for below in _children(value, root):
        yield from _descend(below, root)


def _index(found: re.Match[str]) -> Step:
    first, colon, last, step = found.groups()

    def index(value: Any, _root: Any) -> Iterator[Any]:
        if not isinstance(value, list):
            return
        if colon:
            yield from value[slice(*(int(part) if part else None for part in (first, last, step)))]
        elif -len(value) <= int(first) < len(value):
            yield value[int(first)]

    return index


def _union(steps: tuple[Step, ...]) -> Step:
    def union(value: Any, root: Any) -> Iterator[Any]:
        for step in steps:
            yield from step(value, root)

    return union


def _filter(condition: Callable[[Any, Any], bool]) -> Step:
    def filtered(value: Any, root: Any) -> Iterator[Any]:
        # A filter on the document itself chooses the document.
        among = (value,) if value is root and isinstance(value, dict) else _children(value, root)
        yield from (one for one in among if condition(one, root))

    return filtered
