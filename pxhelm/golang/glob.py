r"""File patterns of gobwas/glob with ``/`` as separator, as Helm's ``.Files.Glob`` takes them.

``*`` and ``?`` stay within a folder, ``**`` does not; ``[a-z]``, ``[!x]``, ``{a,b}``, ``\`` escapes. Never lists a folder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from pxhelm.golang.value import go_bytes, runes


class GlobError(ValueError):
    """A pattern that cannot be read; the text is the library's."""


_TOKEN = re.compile(r"\\(.)|(\*\*)|([*?{}\[,])|([^\\*?{}\[,]+)", re.DOTALL)
_RANGE = re.compile(r"(!?)(?:(.)-(.)|((?:\\.|[^\]\\])*))", re.DOTALL)


class Pattern(Protocol):
    """A compiled file pattern."""

    def fullmatch(self, path: str, /) -> object:
        """Return something true when a whole path fits."""


class _LinearPattern:
    """A pattern matched by RE2."""

    def __init__(self, expression: str) -> None:
        from pxhelm.golang.regexp import compile_pattern

        self._pattern = compile_pattern(f"(?s)\\A{expression}\\z")

    def fullmatch(self, path: str, /) -> object:
        """Return something true when a whole path fits."""
        return self._pattern.search(go_bytes(path))


@lru_cache(maxsize=256)
def compile_glob(pattern: str) -> Pattern:
    """Return a pattern for whole paths (use ``fullmatch``); GlobError when it cannot be read."""
    if "\ufffd" in runes(pattern):
        raise GlobError("could not read rune")
    out: list[str] = []
    at = depth = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            break  # a lone backslash at the end escapes nothing
        at = token.end()
        escaped, deep, sign, plain = token.groups()
        if escaped is not None or plain is not None:
            out.append(re.escape(escaped if escaped is not None else plain))
        elif deep:
            out.append(".*")
        elif sign == "[":
            at = _range(pattern, at, out)
        else:
            depth = _sign(sign, depth, out)
    if depth:
        out.append(")" * depth)
    if _is_row(pattern):
        out = [_half_rune(piece) for piece in out]
    expression = "(?:" + "".join(out) + ")"
    if pattern.count("*") > 2:
        return _LinearPattern(expression)  # re would backtrack without end on a hostile pattern
    return re.compile(expression, re.DOTALL)


def _is_row(pattern: str) -> bool:
    """Whether the library compiles the pattern to a row: several parts of known length, no ``*`` and no ``{``."""
    return re.search(r"(?<!\\)[?\[]", pattern) is not None and re.search(r"(?<!\\)[*{]", pattern) is None


def _half_rune(piece: str) -> str:
    """Copy a row's flaw: it cuts each part after the first byte of its last character, so that must be ASCII."""
    if piece.startswith("["):
        return f"(?=[\\x00-\\x7f]){piece}"
    return piece if piece[-1].isascii() else "(?!)"


def _sign(sign: str, depth: int, out: list[str]) -> int:
    if sign == "*":
        out.append("[^/]*")
    elif sign == "?":
        out.append("[^/]")
    elif sign == "{":
        out.append("(?:")
        return depth + 1
    elif sign == "}" and depth:
        out.append(")")
        return depth - 1
    else:
        out.append("|" if sign == "," and depth else re.escape(sign))
    return depth


def _range(pattern: str, at: int, out: list[str]) -> int:
    found = _RANGE.match(pattern, at)
    assert found
    negated, low, high, chars = found.groups()
    if pattern[found.end() : found.end() + 1] != "]":
        ended = found.end() == len(pattern)
        raise GlobError("unexpected end of input" if ended else "expected close range character")
    if not (low or chars):
        raise GlobError("could not parse range")
    if low:
        if high < low:
            raise GlobError(f"hi character '{high}' should be greater than lo '{low}'")
        inside = f"{re.escape(low)}-{re.escape(high)}"
    else:
        inside = "".join(re.escape(char) for char in re.sub(r"\\(.)", r"\1", chars, flags=re.DOTALL))
    out.append(f"[{'^' if negated else ''}{inside}]")
    return found.end() + 1


def match(pattern: str, path: str) -> bool:
    """Whether a whole path fits the pattern; GlobError when the pattern cannot be read."""
    return compile_glob(pattern).fullmatch(path) is not None
