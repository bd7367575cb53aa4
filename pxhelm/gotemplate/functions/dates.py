"""Dates and durations: Go's layouts, the host's clock.

``Local`` is the host's zone (UTC unless it says otherwise). What is no time and no int is *now*, as sprig has it: a
number from YAML is a float, so it is now.
"""

from __future__ import annotations

from typing import Any

from pxhelm.golang import calendar, layout_parse, times
from pxhelm.golang.duration import HOUR, MINUTE, SECOND, DurationError, format_duration, parse_duration, round_to
from pxhelm.golang.strconv import NumError, parse_int
from pxhelm.golang.times import Time
from pxhelm.golang.value import Int64
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function

_HTML = "2006-01-02"
_DAY = 24 * HOUR


def _local(host: Any) -> calendar.Zone:
    return _zone(host, getattr(host, "zone", "UTC"))


def _zone(host: Any, name: str) -> calendar.Zone:
    if name == "Local":
        return _local(host)
    try:
        return calendar.load_location(name)
    except calendar.UnknownZoneError:
        return calendar.UTC


def now(host: Any) -> Time:
    """Return the present instant."""
    return times.from_seconds(host.now(), _local(host))


def _instant(host: Any, value: object) -> Time:
    if isinstance(value, Time):
        return value
    if type(value) is int or type(value) is Int64:
        return Time(int(value), 0, _local(host))
    return now(host)


def date_in_zone(host: Any, format_: str, value: object, zone: str) -> str:
    """Print an instant by a layout in a zone; an unknown zone is UTC."""
    return _instant(host, value).in_zone(_zone(host, zone)).format(format_)


def date(host: Any, format_: str, value: object) -> str:
    """Print an instant by a layout."""
    return date_in_zone(host, format_, value, "Local")


def html_date(host: Any, value: object) -> str:
    """Print an instant's day as HTML's date fields take it."""
    return date_in_zone(host, _HTML, value, "Local")


def html_date_in_zone(host: Any, value: object, zone: str) -> str:
    """Print an instant's day in a zone."""
    return date_in_zone(host, _HTML, value, zone)


def date_modify(change: str, value: Time) -> Time:
    """Return an instant a duration later; the same for what is no duration."""
    try:
        return value.add(parse_duration(change))
    except DurationError:
        return value


def must_date_modify(change: str, value: Time) -> Time:
    """Return an instant a duration later."""
    try:
        return value.add(parse_duration(change))
    except DurationError as error:
        raise FunctionError(str(error)) from None


def ago(host: Any, value: object) -> str:
    """Return the time since an instant, to the second."""
    return format_duration(round_to(now(host).sub(_instant(host, value)), SECOND))


def duration(value: object) -> str:
    """Print seconds (an int64, or a text of digits) as a duration."""
    seconds = 0
    if isinstance(value, str):
        seconds = _seconds(value)
    elif isinstance(value, Int64):
        seconds = int(value)
    return format_duration((seconds * SECOND + 2**63) % 2**64 - 2**63)


def _seconds(text: str) -> int:
    try:
        return parse_int(text)
    except NumError as error:
        return 0 if not error.is_range else -(2**63) if text.startswith("-") else 2**63 - 1


def duration_round(host: Any, value: object) -> str:
    """Print a duration by its largest unit only."""
    nanoseconds = 0
    if isinstance(value, str):
        try:
            nanoseconds = parse_duration(value)
        except DurationError:
            nanoseconds = 0
    elif isinstance(value, Int64):
        nanoseconds = int(value)
    elif isinstance(value, Time):
        nanoseconds = now(host).sub(value)
    size = abs(nanoseconds)
    units = ((365 * _DAY, "y"), (30 * _DAY, "mo"), (_DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))
    return next((f"{size // unit}{name}" for unit, name in units if size > unit), "0s")


def to_date(host: Any, format_: str, text: str) -> Time:
    """Read an instant by a layout; the year 1 for what does not fit."""
    try:
        return layout_parse.parse_time(format_, text, _local(host))
    except layout_parse.ParseError:
        return times.ZERO


def must_to_date(host: Any, format_: str, text: str) -> Time:
    """Read an instant by a layout."""
    try:
        return layout_parse.parse_time(format_, text, _local(host))
    except layout_parse.ParseError as error:
        raise FunctionError(str(error)) from None


def unix_epoch(value: Time) -> str:
    """Return an instant's Unix seconds."""
    return str(value.unix)


_TIME = "time.Time"
FUNCTIONS: dict[str, Function] = {
    "now": function(now, host=True, result=_TIME),
    "ago": function(ago, ANY, host=True, result="string"),
    "date": function(date, "string", ANY, host=True, result="string"),
    "dateInZone": function(date_in_zone, "string", ANY, "string", host=True, result="string"),
    "date_in_zone": function(date_in_zone, "string", ANY, "string", host=True, result="string"),
    "dateModify": function(date_modify, "string", _TIME, result=_TIME),
    "date_modify": function(date_modify, "string", _TIME, result=_TIME),
    "mustDateModify": function(must_date_modify, "string", _TIME, result=_TIME),
    "must_date_modify": function(must_date_modify, "string", _TIME, result=_TIME),
    "duration": function(duration, ANY, result="string"),
    "durationRound": function(duration_round, ANY, host=True, result="string"),
    "htmlDate": function(html_date, ANY, host=True, result="string"),
    "htmlDateInZone": function(html_date_in_zone, ANY, "string", host=True, result="string"),
    "toDate": function(to_date, "string", "string", host=True, result=_TIME),
    "mustToDate": function(must_to_date, "string", "string", host=True, result=_TIME),
    "unixEpoch": function(unix_epoch, _TIME, result="string"),
}
