"""Go's time.Time: an instant with its zone, its calendar and its methods.

Never reads a clock: the instant of ``now`` comes from the caller. Zones come from the ``tzdata`` package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pxhelm.golang.calendar import MONTHS, UTC, WEEKDAYS, ZERO_UNIX, Zone, civil_from_days, days_from_civil
from pxhelm.golang.duration import SECOND, Duration, Nanoseconds
from pxhelm.golang.layout import Parts, format_parts
from pxhelm.golang.value import Int64, Pointer, Uint64

_DAY = 86400


class Month(int):
    """A ``time.Month``: prints as its name, counts as its number."""

    GO_TYPE = "time.Month"
    GO_KIND = "int"
    GO_METHODS: ClassVar[dict[str, str]] = {"String": "__str__"}
    __slots__ = ()

    def __str__(self) -> str:
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int):
    """A ``time.Weekday``: prints as its name, counts from Sunday."""

    GO_TYPE = "time.Weekday"
    GO_KIND = "int"
    GO_METHODS: ClassVar[dict[str, str]] = {"String": "__str__"}
    __slots__ = ()

    def __str__(self) -> str:
        return WEEKDAYS[self]


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

    GO_LAYOUT: ClassVar[dict[str, str]] = {"wall": "go_wall", "ext": "go_ext", "loc": "go_location"}
    """Fields that fmt prints and no template can name."""

    unix: int
    nanosecond: int = 0
    zone: Zone = UTC

    def __str__(self) -> str:
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")

    def go_wall(self) -> Uint64:
        """Return the nanosecond, where Go holds it."""
        return Uint64(self.nanosecond)

    def go_ext(self) -> Int64:
        """Return the seconds since the zero time."""
        return Int64(self.unix - ZERO_UNIX)

    def go_location(self) -> Pointer:
        """Return a pointer to the zone; nil is UTC."""
        return Pointer("*time.Location", nil=self.zone == UTC)

    def go_source(self) -> str:
        """Return the call that makes it, as ``%#v`` prints it."""
        from pxhelm.golang.strconv import quote

        year, month, day, seconds = self.civil()
        clock = f"{seconds // 3600}, {seconds // 60 % 60}, {seconds % 60}, {self.nanosecond}"
        place = "time.UTC" if self.zone == UTC else f"time.Location({quote(self.zone.name)})"
        return f"time.Date({year}, time.{MONTHS[month - 1]}, {day}, {clock}, {place})"

    def rfc3339(self) -> str:
        """Return RFC 3339, as far as the year lets it be."""
        return self.format("2006-01-02T15:04:05.999999999Z07:00")

    def go_json(self) -> str:
        """Return RFC 3339 as JSON holds it; JsonError for what has no such form."""
        from pxhelm.golang.json import JsonError

        if not 0 <= self.go_year() <= 9999:
            problem = "year outside of range [0,9999]"
        elif abs(self.zone.at(self.unix)[1]) >= _DAY:
            problem = "timezone hour outside of range [0,23]"
        else:
            return self.rfc3339()
        raise JsonError(f"json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {problem}")

    def civil(self) -> tuple[int, int, int, int]:
        """Return year, month, day and second of the day in its zone."""
        days, seconds = divmod(self.unix + self.zone.at(self.unix)[1], _DAY)
        return (*civil_from_days(days), seconds)

    def format(self, layout: str) -> str:
        """Print by a Go layout."""
        abbreviation, offset = self.zone.at(self.unix)
        return format_parts(Parts(*self.civil(), self.nanosecond, abbreviation, offset), layout)

    def in_zone(self, zone: Zone) -> Time:
        """Return the same instant in another zone."""
        return Time(self.unix, self.nanosecond, zone)

    def add(self, duration: Nanoseconds) -> Time:
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
        whole = self.unix * SECOND + self.nanosecond
        return Int64((whole + 2**63) % 2**64 - 2**63)

    def unix_micro(self) -> Int64:
        """Return Unix microseconds."""
        return Int64(self.unix * 1_000_000 + self.nanosecond // 1000)

    def unix_milli(self) -> Int64:
        """Return Unix milliseconds."""
        return Int64(self.unix * 1000 + self.nanosecond // 1_000_000)

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

    def truncate(self, unit: Nanoseconds) -> Time:
        """Return the multiple of the unit since the zero time at or before this instant."""
        return self.add(-self._beyond(unit)) if unit > 0 else self

    def round(self, unit: Nanoseconds) -> Time:
        """Return the multiple of the unit since the zero time that is nearest."""
        if unit <= 0:
            return self
        beyond = self._beyond(unit)
        return self.add(-beyond if 2 * beyond < unit else unit - beyond)

    def _beyond(self, unit: Nanoseconds) -> Nanoseconds:
        """Return how far this instant is beyond a multiple of the unit since the zero time."""
        return ((self.unix - ZERO_UNIX) * SECOND + self.nanosecond) % unit


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
