"""Go's net/netip: what of a text is an IP address, and what is said of one that is none.

Never looks a name up.
"""

from __future__ import annotations

import re

from pxhelm.golang.strconv import quote

_HEX = re.compile(r"[0-9A-Fa-f]*")
_FIELDS = 8
_OF_IPV4 = 2
"""Fields of an IPv6 address in whose place an IPv4 address may stand."""


class AddressError(ValueError):
    """A text that is no address; the text is Go's."""

    def __init__(self, text: str, problem: str, at: str = "") -> None:
        super().__init__(f"ParseAddr({quote(text)}): {problem}" + (f" (at {quote(at)})" if at else ""))


def version(text: str) -> int:
    """Return 4 or 6 for an address, with a zone or without (``netip.ParseAddr``); AddressError for any other text."""
    found = re.search("[.:%]", text)
    if found is None:
        raise AddressError(text, "unable to parse IP")
    if found[0] == "%":
        raise AddressError(text, "missing IPv6 address")
    if found[0] == ".":
        _check_v4(text, text)
        return 4
    _check_v6(text)
    return 6


def _check_v4(whole: str, text: str) -> None:
    """Check an IPv4 address, which may end another."""
    dots = digits = value = 0
    for at, char in enumerate(text):
        if "0" <= char <= "9":
            if digits == 1 and value == 0:
                raise AddressError(whole, "IPv4 field has octet with leading zero")
            value = value * 10 + int(char)
            digits += 1
            if value > 255:
                raise AddressError(whole, "IPv4 field has value >255")
        elif char == ".":
            if at in (0, len(text) - 1) or text[at - 1] == ".":
                raise AddressError(whole, "IPv4 field must have at least one digit", text[at:])
            if dots == 3:
                raise AddressError(whole, "IPv4 address too long")
            dots += 1
            value = digits = 0
        else:
            raise AddressError(whole, "unexpected character", text[at:])
    if dots < 3:
        raise AddressError(whole, "IPv4 address too short")


def _check_v6(whole: str) -> None:
    text, percent, zone = whole.partition("%")
    if percent and not zone:
        raise AddressError(whole, "zone must be a non-empty string")
    short = text.startswith("::")
    fields = 0
    if short and not (text := text[2:]):
        return
    while fields < _FIELDS:
        digits = _HEX.match(text)[0]  # type: ignore[index]  # it matches nothing, too
        _check_field(whole, text, digits)
        if text[len(digits) : len(digits) + 1] == ".":
            _check_embedded(whole, text, fields, short=short)
            text = ""
            fields += _OF_IPV4
            break
        fields += 1
        text = text[len(digits) :]
        if not text:
            break
        if text[0] != ":":
            raise AddressError(whole, "unexpected character, want colon", text)
        if len(text) == 1:
            raise AddressError(whole, "colon must be followed by more characters", text)
        text = text[1:]
        if text[0] == ":":
            if short:
                raise AddressError(whole, "multiple :: in address", text)
            short = True
            text = text[1:]
            if not text:
                break
    _check_length(whole, text, fields, short=short)


def _check_field(whole: str, text: str, digits: str) -> None:
    if len(digits) > 4:
        raise AddressError(whole, "each group must have 4 or less digits", text)
    if not digits:
        raise AddressError(whole, "each colon-separated field must have at least one digit", text)


def _check_embedded(whole: str, text: str, fields: int, *, short: bool) -> None:
    if not short and fields != _FIELDS - _OF_IPV4:
        problem = "embedded IPv4 address must replace the final 2 fields of the address"
        raise AddressError(whole, problem, text)
    if fields + _OF_IPV4 > _FIELDS:
        problem = "too many hex fields to fit an embedded IPv4 at the end of the address"
        raise AddressError(whole, problem, text)
    _check_v4(whole, text)


def _check_length(whole: str, rest: str, fields: int, *, short: bool) -> None:
    if rest:
        raise AddressError(whole, "trailing garbage after address", rest)
    if fields < _FIELDS and not short:
        raise AddressError(whole, "address string too short")
    if fields == _FIELDS and short:
        raise AddressError(whole, "the :: must expand to at least one field of zeros")
