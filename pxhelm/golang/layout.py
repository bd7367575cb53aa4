"""Go's time layouts: a time printed, or read, by the example ``Mon Jan 2 15:04:05 MST 2006``.

Never a clock; zones are ``pxhelm.golang.times``'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pxhelm.golang.duration import quote_text
from pxhelm.golang.times import MONTHS, UTC, WEEKDAYS, Time, Zone, days_from_civil, from_civil

_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2006|_2|3|4|5|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?![0-9])"
)


class ParseError(ValueError):
    """A text that does not fit its layout; the text is Go's."""


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
class _Parts:
    """What an element may print."""

    year: int
    month: int
    day: int
    seconds: int
    nanosecond: int
    abbreviation: str
    offset: int

    @property
    def days(self) -> int:
        return days_from_civil(self.year, self.month, self.day)


def format_time(time: Time, layout: str) -> str:
    """Print a time by a layout."""
    abbreviation, offset = time.zone.at(time.unix)
    parts = _Parts(*time.civil(), time.nanosecond, abbreviation, offset)
    return "".join(before + _element(element, parts) for before, element in chunks(layout))


def _element(element: str, p: _Parts) -> str:
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
    size = abs(offset)
    text = f"{'-' if offset < 0 else '+'}{size // 3600:02d}"
    colon = ":" if ":" in element else ""
    if len(element) > 3:
        text += f"{colon}{size // 60 % 60:02d}"
    if len(element) > 6:
        text += f"{colon}{size % 60:02d}"
    return text


def _year(p: _Parts) -> str:
    return f"{p.year:04d}" if p.year >= 0 else f"-{-p.year:04d}"


def _hour12(p: _Parts) -> int:
    return p.seconds // 3600 % 12 or 12


def _year_day(p: _Parts) -> int:
    return p.days - days_from_civil(p.year, 1, 1) + 1


def _zone_name(p: _Parts) -> str:
    if p.abbreviation:
        return p.abbreviation
    minutes = abs(p.offset) // 60
    return f"{'-' if p.offset < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


_PRINT = {
    "2006": _year,
    "06": lambda p: f"{max(p.year, 0) % 100:02d}",
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


class _BadError(Exception):
    """The value does not fit the element."""


class _RangeError(Exception):
    """The value fits but is out of range; the text names what."""


class _Reader:
    """Reads one text by one layout."""

    def __init__(self, layout: str, text: str) -> None:
        self.rest = text
        self._chunks = chunks(layout)
        self.year = 0
        self.month = self.day = self.year_day = -1
        self.hour = self.minute = self.second = self.nanosecond = 0
        self.pm = self.am = False
        self.zone: Zone | None = None
        self.offset: int | None = None
        self.zone_name = ""
        self._next = ""

    def read(self, layout: str, text: str) -> None:
        for i, (before, element) in enumerate(self._chunks):
            try:
                self._skip(before)
            except _BadError:
                raise _mismatch(layout, text, before, self.rest) from None
            if not element:
                if self.rest:
                    raise ParseError(f"parsing time {quote_text(text)}: extra text: {quote_text(self.rest)}")
                break
            self._next = self._chunks[i + 1][1] if not self._chunks[i + 1][0] else ""
            hold = self.rest
            try:
                self._element(element)
            except _BadError:
                raise _mismatch(layout, text, element, hold) from None
            except _RangeError as error:
                raise ParseError(f"parsing time {quote_text(text)}: {error} out of range") from None

    def _skip(self, before: str) -> None:
        while before:
            if before[0] == " ":
                if self.rest and self.rest[0] != " ":
                    raise _BadError
                before = before.lstrip(" ")
                self.rest = self.rest.lstrip(" ")
                continue
            if not self.rest.startswith(before[0]):
                raise _BadError
            before, self.rest = before[1:], self.rest[1:]

    def _take(self, count: int) -> str:
        if len(self.rest) < count:
            raise _BadError
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def _number(self, *, fixed: bool, width: int = 2) -> int:
        found = re.match(f"[0-9]{{1,{width}}}", self.rest)
        if not found or (fixed and len(found[0]) < width):
            raise _BadError
        self.rest = self.rest[found.end() :]
        return int(found[0])

    def _element(self, element: str) -> None:
        if element in ("2006", "06"):
            digits = self._take(len(element) if element == "2006" else 2)
            if not (digits.isascii() and digits.isdigit()):
                raise _BadError
            self.year = int(digits) + (0 if element == "2006" else 1900 if int(digits) >= 69 else 2000)
        elif element in ("January", "Jan", "Monday", "Mon"):
            names = MONTHS if element[0] == "J" else WEEKDAYS
            found = self._name(names, 9 if element in ("January", "Monday") else 3)
            if names is MONTHS:
                self.month = found + 1
        elif element in ("01", "1"):
            self.month = self._ranged(self._number(fixed=element == "01"), 1, 12, "month")
        elif element in ("2", "_2", "02"):
            if element == "_2":
                self.rest = self.rest.removeprefix(" ")
            self.day = self._number(fixed=element == "02")
        elif element in ("__2", "002"):
            for _ in range(2 if element == "__2" else 0):
                self.rest = self.rest.removeprefix(" ")
            self.year_day = self._number(fixed=element == "002", width=3)
        else:
            self._clock(element)

    def _clock(self, element: str) -> None:
        if element == "15":
            self.hour = self._ranged(self._number(fixed=False), 0, 23, "hour")
        elif element in ("3", "03"):
            self.hour = self._ranged(self._number(fixed=element == "03"), 0, 12, "hour")
        elif element in ("4", "04"):
            self.minute = self._ranged(self._number(fixed=element == "04"), 0, 59, "minute")
        elif element in ("5", "05"):
            self.second = self._ranged(self._number(fixed=element == "05"), 0, 59, "second")
            if re.match("[.,][0-9]", self.rest) and self._next[:1] not in (".", ","):
                self._fraction(None)
        elif element in ("PM", "pm"):
            half = self._take(2)
            if half not in ("PM", "AM") if element == "PM" else half not in ("pm", "am"):
                raise _BadError
            self.pm, self.am = half in ("PM", "pm"), half in ("AM", "am")
        elif element == "MST":
            self._abbreviation()
        elif element[0] in "Z-":
            self._numeric_zone(element)
        elif element[1] == "0":
            self._fraction(len(element) - 1)
        elif re.match("[.,][0-9]", self.rest):
            self._fraction(None)

    def _ranged(self, number: int, low: int, high: int, what: str) -> int:
        if not low <= number <= high:
            raise _RangeError(what)
        return number

    def _name(self, names: tuple[str, ...], length: int) -> int:
        for i, name in enumerate(names):
            wanted = name[:length].lower()
            if self.rest[: len(wanted)].lower() == wanted:
                self.rest = self.rest[len(wanted) :]
                return i
        raise _BadError

    def _fraction(self, count: int | None) -> None:
        if count is None:
            found = re.match("[.,]([0-9]+)", self.rest)
            assert found
            self.rest = self.rest[found.end() :]
            digits = found[1]
        else:
            taken = self._take(count + 1)
            if taken[0] not in ".,":
                raise _BadError
            digits = taken[1:]
            if not (digits.isascii() and digits.isdigit()):
                raise _BadError
        self.nanosecond = int(digits[:9].ljust(9, "0"))

    def _numeric_zone(self, element: str) -> None:
        if element[0] == "Z" and self.rest.startswith("Z"):
            self.rest = self.rest[1:]
            self.zone = UTC
            return
        pattern = re.sub("[0-9]{2}", "([0-9]{2})", element[1:])
        found = re.match("([-+])" + pattern, self.rest)
        if not found:
            raise _BadError
        hours, minutes, seconds, *_ = [int(digits) for digits in found.groups()[1:]] + [0, 0]
        self._ranged(hours, 0, 24, "time zone offset hour")
        self._ranged(minutes, 0, 59, "time zone offset minute")
        self._ranged(seconds, 0, 59, "time zone offset second")
        self.rest = self.rest[found.end() :]
        self.offset = (hours * 3600 + minutes * 60 + seconds) * (-1 if found[1] == "-" else 1)

    def _abbreviation(self) -> None:
        if self.rest.startswith("UTC"):
            self.rest = self.rest[3:]
            self.zone = UTC
            return
        found = _ZONE_NAME.match(self.rest)
        if not found:
            raise _BadError
        self.zone_name = found[0]
        self.rest = self.rest[found.end() :]

    def time(self, text: str, local: Zone) -> Time:
        """Return the instant that was read."""
        if self.pm and self.hour < 12:
            self.hour += 12
        elif self.am and self.hour == 12:
            self.hour = 0
        self._settle_day(text)
        seconds = self.hour * 3600 + self.minute * 60 + self.second
        date = (self.year, self.month, self.day)
        if self.zone is not None:
            return from_civil(date, seconds, self.nanosecond, self.zone)
        if self.offset is not None:
            found = from_civil(date, seconds - self.offset, self.nanosecond, UTC)
            name, offset = local.at(found.unix)
            if offset == self.offset and self.zone_name in ("", name):
                return found.in_zone(local)
            return found.in_zone(Zone(self.zone_name, self.offset))
        if self.zone_name:
            return self._named(date, seconds, local)
        return from_civil(date, seconds, self.nanosecond, local)

    def _named(self, date: tuple[int, int, int], seconds: int, local: Zone) -> Time:
        found = from_civil(date, seconds, self.nanosecond, local)
        if local.at(found.unix)[0] == self.zone_name:
            return found
        offset = 0
        if len(self.zone_name) > 3 and self.zone_name.startswith("GMT"):
            offset = int(self.zone_name[3:]) * 3600
        found = from_civil(date, seconds - offset, self.nanosecond, UTC)
        return found.in_zone(Zone(self.zone_name, offset))

    def _settle_day(self, text: str) -> None:
        if self.year_day >= 0:
            leap = self.year % 4 == 0 and (self.year % 100 != 0 or self.year % 400 == 0)
            if not 1 <= self.year_day <= 365 + leap:
                raise ParseError(f"parsing time {quote_text(text)}: day-of-year out of range")
            if self.month < 0:
                self.month = 1
                while self.year_day > _days_in(self.month, self.year):
                    self.year_day -= _days_in(self.month, self.year)
                    self.month += 1
                self.day = self.year_day
        self.month = 1 if self.month < 0 else self.month
        self.day = 1 if self.day < 0 else self.day
        if not 1 <= self.day <= _days_in(self.month, self.year):
            raise ParseError(f"parsing time {quote_text(text)}: day out of range")


_ZONE_NAME = re.compile(
    r"ChST|MeST|GMT(?:[-+](?:2[0-3]|1[0-9]|[0-9]))?|[-+](?:[0-9]{2})(?![0-9])|WITA|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z])"
)


def _days_in(month: int, year: int) -> int:
    return days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1)


def _mismatch(layout: str, text: str, element: str, rest: str) -> ParseError:
    return ParseError(
        f"parsing time {quote_text(text)} as {quote_text(layout)}: "
        f"cannot parse {quote_text(rest)} as {quote_text(element)}"
    )


def parse_time(layout: str, text: str, local: Zone = UTC) -> Time:
    """Read a time as ``ParseInLocation`` does; ParseError with Go's text."""
    reader = _Reader(layout, text)
    reader.read(layout, text)
    return reader.time(text, local)
