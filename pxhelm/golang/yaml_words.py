"""YAML's scalars, anchors, tags and directives as goyaml v2 reads them (scannerc.go): each takes the scanner on."""

from __future__ import annotations

from typing import Final

from pxhelm.golang.yaml_scanner import BLANKS, BREAKS, END, Mark, Scanner, Token

_LETTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-")
_URI: Final = _LETTERS | frozenset(";/?:@&=+$,.!~*'()[]%")
_HEX: Final = "0123456789abcdefABCDEF"
_ESCAPES: Final = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b", " ": " ",
    '"': '"', "'": "'", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES: Final = {"x": 2, "u": 4, "U": 8}


def _letters(s: Scanner) -> str:
    start = s.pos
    while s.char in _LETTERS:
        s.skip()
    return s.text[start : s.pos]


def _anchor(s: Scanner) -> Token:
    start, kind = s.mark, "alias" if s.char == "*" else "anchor"
    s.skip()
    name = _letters(s)
    if not name or not (s.at_blank_or_end() or s.char in "?:,]}%@`"):
        raise s.error("did not find expected alphabetic or numeric character", start)
    return Token(kind, start, s.mark, name)


def _tag(s: Scanner) -> Token:
    start = s.mark
    if s.after(1) == "<":
        s.skip(2)
        handle, suffix = "", _uri(s, "", start)
        if s.char != ">":
            raise s.error("did not find the expected '>'", start)
        s.skip()
    else:
        handle = _handle(s, start, directive=False)
        if len(handle) > 1 and handle[-1] == "!":
            suffix = _uri(s, "", start)
        else:
            suffix, handle = _uri(s, handle, start), "!"
            if not suffix:
                handle, suffix = "", "!"
    if not s.at_blank_or_end():
        raise s.error("did not find expected whitespace or line break", start)
    return Token("tag", start, s.mark, handle, suffix)


def _handle(s: Scanner, start: Mark, *, directive: bool) -> str:
    if s.char != "!":
        raise s.error("did not find expected '!'", start)
    s.skip()
    name = "!" + _letters(s)
    if s.char == "!":
        s.skip()
        return name + "!"
    if directive and name != "!":
        raise s.error("did not find expected '!'", start)
    return name


def _uri(s: Scanner, head: str, start: Mark) -> str:
    raw = bytearray(head[1:].encode())
    found = bool(head)
    while s.char in _URI:
        if s.char == "%":
            _escaped_octets(s, raw, start)
        else:
            raw += s.char.encode()
            s.skip()
        found = True
    if not found:
        raise s.error("did not find expected tag URI", start)
    return raw.decode("utf-8", "surrogateescape")


def _escaped_octets(s: Scanner, raw: bytearray, start: Mark) -> None:
    """Read a character written as octets in hexadecimal."""
    left = 0
    while True:
        if s.char != "%" or s.after(1) not in _HEX or s.after(2) not in _HEX:
            raise s.error("did not find URI escaped octet", start)
        octet = int(s.after(1) + s.after(2), 16)
        if not left:
            left = 1 if octet < 0x80 else 2 if octet & 0xE0 == 0xC0 else 3 if octet & 0xF0 == 0xE0 else 4
            if left == 4 and octet & 0xF8 != 0xF0:
                raise s.error("found an incorrect leading UTF-8 octet", start)
        elif octet & 0xC0 != 0x80:
            raise s.error("found an incorrect trailing UTF-8 octet", start)
        raw.append(octet)
        s.skip(3)
        left -= 1
        if not left:
            return


def _directive(s: Scanner) -> Token:
    start = s.mark
    s.skip()
    name = _letters(s)
    if not name:
        raise s.error("could not find expected directive name", start)
    if not s.at_blank_or_end():
        raise s.error("found unexpected non-alphabetical character", start)
    if name == "YAML":
        s.skip_while(BLANKS)
        major = _number(s, start)
        if s.char != ".":
            raise s.error("did not find expected digit or '.' character", start)
        s.skip()
        token = Token("version", start, s.mark, major, _number(s, start))
    elif name == "TAG":
        token = _tag_directive(s, start)
    else:
        raise s.error("found unknown directive name", start)
    s.skip_while(BLANKS)
    s.skip_comment()
    if not s.at_break_or_end():
        raise s.error("did not find expected comment or line break", start)
    s.read_break()
    return token


def _number(s: Scanner, start: Mark) -> str:
    digits = ""
    while s.char in "0123456789":
        digits += s.char
        if len(digits) > 2:
            raise s.error("found extremely long version number", start)
        s.skip()
    if not digits:
        raise s.error("did not find expected version number", start)
    return digits


def _tag_directive(s: Scanner, start: Mark) -> Token:
    s.skip_while(BLANKS)
    handle = _handle(s, start, directive=True)
    if s.char not in BLANKS:
        raise s.error("did not find expected whitespace", start)
    s.skip_while(BLANKS)
    prefix = _uri(s, "", start)
    if not s.at_blank_or_end():
        raise s.error("did not find expected whitespace or line break", start)
    return Token("tag directive", start, s.mark, handle, prefix)


# block scalars


def _block(s: Scanner) -> Token:
    start, literal = s.mark, s.char == "|"
    s.skip()
    chomping, increment = _block_header(s, start)
    indent = max(s.indent, 0) + increment if increment else 0
    indent, breaks = _block_breaks(s, indent, start)
    out, leading, blank_before = "", "", False
    while s.column == indent and s.char != END:
        blank = s.char in BLANKS
        if not literal and not blank_before and not blank and leading == "\n":
            out += "" if breaks else " "
        else:
            out += leading
        out += breaks
        blank_before = blank
        begin = s.pos
        while not s.at_break_or_end():
            s.skip()
        out += s.text[begin : s.pos]
        leading = s.read_break()
        indent, breaks = _block_breaks(s, indent, start)
    if chomping != "-":
        out += leading
    if chomping == "+":
        out += breaks
    return Token("scalar", start, s.mark, out)


def _block_header(s: Scanner, start: Mark) -> tuple[str, int]:
    """Return how the end is treated (``+``, ``-`` or nothing) and the indentation asked for, 0 for none."""
    chomping, increment = "", 0
    for _ in range(2):
        if s.char in "+-" and not chomping:
            chomping = s.char
            s.skip()
        elif s.char in "0123456789" and not increment:
            if s.char == "0":
                raise s.error("found an indentation indicator equal to 0", start)
            increment = int(s.char)
            s.skip()
    s.skip_while(BLANKS)
    s.skip_comment()
    if not s.at_break_or_end():
        raise s.error("did not find expected comment or line break", start)
    s.read_break()
    return chomping, increment


def _block_breaks(s: Scanner, indent: int, start: Mark) -> tuple[int, str]:
    """Take indentation and empty lines; return the indentation, found out if it was 0, and the line breaks."""
    breaks, most = "", 0
    while True:
        while (indent == 0 or s.column < indent) and s.char == " ":
            s.skip()
        most = max(most, s.column)
        if (indent == 0 or s.column < indent) and s.char == "\t":
            raise s.error("found a tab character where an indentation space is expected", start)
        taken = s.read_break()
        if not taken:
            break
        breaks += taken
    return indent or max(most, s.indent + 1, 1), breaks


# scalars that flow


def _quoted(s: Scanner) -> Token:
    start, mark = s.mark, s.char
    s.skip()
    out = ""
    while True:
        if s.at_document_mark():
            raise s.error("found unexpected document indicator", start)
        if s.char == END:
            raise s.error("found unexpected end of stream", start)
        text, folded = _quoted_words(s, mark, start)
        out += text
        if s.char == mark:
            break
        out += _white_space(s, folded=folded)
    s.skip()
    return Token("scalar", start, s.mark, out)


def _quoted_words(s: Scanner, mark: str, start: Mark) -> tuple[str, bool]:
    """Return the text up to white space or the end, and whether an escaped line break ended it."""
    out = ""
    while not s.at_blank_or_end():
        char = s.char
        if char == mark:
            if mark == '"' or s.after(1) != "'":
                break
            out += "'"
            s.skip(2)
        elif mark == '"' and char == "\\":
            if s.after(1) in BREAKS:
                s.skip()
                s.read_break()
                return out, True
            out += _escape(s, start)
        else:
            out += char
            s.skip()
    return out, False


def _escape(s: Scanner, start: Mark) -> str:
    name = s.after(1)
    if name in _ESCAPES:
        s.skip(2)
        return _ESCAPES[name]
    if name not in _CODES:
        raise s.error("found unknown escape character", start)
    s.skip(2)
    digits = s.text[s.pos : s.pos + _CODES[name]]
    if any(digit not in _HEX for digit in digits):
        raise s.error("did not find expected hexdecimal number", start)
    code = int(digits, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise s.error("found invalid Unicode character escape code", start)
    s.skip(len(digits))
    return chr(code)


def _white_space(s: Scanner, *, folded: bool) -> str:
    """Take white space, and return what it is in a scalar; ``folded``: a line break was already taken."""
    blanks = leading = breaks = ""
    while s.char in BLANKS or s.char in BREAKS:
        if s.char in BREAKS:
            if folded:
                breaks += s.read_break()
            else:
                leading, folded = s.read_break(), True
        else:
            blanks += s.char
            s.skip()
    if not folded:
        return blanks
    if leading == "\n":
        return breaks or " "
    return leading + breaks


def _plain(s: Scanner) -> Token:
    start = end = s.mark
    out, joint, indent, broken = "", "", s.indent + 1, False
    while not s.at_document_mark() and s.char != "#":
        begin = s.pos
        while not s.at_blank_or_end() and not _ends_plain(s):
            s.skip()
        if s.pos > begin:
            out += joint + s.text[begin : s.pos]
            end, broken = s.mark, False
        if not (s.char in BLANKS or s.char in BREAKS):
            break
        line = s.line
        joint = _plain_white_space(s, indent, start)
        broken = s.line > line
        if not s.flow and s.column < indent:
            break
    if broken:
        s.key_allowed = True
    return Token("scalar", start, end, out, plain=True)


def _ends_plain(s: Scanner) -> bool:
    return (s.char == ":" and s.at_blank_or_end(ahead=1)) or (s.flow > 0 and s.char in ",?[]{}")


def _plain_white_space(s: Scanner, indent: int, start: Mark) -> str:
    ahead = s.pos
    column, broken = s.column, False
    while s.text[ahead] in BLANKS or s.text[ahead] in BREAKS:
        char = s.text[ahead]
        if char in BREAKS:
            broken, column = True, 0
            ahead += 2 if char == "\r" and s.text[ahead + 1] == "\n" else 1
            continue
        if broken and column < indent and char == "\t":
            while s.pos < ahead:
                if not s.read_break():
                    s.skip()
            raise s.error("found a tab character that violates indentation", start)
        column += 1
        ahead += 1
    return _white_space(s, folded=False)


WORDS: Final = {
    "%": _directive, "*": _anchor, "&": _anchor, "!": _tag, "|": _block, ">": _block, "'": _quoted, '"': _quoted, "plain": _plain,
}  # fmt: skip
"""What reads a token that begins with a character."""
