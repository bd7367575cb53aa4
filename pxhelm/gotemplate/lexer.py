"""Source text to tokens, as text/template's scanner does: kinds, trimming, and its complaints.

Tokens are tuples (kind, text, pos, line). Inside actions white space is a token, since it separates operands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from pxhelm.golang.unicode import is_word

EOF: Final = "eof"
ERROR: Final = "error"
TEXT: Final = "text"
LEFT: Final = "{{"
RIGHT: Final = "}}"
SPACE: Final = "space"
IDENTIFIER: Final = "identifier"
FIELD: Final = "field"
VARIABLE: Final = "variable"
NUMBER: Final = "number"
CHAR: Final = "char"
COMPLEX: Final = "complex"
STRING: Final = "string"
RAW: Final = "raw"
BOOL: Final = "bool"
DOT: Final = "dot"
PIPE: Final = "|"
DECLARE: Final = ":="
ASSIGN: Final = "="
OPEN: Final = "("
CLOSE: Final = ")"
OTHER: Final = "char-constant"

KEYWORDS: Final = frozenset(
    ("block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with")
)

_SPACES = " \t\r\n"
_KINDS = (ERROR, RIGHT, SPACE, IDENTIFIER, FIELD, VARIABLE, STRING, NUMBER, DOT, OTHER)
"""What the groups of ``_TOKEN`` are, from 1."""
_TRIMMED = r"[ \t\r\n]-\}\}"
_NAME = r"[A-Za-z_][0-9A-Za-z_]*+"
_ENDS = r"(?=[ \t\r\n.,|:)(]|\}\}|\Z)"
_TOKEN = re.compile(
    rf"({_TRIMMED}|\}}\}})"
    rf"|([ \t\r\n]+(?={_TRIMMED})|[ \t\r\n]++)"
    rf"|({_NAME}{_ENDS})"
    rf"|(\.{_NAME}{_ENDS})"
    rf"|(\$[0-9A-Za-z_]*+{_ENDS})"
    r'|("(?:[^"\\\n]|\\[^\n])*+")'
    r"|(-?[0-9]++(?![\w.+-]))"
    rf"|(\.(?!\Z){_ENDS})"
    r"|(:=|[=|(),])"
)
"""The common tokens, each a group; what does not match is rare or wrong."""
_TERMINATOR = re.compile(_ENDS)
_WORDS: Final = {**{word: word for word in KEYWORDS}, "true": BOOL, "false": BOOL}
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bB][01_]*(?:\.[01_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)


class Token(NamedTuple):
    """A piece of an action or the text between actions."""

    kind: str
    text: str
    pos: int
    line: int

    def __str__(self) -> str:
        if self.kind == EOF:
            return "EOF"
        if self.kind == ERROR:
            return self.text
        if self.kind in KEYWORDS or self.kind == DOT:
            return f"<{self.text}>"
        from pxhelm.golang.strconv import quote
        from pxhelm.golang.value import go_bytes

        long = len(go_bytes(self.text)) > 10  # bytes, of which ten characters are shown
        return f"{quote(self.text[:10])}..." if long else quote(self.text)


_token: Callable[[tuple[str, str, int, int]], Token] = partial(tuple.__new__, Token)
"""Makes a token in a third of the time that its constructor takes."""


_ACTIONS: dict[str, tuple[tuple[str, str, int, int], ...]] = {}
"""Tokens of actions by their text, places counted from its beginning: a chart writes ``{{- end }}`` hundreds of times."""
_SHORT, _MOST = 200, 4096
"""Characters of an action whose tokens are kept, and how many actions are."""


def forget() -> None:
    """Forget the tokens of actions seen so far."""
    _ACTIONS.clear()


class Lexer:
    """Yields the tokens of one source text; the last is EOF or ERROR."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.line = 1
        self.depth = 0
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        """Return all tokens."""
        source, tokens = self.source, self.tokens
        while True:
            start = self.at
            found = source.find("{{", start)
            if found < 0:
                if start < len(source):
                    tokens.append(Token(TEXT, source[start:], start, self.line))
                    self.line += source.count("\n", start)
                tokens.append(Token(EOF, "", len(source), self.line))
                return tokens
            trims = source.startswith("-", found + 2) and source[found + 3 : found + 4] in tuple(_SPACES)
            text = source[start:found]
            kept = text.rstrip(_SPACES) if trims else text
            if kept:
                tokens.append(_token((TEXT, kept, start, self.line)))
            self.line += text.count("\n")
            inside = found + (4 if trims else 2)
            broken = trims and source[found + 3] == "\n"
            if source.startswith("/*", inside):
                self.line += broken
                if not self._comment(inside):
                    return tokens
                continue
            tokens.append(_token((LEFT, "{{", found, self.line)))
            self.line += broken
            end = source.find("}}", inside) + 2
            text = source[inside:end] if end - inside < _SHORT else ""
            known = _ACTIONS.get(text)
            if known is not None:
                line = self.line
                tokens += [_token((kind, word, inside + offset, line + below)) for kind, word, offset, below in known]
                self.line = tokens[-1].line
                self._leave(end, trims=text.endswith("-}}") and text[-4:-3] in tuple(_SPACES))
                continue
            self.at = inside
            self.depth = 0
            first, line = len(tokens), self.line
            if not self._action():
                return tokens
            if text and tokens[-1].pos == end - 2:
                self._remember(text, tokens[first:], inside, line)

    @staticmethod
    def _remember(text: str, tokens: list[Token], pos: int, line: int) -> None:
        if len(_ACTIONS) >= _MOST:
            _ACTIONS.clear()
        _ACTIONS[text] = tuple((kind, word, at - pos, below - line) for kind, word, at, below in tokens)

    def _fail(self, message: str, pos: int | None = None) -> bool:
        self.tokens.append(Token(ERROR, message, self.at if pos is None else pos, self.line))
        return False

    def _comment(self, at: int) -> bool:
        source = self.source
        end = source.find("*/", at + 2)
        if end < 0:
            return self._fail("unclosed comment", at)
        lines = source.count("\n", at, end)
        close = end + 2
        trims = source[close : close + 1] in tuple(_SPACES) and source.startswith("-}}", close + 1)
        if trims:
            lines += source[close] == "\n"
            close += 2
        elif not source.startswith("}}", close):
            return self._fail("comment ends before closing delimiter", at)
        self.line += lines
        close += 2
        self._leave(close, trims)
        return True

    def _leave(self, close: int, trims: bool) -> None:
        """Go on behind a right delimiter."""
        source = self.source
        if trims:
            after = close
            while after < len(source) and source[after] in _SPACES:
                after += 1
            self.line += source.count("\n", close, after)
            close = after
        self.at = close

    def _action(self) -> bool:
        """Scan the inside of an action up to and with its right delimiter."""
        source, append, match, token = self.source, self.tokens.append, _TOKEN.match, _token
        at, line = self.at, self.line
        while True:
            found = match(source, at)
            if found is None:
                self.at, self.line = at, line
                if not self._rare(at):
                    return False
                at, line = self.at, self.line
                continue
            kind = _KINDS[found.lastindex or 0]
            text = found[0]
            if kind is IDENTIFIER:
                kind = _WORDS.get(text, IDENTIFIER)
            elif kind is OTHER:
                if text != ",":
                    kind = text
                    if text in "()" and not self._nest(text, at, line):
                        return False
            elif kind is RIGHT:
                self.line = line
                return self._close(at, trims=text != "}}")
            append(token((kind, text, at, line)))
            at += len(text)
            if kind is SPACE and "\n" in text:
                line += text.count("\n")

    def _nest(self, paren: str, at: int, line: int) -> bool:
        self.depth += 1 if paren == "(" else -1
        self.line = line
        return self.depth >= 0 or self._fail("unexpected right paren", at)

    def _close(self, at: int, *, trims: bool) -> bool:
        if self.depth:
            return self._fail("unclosed left paren", at)
        if trims:
            self.line += self.source[at] == "\n"
        self.tokens.append(_token((RIGHT, "}}", at + (2 if trims else 0), self.line)))
        self._leave(at + (4 if trims else 2), trims)
        return True

    def _rare(self, at: int) -> bool:
        """Scan what is no common token: names and literals of rarer forms, and all that is wrong."""
        source = self.source
        if at >= len(source):
            return self._fail("unclosed action", at)
        char = source[at]
        signed = char == "$" or (char == "." and not self._is_number(at))
        if signed or (is_word(char) and not "0" <= char <= "9"):
            return self._name(at, signed)
        return self._literal(at)

    def _name(self, at: int, signed: bool) -> bool:
        """Scan a name with letters or digits of other scripts than ours, or one with a wrong end."""
        source = self.source
        end = at + signed
        while end < len(source) and is_word(source[end]):
            end += 1
        if not _TERMINATOR.match(source, end):
            self.at = end
            return self._fail(f"bad character {_unicode(source[end])}")
        self.tokens.append(
            Token({"$": VARIABLE, ".": FIELD}.get(source[at], IDENTIFIER), source[at:end], at, self.line)
        )
        self.at = end
        return True

    def _is_number(self, at: int) -> bool:
        """Whether a dot begins a number: ``.5``, and for Go also the dot that ends the text."""
        after = self.source[at + 1 : at + 2]
        return self.source[at] == "." and (not after or "0" <= after <= "9")

    def _literal(self, at: int) -> bool:
        char = self.source[at]
        if char == '"':
            return self._quoted(at, '"', STRING, "unterminated quoted string")
        if char == "`":
            return self._raw(at)
        if char == "'":
            return self._quoted(at, "'", CHAR, "unterminated character constant")
        if char == ":":
            return self._fail("expected :=", at)
        if char in "+-." or "0" <= char <= "9":
            return self._number(at)
        if char.isprintable() and char.isascii():
            self.tokens.append(Token(OTHER, char, at, self.line))
            self.at = at + 1
            return True
        return self._fail(f"unrecognized character in action: {_unicode(char)}", at)

    def _quoted(self, at: int, mark: str, kind: str, complaint: str) -> bool:
        source = self.source
        end = at + 1
        while True:
            if end >= len(source) or source[end] == "\n":
                return self._fail(complaint, at)
            if source[end] == "\\":
                end += 1
                if end >= len(source) or source[end] == "\n":
                    return self._fail(complaint, at)
            elif source[end] == mark:
                break
            end += 1
        self.tokens.append(Token(kind, source[at : end + 1], at, self.line))
        self.at = end + 1
        return True

    def _raw(self, at: int) -> bool:
        end = self.source.find("`", at + 1)
        if end < 0:
            return self._fail("unterminated raw quoted string", at)
        text = self.source[at : end + 1]
        self.tokens.append(Token(RAW, text, at, self.line))
        self.line += text.count("\n")
        self.at = end + 1
        return True

    def _number(self, at: int) -> bool:
        found = _NUMBER.match(self.source, at)
        end = found.end() if found else at
        follows = self.source[end : end + 1]
        if follows and is_word(follows):
            from pxhelm.golang.strconv import quote

            return self._fail(f"bad number syntax: {quote(self.source[at : end + 1])}", at)
        kind = NUMBER
        if follows in ("+", "-") and follows:
            second = _NUMBER.match(self.source, end)
            close = second.end() if second else end
            after = self.source[close : close + 1]
            wrong = bool(after) and is_word(after)
            close += wrong
            if wrong or self.source[close - 1] != "i":
                from pxhelm.golang.strconv import quote

                return self._fail(f"bad number syntax: {quote(self.source[at:close])}", at)
            kind, end = COMPLEX, close
        self.tokens.append(Token(kind, self.source[at:end], at, self.line))
        self.at = end
        return True


def _unicode(char: str) -> str:
    from pxhelm.golang.fmt import sprintf

    return sprintf("%#U", [ord(char)])
