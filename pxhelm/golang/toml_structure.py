"""The states that cut TOML's tables, keys, arrays and values, as those of BurntSushi/toml v1.6.0 (lex.go)."""

from __future__ import annotations

from pxhelm.golang import toml_lexer as scalars
from pxhelm.golang.toml_lexer import BLANK, DIGITS, EOF, NEWLINE, Lexer, State, shown_rune

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def _or_end(char: str) -> str:
    return "end of file" if char == EOF else f"'{char}'"


def top(lx: Lexer) -> State | None:
    """Read what stands at the top level."""
    char = lx.next()
    if char in BLANK or char in NEWLINE:
        lx.ignore()
        return top
    if char == "#":
        return _comment(lx, top)
    if char == "[":
        return _table_start
    if char == EOF:
        lx.emit("end")
        return None
    lx.backup()
    lx.stack.append(_top_end)
    return _key_start


def _top_end(lx: Lexer) -> State | None:
    char = lx.next()
    if char == "#":
        return _comment(lx, top)
    if char in BLANK:
        return _top_end
    if char in NEWLINE:
        lx.ignore()
        return top
    if char == EOF:
        lx.emit("end")
        return None
    lx.errorf(f"expected a top-level item to end with a newline, comment, or EOF, but got {shown_rune(char)} instead")
    return None


def _table_start(lx: Lexer) -> State | None:
    if lx.peek() == "[":
        lx.next()
        lx.emit("array table start")
        lx.stack.append(_array_table_end)
    else:
        lx.emit("table start")
        lx.stack.append(_table_end)
    return _table_name_start


def _table_end(lx: Lexer) -> State | None:
    lx.emit("table end")
    return _top_end


def _array_table_end(lx: Lexer) -> State | None:
    char = lx.next()
    if char != "]":
        lx.errorf(f"expected end of table array name delimiter ']', but got {shown_rune(char)} instead")
        return None
    lx.emit("array table end")
    return _top_end


def _table_name_start(lx: Lexer) -> State | None:
    lx.skip_blanks()
    char = lx.peek()
    if char in ("]", EOF):
        lx.errorf("unexpected end of table name (table names cannot be empty)")
        return None
    if char == ".":
        lx.errorf("unexpected table separator (table names cannot be empty)")
        return None
    lx.stack.append(_table_name_end)
    return _quoted_name if char in ('"', "'") else _bare_name


def _table_name_end(lx: Lexer) -> State | None:
    lx.skip_blanks()
    char = lx.next()
    if char == ".":
        lx.ignore()
        return _table_name_start
    if char == "]":
        return lx.stack.pop()
    lx.errorf(f"expected '.' or ']' to end table name, but got {shown_rune(char)} instead")
    return None


def _bare_name(lx: Lexer) -> State | None:
    while lx.next() in _BARE:
        pass
    lx.backup()
    lx.emit("text")
    return lx.stack.pop()


def _quoted_name(lx: Lexer) -> State | None:
    char = lx.next()
    lx.ignore()
    return scalars.string if char == '"' else scalars.raw_string


def _key_start(lx: Lexer) -> State | None:
    lx.skip_blanks()
    char = lx.peek()
    if char in ("=", EOF):
        lx.errorf("unexpected '=': key name appears blank")
        return None
    if char == ".":
        lx.errorf("unexpected '.': keys cannot start with a '.'")
        return None
    lx.emit("key start")
    return _key_name_start


def _key_name_start(lx: Lexer) -> State | None:
    lx.skip_blanks()
    char = lx.peek()
    if char in ("=", EOF):
        lx.errorf("unexpected '='")
        return None
    if char == ".":
        lx.errorf("unexpected '.'")
        return None
    lx.stack.append(_key_end)
    return _quoted_name if char in ('"', "'") else _bare_name


def _key_end(lx: Lexer) -> State | None:
    lx.skip_blanks()
    char = lx.next()
    if char == EOF:
        lx.errorf("unexpected EOF; expected key separator '='")
        return None
    if char == ".":
        lx.ignore()
        return _key_name_start
    if char == "=":
        lx.emit("key end")
        lx.ignore()
        return _value
    tell = lx.error_before if char == "\n" else lx.errorf
    tell(f"expected '.' or '=', but got {shown_rune(char)} instead")
    return None


def _comment(lx: Lexer, after: State) -> State | None:
    lx.ignore()
    lx.emit("comment")
    while True:
        char = lx.next()
        if char in NEWLINE or char == EOF:
            break
        if lx.failed:
            return None
    lx.backup()
    lx.emit("text")
    return after


def _value(lx: Lexer) -> State | None:
    lx.skip_blanks()
    char = lx.next()
    if char in DIGITS:
        return scalars.number_zero if char == "0" else scalars.number
    if char in "[{":
        lx.ignore()
        lx.emit("array" if char == "[" else "inline table")
        return _array_value if char == "[" else _inline_value
    if char in "\"'":
        return _quoted_value(lx, char)
    if char == ".":
        lx.errorf("floats must start with a digit, not '.'")
        return None
    if char in "in" and ((lx.accept("n") and lx.accept("f")) or (lx.accept("a") and lx.accept("n"))):
        lx.emit("float")
        return lx.stack.pop()
    if char in "-+":
        return scalars.signed
    if char.isalpha():
        lx.backup()
        return scalars.boolean
    if char == EOF:
        lx.errorf("unexpected EOF; expected value")
        return None
    tell = lx.error_before if char == "\n" else lx.errorf
    tell(f"expected value but found {shown_rune(char)} instead")
    return None


def _quoted_value(lx: Lexer, mark: str) -> State | None:
    if lx.accept(mark):
        if lx.accept(mark):
            lx.ignore()
            return scalars.long_string if mark == '"' else scalars.long_raw_string
        lx.backup()
    lx.ignore()
    return scalars.string if mark == '"' else scalars.raw_string


def _array_value(lx: Lexer) -> State | None:
    char = lx.next()
    if char in BLANK or char in NEWLINE:
        lx.ignore()
        return _array_value
    if char == "#":
        return _comment(lx, _array_value)
    if char == ",":
        lx.errorf("unexpected comma")
        return None
    if char == "]":
        return _ended(lx, "array end")
    lx.backup()
    lx.stack.append(_array_value_end)
    return _value


def _array_value_end(lx: Lexer) -> State | None:
    char = lx.next()
    if char in BLANK or char in NEWLINE:
        lx.ignore()
        return _array_value_end
    if char == "#":
        return _comment(lx, _array_value_end)
    if char == ",":
        lx.ignore()
        return _array_value
    if char == "]":
        return _ended(lx, "array end")
    lx.errorf(f"expected a comma (',') or array terminator (']'), but got {_or_end(char)}")
    return None


def _ended(lx: Lexer, kind: str) -> State | None:
    lx.ignore()
    lx.emit(kind)
    return lx.stack.pop()


def _inline_value(lx: Lexer) -> State | None:
    char = lx.next()
    if char in BLANK or char in NEWLINE:
        lx.ignore()
        return _inline_value
    if char == "#":
        return _comment(lx, _inline_value)
    if char == ",":
        lx.errorf("unexpected comma")
        return None
    if char == "}":
        return _ended(lx, "inline table end")
    lx.backup()
    lx.stack.append(_inline_value_end)
    return _key_start


def _inline_value_end(lx: Lexer) -> State | None:
    char = lx.next()
    if char in BLANK or char in NEWLINE:
        lx.ignore()
        return _inline_value_end
    if char == "#":
        return _comment(lx, _inline_value_end)
    if char == ",":
        lx.ignore()
        lx.skip_blanks()
        return _inline_value_end if lx.peek() == "}" else _inline_value
    if char == "}":
        return _ended(lx, "inline table end")
    lx.errorf(f"expected a comma or an inline table terminator '}}', but got {_or_end(char)} instead")
    return None
