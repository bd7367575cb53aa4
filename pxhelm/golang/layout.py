"""Go's time layouts: a time printed by the example ``Mon Jan 2 15:04:05 MST 2006``.

Never reads (``layout_parse``), never a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pxhelm.golang.calendar import MONTHS, WEEKDAYS, days_from_civil

_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2006|_2|3|4|5|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?![0-9])"
)


@lru_cache(maxsize=256)
def chunks(layout: str) -> tuple[tuple[str, str], ...]:
    """Cut a layout into (literal text before, element) pairs; the last element is empty."""
    found: list[tuple[str, str]] = []
    start = 0
    for match in _CHUNK.finditer(layout):
        element = match[0]
        before = layout[start : match.start()]
        if element == "_2006":
            before, element = before + "_", "2006"
        found.append((before, element))
        start = match.end()
    found.append((layout[start:], ""))
    return tuple(found)


@dataclass(slots=True)
class Parts:
    """A time as its zone's clocks show it: what an element may print."""

    year: int
    month: int
    day: int
    seconds: int
    nanosecond: int
    abbreviation: str
    offset: int

    @property
    def days(self) -> int:
        """Days since 1970-01-01."""
        return days_from_civil(self.year, self.month, self.day)


def format_parts(parts: Parts, layout: str) -> str:
    """Print a time by a layout."""
    return "".join(before + _element(element, parts) for before, element in chunks(layout))


def _element(element: str, p: Parts) -> str:
    if not element:
        return ""
    simple = _PRINT.get(element)
    if simple is not None:
        return simple(p)
    if element[0] in "Z-":
        return "Z" if element[0] == "Z" and p.offset == 0 else _offset(element, p.offset)
    digits = f"{p.nanosecond:09d}"[: len(element) - 1].ljust(len(element) - 1, "0")
    if element[1] == "9":
        digits = digits.rstrip("0")
        return element[0] + digits if digits else ""
    return element[0] + digits


def _offset(element: str, offset: int) -> str:
    # the sign is that of the minutes: west of UTC by less than one, Go writes a plus
    size = -offset if offset <= -60 else offset
    text = f"{'-' if offset <= -60 else '+'}{max(size, 0) // 3600:02d}"
    colon = ":" if ":" in element else ""
    if len(element) > 3:
        text += f"{colon}{max(size, 0) // 60 % 60:02d}"
    if len(element) > 6:
        text += f"{colon}{'-' if size < 0 else ''}{abs(size) % 60:02d}"
    return text


def _year(p: Parts) -> str:
    return f"{p.year:04d}" if p.year >= 0 else f"-{-p.year:04d}"


def _hour12(p: Parts) -> int:
    return p.seconds // 3600 % 12 or 12


def _year_day(p: Parts) -> int:
    return p.days - days_from_civil(p.year, 1, 1) + 1


def _zone_name(p: Parts) -> str:
    if p.abbreviation:
        return p.abbreviation
    minutes = abs(p.offset) // 60
    return f"{'-' if p.offset <= -60 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


_PRINT = {
    "2006": _year,
    "06": lambda p: f"{abs(p.year) % 100:02d}",
    "January": lambda p: MONTHS[p.month - 1],
    "Jan": lambda p: MONTHS[p.month - 1][:3],
    "01": lambda p: f"{p.month:02d}",
    "1": lambda p: str(p.month),
    "Monday": lambda p: WEEKDAYS[(p.days + 4) % 7],
    "Mon": lambda p: WEEKDAYS[(p.days + 4) % 7][:3],
    "2": lambda p: str(p.day),
    "_2": lambda p: f"{p.day:2d}",
    "02": lambda p: f"{p.day:02d}",
    "__2": lambda p: f"{_year_day(p):3d}",
    "002": lambda p: f"{_year_day(p):03d}",
    "15": lambda p: f"{p.seconds // 3600:02d}",
    "3": lambda p: str(_hour12(p)),
    "03": lambda p: f"{_hour12(p):02d}",
    "4": lambda p: str(p.seconds // 60 % 60),
    "04": lambda p: f"{p.seconds // 60 % 60:02d}",
    "5": lambda p: str(p.seconds % 60),
    "05": lambda p: f"{p.seconds % 60:02d}",
    "PM": lambda p: "PM" if p.seconds >= 43200 else "AM",
    "pm": lambda p: "pm" if p.seconds >= 43200 else "am",
    "MST": _zone_name,
}
