"""Numbers of the manifest language, with their units and times: sizes, rates, durations, dates, ranges of VMIDs.

Canonical: sizes in bytes, rates in bytes/s, durations in seconds, dates in seconds since 1970. Never guesses a unit.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pxhelm.proxmox.wire import PropertyError, parse_size, print_size
from pxhelm.resource.model import Value
from pxhelm.resource.unfit import UnfitError, kind_of, whole
from pxhelm.resource.value_type import STRING, ValueType, as_is, read_int, read_line, read_text

MIB = 1 << 20
KIB = 1 << 10

_RATE = re.compile(r"(\d+(?:\.\d+)?) ?([KMG])i?B/s")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnfitError(f"it is {kind_of(value)}")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _size(value: object) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)} without a unit; write {whole(value)}G or {whole(value)}M")
    text = read_text(value)
    if text.isdigit():
        raise UnfitError(f"{text!r} has no unit; write {text}G or {text}M")
    try:
        return parse_size(text)
    except PropertyError:
        raise UnfitError(f"it is {kind_of(text)}") from None


def _show_size(value: Value) -> object:
    assert isinstance(value, int)
    return print_size(value) if value % KIB == 0 else f"{value / KIB}K"


def _memory(value: object) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
        return int(value) * MIB  # Proxmox counts memory in MiB, and so does the form that everybody writes
    size = _size(value)
    if size % MIB:
        raise UnfitError(f"{value} is not a whole number of MiB")
    return size


def _show_memory(value: Value) -> object:
    assert isinstance(value, int)
    return print_size(value)


def _rate(value: object) -> int:
    text = read_text(value)
    found = _RATE.fullmatch(text)
    if found is None:
        raise UnfitError(f"it is {kind_of(text)}")
    rate = float(found[1]) * {"K": KIB, "M": MIB, "G": MIB * KIB}[found[2]]
    if not rate.is_integer():
        raise UnfitError(f"{text} is not a whole number of bytes per second")
    return int(rate)


def _show_rate(value: Value) -> object:
    assert isinstance(value, (int, float))
    for unit, factor in (("GB/s", MIB * KIB), ("MB/s", MIB)):
        if value % factor == 0:
            return f"{int(value // factor)}{unit}"
    kib = value / KIB
    return f"{int(kib) if kib == int(kib) else kib}KB/s"


def read_duration(value: object) -> int | float:
    """Return the seconds of a duration such as ``1h30m``; UnfitError for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise UnfitError(f"it is {kind_of(value)} without a unit; write {whole(value)}s")
    text = read_text(value)
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise UnfitError(f"it is {kind_of(text)}")
    days, hours, minutes, seconds = found.groups()
    total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
    return int(total) if float(total).is_integer() else total


def _show_duration(value: Value) -> object:
    assert isinstance(value, (int, float))
    if isinstance(value, float):
        return f"{value}s"
    parts, rest = "", value
    for unit, seconds in (("h", 3600), ("m", 60)):
        count, rest = divmod(rest, seconds)
        parts += f"{count}{unit}" if count else ""
    return f"{parts}{rest}s" if rest or not parts else parts


def _range(value: object) -> str:
    text = read_line(value)
    low, _, high = text.partition("-")
    if not low.isdigit() or not high.isdigit() or not 100 <= int(low) <= int(high) <= 999999999:
        raise UnfitError(f"it is {kind_of(text)}")
    return f"{int(low)}-{int(high)}"


def _date_time(value: object) -> int:
    text = read_text(value)
    if text == "never":
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnfitError(f"it is {kind_of(text)}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _show_date_time(value: Value) -> object:
    assert isinstance(value, int)
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else "never"


QUANTITIES = (
    ValueType("int", "a whole number", read_int, as_is, {"type": "integer"}),
    ValueType("number", "a number", _number, as_is, {"type": "number"}),
    ValueType("size", "a size such as 50G or 512M", _size, _show_size, STRING),
    ValueType(
        "memory", "a size such as 8G, or a number of MiB", _memory, _show_memory, {"type": ["string", "integer"]}
    ),
    ValueType("rate", "a rate such as 100MB/s or 512KB/s", _rate, _show_rate, STRING),
    ValueType("duration", "a duration such as 30s, 5m or 1h30m", read_duration, _show_duration, STRING),
    ValueType("range", "a range of VMIDs such as 20000-20999", _range, as_is, STRING),
    ValueType("date-time", "a time such as 2027-01-01T00:00:00Z, or never", _date_time, _show_date_time, STRING),
)
