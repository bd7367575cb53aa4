"""A time read by a Go layout, as ``time.ParseInLocation`` does (time/format.go).

Never prints one (``layout``). Texts are cut in bytes, as Go cuts them: each byte is one character in here.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from pxhelm.golang.calendar import MONTHS, UTC, WEEKDAYS, Zone, days_from_civil
from pxhelm.golang.duration import quote_text
from pxhelm.golang.layout import chunks
from pxhelm.golang.times import Time, from_civil
from pxhelm.golang.value import go_bytes, go_string


class ParseError(ValueError):
    """A text that does not fit its layout; the text is Go's."""


class _BadError(Exception):
    """The value does not fit the element."""


class _RangeError(Exception):
    """The value fits but is out of range; the text names what."""


_FRACTION: Final = re.compile(r"[.,][0-9]+")
_WHOLE: Final = re.compile(r"[-+]?([0-9]*)")
_OFFSET: Final = re.compile(r"[-+]([0-9]+)")
_TWO_DIGITS: Final = re.compile("[0-9]{2}")
_LETTERS: Final = re.compile(r"[A-Z]{0,6}")
_ZONES: Final = {
    "07": (3, (), (1,)), "0700": (5, (), (1, 3)), "07:00": (6, (3,), (1, 4)),
    "070000": (7, (), (1, 3, 5)), "07:00:00": (9, (3, 6), (1, 4, 7)),
}  # fmt: skip
"""Of each form of an offset: its length, where colons stand and where hours, minutes and seconds begin."""


def _bytes_as_characters(text: str) -> str:
    return go_bytes(text).decode("latin-1")


def _quoted(text: str) -> str:
    return quote_text(go_string(text.encode("latin-1")))


def _whole(digits: str) -> int:
    """Read a number with a sign as package time's ``atoi``, for which nothing is 0."""
    found = _WHOLE.fullmatch(digits)
    if not found:
        raise _BadError
    size = int(found[1] or "0")
    return -size if digits[:1] == "-" else size


class _Reader:
    """Reads one text by one layout."""

    def __init__(self, layout: str, text: str) -> None:
        self._layout = layout
        self._text = text
        self.rest = text
        self._chunks = chunks(layout)
        self.year = 0
        self.month = self.day = self.year_day = -1
        self.hour = self.minute = self.second = self.nanosecond = 0
        self.pm = self.am = False
        self.zone: Zone | None = None
        self.offset = -1
        """Seconds east of UTC; -1 for none, so that Go knows no such offset."""
        self.zone_name = ""
        self._next = ""

    def read(self) -> None:
        """Take the text apart; ParseError when it does not fit."""
        for i, (before, element) in enumerate(self._chunks):
            try:
                self._skip(before)
            except _BadError:
                raise self._mismatch(before, self.rest) from None
            if not element:
                if self.rest:
                    self._fail(f"extra text: {_quoted(self.rest)}")
                return
            self._next = self._chunks[i + 1][1] if not self._chunks[i + 1][0] else ""
            hold = self.rest
            try:
                self._element(element)
            except _BadError:
                raise self._mismatch(element, hold) from None
            except _RangeError as error:
                self._fail(f"{error} out of range")

    def _fail(self, reason: str) -> NoReturn:
        raise ParseError(f"parsing time {_quoted(self._text)}: {reason}")

    def _mismatch(self, element: str, rest: str) -> ParseError:
        return ParseError(
            f"parsing time {_quoted(self._text)} as {_quoted(self._layout)}: "
            f"cannot parse {_quoted(rest)} as {_quoted(element)}"
        )

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
        if element == "2006":
            if not re.match("[0-9]", self.rest):
                raise _BadError
            self.year = _whole(self._take(4))
        elif element == "06":
            short = _whole(self._take(2))
            self.year = short + (1900 if short >= 69 else 2000)
        elif element in ("January", "Jan"):
            self.month = self._name(MONTHS, len(element)) + 1
        elif element in ("Monday", "Mon"):
            self._name(WEEKDAYS, len(element))
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
            if self._next[:1] not in (".", ","):
                self._open_fraction()
        elif element in ("PM", "pm"):
            half = self._take(2)
            if half not in ("PM", "AM") if element == "PM" else half not in ("pm", "am"):
                raise _BadError
            self.pm, self.am = self.pm or half in ("PM", "pm"), self.am or half in ("AM", "am")
        elif element == "MST":
            self._abbreviation()
        elif element[0] in "Z-":
            self._numeric_zone(element)
        elif element[1] == "0":
            self._fraction(self._take(len(element)))
        else:
            self._open_fraction()

    def _ranged(self, number: int, low: int, high: int, what: str) -> int:
        if not low <= number <= high:
            raise _RangeError(what)
        return number

    def _name(self, names: tuple[str, ...], length: int) -> int:
        """Return which name stands here, in whole or (``length`` 3) its first three letters."""
        for i, name in enumerate(names):
            wanted = (name[:3] if length == 3 else name).lower()
            if self.rest[: len(wanted)].lower() == wanted:
                self.rest = self.rest[len(wanted) :]
                return i
        raise _BadError

    def _open_fraction(self) -> None:
        """Read a fraction of any length, if there is one."""
        found = _FRACTION.match(self.rest)
        if found:
            self.rest = self.rest[found.end() :]
            self._fraction(found[0])

    def _fraction(self, taken: str) -> None:
        if taken[0] not in ".,":
            raise _BadError
        taken = taken[:10]
        number = _whole(taken[1:])
        if number < 0:
            raise _RangeError("fractional second")
        self.nanosecond = number * 10 ** (10 - len(taken))

    def _numeric_zone(self, element: str) -> None:
        if element[0] == "Z" and self.rest.startswith("Z"):
            self.rest = self.rest[1:]
            self.zone = UTC
            return
        length, colons, starts = _ZONES[element[1:]]
        taken = self._take(length)
        if any(taken[at] != ":" for at in colons):
            raise _BadError
        # what is out of range is told first, even of an offset that is none
        numbers, good = [0, 0, 0], taken[0] in "+-"
        for i, start in enumerate(starts):
            found = _TWO_DIGITS.match(taken, start)
            if not found:
                good = False
                break
            numbers[i] = int(found[0])
        hours, minutes, seconds = numbers
        for number, most, what in ((seconds, 60, "second"), (minutes, 60, "minute"), (hours, 24, "hour")):
            self._ranged(number, 0, most, f"time zone offset {what}")
        if not good:
            raise _BadError
        self.offset = ((hours * 60 + minutes) * 60 + seconds) * (-1 if taken[0] == "-" else 1)

    def _abbreviation(self) -> None:
        if self.rest.startswith("UTC"):
            self.rest = self.rest[3:]
            self.zone = UTC
            return
        length = _abbreviated(self.rest)
        if not length:
            raise _BadError
        self.zone_name = self._take(length)

    def time(self, local: Zone) -> Time:
        """Return the instant that was read."""
        if self.pm and self.hour < 12:
            self.hour += 12
        elif self.am and self.hour == 12:
            self.hour = 0
        self._settle_day()
        seconds = self.hour * 3600 + self.minute * 60 + self.second
        date = (self.year, self.month, self.day)
        if self.zone is not None:
            return from_civil(date, seconds, self.nanosecond, self.zone)
        if self.offset != -1:
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
        # Go does not move the clock by the offset it makes up
        found = from_civil(date, seconds, self.nanosecond, UTC)
        return found.in_zone(Zone(self.zone_name, offset))

    def _settle_day(self) -> None:
        if self.year_day >= 0:
            leap = self.year % 4 == 0 and (self.year % 100 != 0 or self.year % 400 == 0)
            if not 1 <= self.year_day <= 365 + leap:
                self._fail("day-of-year out of range")
            month, day = 1, self.year_day
            while day > _days_in(month, self.year):
                day -= _days_in(month, self.year)
                month += 1
            if self.month >= 0 and self.month != month:
                self._fail("day-of-year does not match month")
            if self.day >= 0 and self.day != day:
                self._fail("day-of-year does not match day")
            self.month, self.day = month, day
        self.month = 1 if self.month < 0 else self.month
        self.day = 1 if self.day < 0 else self.day
        if not 1 <= self.day <= _days_in(self.month, self.year):
            self._fail("day out of range")


def _abbreviated(rest: str) -> int:
    """Return how many characters of the rest are a zone's abbreviation, 0 when none (``parseTimeZone``)."""
    if len(rest) < 3:
        return 0
    if rest.startswith(("ChST", "MeST")):
        return 4
    if rest.startswith("GMT"):
        return 3 + _signed_offset(rest[3:])
    if rest[0] in "+-":
        return _signed_offset(rest)
    found = _LETTERS.match(rest)
    count = found.end() if found else 0
    if count == 5:
        return 5 if rest[4] == "T" else 0
    if count == 4:
        return 4 if rest[3] == "T" or rest.startswith("WITA") else 0
    return 3 if count == 3 else 0


def _signed_offset(rest: str) -> int:
    """Return the length of an offset in hours, at most 23 of them; 0 when there is none."""
    found = _OFFSET.match(rest)
    return found.end() if found and int(found[1][-20:]) <= 23 and not found[1][:-20].strip("0") else 0


def _days_in(month: int, year: int) -> int:
    return days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1)


def parse_time(layout: str, text: str, local: Zone = UTC) -> Time:
    """Read a time as ``ParseInLocation`` does; ParseError with Go's text."""
    reader = _Reader(_bytes_as_characters(layout), _bytes_as_characters(text))
    reader.read()
    return reader.time(local)
