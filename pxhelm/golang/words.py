"""Words of identifiers as huandu/xstrings sees them: PascalCase, snake_case, kebab-case.

Never touches anything but letters' case and connectors.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from pxhelm.golang.text import SPACE, lower_rune, upper_rune
from pxhelm.golang.value import runes


def _is_invalid(char: str) -> bool:
    return char == "\ufffd" or "\udc80" <= char <= "\udcff"


def _is_connector(char: str) -> bool:
    return char in "-_" or char in SPACE


def _is_upper(char: str) -> bool:
    return "A" <= char <= "Z" if char < "\x80" else unicodedata.category(char) == "Lu"


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"


def _is_number(char: str) -> bool:
    return unicodedata.category(char)[0] == "N"


def pascal_case(text: str) -> str:
    """Return ``HttpServer`` for ``http_server`` (xstrings.ToPascalCase)."""
    text = runes(text)
    if not text:
        return ""
    start = 0
    while start < len(text) and _is_connector(text[start]):
        start += 1
    out = [text[:start]]
    if start == len(text):
        return text + text[-1]  # the library takes the last for a letter, too
    first_upper = _is_upper(text[start])
    current = upper_rune(text[start])
    if start == len(text) - 1:
        return out[0] + current
    for char in text[start + 1 :]:
        previous, current = current, char
        if _is_connector(current) and _is_connector(previous):
            out.append(previous)
            continue
        if _is_connector(previous):
            first_upper = _is_upper(current)
            current = upper_rune(current)
        else:
            if first_upper:
                if _is_upper(current):
                    current = lower_rune(current)
                else:
                    first_upper = False
            out.append(previous)
    out.append(current)
    return "".join(out)


def snake_case(text: str) -> str:
    """Return ``http_server`` for ``HTTPServer`` (xstrings.ToSnakeCase)."""
    return _joined(text, "_")


def kebab_case(text: str) -> str:
    """Return ``http-server`` for ``HTTPServer`` (xstrings.ToKebabCase)."""
    return _joined(text, "-")


_NONE, _NUMBER, _UPPER, _ALPHABET, _CONNECTOR, _PUNCTUATION, _OTHER = range(7)


def _is_alphabet(char: str) -> bool:
    """Whether a letter is not a Chinese character."""
    if not unicodedata.category(char).startswith("L"):
        return False
    return not any(low <= char <= high for low, high in _IDEOGRAPHS)


_IDEOGRAPHS = (("\u4e00", "\u9fcc"), ("\u3400", "\u4d85"), ("\U00020000", "\U0002b81d"))


class _Words:
    """Gives the words of a text one after another."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def left(self) -> bool:
        """Whether any text is left."""
        return self._at < len(self._text)

    def take(self) -> tuple[int, str]:
        """Return the next word and its kind."""
        text, start = self._text, self._at
        if start >= len(text):
            return _NONE, ""
        first = start
        while first < len(text) and _is_invalid(text[first]):
            first += 1
        if first == len(text):
            self._at = first
            return _NONE, text[start:]
        char = text[first]
        if _is_connector(char):
            kind, end = _CONNECTOR, self._run(first, _is_connector)
        elif _is_punctuation(char):
            kind, end = _PUNCTUATION, self._run(first, _is_punctuation)
        elif _is_upper(char):
            kind, end = _UPPER, self._upper_end(first)
        elif _is_alphabet(char):
            kind, end = _ALPHABET, self._run(first, _is_low)
        elif _is_number(char):
            kind, end = _NUMBER, self._run(first, _is_number)
        else:
            kind, end = _OTHER, self._run(first, _is_other)
        self._at = end
        return kind, text[start:end]

    def _run(self, at: int, belongs: Callable[[str], bool]) -> int:
        char, end = self._text[at], at + 1
        while belongs(char):
            at = end
            if at == len(self._text):
                break
            char, end = self._next(at, char)
        return at

    def _next(self, at: int, previous: str) -> tuple[str, int]:
        """Return the next character that is one, and where it ends; the previous one when none is left."""
        while at < len(self._text):
            if not _is_invalid(self._text[at]):
                return self._text[at], at + 1
            at += 1
        return previous, at

    def _upper_end(self, first: int) -> int:
        text = self._text
        at = first + 1
        if at == len(text):
            return at
        char, end = self._next(at, text[first])
        if not _is_upper(char):
            return self._run(end - 1, _is_low) if _is_alphabet(char) else at
        start = at
        while _is_upper(char):
            start, at = at, end
            if at == len(text):
                return at
            char, end = self._next(at, char)
        # the last of several capitals begins the next word: HTTPServer
        return start if _is_alphabet(char) else at


def _is_low(char: str) -> bool:
    return _is_alphabet(char) and not _is_upper(char)


def _is_other(char: str) -> bool:
    return not (_is_connector(char) or _is_alphabet(char) or _is_number(char) or _is_punctuation(char))


def _lowered(kind: int, word: str, connector: str) -> str:
    if kind not in (_UPPER, _CONNECTOR):
        return word
    return "".join(connector if _is_connector(c) else lower_rune(c) if _is_upper(c) else c for c in runes(word))


def _joined(text: str, connector: str) -> str:
    if not text:
        return ""
    words = _Words(text)
    out: list[str] = []
    kind, word = words.take()
    while words.left:
        if kind != _CONNECTOR:
            out.append(_lowered(kind, word, connector))
        previous, last = kind, word
        kind, word = words.take()
        if previous == _NUMBER:
            kind, word = _run_together(words, kind, word, out)
            if kind not in (_NONE, _PUNCTUATION, _CONNECTOR):
                out.append(connector)
        elif previous == _CONNECTOR:
            out.append(_lowered(previous, last, connector))
        elif previous != _PUNCTUATION:
            kind, word = _after_word(words, kind, word, out, connector)
    out.append(_lowered(kind, word, connector))
    return "".join(out)


def _run_together(words: _Words, kind: int, word: str, out: list[str]) -> tuple[int, str]:
    """Write words and numbers that belong together; return what follows."""
    while kind in (_ALPHABET, _NUMBER):
        out.append(word)
        kind, word = words.take()
    return kind, word


def _after_word(words: _Words, kind: int, word: str, out: list[str], connector: str) -> tuple[int, str]:
    if kind != _NUMBER:
        if kind not in (_CONNECTOR, _PUNCTUATION):
            out.append(connector)
        return kind, word
    if not words.left:
        return kind, word
    number = word
    kind, word = words.take()
    if kind != _ALPHABET:
        out.append(number)
        if kind not in (_CONNECTOR, _PUNCTUATION):
            out.append(connector)
        return kind, word
    out += [connector, number]
    kind, word = _run_together(words, kind, word, out)
    if kind not in (_NONE, _CONNECTOR, _PUNCTUATION):
        out.append(connector)
    return kind, word
