"""A time read by a Go layout, as ``time.ParseInLocation`` does.

Never prints one (``layout``).
"""

from __future__ import annotations

import re

from pxhelm.golang.calendar import MONTHS, UTC, WEEKDAYS, Zone, days_from_civil
from pxhelm.golang.duration import quote_text
from pxhelm.golang.layout import chunks
from pxhelm.golang.times import Time, from_civil


class ParseError(ValueError):
    """A text that does not fit its layout; the text is Go's."""


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
