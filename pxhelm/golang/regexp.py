"""Go's regexp: RE2's syntax and Go's way of finding, replacing and splitting, over bytes.

Matching is google-re2's; the loops, replacement templates and error texts are Go's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any

from pxhelm.golang.bounds import bounds
from pxhelm.golang.regexp_syntax import RegexpError, checked
from pxhelm.golang.strconv import quote
from pxhelm.golang.unicode import is_word
from pxhelm.golang.value import go_bytes, go_string

__all__ = [
    "RegexpError",
    "compile_pattern",
    "find",
    "find_all",
    "matches",
    "must_compile",
    "quote_meta",
    "replace_all",
    "replace_all_literal",
    "split",
]

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """Return the compiled pattern, for bytes; RegexpError with Go's text."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = bounds.regex_memory
    try:
        return re2.compile(go_bytes(checked(pattern)), options)
    except re2.error as error:
        raise RegexpError(_worded(error.args[0])) from None


def _worded(reason: str | bytes) -> str:
    """Word what RE2 alone refuses: a pattern that would take too much memory."""
    text = go_string(reason) if isinstance(reason, bytes) else reason
    return "error parsing regexp: " + text.replace("pattern too large - compile failed", "expression too large")


def must_compile(pattern: str) -> Any:
    """As ``compile_pattern``, with the text of ``MustCompile``'s panic."""
    try:
        return compile_pattern(pattern)
    except RegexpError as error:
        shown = f"`{pattern}`" if _can_backquote(pattern) else quote(pattern)
        raise RegexpError(f"regexp: Compile({shown}): {error}") from None


def _can_backquote(text: str) -> bool:
    return not any(c == "`" or (c < " " and c != "\t") or c in "\x7f\ufeff" or "\ud800" <= c <= "\udfff" for c in text)


_REPLACEMENT = "\ufffd"
_WIDER = len(_REPLACEMENT.encode()) - 1


class _Subject:
    """A text to search. Go reads a byte that is not UTF-8 as U+FFFD, RE2 must be given that; what is found are the bytes."""

    __slots__ = ("_bytes", "_replaced", "raw")

    def __init__(self, text: str) -> None:
        self._replaced: Sequence[int] = ()
        """Where in ``raw`` a byte was replaced."""
        try:
            self._bytes = self.raw = text.encode()
            return
        except UnicodeEncodeError:
            self._bytes = go_bytes(text)
        replaced = []
        pieces = _NOT_UTF8.split(text)
        self.raw = _REPLACEMENT.join(pieces).encode()
        at = 0
        for piece in pieces[:-1]:
            at += len(piece.encode())
            replaced.append(at)
            at += _WIDER + 1
        self._replaced = replaced

    def cut(self, start: int, end: int | None = None) -> bytes:
        """Return the bytes of the text from one offset in ``raw`` to another."""
        if not self._replaced:
            return self._bytes[start:end]
        return self._bytes[self._offset(start) : None if end is None else self._offset(end)]

    def _offset(self, at: int) -> int:
        return at - _WIDER * bisect_left(self._replaced, at)


def _searcher(pattern: Any, raw: bytes) -> Callable[[bytes, int], Any]:
    """Return what finds the first match from an offset on; one that RE2 sees inside a character is none to Go."""
    search: Callable[[bytes, int], Any] = pattern.search
    if raw.isascii():
        return search

    def found_at_a_character(raw: bytes, at: int) -> Any:
        found = search(raw, at)
        while found is not None and found.start() < len(raw) and raw[found.start()] & 0xC0 == 0x80:
            found = search(raw, found.start() + 1)
        return found

    return found_at_a_character


def matches(pattern: Any, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    raw = _Subject(text).raw
    return _searcher(pattern, raw)(raw, 0) is not None


def find(pattern: Any, text: str) -> str:
    """Return the first match, empty when there is none."""
    subject = _Subject(text)
    found = _searcher(pattern, subject.raw)(subject.raw, 0)
    return go_string(subject.cut(*found.span())) if found else ""


def _width(raw: bytes, at: int) -> int:
    if at >= len(raw):
        return 0
    lead = raw[at]
    size = 1 if lead < 0xC2 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        raw[at : at + size].decode()
    except UnicodeDecodeError:
        return 1
    return size


def _all_spans(pattern: Any, raw: bytes, limit: int) -> Iterator[tuple[int, int]]:
    at, previous, count = 0, -1, 0
    search = _searcher(pattern, raw)
    while at <= len(raw) and (limit < 0 or count < limit):
        found = search(raw, at)
        if found is None:
            return
        start, end = found.span()
        accept = True
        if end == at:
            accept = start != previous
            at += _width(raw, at) or 1
        else:
            at = end
        previous = end
        if accept:
            count += 1
            yield start, end


def find_all(pattern: Any, text: str, limit: int) -> list[str]:
    """Return the matches, at most ``limit`` of them if that is not negative."""
    subject = _Subject(text)
    return [go_string(subject.cut(start, end)) for start, end in _all_spans(pattern, subject.raw, limit)]


def split(pattern: Any, expression: str, text: str, limit: int) -> list[str] | None:
    """Cut the text at the matches into at most ``limit`` pieces if that is not negative; None for a limit of 0."""
    if limit == 0:
        return None
    if expression and not text:
        return [""]
    subject = _Subject(text)
    raw = subject.raw
    pieces: list[bytes] = []
    begin = end = 0
    for start, stop in _all_spans(pattern, raw, limit):
        if limit > 0 and len(pieces) == limit - 1:
            break
        end = start
        if stop != 0:
            pieces.append(subject.cut(begin, end))
        begin = stop
    if end != len(raw):
        pieces.append(subject.cut(begin))
    return [go_string(piece) for piece in pieces]


def replace_all(pattern: Any, text: str, template: str) -> str:
    """Replace every match by the template, in which ``$1``, ``${name}`` and ``$$`` have Go's meaning."""
    if "$" not in template:
        return replace_all_literal(pattern, text, template)
    parts = _template(go_bytes(template))
    names = pattern.groupindex

    def expand(found: Any, subject: _Subject) -> bytes:
        return b"".join(part if isinstance(part, bytes) else _group(found, part[0], names, subject) for part in parts)

    return _replace(pattern, text, expand)


def replace_all_literal(pattern: Any, text: str, replacement: str) -> str:
    """Replace every match by the text as it stands."""
    raw = go_bytes(replacement)
    return _replace(pattern, text, lambda _found, _subject: raw)


def _replace(pattern: Any, text: str, expand: Callable[[Any, _Subject], bytes]) -> str:
    subject = _Subject(text)
    raw = subject.raw
    search = _searcher(pattern, raw)
    out: list[bytes] = []
    last = at = 0
    while at <= len(raw):
        found = search(raw, at)
        if found is None:
            break
        start, end = found.span()
        out.append(subject.cut(last, start))
        if end > last or start == 0:
            out.append(expand(found, subject))
        last = end
        width = _width(raw, at)
        at = at + width if at + width > end else max(end, at + 1)
    out.append(subject.cut(last))
    return go_string(b"".join(out))


def _group(found: Any, name: bytes, names: dict[bytes, int], subject: _Subject) -> bytes:
    number: int | None
    if name.isdigit() and not (len(name) > 1 and name[:1] == b"0") and len(name) < 10:
        number = int(name) if int(name) <= found.re.groups else None
    else:
        number = names.get(name)
    if number is None or found.group(number) is None:
        return b""
    return subject.cut(*found.span(number))


@lru_cache(maxsize=256)
def _template(raw: bytes) -> tuple[bytes | tuple[bytes], ...]:
    """Cut a template into literal bytes and names of groups (Regexp.expand)."""
    parts: list[bytes | tuple[bytes]] = []
    while True:
        before, dollar, rest = raw.partition(b"$")
        parts.append(before)
        if not dollar:
            return tuple(parts)
        if rest.startswith(b"$"):
            parts.append(b"$")
            raw = rest[1:]
            continue
        brace = rest.startswith(b"{")
        name = go_bytes("".join(takewhile(is_word, go_string(rest[brace:]))))
        end = brace + len(name)
        if not name or (brace and rest[end : end + 1] != b"}"):
            parts.append(b"$")
            raw = rest
            continue
        parts.append((name,))
        raw = rest[end + brace :]


def quote_meta(text: str) -> str:
    """Escape everything that has a meaning in a pattern."""
    return _META.sub(lambda found: "\\" + found[0], text)
