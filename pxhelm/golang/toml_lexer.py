"""TOML cut into items as BurntSushi/toml v1.6.0 does (lex.go): the machine, and its states for strings and numbers.

Only cuts: keys and tables are ``toml_structure``'s, what items mean is ``toml_decode``'s. A state emits items and
returns the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from pxhelm.golang.fmt_numbers import PLAIN, quoted_rune
from pxhelm.golang.strconv import quote
from pxhelm.golang.text import GoPanicError
from pxhelm.golang.value import go_bytes, go_string

EOF = "\0"
"""What is read at the end; no TOML holds it."""
_BROKEN = "\ufffd"
BLANK: Final = ("\t", " ")
NEWLINE: Final = ("\n", "\r")
DIGITS: Final = "0123456789"
_HEX = "0123456789abcdefABCDEF"

State = Callable[["Lexer"], "State | None"]


class Item(NamedTuple):
    """A piece of the text: a kind such as ``key start``, ``string``, ``array``; an error is one, too."""

    kind: str
    text: str
    line: int


class Lexer:
    """Reads one text; characters are Go's runes, a byte that is not UTF-8 is one alone."""

    def __init__(self, text: str, state: State) -> None:
        self.input = go_string(go_bytes(text))
        self.state: State | None = state
        self.start = self.pos = 0
        """Where the present item begins, and what is read next."""
        self.line = 1
        self.escaped = False
        """Whether the present string holds an escape."""
        self.at_end = False
        self.items: deque[Item] = deque()
        self.stack: list[State] = []
        """What to do after the present value."""

    def item(self) -> Item:
        """Return the next item."""
        while not self.items:
            assert self.state is not None
            self.state = self.state(self)
        return self.items.popleft()

    # what states use

    @property
    def current(self) -> str:
        """The text of the item that is being read."""
        return self.input[self.start : self.pos]

    @property
    def failed(self) -> bool:
        """Whether the last item is an error: what follows is never read."""
        return bool(self.items) and self.items[-1].kind == "error"

    def emit(self, kind: str) -> None:
        """End the present item."""
        self.items.append(Item(kind, self.current, self.line))
        self.start = self.pos

    def next(self) -> str:
        """Read a character; an error is emitted for what TOML may not hold."""
        if self.at_end:
            raise GoPanicError("BUG in lexer: next called after EOF")
        if self.pos >= len(self.input):
            self.at_end = True
            return EOF
        char = self.input[self.pos]
        if char == "\n":
            self.line += 1
        if "\udc80" <= char <= "\udcff":
            self.error(f"invalid UTF-8 byte: 0x{ord(char) - 0xDC00:02x}")
            return _BROKEN
        alone = char == "\r" and self.input[self.pos + 1 : self.pos + 2] != "\n"
        if alone or char == "\x7f" or (char < " " and char not in "\t\r\n"):
            self.items.append(
                Item("error", f"TOML files cannot contain control characters: '0x{ord(char):02x}'", self.line)
            )
            return _BROKEN
        self.pos += 1
        return char

    def backup(self) -> None:
        """Give the last character back."""
        if self.at_end:
            self.at_end = False
            return
        self.pos -= 1
        if self.input[self.pos : self.pos + 1] == "\n":
            self.line -= 1

    def accept(self, wanted: str) -> bool:
        """Read the next character if it is the wanted one, and tell."""
        if self.next() == wanted:
            return True
        self.backup()
        return False

    def peek(self) -> str:
        """Return the next character without reading it."""
        char = self.next()
        self.backup()
        return char

    def ignore(self) -> None:
        """Begin the next item here."""
        self.start = self.pos

    def skip_blanks(self) -> None:
        """Read on over blanks."""
        while self.next() in BLANK:
            pass
        self.backup()
        self.ignore()

    def error(self, message: str) -> None:
        """Emit an error of the lexer's own kinds; at the end it stands on the line before."""
        self.items.append(Item("error", message, self.line - self.at_end))

    def error_before(self, message: str) -> None:
        """Emit an error about the line that a newline just ended."""
        self.items.append(Item("error", message, self.line - 1))

    def errorf(self, message: str) -> None:
        """Emit an error; at the end it stands on the last line that is none but empty."""
        back = self.at_end and self.pos >= 1 and self.input[self.pos - 1] == "\n"
        self.items.append(Item("error", message, self.line - back))


def shown_rune(char: str) -> str:
    """Return a character as ``%q`` prints it."""
    return quoted_rune(ord(char), PLAIN)


def string(lx: Lexer) -> State | None:
    """Read a string after its quotation mark."""
    while True:
        char = lx.next()
        if char == EOF:
            lx.errorf("unexpected EOF; expected '\"'")
        elif char in NEWLINE:
            lx.error_before("strings cannot contain newlines")
        elif char == "\\":
            lx.stack.append(string)
            return _escape
        elif char == '"':
            lx.backup()
            lx.emit("escaped string" if lx.escaped else "string")
            lx.escaped = False
            return _closed(lx, 1)
        if lx.failed:
            return None


def raw_string(lx: Lexer) -> State | None:
    """Read a string without escapes after its quotation mark."""
    while True:
        char = lx.next()
        if char == EOF:
            lx.errorf('unexpected EOF; expected "\'"')
        elif char in NEWLINE:
            lx.error_before("strings cannot contain newlines")
        elif char == "'":
            lx.backup()
            lx.emit("string")
            return _closed(lx, 1)
        if lx.failed:
            return None


def _closed(lx: Lexer, marks: int) -> State | None:
    for _ in range(marks):
        lx.next()
    lx.ignore()
    return lx.stack.pop()


def long_string(lx: Lexer) -> State | None:
    """Read a string of several lines after its three quotation marks."""
    while True:
        char = lx.next()
        if char == EOF:
            lx.errorf('unexpected EOF; expected \'"""\'')
        elif char == "\\":
            if lx.next() not in NEWLINE:
                lx.backup()
                lx.stack.append(long_string)
                return _escape
        elif char == '"' and _three(lx, '"'):
            lx.escaped = False
            lx.emit("long string")
            return _closed(lx, 3)
        if lx.failed:
            return None


def long_raw_string(lx: Lexer) -> State | None:
    """Read a string of several lines without escapes after its three quotation marks."""
    while True:
        char = lx.next()
        if char == EOF:
            lx.errorf("unexpected EOF; expected \"'''\"")
        elif char == "'" and _three(lx, "'"):
            lx.emit("long raw string")
            return _closed(lx, 3)
        if lx.failed:
            return None


def _three(lx: Lexer, mark: str) -> bool:
    """Whether the mark just read is the first of the three that end a long string; two more may stand before them."""
    if not lx.accept(mark):
        return False
    if not lx.accept(mark):
        lx.backup()
        return False
    if lx.peek() == mark:
        five = mark * 5
        if lx.current.endswith(five) and not (mark == '"' and lx.current.endswith("\\" + five)):
            lx.errorf(f"unexpected {mark * 6!r}" if mark == '"' else f'unexpected "{mark * 6}"')
            return False
        lx.backup()
        lx.backup()
        return False
    for _ in range(3):
        lx.backup()
    return True


_LENGTHS = {"x": (2, "two"), "u": (4, "four"), "U": (8, "eight")}


def _escape(lx: Lexer) -> State | None:
    lx.escaped = True
    char = lx.next()
    if char in 'ebtnfr" \t\\':
        return lx.stack.pop()
    if char not in _LENGTHS:
        lx.error(f"invalid escape in string '\\{char}'")
        return None
    length, named = _LENGTHS[char]
    for _ in range(length):
        if lx.next() not in _HEX:
            lx.errorf(f"expected {named} hexadecimal digits after '\\{char}', but got {quote(lx.current)} instead")
            return None
    return lx.stack.pop()


def _run(lx: Lexer, wanted: str, kind: str) -> State | None:
    """Read on while characters are wanted ones, and end the item."""
    while lx.next() in wanted:
        pass
    lx.backup()
    lx.emit(kind)
    return lx.stack.pop()


def number(lx: Lexer) -> State | None:
    """Read an integer, float or date after its first digit."""
    while (char := lx.next()) in DIGITS:
        pass
    if char in "-:":
        return _date
    if char == "_":
        return _decimal
    if char in ".eE":
        return _float
    lx.backup()
    lx.emit("integer")
    return lx.stack.pop()


_BASES = {"b": ("01", "a binary"), "o": ("01234567", "an octal"), "x": (_HEX, "a hexadecimal")}


def number_zero(lx: Lexer) -> State | None:
    """Read an integer of any base, float or date after its first digit, a zero."""
    char = lx.next()
    if char in DIGITS:
        return number
    if char == "_":
        return _decimal
    if char in ".eE":
        return _float
    if char in _BASES:
        digits, named = _BASES[char]
        following = lx.peek()
        if following not in digits:
            lx.errorf(f"not {named} number: '{lx.current}{following}'")
            return None
        return _run(lx, digits + "_", "integer")
    lx.backup()
    lx.emit("integer")
    return lx.stack.pop()


def signed(lx: Lexer) -> State | None:
    """Read an integer or float after its sign."""
    char = lx.next()
    if char in "in":
        first, second = "nf" if char == "i" else "an"
        if not lx.accept(first) or not lx.accept(second):
            lx.errorf(f"invalid float: '{lx.current}'")
            return None
        lx.emit("float")
        return lx.stack.pop()
    if char == "0" and (base := lx.peek()) in _BASES:
        lx.errorf(f"cannot use sign with non-decimal numbers: '{lx.current}{base}'")
    elif char == ".":
        lx.errorf("floats must start with a digit, not '.'")
    elif char in DIGITS:
        return _decimal
    else:
        lx.errorf(f"expected a digit but got {shown_rune(char)}")
    return None


def _decimal(lx: Lexer) -> State | None:
    while (char := lx.next()) in DIGITS or char == "_":
        pass
    if char in ".eE":
        return _float
    lx.backup()
    lx.emit("integer")
    return lx.stack.pop()


def _float(lx: Lexer) -> State | None:
    return _run(lx, DIGITS + "_.-+eE", "float")


def _date(lx: Lexer) -> State | None:
    return _run(lx, DIGITS + "-:Tt .Zz+", "date")


def boolean(lx: Lexer) -> State | None:
    """Read a word, which must be true or false."""
    word = ""
    while (char := lx.next()).isalpha():
        word += char
    lx.backup()
    if word in ("true", "false"):
        lx.emit("bool")
        return lx.stack.pop()
    lx.errorf(f"expected value but found {quote(word)} instead")
    return None
