"""Label selectors as Kubernetes reads them (``env in (lab,prod),!old,tier=2``), with its error texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pxhelm.errors import PxhelmError

Labels = Mapping[str, str]

_END = ""
_OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt")
_SYMBOLS = (")", ",", "!", "==", "=", ">", "<", "!=", "(")
_WORD = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")


class _SelectorError(Exception):
    """What is wrong, without the prefix."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def __call__(self, labels: Labels) -> bool:
        here = self.key in labels
        if self.operator == "exists":
            return here
        if self.operator == "!":
            return not here
        if self.operator in ("notin", "!="):
            return not here or labels[self.key] not in self.values
        if self.operator in ("gt", "lt"):
            return here and self._compares(labels[self.key])
        return here and labels[self.key] in self.values

    def _compares(self, text: str) -> bool:
        try:
            number, bound = int(text), int(next(iter(self.values)))
        except ValueError:
            return False
        return number > bound if self.operator == "gt" else number < bound


def parse_selector(text: str) -> Callable[[Labels], bool]:
    """Return the test that the selector is; PxhelmError with Kubernetes' text when it is none."""
    try:
        requirements = _Parser(text).parse()
    except _SelectorError as error:
        raise PxhelmError(str(error)) from None
    return lambda labels: all(requirement(labels) for requirement in requirements)


class _Parser:
    def __init__(self, text: str) -> None:
        self._words: list[str] = [*_WORD.findall(text), _END]
        self._at = 0

    def _peek(self) -> str:
        return self._words[self._at]

    def _take(self) -> str:
        word = self._words[self._at]
        if word != _END:
            self._at += 1
        return word

    def parse(self) -> list[_Requirement]:
        """Read requirements up to the end."""
        found: list[_Requirement] = []
        while (word := self._peek()) != _END:
            if not (_is_name(word) or word == "!"):
                raise _SelectorError(f"found '{word}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except _SelectorError as error:
                raise _SelectorError(f"unable to parse requirement: {error}") from None
            after = self._take()
            if after == _END:
                break
            if after != ",":
                raise _SelectorError(f"found '{after}', expected: ',' or 'end of string'")
            following = self._peek()
            if not (_is_name(following) or following == "!"):
                raise _SelectorError(f"found '{following}', expected: identifier after ','")
        return found

    def _requirement(self) -> _Requirement:
        word = self._take()
        absent = word == "!"
        key = self._take() if absent else word
        if not _is_name(key):
            raise _SelectorError(f"found '{key}', expected: identifier")
        if absent or self._peek() in (_END, ","):
            return _Requirement(key, "!" if absent else "exists")
        operator = self._take()
        if operator in ("in", "notin"):
            values = self._values()
            if not values:
                reason = "for 'in', 'notin' operators, values set can't be empty"
                raise _SelectorError(f"values: Invalid value: []: {reason}")
            return _Requirement(key, operator, values)
        operator = {">": "gt", "<": "lt"}.get(operator, operator)
        if operator not in _OPERATORS or operator in (">", "<"):
            raise _SelectorError(f"found '{operator}', expected: {', '.join(_OPERATORS)}")
        return _Requirement(key, operator, frozenset((self._exact_value(operator),)))

    def _exact_value(self, operator: str) -> str:
        value = "" if self._peek() in (_END, ",") else self._take()
        if value and not _is_name(value):
            raise _SelectorError(f"found '{value}', expected: identifier")
        if operator in ("gt", "lt") and not re.fullmatch(r"[+-]?\d+", value):
            raise _SelectorError(
                f"values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
            )
        return value

    def _values(self) -> frozenset[str]:
        opening = self._take()
        if opening != "(":
            raise _SelectorError(f"found '{opening}' expected: '('")
        first = self._peek()
        if first == ")":
            self._take()
            return frozenset()
        if not (_is_name(first) or first == ","):
            raise _SelectorError(f"found '{first}', expected: ',', ')' or identifier")
        values = self._list()
        self._take()
        return values

    def _list(self) -> frozenset[str]:
        """Read names and commas up to the closing parenthesis; nothing between two commas is the empty text."""
        values: set[str] = set()
        while True:
            word = self._take()
            if _is_name(word):
                values.add(word)
                following = self._peek()
                if following == ")":
                    return frozenset(values)
                if following != ",":
                    raise _SelectorError(f"found '{following}', expected: ',' or ')'")
            elif word == ",":
                if not values:
                    values.add("")
                following = self._peek()
                if following == ")":
                    return frozenset(values | {""})
                if following == ",":
                    self._take()
                    values.add("")
            else:
                raise _SelectorError(f"found '{word}', expected: ',', or identifier")


def _is_name(word: str) -> bool:
    """Tell whether a word may be a key or value; ``in`` and ``notin`` may."""
    return word != _END and word not in _SYMBOLS
