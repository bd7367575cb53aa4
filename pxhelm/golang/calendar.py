"""The proleptic Gregorian calendar and the zones of the tz database, for Go's times.

Never a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

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
