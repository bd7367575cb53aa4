"""Source text to tokens, as text/template's scanner does: kinds, trimming, and its complaints.

Tokens are tuples (kind, text, pos, line). Inside actions white space is a token, since it separates operands.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

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
_SPACED = frozenset(_SPACES)
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<name>[.$](?:[^\W\d]\w*)?)"
    r"|(?P<declare>:=)|(?P<punct>[=|(),])"
)
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bB][01_]*(?:\.[01_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_TERMINATORS = " \t\r\n.,|:)("


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

        return f"{quote(self.text[:10])}..." if len(self.text) > 10 else quote(self.text)


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
                tokens.append(Token(TEXT, kept, start, self.line))
            self.line += text.count("\n")
            inside = found + (4 if trims else 2)
            if source.startswith("/*", inside):
                if not self._comment(inside):
                    return tokens
                continue
            tokens.append(Token(LEFT, "{{", found, self.line))
            self.line += trims and source[found + 3] == "\n"
            self.at = inside
            self.depth = 0
            if not self._action():
                return tokens

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
        source, tokens = self.source, self.tokens
        length = len(source)
        while True:
            at = self.at
            char = source[at : at + 1]
            trims = char in _SPACED and source.startswith("-}}", at + 1)
            if trims or (char == "}" and source.startswith("}}", at)):
                if self.depth:
                    return self._fail("unclosed left paren", at)
                close = at + (4 if trims else 2)
                if trims:
                    self.line += source.count("\n", at, at + 1)
                tokens.append(Token(RIGHT, "}}", at + (2 if trims else 0), self.line))
                self._leave(close, trims)
                return True
            if at >= length:
                return self._fail("unclosed action", at)
            found = _TOKEN.match(source, at)
            if found is not None and not (found.lastgroup == "name" and self._is_number(at)):
                if not self._simple(found):
                    return False
                continue
            if not self._literal(at):
                return False

    def _is_number(self, at: int) -> bool:
        """Whether a dot begins a number: ``.5``."""
        return self.source[at] == "." and self.source[at + 1 : at + 2].isdecimal()

    def _simple(self, found: re.Match[str]) -> bool:
        source, tokens, at, group = self.source, self.tokens, found.start(), found.lastgroup
        text = found.group()
        self.at = found.end()
        if group == "space":
            # the space before "-}}" belongs to the delimiter
            if source.startswith("-}}", self.at):
                self.at -= 1
                text = text[:-1]
            if text:
                tokens.append(Token(SPACE, text, at, self.line))
                self.line += text.count("\n")
            return True
        if group == "word":
            if not self._terminated():
                return self._fail(f"bad character {_unicode(source[self.at])}")
            kind = text if text in KEYWORDS else BOOL if text in ("true", "false") else IDENTIFIER
            tokens.append(Token(kind, text, at, self.line))
            return True
        if group == "name":
            if len(text) == 1:
                kind = DOT if text == "." else VARIABLE
                if text == "." and not self._terminated():
                    return self._fail(f"bad character {_unicode(source[self.at])}")
                tokens.append(Token(kind, text, at, self.line))
                return True
            if not self._terminated():
                return self._fail(f"bad character {_unicode(source[self.at])}")
            tokens.append(Token(FIELD if text[0] == "." else VARIABLE, text, at, self.line))
            return True
        if text == "(":
            self.depth += 1
        elif text == ")":
            self.depth -= 1
            if self.depth < 0:
                return self._fail("unexpected right paren", at)
        tokens.append(Token(OTHER if text == "," else text, text, at, self.line))
        return True

    def _terminated(self) -> bool:
        """Whether an identifier, field or variable ends properly here."""
        rest = self.source[self.at : self.at + 2]
        return not rest or rest[0] in _TERMINATORS or rest == "}}" or rest[0] == "}"

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
        if follows and (follows.isalnum() or follows == "_"):
            from pxhelm.golang.strconv import quote

            return self._fail(f"bad number syntax: {quote(self.source[at : end + 1])}", at)
        kind = NUMBER
        if follows in ("+", "-") and follows:
            second = _NUMBER.match(self.source, end)
            close = second.end() if second else end
            after = self.source[close : close + 1]
            if after and (after.isalnum() or after == "_"):
                close += 1
            if after.isalnum() or after == "_" or self.source[close - 1] != "i":
                from pxhelm.golang.strconv import quote

                return self._fail(f"bad number syntax: {quote(self.source[at:close])}", at)
            kind, end = COMPLEX, close
        self.tokens.append(Token(kind, self.source[at:end], at, self.line))
        self.at = end
        return True


def _unicode(char: str) -> str:
    from pxhelm.golang.fmt import sprintf

    return sprintf("%#U", [ord(char)])
