"""Go's time.Duration: nanoseconds, how they print and how they are read.

Never a clock.
"""

from __future__ import annotations

import re

from pxhelm.golang.strconv import bounded_int
from pxhelm.golang.value import Int64, go_bytes

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_MAX = 2**63 - 1
Nanoseconds = int
"""What a template must give as a ``time.Duration``."""

_UNITS = {
    "ns": NANOSECOND, "us": MICROSECOND, "µs": MICROSECOND, "μs": MICROSECOND, "ms": MILLISECOND,
    "s": SECOND, "m": MINUTE, "h": HOUR,
}  # fmt: skip
_PART = re.compile(r"([0-9]*)(\.[0-9]*)?([^0-9.]*)")


class DurationError(ValueError):
    """A text that is no duration; the text is Go's."""


class Duration(int):
    """A ``time.Duration`` in nanoseconds."""

    GO_TYPE = "time.Duration"
    GO_KIND = "int64"
    GO_METHODS = {  # noqa: RUF012  read by the engine, never changed
        "Seconds": "seconds", "Minutes": "minutes", "Hours": "hours", "Milliseconds": "milliseconds",
        "Microseconds": "microseconds", "Nanoseconds": "nanoseconds", "String": "__str__",
        "Round": "round", "Truncate": "truncate", "Abs": "abs",
    }  # fmt: skip

    __slots__ = ()

    def __str__(self) -> str:
        return format_duration(int(self))

    def seconds(self) -> float:
        """Return seconds with their fraction."""
        return int(self) / SECOND

    def minutes(self) -> float:
        """Return minutes with their fraction."""
        return int(self) / MINUTE

    def hours(self) -> float:
        """Return hours with their fraction."""
        return int(self) / HOUR

    def milliseconds(self) -> Int64:
        """Return whole milliseconds."""
        return Int64(cut(int(self), MILLISECOND))

    def microseconds(self) -> Int64:
        """Return whole microseconds."""
        return Int64(cut(int(self), MICROSECOND))

    def nanoseconds(self) -> Int64:
        """Return nanoseconds."""
        return Int64(self)

    def round(self, unit: Nanoseconds) -> Duration:
        """Return the nearest multiple of the unit, halves away from zero."""
        return Duration(round_to(int(self), unit))

    def truncate(self, unit: Nanoseconds) -> Duration:
        """Return the multiple of the unit next to zero."""
        return Duration(int(self) if unit <= 0 else cut(int(self), unit) * unit)

    def abs(self) -> Duration:
        """Return the duration without its sign."""
        return Duration(min(abs(int(self)), _MAX))


def cut(number: int, unit: int) -> int:
    """Divide towards zero, as Go does."""
    return abs(number) // unit * (1 if number >= 0 else -1)


def round_to(number: int, unit: int) -> int:
    """Return the nearest multiple of the unit, halves away from zero; the number itself for no unit."""
    if unit <= 0:
        return number
    rest = abs(number) % unit
    size = abs(number) - rest + (unit if rest + rest >= unit else 0)
    size = min(size, _MAX)
    return size if number >= 0 else -size


def format_duration(nanoseconds: int) -> str:
    """Print as ``72h3m0.5s``."""
    if nanoseconds == 0:
        return "0s"
    sign = "-" if nanoseconds < 0 else ""
    size = abs(nanoseconds)
    if size < SECOND:
        unit, name = next((u, n) for u, n in ((MICROSECOND, "ns"), (MILLISECOND, "µs"), (SECOND, "ms")) if size < u)
        return sign + _decimal(size, unit // 1000) + name
    minutes, rest = divmod(size, MINUTE)
    text = _decimal(rest, SECOND) + "s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = (f"{hours}h" if hours else "") + f"{minutes}m" + text
    return sign + text


def _decimal(number: int, unit: int) -> str:
    whole, rest = divmod(number, unit)
    if not rest:
        return str(whole)
    return f"{whole}.{str(rest).rjust(len(str(unit)) - 1, '0').rstrip('0')}"


def parse_duration(text: str) -> int:
    """Read ``1h15m30.918s`` into nanoseconds as ``ParseDuration`` does; DurationError with Go's text."""
    rest = text
    negative = rest[:1] == "-"
    if rest[:1] in ("-", "+"):
        rest = rest[1:]
    if rest == "0":
        return 0
    if not rest:
        raise DurationError(f"time: invalid duration {quote_text(text)}")
    total = 0
    while rest:
        found = _PART.match(rest)
        assert found
        whole, fraction, unit = found.groups()
        if not whole and (fraction or ".") == ".":
            raise DurationError(f"time: invalid duration {quote_text(text)}")
        if bounded_int(whole or "0") > 2**63:
            raise DurationError(f"time: invalid duration {quote_text(text)}")
        if not unit:
            raise DurationError(f"time: missing unit in duration {quote_text(text)}")
        size = _UNITS.get(unit)
        if size is None:
            raise DurationError(f"time: unknown unit {quote_text(unit)} in duration {quote_text(text)}")
        total += int(whole or 0) * size
        if fraction:
            total += _of_fraction(fraction[1:], size)
        if total > 2**63:
            raise DurationError(f"time: invalid duration {quote_text(text)}")
        rest = rest[found.end() :]
    if total > _MAX and not negative:
        raise DurationError(f"time: invalid duration {quote_text(text)}")
    return -total if negative else total


def _of_fraction(digits: str, unit: int) -> int:
    """Return the nanoseconds in a fraction of a unit: in floating point and no digit beyond 64 bits, as Go has them."""
    number, scale = 0, 1.0
    for digit in digits:
        longer = number * 10 + int(digit)
        if longer > _MAX + 1:
            break
        number, scale = longer, scale * 10
    return int(number * (unit / scale))


def quote_text(text: str) -> str:
    """Quote as package time does: controls and bytes beyond ASCII become hex."""
    quoted = "".join(
        chr(byte)
        if 0x20 <= byte < 0x80 and byte not in b'"\\'
        else f"\\{chr(byte)}"
        if 0x20 <= byte < 0x80
        else f"\\x{byte:02x}"
        for byte in go_bytes(text)
    )
    return f'"{quoted}"'
