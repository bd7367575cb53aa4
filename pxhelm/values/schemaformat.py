"""The ``format`` keyword, for the drafts that check it, with the texts of santhosh-tekuri/jsonschema v6.

An unknown format is no fault.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final

from pxhelm.golang import urls

_DIGITS: Final = re.compile(r"[0-9]+")
_LOCAL: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+-/=?^_`{|}~")
_LABEL: Final = re.compile(r"[a-zA-Z0-9-]")
_TIME: Final = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d+)?([zZ]|[+-]\d\d:\d\d)", re.ASCII)


def fault(name: str, text: str) -> str:
    """Return what is wrong with a text of this format, ``""`` for nothing."""
    check = _FORMATS.get(name)
    return check(text) if check else ""


def _json_pointer(text: str) -> str:
    if not text:
        return ""
    if not text.startswith("/"):
        return "not starting with /"
    return "~ must be followed by 0 or 1" if re.search("~(?![01])", text) else ""


def _relative_json_pointer(text: str) -> str:
    digits = _DIGITS.match(text)
    if digits is None:
        return "must start with non-negative integer"
    if len(digits[0]) > 1 and text.startswith("0"):
        return "starts with zero"
    rest = text[digits.end() :]
    return "" if rest == "#" else _json_pointer(rest)


def _uuid(text: str) -> str:
    groups = text.split("-")
    if len(groups) != 5:
        return "must have 5 elements"
    for i, (group, length) in enumerate(zip(groups, (8, 4, 4, 4, 12), strict=True)):
        if len(group) != length:
            return f"element {i + 1} must be {length} characters long"
        for char in group:
            if char not in "0123456789abcdefABCDEF":
                return f"non-hex character {char!r}"
    return ""


def _duration(text: str) -> str:
    if not text.startswith("P"):
        return "must start with P"
    text = text[1:]
    if not text:
        return "nothing after P"
    if text.endswith("W"):
        weeks = text[:-1]
        return "no number in week" if not weeks else "" if _DIGITS.fullmatch(weeks) else "invalid week"
    parts = text.split("T")
    if len(parts) > 2:
        return "more than one T"
    for i, part in enumerate(parts):
        if i and not part:
            return "no time elements"
        problem = _elements(part, ("YMD", "HMS")[i])
        if problem:
            return problem
    return ""


def _elements(text: str, allowed: str) -> str:
    units = allowed
    while text:
        digits = _DIGITS.match(text)
        if digits is None:
            return "missing number"
        text = text[digits.end() :]
        if not text:
            return "missing unit"
        if text[0] not in units:
            return f"unit {text[0]!r} out of order" if text[0] in allowed else f"invalid unit {text[0]!r}"
        units = units.partition(text[0])[2]
        text = text[1:]
    return ""


def _ipv4(text: str) -> str:
    groups = text.split(".")
    if len(groups) != 4:
        return "expected four decimals"
    for group in groups:
        if len(group) > 1 and group[0] == "0":
            return "leading zeros"
        if not _DIGITS.fullmatch(group):
            return f'strconv.Atoi: parsing "{group}": invalid syntax'
        if int(group) > 255:
            return "decimal must be between 0 and 255"
    return ""


def _ipv6(text: str) -> str:
    if ":" not in text:
        return "missing colon"
    if "%" in text:
        return "zone id is not a part of ipv6 address"
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return f'ParseAddr("{text}"): unable to parse IP'
    return ""


def _hostname(text: str) -> str:
    text = text.removesuffix(".")
    if len(text) > 253:
        return "more than 253 characters long"
    for label in text.split("."):
        if not 1 <= len(label) <= 63:
            return "label must be 1 to 63 characters long"
        if label.startswith("-"):
            return "label starts with hyphen"
        if label.endswith("-"):
            return "label ends with hyphen"
        for char in label:
            if not _LABEL.match(char):
                return f"invalid character {char!r}"
    return ""


def _email(text: str) -> str:
    if len(text) > 254:
        return "more than 255 characters long"
    local, at, domain = text.rpartition("@")
    if not at:
        return "missing @"
    problem = _local_part(local)
    if problem:
        return problem
    if domain.startswith("[") and domain.endswith("]"):
        inner = domain[1:-1]
        if inner.startswith("IPv6:"):
            problem = _ipv6(inner.removeprefix("IPv6:"))
            return f"invalid ipv6 address: {problem}" if problem else ""
        problem = _ipv4(inner)
        return f"invalid ipv4 address: {problem}" if problem else ""
    problem = _hostname(domain)
    return f"invalid domain: {problem}" if problem else ""


def _local_part(local: str) -> str:
    if len(local) > 64:
        return "local part more than 64 characters long"
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        bad = "\\" in local[1:-1] or '"' in local[1:-1]
        return "backslash and quote are not allowed within quoted local part" if bad else ""
    if local.startswith("."):
        return "starts with dot"
    if local.endswith("."):
        return "ends with dot"
    if ".." in local:
        return "consecutive dots"
    wrong = next((c for c in local if c not in _LOCAL), "")
    return f"invalid character {wrong!r}" if wrong else ""


def _date(text: str) -> str:
    from pxhelm.golang.layout_parse import ParseError, parse_time

    try:
        parse_time("2006-01-02", text)
    except ParseError as e:
        return str(e)
    return ""


def _time(text: str) -> str:
    if len(text) < 9:
        return "less than 9 characters long"
    if text[2] != ":" or text[5] != ":":
        return "missing colon in correct place"
    found = _TIME.fullmatch(text)
    if found is None:
        return "invalid hour/min/sec"
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    if hour > 23 or minute > 59 or second > 60:
        return "hour/min/sec out of range"
    if found[5] not in ("z", "Z"):
        zone_hour, zone_minute = int(found[5][1:3]), int(found[5][4:])
        if zone_hour > 23 or zone_minute > 59:
            return "hour/min in offset out of range"
        sign = -1 if found[5][0] == "+" else 1
        hour, minute = divmod((hour * 60 + minute + sign * (zone_hour * 60 + zone_minute)) % 1440, 60)
    return "invalid leap second" if second == 60 and (hour, minute) != (23, 59) else ""


def _date_time(text: str) -> str:
    if len(text) < 20:
        return "less than 20 characters long"
    if text[10] not in "tT":
        return "11th character must be t or T"
    problem = _date(text[:10])
    if problem:
        return f"invalid date element: {problem}"
    problem = _time(text[11:])
    return f"invalid time element: {problem}" if problem else ""


def _uri(text: str) -> str:
    try:
        return "" if _url(text).scheme else "relative url"
    except urls.UrlError as error:
        return str(error)


def _uri_reference(text: str) -> str:
    if "\\" in text:
        return "contains \\"
    try:
        _url(text)
    except urls.UrlError as error:
        return str(error)
    return ""


def _url(text: str) -> urls.Url:
    url = urls.parse(text)
    host = url.hostname()
    if ":" in host:
        if not ("[" in url.host and "]" in url.host):
            raise urls.UrlError("ipv6 address not enclosed in brackets")
        if problem := _ipv6(host):
            raise urls.UrlError(f"invalid ipv6 address: {problem}")
    return url


def _semver(text: str) -> str:
    core, _, build = text.partition("+")
    if "+" in text and not re.fullmatch(r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*", build):
        return "build identifier is empty" if build else "build is empty"
    core, dash, pre = core.partition("-")
    if dash and not re.fullmatch(r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*", pre):
        return "pre-release identifier is empty"
    if any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in pre.split(".")):
        return "pre-release numeric identifier starts with zero"
    versions = core.split(".")
    if len(versions) != 3:
        return "versionCore must have 3 numbers separated by dot"
    for name, version in zip(("major", "minor", "patch"), versions, strict=True):
        if not version:
            return f"{name} is empty"
        if len(version) > 1 and version[0] == "0":
            return f"{name} starts with zero"
        if not _DIGITS.fullmatch(version):
            return f"{name} contains non-digit"
    return ""


def _regex(text: str) -> str:
    from pxhelm.golang import regexp

    try:
        regexp.compile_pattern(text)
    except regexp.RegexpError as e:
        return str(e)
    return ""


_FORMATS: Final[Mapping[str, Callable[[str], str]]] = {
    "json-pointer": _json_pointer,
    "relative-json-pointer": _relative_json_pointer,
    "uuid": _uuid,
    "duration": _duration,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "hostname": _hostname,
    "email": _email,
    "date": _date,
    "time": _time,
    "date-time": _date_time,
    "uri": _uri,
    "iri": _uri,
    "uri-reference": _uri_reference,
    "iri-reference": _uri_reference,
    "semver": _semver,
    "regex": _regex,
}
