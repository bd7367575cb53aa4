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
_REAL = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])*\.?(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?[pP][+-]?[0-9]+"
    r"|(?:[0-9](?:_?[0-9])*)?\.?(?:[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?)\Z"
)
Parsed = tuple[int | None, float | None, complex | None]


def parse_number(text: str) -> Parsed:
    """Return a number literal as integer, float and complex, None where it is not one (parse.newNumber)."""
    if text[0] == "'":
        return _character(text)
    if text.endswith("i") and not text.lower().startswith(("0x", "+0x", "-0x")):
        return _imaginary(text)
    whole = _integer(text)
    if whole is not None:
        if not -(2**63) <= whole < 2**64:
            raise ConstantError(f"integer overflow: {_quoted(text)}")
        return whole, float(whole), None
    real = _float(text)
    if real is None:
        raise ConstantError(f"illegal number syntax: {_quoted(text)}")
    if real == int(real) if abs(real) < 2**63 else False:
        if not re.search(r"[.eEpP]", text):
            raise ConstantError(f"integer overflow: {_quoted(text)}")
        return int(real), real, None
    if not re.search(r"[.eEpP]", text):
        raise ConstantError(f"integer overflow: {_quoted(text)}")
    return None, real, None


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
    if not _REAL.match(text) or not re.search(r"[0-9a-fA-F]", text):
        return None
    bare = text.replace("_", "")
    try:
        found = float.fromhex(bare) if "x" in bare.lower() else float(bare)
    except (ValueError, OverflowError):
        return None
    return None if found in (float("inf"), float("-inf")) else found


def _imaginary(text: str) -> Parsed:
    body = text[:-1]
    split = re.match(r"([+-]?.*?[^eEpP])([+-].*)\Z", body)
    real_text, imaginary_text = split.groups() if split else ("0", body)
    real, imaginary = _float(real_text), _float(imaginary_text)
    if real is None or imaginary is None:
        raise ConstantError(f"illegal number syntax: {_quoted(text)}")
    found = complex(real, imaginary)
    if found.imag == 0:
        return (int(found.real) if found.real == int(found.real) else None), found.real, found
    return None, None, found


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
