"""Go's time.Time: an instant with its zone, its calendar and its methods.

Never reads a clock: the instant of ``now`` comes from the caller. Zones come from the ``tzdata`` package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from pxhelm.golang.duration import SECOND, Duration, round_to
from pxhelm.golang.value import Int64

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
ZERO_UNIX = -62135596800
"""January 1, year 1, 00:00:00 UTC: Go's zero time."""
_DAY = 86400
_FIRST = ZERO_UNIX + 2 * _DAY
_LAST = 253402300799 - 2 * _DAY


class UnknownZoneError(ValueError):
    """A time zone that does not exist; the text is Go's."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone: one of the tz database, or a fixed offset."""

    name: str
    offset: int | None = None
    """Seconds east of UTC of a fixed zone."""

    def at(self, unix: int) -> tuple[str, int]:
        """Return abbreviation and offset in seconds at an instant."""
        if self.offset is not None:
            return self.name, self.offset
        return _lookup(self.name, unix)


UTC = Zone("UTC", 0)


def _lookup(name: str, unix: int) -> tuple[str, int]:
    from datetime import UTC as UTC_ZONE
    from datetime import datetime, timedelta

    # what datetime cannot hold has the offset of the nearest instant that it can
    unix = max(_FIRST, min(unix, _LAST))
    local = (datetime(1970, 1, 1, tzinfo=UTC_ZONE) + timedelta(seconds=unix)).astimezone(_zone_info(name))
    offset = local.utcoffset()
    return local.tzname() or "", int(offset.total_seconds()) if offset is not None else 0


@lru_cache(maxsize=64)
def _zone_info(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


@lru_cache(maxsize=256)
def load_location(name: str) -> Zone:
    """Return the zone of that name as ``LoadLocation`` does; UnknownZoneError when there is none."""
    if name in ("", "UTC"):
        return UTC
    if ".." in name or name[0] in "/\\":
        raise UnknownZoneError("time: invalid location name")
    try:
        _zone_info(name)
    except (ValueError, LookupError, OSError):
        raise UnknownZoneError(f"unknown time zone {name}") from None
    return Zone(name)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Return days since 1970-01-01 in the proleptic Gregorian calendar, years without limit."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a number of days since 1970-01-01."""
    days += 719468
    era, of_era = divmod(days, 146097)
    years = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return years + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


@dataclass(frozen=True, slots=True)
class Month:
    """A ``time.Month``: prints as its name, counts as its number."""

    GO_TYPE: ClassVar[str] = "time.Month"
    GO_KIND: ClassVar[str] = "int"
    GO_METHODS: ClassVar[dict[str, str]] = {"String": "__str__"}
    number: int

    def __str__(self) -> str:
        return MONTHS[self.number - 1]

    def __int__(self) -> int:
        return self.number

    def go_json(self) -> int:
        """Return what JSON holds of it."""
        return self.number


@dataclass(frozen=True, slots=True)
class Weekday:
    """A ``time.Weekday``: prints as its name, counts from Sunday."""

    GO_TYPE: ClassVar[str] = "time.Weekday"
    GO_KIND: ClassVar[str] = "int"
    GO_METHODS: ClassVar[dict[str, str]] = {"String": "__str__"}
    number: int

    def __str__(self) -> str:
        return WEEKDAYS[self.number]

    def __int__(self) -> int:
        return self.number

    def go_json(self) -> int:
        """Return what JSON holds of it."""
        return self.number


@dataclass(frozen=True, slots=True)
class Time:
    """An instant (Unix seconds and nanoseconds) in a zone."""

    GO_TYPE: ClassVar[str] = "time.Time"
    GO_KIND: ClassVar[str] = "struct"
    GO_METHODS: ClassVar[dict[str, str]] = {
        "Unix": "go_unix", "UnixNano": "unix_nano", "UnixMilli": "unix_milli", "UnixMicro": "unix_micro",
        "Year": "go_year", "Month": "go_month", "Day": "go_day", "Hour": "go_hour", "Minute": "go_minute",
        "Second": "go_second", "Nanosecond": "go_nanosecond", "YearDay": "year_day", "Weekday": "weekday",
        "Format": "format", "Add": "add", "AddDate": "add_date", "Sub": "sub", "UTC": "utc", "Local": "utc",
        "Before": "before", "After": "after", "Equal": "equal", "Compare": "compare", "IsZero": "is_zero",
        "Truncate": "truncate", "Round": "round", "String": "__str__",
    }  # fmt: skip

    unix: int
    nanosecond: int = 0
    zone: Zone = UTC

    def __str__(self) -> str:
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")

    def go_json(self) -> str:
        """Return RFC 3339 as JSON holds it."""
        return self.format("2006-01-02T15:04:05.999999999Z07:00")

    def civil(self) -> tuple[int, int, int, int]:
        """Return year, month, day and second of the day in its zone."""
        days, seconds = divmod(self.unix + self.zone.at(self.unix)[1], _DAY)
        return (*civil_from_days(days), seconds)

    def format(self, layout: str) -> str:
        """Print by a Go layout."""
        from pxhelm.golang.layout import format_time

        return format_time(self, layout)

    def in_zone(self, zone: Zone) -> Time:
        """Return the same instant in another zone."""
        return Time(self.unix, self.nanosecond, zone)

    def add(self, duration: int) -> Time:
        """Return the instant so many nanoseconds later."""
        seconds, nanoseconds = divmod(self.nanosecond + duration, SECOND)
        return Time(self.unix + seconds, nanoseconds, self.zone)

    def add_date(self, years: int, months: int, days: int) -> Time:
        """Return the instant so many years, months and days later, normalised as Go does."""
        year, month, day, seconds = self.civil()
        return from_civil((year + years, month + months, day + days), seconds, self.nanosecond, self.zone)

    def sub(self, other: Time) -> Duration:
        """Return the time from the other instant to this one."""
        between = (self.unix - other.unix) * SECOND + self.nanosecond - other.nanosecond
        return Duration(max(-(2**63), min(between, 2**63 - 1)))

    def go_unix(self) -> Int64:
        """Return Unix seconds."""
        return Int64(self.unix)

    def unix_nano(self) -> Int64:
        """Return Unix nanoseconds."""
        return Int64(self.unix * SECOND + self.nanosecond)

    def unix_micro(self) -> Int64:
        """Return Unix microseconds."""
        return Int64(self.unix_nano() // 1000)

    def unix_milli(self) -> Int64:
        """Return Unix milliseconds."""
        return Int64(self.unix_nano() // 1_000_000)

    def go_year(self) -> int:
        """Return the year."""
        return self.civil()[0]

    def go_month(self) -> Month:
        """Return the month."""
        return Month(self.civil()[1])

    def go_day(self) -> int:
        """Return the day of the month."""
        return self.civil()[2]

    def go_hour(self) -> int:
        """Return the hour."""
        return self.civil()[3] // 3600

    def go_minute(self) -> int:
        """Return the minute."""
        return self.civil()[3] // 60 % 60

    def go_second(self) -> int:
        """Return the second."""
        return self.civil()[3] % 60

    def go_nanosecond(self) -> int:
        """Return the nanosecond."""
        return self.nanosecond

    def year_day(self) -> int:
        """Return the day of the year, from 1."""
        year, month, day, _ = self.civil()
        return days_from_civil(year, month, day) - days_from_civil(year, 1, 1) + 1

    def weekday(self) -> Weekday:
        """Return the day of the week."""
        year, month, day, _ = self.civil()
        return Weekday((days_from_civil(year, month, day) + 4) % 7)

    def utc(self) -> Time:
        """Return the instant in UTC."""
        return self.in_zone(UTC)

    def compare(self, other: Time) -> int:
        """Return -1, 0 or 1 as this instant is before, at or after the other."""
        mine, theirs = (self.unix, self.nanosecond), (other.unix, other.nanosecond)
        return (mine > theirs) - (mine < theirs)

    def before(self, other: Time) -> bool:
        """Whether this instant is before the other."""
        return self.compare(other) < 0

    def after(self, other: Time) -> bool:
        """Whether this instant is after the other."""
        return self.compare(other) > 0

    def equal(self, other: Time) -> bool:
        """Whether both are the same instant."""
        return self.compare(other) == 0

    def is_zero(self) -> bool:
        """Whether this is Go's zero time."""
        return self.unix == ZERO_UNIX and self.nanosecond == 0

    def truncate(self, unit: int) -> Time:
        """Return the multiple of the unit since the zero time at or before this instant."""
        since = (self.unix - ZERO_UNIX) * SECOND + self.nanosecond
        return self.add(-(since % unit)) if unit > 0 else self

    def round(self, unit: int) -> Time:
        """Return the multiple of the unit since the zero time that is nearest."""
        since = (self.unix - ZERO_UNIX) * SECOND + self.nanosecond
        return self.add(round_to(since, unit) - since) if unit > 0 else self


ZERO = Time(ZERO_UNIX)


def from_civil(date: tuple[int, int, int], seconds: int, nanosecond: int, zone: Zone) -> Time:
    """Return the instant at which a zone's clocks show a date and second of the day, as ``time.Date`` does."""
    local = days_from_civil(date[0], date[1], 1) + date[2] - 1
    unix = local * _DAY + seconds
    first = unix - zone.at(unix)[1]
    # a second look, on the other side of a possible change of offset
    guess = unix - zone.at(first)[1]
    return Time(guess if zone.at(guess)[1] == unix - guess else first, nanosecond, zone)


def from_seconds(seconds: float, zone: Zone = UTC) -> Time:
    """Return the instant of Unix seconds with a fraction."""
    whole = int(seconds // 1)
    return Time(whole, int((seconds - whole) * SECOND), zone)
