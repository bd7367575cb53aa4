"""Constants of the template language: Go's number and string literals."""

from __future__ import annotations

import re

from pxhelm.golang.value import go_string


class ConstantError(ValueError):
    """A literal Go does not accept; the text is Go's."""


_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'\"]))")


def unquote(text: str) -> str:
    """Return the value of a string literal; ConstantError ``invalid syntax``."""
    mark, inner = text[0], text[1:-1]
    if mark == "`":
        return inner.replace("\r", "")
    if "\\" not in inner:
        return inner
    raw = bytearray()
    at = 0
    while at < len(inner):
        char = inner[at]
        if char != "\\":
            raw += char.encode("utf-8", "surrogateescape")
            at += 1
            continue
        found = _ESCAPE.match(inner, at)
        if found is None:
            raise ConstantError("invalid syntax")
        raw += _escaped(found, mark)
        at = found.end()
    return go_string(bytes(raw))


def _escaped(found: re.Match[str], mark: str) -> bytes:
    hexadecimal, short, long, octal, simple = found.groups()
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    if octal is not None:
        if int(octal, 8) > 255:
            raise ConstantError("invalid syntax")
        return bytes([int(octal, 8)])
    if simple is not None:
        if simple in "'\"" and simple != mark:
            raise ConstantError("invalid syntax")
        return bytes([_SIMPLE[simple]])
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ConstantError("invalid syntax")
    return chr(code).encode()


_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)\Z"
)
_PART = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)"
)
"""What fmt's scanner takes for one of the two floats of a complex number."""
Parsed = tuple[int | None, float | None, complex | None]


def parse_number(text: str) -> Parsed:
    """Return a number literal as integer, float and complex, None where it is not one (parse.newNumber)."""
    if text[0] == "'":
        return _character(text)
    if text[-1] == "i":
        return _imaginary(text)
    whole = _integer(text)
    if whole is not None:
        if not -(2**63) <= whole < (2**63 if text[0] in "+-" else 2**64):
            raise ConstantError(f"integer overflow: {_quoted(text)}")
        return whole, float(whole), None
    real = _float(text)
    if real is None:
        raise _illegal(text)
    if not _LOOKS_REAL.search(text):
        raise ConstantError(f"integer overflow: {_quoted(text)}")
    return _as_integer(real), real, None


def parse_complex(text: str) -> Parsed:
    """Return two floats with a sign between them as ``fmt.Sscan`` reads a complex number."""
    real = _PART.match(text)
    sign = real.end() if real else 0
    imaginary = _PART.match(text, sign + 1)
    end = imaginary.end() if imaginary else 0
    if text[sign] not in "+-" or text[sign + 1] == "i" or text[end : end + 1] != "i":
        raise ConstantError("syntax error scanning complex number")
    return _simplified(complex(_scanned(text[:sign]), _scanned(text[sign:end])))


def _scanned(text: str) -> float:
    from pxhelm.golang.strconv import NumError, parse_float

    try:
        return parse_float(text)
    except NumError as error:
        raise ConstantError(str(error)) from None


_LOOKS_REAL = re.compile(r"[.eEpP]")


def _as_integer(real: float) -> int | None:
    """Return the int64 that a float is, None for a fraction or what is too large."""
    return int(real) if -(2**63) <= real < 2**63 and real == int(real) else None


def _integer(text: str) -> int | None:
    if not _INTEGER.match(text):
        return None
    bare = text.replace("_", "")
    sign = -1 if bare[0] == "-" else 1
    digits = bare.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567":
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def _float(text: str) -> float | None:
    try:
        return _scanned(text)
    except ConstantError:
        return None


def _imaginary(text: str) -> Parsed:
    found = _float(text[:-1])
    if found is None:
        raise _illegal(text)
    return _simplified(complex(0, found))


def _simplified(found: complex) -> Parsed:
    """Return a complex number, also as what it is without an imaginary part of none."""
    return (_as_integer(found.real), found.real, found) if found.imag == 0 else (None, None, found)


def _character(text: str) -> Parsed:
    """Read one character as strconv.UnquoteChar does; more than one is told only after the first is right."""
    found = _ESCAPE.match(text, 1)
    if text[1] == "'" or (text[1] == "\\" and found is None):
        raise ConstantError("invalid syntax")
    if found is None:
        code, end = ord(text[1]), 2
        if 0xDC80 <= code <= 0xDCFF:
            code = 0xFFFD
    else:
        escaped, end = _escaped(found, "'"), found.end()
        code = escaped[0] if found[1] or found[4] else ord(escaped.decode())
    if text[end:] != "'":
        raise ConstantError(f"malformed character constant: {text}")
    return code, float(code), None


def _quoted(text: str) -> str:
    from pxhelm.golang.strconv import quote

    return quote(text)


def _illegal(text: str) -> ConstantError:
    return ConstantError(f"illegal number syntax: {_quoted(text)}")
