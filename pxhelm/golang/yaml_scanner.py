"""YAML cut into tokens as goyaml v2 does (scannerc.go): which libyaml's C no longer does in every corner.

Only where text may be wrong or odd is it asked: it is slow. Scalars, anchors and tags are ``yaml_words``'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pxhelm.golang.value import go_bytes, go_string, runes
from pxhelm.golang.yaml_nodes import YamlError

END: Final = "\0"
"""What is read behind the end; no YAML holds it."""
BREAKS: Final = "\r\n\x85\u2028\u2029"
BLANKS: Final = " \t"
_AHEAD: Final = 16
_MOST_LEVELS: Final = 10000
_LONGEST_KEY: Final = 1024


class Mark(NamedTuple):
    """A place: character, line and column, all from 0."""

    at: int
    line: int
    column: int


class Token(NamedTuple):
    """A token; ``value`` and ``suffix`` are a scalar's text, an anchor's name, the two parts of a tag or directive."""

    kind: str
    start: Mark
    end: Mark
    value: str = ""
    suffix: str = ""
    plain: bool = False


@dataclass(slots=True)
class _SimpleKey:
    possible: bool
    required: bool
    number: int
    mark: Mark


def failure(problem: str, at: Mark, context: Mark | None, *, scanning: bool) -> YamlError:
    """Word an error as goyaml's ``parser.fail`` does, with its way of counting lines."""
    line = at.line + scanning if at.line else context.line if context else 0
    return YamlError(f"yaml: line {line}: {problem}" if line else f"yaml: {problem}", line)


_CONTROL: Final = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHUNK: Final = 512
_LOOKED_AHEAD: Final = 4


def _unreadable_from(text: str) -> tuple[int, str]:
    """Return how far goyaml reads, in pieces of some bytes, before it meets what YAML may not hold, and its complaint."""
    found = _CONTROL.search(text)
    if found is None:
        return len(text) + _AHEAD, ""
    raw = go_bytes(text)
    bad = len(go_bytes(text[: found.start()]))
    return len(raw[: bad // _CHUNK * _CHUNK].decode("utf-8", "replace")), _unreadable(raw[bad : bad + 4])


def _unreadable(raw: bytes) -> str:
    """Return what is wrong with the character that begins here (readerc.go)."""
    width = next((width for width, mask, lead in _LEADS if raw[0] & mask == lead), 0)
    if not width:
        return "invalid leading UTF-8 octet"
    if width > len(raw):
        return "incomplete UTF-8 octet sequence"
    if any(octet & 0xC0 != 0x80 for octet in raw[1:width]):
        return "invalid trailing UTF-8 octet"
    if width > 1 and raw[:2] < _SHORTEST[width]:
        return "invalid length of a UTF-8 sequence"
    return "invalid Unicode character" if width > 1 and runes(go_string(raw[:width]))[0] == "\ufffd" else _CONTROLS


_LEADS = ((1, 0x80, 0), (2, 0xE0, 0xC0), (3, 0xF0, 0xE0), (4, 0xF8, 0xF0))
_SHORTEST = {2: b"\xc2\x80", 3: b"\xe0\xa0", 4: b"\xf0\x90"}
_CONTROLS: Final = "control characters are not allowed"


class Scanner:
    """The tokens of one text, fetched as they are asked for: how far it has read shows in errors."""

    def __init__(self, text: str, words: Mapping[str, Callable[[Scanner], Token]]) -> None:
        self.text = text + END * _AHEAD
        self.pos = self.line = self.column = 0
        self.flow = 0
        """How many flow collections are open."""
        self.indent = -1
        self.key_allowed = True
        """Whether a key without a question mark may begin here."""
        self._words = words
        self._unreadable, self._complaint = _unreadable_from(text)
        self._tokens = [Token("stream start", self.mark, self.mark)]
        self._parsed = 0
        self._indents: list[int] = []
        self._keys = [_SimpleKey(False, False, 0, self.mark)]
        self._keys_by_token: dict[int, int] = {}

    # tokens

    def peek(self) -> Token:
        """Return the next token."""
        try:
            while self._needs_more():
                self._refuse_control(_LOOKED_AHEAD)
                self._fetch()
                self._refuse_control(0)
        except YamlError:
            self._refuse_control(0)
            raise
        return self._tokens[0]

    def _refuse_control(self, ahead: int) -> None:
        if self.pos + ahead > self._unreadable:
            raise YamlError(f"yaml: {self._complaint}")

    def skip_token(self) -> None:
        """Take the next token away."""
        self._parsed += 1
        del self._tokens[0]

    def _needs_more(self) -> bool:
        if not self._tokens:
            return True
        at = self._keys_by_token.get(self._parsed)
        return at is not None and self._valid(self._keys[at])

    def _insert(self, token: Token, number: int = -1) -> None:
        if number < 0:
            self._tokens.append(token)
        else:
            self._tokens.insert(number, token)

    # characters

    @property
    def mark(self) -> Mark:
        """Where the scanner stands."""
        return Mark(self.pos, self.line, self.column)

    @property
    def char(self) -> str:
        """The next character."""
        return self.text[self.pos]

    def after(self, count: int) -> str:
        """Return a character further on."""
        return self.text[self.pos + count]

    def skip(self, count: int = 1) -> None:
        """Go on by characters of this line."""
        self.pos += count
        self.column += count

    def skip_while(self, wanted: str) -> None:
        """Go on over some characters of this line."""
        while self.char in wanted:
            self.skip()

    def skip_comment(self) -> None:
        """Go on to the end of the line if a comment stands here."""
        if self.char == "#":
            while not self.at_break_or_end():
                self.skip()

    def read_break(self) -> str:
        """Take a line break, and return it as a scalar holds it; nothing where there is none."""
        char = self.char
        if char not in BREAKS:
            return ""
        self.pos += 2 if char == "\r" and self.after(1) == "\n" else 1
        self.column = 0
        self.line += 1
        return char if char in "\u2028\u2029" else "\n"

    def at_break_or_end(self, ahead: int = 0) -> bool:
        """Whether the line ends here."""
        return self.after(ahead) in BREAKS or self.after(ahead) == END

    def at_blank_or_end(self, ahead: int = 0) -> bool:
        """Whether white space or an end stands here."""
        return self.after(ahead) in BLANKS or self.at_break_or_end(ahead)

    def at_document_mark(self) -> bool:
        """Whether the line is one that begins or ends a document."""
        return (
            self.column == 0 and self.text[self.pos : self.pos + 3] in ("---", "...") and self.at_blank_or_end(ahead=3)
        )

    def error(self, problem: str, context: Mark | None = None) -> YamlError:
        """Return an error at the place where the scanner stands."""
        return failure(problem, self.mark, context, scanning=True)

    # keys without a question mark

    def _valid(self, key: _SimpleKey) -> bool:
        if not key.possible:
            return False
        if key.mark.line < self.line or key.mark.at + _LONGEST_KEY < self.pos:
            if key.required:
                raise self.error("could not find expected ':'", key.mark)
            key.possible = False
            return False
        return True

    def _save_key(self) -> None:
        if self.key_allowed:
            required = self.flow == 0 and self.indent == self.column
            key = _SimpleKey(True, required, self._parsed + len(self._tokens), self.mark)
            self._remove_key()
            self._keys[-1] = key
            self._keys_by_token[key.number] = len(self._keys) - 1

    def _remove_key(self) -> None:
        key = self._keys[-1]
        if key.possible:
            if key.required:
                raise self.error("could not find expected ':'", key.mark)
            key.possible = False
            self._keys_by_token.pop(key.number, None)

    # indentation

    def _roll(self, column: int, kind: str, mark: Mark, number: int = -1) -> None:
        if self.flow or self.indent >= column:
            return
        self._indents.append(self.indent)
        self.indent = column
        if len(self._indents) > _MOST_LEVELS:
            raise self.error(f"exceeded max depth of {_MOST_LEVELS}", self._keys[-1].mark)
        self._insert(Token(kind, mark, mark), number - self._parsed if number >= 0 else -1)

    def _unroll(self, column: int) -> None:
        while not self.flow and self.indent > column:
            self._insert(Token("block end", self.mark, self.mark))
            self.indent = self._indents.pop()

    # fetching

    def _fetch(self) -> None:
        self._to_next_token()
        self._unroll(self.column)
        char = self.char
        if char == END:
            self._stream_end()
        elif self.column == 0 and char == "%":
            self._unroll(-1)
            self._remove_key()
            self.key_allowed = False
            self._insert(self._words["%"](self))
        elif self.at_document_mark():
            self._unroll(-1)
            self._remove_key()
            self.key_allowed = False
            self._take("document start" if char == "-" else "document end", 3)
        elif char in "[{":
            self._flow_start(char)
        elif char in "]}":
            self._flow_end(char)
        elif char == ",":
            self._remove_key()
            self.key_allowed = True
            self._take(",")
        elif char == "-" and self.at_blank_or_end(ahead=1):
            self._block_entry()
        elif char == "?" and (self.flow or self.at_blank_or_end(ahead=1)):
            self._key()
        elif char == ":" and (self.flow or self.at_blank_or_end(ahead=1)):
            self._value()
        else:
            self._word(char)

    def _take(self, kind: str, count: int = 1) -> None:
        start = self.mark
        self.skip(count)
        self._insert(Token(kind, start, self.mark))

    def _to_next_token(self) -> None:
        while True:
            if self.column == 0 and self.text[0] == "\ufeff":  # goyaml looks for the mark where its buffer begins
                self.skip()
            self.skip_while(BLANKS if self.flow or not self.key_allowed else " ")
            self.skip_comment()
            if not self.read_break():
                return
            if not self.flow:
                self.key_allowed = True

    def _stream_end(self) -> None:
        if self.column:
            self.column = 0
            self.line += 1
        self._unroll(-1)
        self._remove_key()
        self.key_allowed = False
        self._insert(Token("stream end", self.mark, self.mark))

    def _flow_start(self, char: str) -> None:
        self._save_key()
        self._keys.append(_SimpleKey(False, False, self._parsed + len(self._tokens), self.mark))
        self.flow += 1
        if self.flow > _MOST_LEVELS:
            raise self.error(f"exceeded max depth of {_MOST_LEVELS}", self._keys[-1].mark)
        self.key_allowed = True
        self._take(char)

    def _flow_end(self, char: str) -> None:
        self._remove_key()
        if self.flow:
            self.flow -= 1
            self._keys_by_token.pop(self._keys.pop().number, None)
        self.key_allowed = False
        self._take(char)

    def _block_entry(self) -> None:
        if not self.flow:
            if not self.key_allowed:
                raise self.error("block sequence entries are not allowed in this context", self.mark)
            self._roll(self.column, "sequence start", self.mark)
        self._remove_key()
        self.key_allowed = True
        self._take("-")

    def _key(self) -> None:
        if not self.flow:
            if not self.key_allowed:
                raise self.error("mapping keys are not allowed in this context", self.mark)
            self._roll(self.column, "mapping start", self.mark)
        self._remove_key()
        self.key_allowed = not self.flow
        self._take("?")

    def _value(self) -> None:
        key = self._keys[-1]
        if self._valid(key):
            self._insert(Token("?", key.mark, key.mark), key.number - self._parsed)
            self._roll(key.mark.column, "mapping start", key.mark, key.number)
            key.possible = False
            self._keys_by_token.pop(key.number, None)
            self.key_allowed = False
        else:
            if not self.flow:
                if not self.key_allowed:
                    raise self.error("mapping values are not allowed in this context", self.mark)
                self._roll(self.column, "mapping start", self.mark)
            self.key_allowed = not self.flow
        self._take(":")

    def _word(self, char: str) -> None:
        """Fetch an anchor, an alias, a tag or a scalar."""
        if char in "|>" and not self.flow:
            self._remove_key()
            self.key_allowed = True
            self._insert(self._words[char](self))
            return
        name = char if char in "*&!'\"" else "plain"
        if name == "plain" and not self._begins_plain(char):
            raise self.error("found character that cannot start any token", self.mark)
        self._save_key()
        self.key_allowed = False
        self._insert(self._words[name](self))

    def _begins_plain(self, char: str) -> bool:
        if not (self.at_blank_or_end() or char in "-?:,[]{}#&*!|>'\"%@`"):
            return True
        if char == "-":
            return self.after(1) not in BLANKS
        return not self.flow and char in "?:" and not self.at_blank_or_end(ahead=1)
