"""What a YAML scalar means by goyaml.v2's rules: YAML 1.1 with some 1.2, no base 60, dates kept as text.

Pure tables and functions from text to value; knows nothing of documents or events.
"""

from __future__ import annotations

import re

from pxhelm.golang import strconv
from pxhelm.golang.strconv import NumError, bounded_int

STR = "!!str"
BOOL = "!!bool"
INT = "!!int"
FLOAT = "!!float"
NULL = "!!null"
TIMESTAMP = "!!timestamp"
BINARY = "!!binary"
MERGE = "!!merge"

RESOLVABLE = frozenset({"", STR, BOOL, INT, FLOAT, NULL, TIMESTAMP})
"""Tags whose scalars goyaml interprets; text under any other tag stays as it is."""

HINTS = frozenset("+-0123456789yYnNtTfFoO~.")
"""First characters of scalars that may be something else than text."""

_NAMED: dict[str, tuple[str, object]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), (BOOL, True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), (BOOL, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (FLOAT, float("nan"))),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (FLOAT, float("inf"))),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (FLOAT, float("-inf"))),
}

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_OCTAL = re.compile(r"[-+]?0[oO]?[0-7]+\Z")
_HEX = re.compile(r"[-+]?0[xX][0-9a-fA-F]+\Z")
_BINARY_DIGITS = re.compile(r"(?:[-+]?0[bB]|0b[-+])([01]+)\Z")
"""A sign may stand behind the prefix, too, since goyaml cuts that off."""
_DATE = re.compile(
    r"([0-9]{4})-(1[0-2]|0?[1-9])-(0?[1-9]|[12][0-9]|3[01])"
    r"(?:[Tt](?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](?:[.,][0-9]+)?(?:Z|[-+](?:[01][0-9]|2[0-4]):[0-5][0-9])"
    r"| (?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](?:[.,][0-9]+)?)?\Z"
)
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class TagError(ValueError):
    """A scalar that cannot be what its tag says; the text is goyaml's."""


def parse_int(text: str) -> int | None:
    """Read an integer as Go's ``ParseInt(text, 0, 64)``, then ``ParseUint``: None when it is neither."""
    if _DECIMAL.match(text):
        number = bounded_int(text)
    elif _OCTAL.match(text):
        number = int(text.replace("o", "").replace("O", ""), 8)
    elif _HEX.match(text):
        number = int(text, 16)
    elif (found := _BINARY_DIGITS.match(text)) is not None:
        number = int(found[1], 2) * (-1 if "-" in text else 1)
    else:
        return None
    if -(2**63) <= number < 2**63:
        return number
    return number if 0 <= number < 2**64 and "+" not in text else None


def parse_float(text: str) -> float | None:
    """Read a float of YAML's form; None when it is none or beyond float64."""
    if not _FLOAT.match(text):
        return None
    number = float(text)
    return None if number in (float("inf"), float("-inf")) else number


def is_timestamp(text: str) -> bool:
    """Whether goyaml takes the text for a date, which Helm then keeps as text."""
    found = _DATE.match(text)
    if not found:
        return False
    year, month, day = (int(part) for part in found.groups())
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _MONTH_DAYS[month - 1] + leap


def is_base60(text: str) -> bool:
    """Whether YAML 1.1 would read the text as a base 60 number: goyaml quotes it, and reads it as text."""
    return ":" in text and _BASE60.match(text) is not None


def resolve_plain(text: str) -> tuple[str, object]:
    """Return tag and value of a scalar without a tag; integers are int, floats float, dates their text."""
    named = _NAMED.get(text)
    if named is not None:
        return named
    first = text[0]
    if first not in HINTS or first in "yYnNtTfFoO~":
        return STR, text
    if first == ".":
        return _resolve_dot(text)
    if is_timestamp(text):
        return TIMESTAMP, text
    plain = text.replace("_", "")
    integer = parse_int(plain) if plain else None
    if integer is not None:
        return INT, integer
    number = parse_float(plain)
    if number is not None:
        return FLOAT, number
    return STR, text


def _resolve_dot(text: str) -> tuple[str, object]:
    """Resolve what begins with a dot: goyaml leaves it to ParseFloat as it is, underscores and all."""
    try:
        return FLOAT, strconv.parse_float(text)
    except NumError:
        return STR, text


def resolve_tagged(tag: str, text: str) -> tuple[str, object]:
    """Return tag and value of a scalar under a short tag; TagError when they do not agree."""
    if tag not in RESOLVABLE:
        return tag, text
    if tag == STR:
        return STR, text
    found, value = resolve_plain(text) if tag in ("", TIMESTAMP) else _resolve_undated(text)
    if tag in ("", found):
        return found, value
    if tag == FLOAT and found == INT and isinstance(value, int) and value < 2**63:
        return FLOAT, float(value)
    raise TagError(f"cannot decode {found} `{text}` as a {tag}")


def _resolve_undated(text: str) -> tuple[str, object]:
    found, value = resolve_plain(text)
    return (STR, text) if found == TIMESTAMP else (found, value)


def short_tag(tag: str) -> str:
    """Return ``!!int`` for ``tag:yaml.org,2002:int``."""
    return "!!" + tag[18:] if tag.startswith("tag:yaml.org,2002:") else tag
