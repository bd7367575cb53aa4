"""How fmt lays out numbers: integers in every base, runes, floats in every form, complex numbers.

Only layout; which verb means what for which value is ``fmt_verbs``'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pxhelm.golang.strconv import format_float, quote


@dataclass(slots=True)
class Flags:
    """Flags, width and precision of one verb."""

    sharp: bool = False
    zero: bool = False
    plus: bool = False
    minus: bool = False
    space: bool = False
    sharp_v: bool = False
    plus_v: bool = False
    width: int | None = None
    precision: int | None = None


PLAIN = Flags()
"""No flag at all; never changed."""


def pad(text: str, flags: Flags, *, zeros: bool = True) -> str:
    """Fill a text up to the width; with zeros only on the left, and only where zeros may stand."""
    width = flags.width
    if not width or len(text) >= width:
        return text
    if flags.minus:
        return text.ljust(width)
    return text.rjust(width, "0" if flags.zero and zeros else " ")


_BASES = {"b": 2, "o": 8, "O": 8, "x": 16, "X": 16}


def integer(number: int, verb: str, flags: Flags) -> str:
    """Lay out an integer in the base of a verb: precision fills with zeros, then prefix, sign and width."""
    base = _BASES.get(verb, 10)
    negative = number < 0
    size = -number if negative else number
    precision = 0
    if flags.precision is not None:
        precision = flags.precision
        if precision == 0 and size == 0:
            return " " * (flags.width or 0)
    elif flags.zero and not flags.minus and flags.width is not None:
        precision = flags.width - (1 if negative or flags.plus or flags.space else 0)
    digits = f"{size:{'xX'[verb == 'X'] if base == 16 else 'b' if base == 2 else 'o' if base == 8 else 'd'}}"
    digits = digits.rjust(precision, "0")
    if flags.sharp:
        if base == 2:
            digits = "0b" + digits
        elif base == 8 and digits[0] != "0":
            digits = "0" + digits
        elif base == 16:
            digits = f"0{'X' if verb == 'X' else 'x'}{digits}"
    if verb == "O":
        digits = "0o" + digits
    sign = "-" if negative else "+" if flags.plus else " " if flags.space else ""
    return pad(sign + digits, flags, zeros=False)


def rune(number: int) -> str:
    """Return the character of a code point; U+FFFD for what is none."""
    if not 0 <= number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return "\ufffd"
    return chr(number)


def quoted_rune(number: int, flags: Flags) -> str:
    """Return the character as Go quotes it."""
    char = rune(number)
    if char == "'":
        body = "\\'"
    elif char == '"':
        body = char
    else:
        body = (quote_ascii(char) if flags.plus else quote(char))[1:-1]
    return pad(f"'{body}'", flags)


def unicode(number: int, flags: Flags) -> str:
    """Return ``U+0041``, with the character itself on ``#``."""
    precision = max(flags.precision or 0, 4)
    text = f"U+{number & 0xFFFFFFFFFFFFFFFF:0{precision}X}"
    if flags.sharp and 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF and chr(number).isprintable():
        text += f" '{chr(number)}'"
    return pad(text, flags, zeros=False)


def quote_ascii(text: str) -> str:
    """Return the text as ``strconv.QuoteToASCII`` does."""
    out = []
    for char in quote(text)[1:-1]:
        code = ord(char)
        if code < 0x80:
            out.append(char)
        else:
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return f'"{"".join(out)}"'


# floats


def real(number: float, verb: str, flags: Flags) -> str:
    """Lay out a float with a verb of ``beEfFgGvxX``."""
    form = {"v": "g", "F": "f"}.get(verb, verb)
    default = 6 if form in "eEf" else -1
    precision = default if flags.precision is None else flags.precision
    text = _digits(number, form, precision)
    if text[0] not in "+-":
        text = "+" + text
    if flags.space and text[0] == "+" and not flags.plus:
        text = " " + text[1:]
    if text[1] in "IN":
        if text[1] == "N" and not flags.space and not flags.plus:
            text = text[1:]
        return pad(text, flags, zeros=False)
    if flags.sharp and form != "b":
        text = _sharp(text, form, precision)
    if flags.plus or text[0] != "+":
        if flags.zero and not flags.minus and flags.width is not None and flags.width > len(text):
            return text[0] + text[1:].rjust(flags.width - 1, "0")
        return pad(text, flags)
    return pad(text[1:], flags)


def _digits(number: float, form: str, precision: int) -> str:
    """Return what ``strconv.FormatFloat`` does."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if form == "b":
        return _binary(number)
    if form in "xX":
        text = _hexadecimal(number, precision)
        return text.upper() if form == "X" else text
    if precision < 0:
        text = format_float(number)
        return text.upper() if form == "G" else text
    if form in "gG":
        precision = precision or 1
    return f"{number:.{precision}{form}}"


def _sharp(text: str, form: str, precision: int) -> str:
    """Keep the decimal point and the trailing zeros that ``#`` asks for."""
    digits = 0
    if form in "gGx":
        digits = 6 if precision == -1 else precision
    marks = "pP" if form in "xX" else "eEpP"
    cut = next((i for i, c in enumerate(text) if i and c in marks), len(text))
    body, tail = text[:cut], text[cut:]
    seen = False
    for char in body[1:]:
        if char == ".":
            continue
        seen = seen or char != "0"
        digits -= seen
    if "." not in body:
        if body[1:] == "0":
            digits -= 1
        body += "."
    return body + "0" * max(0, digits) + tail


def _binary(number: float) -> str:
    sign = "-" if math.copysign(1, number) < 0 else ""
    mantissa, exponent = math.frexp(abs(number))
    exponent = max(exponent - 53, -1074)
    whole = int(math.ldexp(abs(number), -exponent)) if mantissa else 0
    return f"{sign}{whole}p{exponent if mantissa else -1074:+d}"


def _hexadecimal(number: float, precision: int) -> str:
    sign = "-" if math.copysign(1, number) < 0 else ""
    if number == 0:
        return f"{sign}0x0{'.' + '0' * precision if precision > 0 else ''}p+00"
    mantissa, exponent = math.frexp(abs(number))
    exponent -= 1
    whole = int(math.ldexp(mantissa, 53))  # 1 and 52 bits of fraction
    if 0 <= precision < 13:
        drop = 52 - 4 * precision
        low = whole & ((1 << drop) - 1)
        whole >>= drop
        half = 1 << (drop - 1)
        if low > half or (low == half and whole & 1):
            whole += 1
        whole <<= drop
        if whole >> 53:
            whole >>= 1
            exponent += 1
    digits = f"{whole & ((1 << 52) - 1):013x}"
    digits = digits.rstrip("0") if precision < 0 else digits.ljust(precision, "0")[:precision]
    return f"{sign}0x1{'.' + digits if digits else ''}p{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def imaginary(number: complex, verb: str, flags: Flags) -> str:
    """Lay out a complex number as ``(1+2i)``."""
    plus = flags.plus
    first = real(number.real, verb, flags)
    flags.plus = True
    second = real(number.imag, verb, flags)
    flags.plus = plus
    return f"({first}{second}i)"
