"""How fmt prints one value with one verb: numbers, strings, composites, and ``%!verb(type=value)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pxhelm.golang.strconv import format_float, quote
from pxhelm.golang.value import go_bytes, go_string, type_name


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


def print_value(value: object, verb: str, flags: Flags) -> str:
    """Return one argument as printArg prints it."""
    if value is None:
        return _pad("<nil>", flags) if verb in "Tv" else f"%!{verb}(<nil>)"
    if verb == "T":
        return _string(type_name(value), replace(flags, precision=flags.precision))
    if verb == "p":
        return _bad(value, verb)
    if verb in "vsxXq" and not flags.sharp_v and "String" in getattr(value, "GO_METHODS", ()):
        return _text(str(value), verb, flags) or _bad(value, verb)
    shown = _shown(value, verb, flags, depth=0)
    return _bad(value, verb) if shown is None else shown


def _bad(value: object, verb: str) -> str:
    return f"%!{verb}({type_name(value)}={print_value(value, 'v', Flags())})"


def _shown(value: object, verb: str, flags: Flags, depth: int) -> str | None:
    if isinstance(value, bool):
        return _pad("true" if value else "false", flags) if verb in "tv" else None
    if isinstance(value, str):
        return _text(value, verb, flags)
    if isinstance(value, int):
        return _integer(value, verb, flags)
    if isinstance(value, float):
        return _float(value, verb, flags)
    if isinstance(value, bytes):
        return _byte_slice(value, verb, flags)
    if isinstance(value, dict):
        return _map(value, verb, flags, depth)
    if isinstance(value, list | tuple):
        return _list(list(value), verb, flags, depth)
    return _struct(value, verb, flags, depth)


def _element(value: object, verb: str, flags: Flags, depth: int) -> str:
    """Print what stands in a composite, as printValue does."""
    if value is None:
        return "interface {}(nil)" if flags.sharp_v else _pad("<nil>", flags)
    if verb in "vsxXq" and not flags.sharp_v and "String" in getattr(value, "GO_METHODS", ()):
        return _text(str(value), verb, flags) or _bad(value, verb)
    shown = _shown(value, verb, flags, depth + 1)
    return _bad(value, verb) if shown is None else shown


def _map(value: dict[object, object], verb: str, flags: Flags, depth: int) -> str:
    keys = sorted(value, key=lambda k: go_bytes(k) if isinstance(k, str) else b"")
    pairs = [f"{_element(k, verb, flags, depth)}:{_element(value[k], verb, flags, depth)}" for k in keys]
    if flags.sharp_v:
        return f"{type_name(value)}{{{', '.join(pairs)}}}"
    return f"map[{' '.join(pairs)}]"


def _list(value: list[object], verb: str, flags: Flags, depth: int) -> str:
    items = [_element(item, verb, flags, depth) for item in value]
    if flags.sharp_v:
        if getattr(value, "GO_NIL", False):
            return f"{type_name(value)}(nil)"
        return f"{type_name(value)}{{{', '.join(items)}}}"
    return f"[{' '.join(items)}]"


def _struct(value: object, verb: str, flags: Flags, depth: int) -> str:
    fields = getattr(value, "GO_FIELDS", None)
    name = type_name(value)
    if fields is None:
        return f"{{{name}}}"
    lead = ("&" if name.startswith("*") and depth == 0 else "") if not flags.sharp_v else name.replace("*", "&", 1)
    parts = []
    for field in fields:
        shown = _element(getattr(value, fields[field]), verb, flags, depth)
        parts.append(f"{field}:{shown}" if flags.plus_v or flags.sharp_v else shown)
    return f"{lead}{{{(', ' if flags.sharp_v else ' ').join(parts)}}}"


# strings


def _pad(text: str, flags: Flags) -> str:
    if flags.width is None or len(text) >= flags.width:
        return text
    missing = flags.width - len(text)
    if flags.minus:
        return text + " " * missing
    return ("0" if flags.zero else " ") * missing + text


def _string(text: str, flags: Flags) -> str:
    if flags.precision is not None:
        text = text[: flags.precision]
    return _pad(text, flags)


def _text(text: str, verb: str, flags: Flags) -> str | None:
    match verb:
        case "v":
            return _quoted(text, flags) if flags.sharp_v else _string(text, flags)
        case "s":
            return _string(text, flags)
        case "x" | "X":
            return _hex(go_bytes(text), verb, flags)
        case "q":
            return _quoted(text, flags)
    return None


def _quoted(text: str, flags: Flags) -> str:
    if flags.precision is not None:
        text = text[: flags.precision]
    if flags.sharp and can_backquote(text):
        return _pad(f"`{text}`", flags)
    return _pad(quote_ascii(text) if flags.plus else quote(text), flags)


def can_backquote(text: str) -> bool:
    """Whether the text can stand between backquotes unchanged (strconv.CanBackquote)."""
    return not any(c in "`\x7f\ufeff" or (c < " " and c != "\t") or 0xDC80 <= ord(c) <= 0xDCFF for c in text)


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


def _hex(raw: bytes, verb: str, flags: Flags) -> str:
    if flags.precision is not None:
        raw = raw[: flags.precision]
    if not raw:
        return _pad("", flags)
    digits = raw.hex() if verb == "x" else raw.hex().upper()
    pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
    lead = f"0{verb}" if flags.sharp else ""
    if flags.space:
        return _pad(" ".join(lead + pair for pair in pairs), replace(flags, zero=False))
    return _pad(lead + digits, replace(flags, zero=False) if flags.minus else flags)


def _byte_slice(raw: bytes, verb: str, flags: Flags) -> str | None:
    if verb in "vd":
        if flags.sharp_v:
            return f"[]byte{{{', '.join(f'0x{b:x}' for b in raw)}}}"
        return f"[{' '.join(_integer(b, 'd', flags) or '' for b in raw)}]"
    return _text(go_string(raw), verb, flags)


# numbers


def _integer(number: int, verb: str, flags: Flags) -> str | None:
    match verb:
        case "v" | "d":
            return _digits(number, f"{abs(number)}", "", flags)
        case "b":
            return _digits(number, f"{abs(number):b}", "0b" if flags.sharp else "", flags)
        case "o":
            digits = f"{abs(number):o}"
            return _digits(number, digits, "0" if flags.sharp and not digits.startswith("0") else "", flags)
        case "O":
            return _digits(number, f"{abs(number):o}", "0o", flags)
        case "x" | "X":
            digits = f"{abs(number):{verb}}"
            return _digits(number, digits, f"0{verb}" if flags.sharp else "", flags)
        case "c":
            return _pad(_rune(number), flags)
        case "q":
            return _quoted_rune(number, flags)
        case "U":
            return _unicode(number, flags)
    return None


def _digits(number: int, digits: str, lead: str, flags: Flags) -> str:
    """Lay out an integer as fmtInteger does: precision fills with zeros, then sign, then width."""
    sign = "-" if number < 0 else "+" if flags.plus else " " if flags.space else ""
    padded = flags
    if flags.precision is not None:
        if flags.precision == 0 and number == 0:
            return " " * (flags.width or 0)
        digits = digits.rjust(flags.precision, "0")
        padded = replace(flags, zero=False)
    elif flags.zero and not flags.minus and flags.width:
        digits = digits.rjust(flags.width - len(sign), "0")
    if lead == "0" and digits.startswith("0"):
        lead = ""
    return _pad(sign + lead + digits, replace(padded, zero=False))


def _rune(number: int) -> str:
    if not 0 <= number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return "\ufffd"
    return chr(number)


def _quoted_rune(number: int, flags: Flags) -> str:
    char = _rune(number)
    body = (quote_ascii(char) if flags.plus else quote(char))[1:-1]
    if char == "'":
        body = "\\'"
    elif char == '"':
        body = '"'
    return _pad(f"'{body}'", flags)


def _unicode(number: int, flags: Flags) -> str:
    precision = max(flags.precision or 4, 4)
    text = f"U+{number & 0xFFFFFFFFFFFFFFFF:0{precision}X}"
    if flags.sharp and 0 <= number <= 0x10FFFF and chr(number).isprintable():
        text += f" '{chr(number)}'"
    return _pad(text, replace(flags, zero=False))


def _float(number: float, verb: str, flags: Flags) -> str | None:
    maker = _FLOAT_VERBS.get(verb)
    if maker is None:
        return None
    text = maker(number, flags)
    body = text.lstrip("+-")
    plain = replace(flags, zero=False)
    sign = "-" if text.startswith("-") else "+" if flags.plus else " " if flags.space else ""
    if body == "Inf":
        return _pad((sign or "+") + body if sign != " " else " " + body, plain)
    if body == "NaN":
        return _pad(sign + body, plain)
    if flags.zero and not flags.minus and flags.width is not None:
        return sign + body.rjust(flags.width - len(sign), "0")
    return _pad(sign + body, plain)


def _general(number: float, flags: Flags) -> str:
    if flags.precision is None:
        text = format_float(number)
        if not flags.sharp and not flags.sharp_v:
            return text
        return text if flags.sharp_v else _sharp(text, 6)
    precision = flags.precision or 1
    text = f"{number:.{precision}g}"
    mantissa, e, power = text.partition("e")
    if e:
        text = f"{mantissa}e{power}"
    return _sharp(f"{number:#.{precision}g}", precision) if flags.sharp else text


def _sharp(text: str, digits: int) -> str:
    """Keep the decimal point and trailing zeros of ``%#g``."""
    mantissa, e, power = text.partition("e")
    if "." not in mantissa:
        mantissa += "."
    significant = len(mantissa.replace(".", "").lstrip("-0"))
    if mantissa.strip("-0.") == "":
        significant = len(mantissa.replace(".", "").replace("-", ""))
    mantissa += "0" * max(0, digits - significant)
    return mantissa + (f"{e}{power}" if e else "")


def _fixed(number: float, flags: Flags) -> str:
    precision = 6 if flags.precision is None else flags.precision
    return f"{number:#.{precision}f}" if flags.sharp else f"{number:.{precision}f}"


def _scientific(number: float, flags: Flags) -> str:
    precision = 6 if flags.precision is None else flags.precision
    return f"{number:#.{precision}e}" if flags.sharp else f"{number:.{precision}e}"


def _binary(number: float, _flags: Flags) -> str:
    if number == 0:
        return "0p-1074"
    import math

    mantissa, exponent = math.frexp(number)
    return f"{int(mantissa * 2**53)}p{exponent - 53:+d}"


def _hexadecimal(number: float, flags: Flags) -> str:
    """Print ``%x``: ``0x1.8p+00``."""
    if number == 0:
        return "0x0p+00"
    text = float.hex(abs(number))
    lead, _, power = text.partition("p")
    whole, _, fraction = lead.partition(".")
    fraction = fraction.rstrip("0")
    if flags.precision is not None:
        scaled = round(int(fraction.ljust(13, "0") or "0", 16) / 16 ** (13 - flags.precision))
        if scaled >= 16**flags.precision:
            whole, scaled = "0x2", 0
        fraction = f"{scaled:0{flags.precision}x}" if flags.precision else ""
    body = f"{whole}.{fraction}" if fraction else whole
    return f"{'-' if number < 0 else ''}{body}p{int(power):+03d}"


def _special(maker: Callable[[float, Flags], str]) -> Callable[[float, Flags], str]:
    def make(number: float, flags: Flags) -> str:
        if number != number:  # noqa: PLR0124 - NaN is the only such number
            return "NaN"
        if number in (float("inf"), float("-inf")):
            return "+Inf" if number > 0 else "-Inf"
        return maker(number, flags)

    return make


def _upper(maker: Callable[[float, Flags], str]) -> Callable[[float, Flags], str]:
    return lambda number, flags: maker(number, flags).upper()


_FLOAT_VERBS: dict[str, Callable[[float, Flags], str]] = {
    "v": _special(_general),
    "g": _special(_general),
    "G": _special(_upper(_general)),
    "f": _special(_fixed),
    "F": _special(_fixed),
    "e": _special(_scientific),
    "E": _special(_upper(_scientific)),
    "b": _special(_binary),
    "x": _special(_hexadecimal),
    "X": _special(_upper(_hexadecimal)),
}
