"""Maintenance windows: the days and hours in which a guest may be restarted (``power.window``, ADR 17).

Written ``[DAYS] HH:MM-HH:MM [ZONE]``: ``sun 02:00-06:00``, ``mon..fri 22:00-04:00 Europe/Berlin``. Without days it is every
day, without a zone UTC; an end before the beginning is on the next day. Pure: the time is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pxhelm.golang.calendar import UnknownZoneError, Zone, load_location

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 86400
_TEXT = re.compile(
    r"(?:(?P<days>[A-Za-z.,]+) )?(?P<h1>\d\d):(?P<m1>\d\d)-(?P<h2>\d\d):(?P<m2>\d\d)(?: (?P<zone>[A-Za-z][\w/+-]*))?"
)


@dataclass(frozen=True, slots=True)
class Window:
    """A window that opens on some days of the week."""

    days: frozenset[int]
    """0 = Monday."""
    begin: int
    """Seconds since midnight."""
    length: int
    """Seconds."""
    zone: Zone

    def times(self, now: float) -> Iterator[tuple[float, float]]:
        """Yield beginning and end (Unix seconds) of those from yesterday until a week from now."""
        local = now + self.zone.at(int(now))[1]
        today = int(local // _DAY)
        for day in range(today - 1, today + 9):
            if (day + 3) % 7 in self.days:  # 1970-01-01 was a Thursday
                wall = day * _DAY + self.begin
                begin = wall - self.zone.at(wall - self.zone.at(wall)[1])[1]
                yield begin, begin + self.length


@lru_cache(maxsize=256)
def parse_window(text: str) -> Window:
    """Read a window. ValueError says what is wrong."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"it is {text!r}")
    begin, end = (_seconds(found[h], found[m]) for h, m in (("h1", "m1"), ("h2", "m2")))
    try:
        zone = load_location(found["zone"] or "")
    except UnknownZoneError:
        raise ValueError(f"there is no time zone {found['zone']}") from None
    return Window(_days(found["days"] or ""), begin, (end - begin) % _DAY or _DAY, zone)


def _seconds(hours: str, minutes: str) -> int:
    seconds = int(hours) * 3600 + int(minutes) * 60
    if int(minutes) > 59 or seconds > _DAY:
        raise ValueError(f"there is no time {hours}:{minutes}")
    return seconds


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.lower().split(",") if text else ("mon..sun",):
        first, _, last = part.partition("..")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{part!r} is no day: days are {', '.join(DAYS)}, or mon..fri")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return frozenset(found)


def is_open(windows: Iterable[str], now: float) -> bool:
    """Whether one of the windows is open."""
    return any(begin <= now < end for text in windows for begin, end in parse_window(text).times(now))


def opens_in(windows: Iterable[str], now: float) -> float:
    """Return the seconds until the next of the windows opens; 0 while one is open."""
    times = [(begin, end) for text in windows for begin, end in parse_window(text).times(now) if end > now]
    return max(0.0, min(begin for begin, _ in times) - now)
