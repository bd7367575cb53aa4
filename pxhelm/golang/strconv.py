"""Go's strconv: numbers and quoted strings as Go prints and reads them.

Never decides where a form is used; that is fmt's, YAML's and JSON's business.
"""

from __future__ import annotations

import re
import struct

_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"',
}  # fmt: skip


def format_float(number: float) -> str:
    """Print a float64 as ``FormatFloat(x, 'g', -1, 64)``: shortest digits, exponent below -4 and from 6 up."""
    text = repr(number)
    if "e" not in text and "n" not in text:
        size = abs(number)
        if size < 1e6 and (size >= 1e-4 or size == 0):
            return text.removesuffix(".0")
    if number != number:  # noqa: PLR0124  NaN is the only such number
        return "NaN"
    if "inf" in text:
        return "+Inf" if number > 0 else "-Inf"
    return _shaped(text)


def _shaped(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    digits, exponent = decimal_digits(text.removeprefix("-"))
    if exponent < -4 or exponent >= 6:
        rest = digits[1:]
        return f"{sign}{digits[0]}{'.' if rest else ''}{rest}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    rest = digits[exponent + 1 :]
    return f"{sign}{whole}.{rest}" if rest else sign + whole


def decimal_digits(text: str) -> tuple[str, int]:
    """Return the significant digits of an unsigned decimal and the exponent of the first: ``("15", 3)`` is 1500."""
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) - 1 + int(power or 0) - (len(whole + fraction) - len(digits))
    return (digits.rstrip("0") or "0", exponent) if digits else ("0", 0)


def format_float32(number: float) -> str:
    """Print as ``FormatFloat(x, 'g', -1, 32)``: the shortest digits that give the same float32."""
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124
        return format_float(number)
    try:
        single = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return "+Inf" if number > 0 else "-Inf"
    for precision in range(9):
        text = f"{single:.{precision}e}"
        if _single(text) == single:
            return _shaped(text)
    return format_float(single)


def _single(text: str) -> float | None:
    try:
        return float(struct.unpack("<f", struct.pack("<f", float(text)))[0])
    except OverflowError:
        return None


def quote(text: str) -> str:
    """Return the text as ``strconv.Quote`` does."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(char: str) -> str:
    short = _ESCAPES.get(char)
    if short is not None:
        return short
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_INT = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F_]+)|0[bB]([01_]+)|0[oO]([0-7_]+)|(0[0-7_]+)|([1-9][0-9_]*|0))\Z")
_DIGITS = re.compile(r"[-+]?()()()()([0-9]+)")
_BASED_DIGITS = re.compile(r"[-+]?(?:0[xX]([0-9a-fA-F_]+)|0[bB]([01_]+)|0[oO]([0-7_]+)|0([0-7_]*)|([1-9][0-9_]*))")
"""Digits by their base: 16, 2, 8 in two ways, 10."""
_PLAIN_INT = re.compile(r"[-+]?[0-9]+\Z")
_UNDERSCORE = re.compile(r"[-+]?(?:0(?:[xXbBoO]_?)?)?[0-9a-fA-F]*(?:_[0-9a-fA-F]+)*\Z")


class NumError(ValueError):
    """Go's ``*strconv.NumError``; the text is Go's."""

    def __init__(self, function: str, text: str, *, is_range: bool = False) -> None:
        reason = "value out of range" if is_range else "invalid syntax"
        super().__init__(f"strconv.{function}: parsing {quote(text)}: {reason}")
        self.is_range = is_range


def bounded_int(digits: str) -> int:
    """Return the integer of decimal digits; of very many only that it is beyond 64 bits (Python refuses them)."""
    if len(digits) <= 40:
        return int(digits)
    sign = digits[:1] if digits[:1] in "+-" else ""
    bare = digits.removeprefix(sign).lstrip("0")
    return int(sign + bare[:40] or "0") if bare else 0


def parse_int(text: str, base: int = 10, *, function: str = "ParseInt") -> int:
    """Read an int64 as ``ParseInt(text, base, 64)``, base 0 or 10; NumError with Go's text."""
    if base == 10:
        if not text.isascii() or not _PLAIN_INT.match(text):
            raise _bad_int(text, function, _DIGITS)
        number = bounded_int(text)
    else:
        number = _parse_based(text, function)
    if not -(2**63) <= number < 2**63:
        raise NumError(function, text, is_range=True)
    return number


def _bad_int(text: str, function: str, digits: re.Pattern[str]) -> NumError:
    """Return the error of a wrong character; too many digits before it are told instead."""
    found = digits.match(text)
    size = 0
    if found:
        base, run = next(((b, r) for b, r in zip((16, 2, 8, 8, 10), found.groups(), strict=True) if r), (10, "0"))
        bare = run.replace("_", "") or "0"
        size = bounded_int(bare) if base == 10 else int(bare, base)
    return NumError(function, text, is_range=size >= 2**64)


def _parse_based(text: str, function: str) -> int:
    found = _INT.match(text)
    if not found or ("_" in text and not _UNDERSCORE.match(text)):
        raise _bad_int(text, function, _BASED_DIGITS)
    sign, hexa, binary, octal, old, decimal = found.groups()
    for digits, base in ((hexa, 16), (binary, 2), (octal, 8), (old, 8), (decimal, 10)):
        if digits is not None:
            bare = digits.replace("_", "")
            if not bare:
                break
            number = bounded_int(bare) if base == 10 else int(bare, base)
            return -number if sign == "-" else number
    raise NumError(function, text)


_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_HEX_FLOAT = re.compile(r"[-+]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][-+]?[0-9]+\Z")
_SPECIAL = re.compile(r"(?:[-+]?inf(?:inity)?|nan)\Z", re.IGNORECASE)
_MISPLACED = re.compile(r"(?<![0-9])_|_(?![0-9])")
_MISPLACED_IN_HEX = re.compile(r"(?<![0-9a-fA-FxX])_|_(?![0-9a-fA-F])")
"""An underscore that does not stand between two digits."""


def parse_float(text: str) -> float:
    """Read a float64 as ``ParseFloat(text, 64)``; NumError with Go's text."""
    bare = text
    if "_" in text and not (_MISPLACED_IN_HEX if "x" in text or "X" in text else _MISPLACED).search(text):
        bare = text.replace("_", "")
    if _FLOAT.match(bare):
        number = float(bare)
    elif _HEX_FLOAT.match(bare):
        number = _from_hex(bare)
    elif _SPECIAL.match(text):
        return float(text)
    else:
        raise NumError("ParseFloat", text)
    if number in (float("inf"), float("-inf")):
        raise NumError("ParseFloat", text, is_range=True)
    return number


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return float("inf")


_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def parse_bool(text: str) -> bool:
    """Read a bool as ``ParseBool``; NumError with Go's text."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise NumError("ParseBool", text)
