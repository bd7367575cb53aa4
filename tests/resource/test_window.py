"""Maintenance windows: when they are open, and when the next one opens."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pxhelm.resource.types import TYPES
from pxhelm.resource.unfit import UnfitError
from pxhelm.resource.window import is_open, opens_in


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY = "2026-11-29T{}"  # a Sunday


@pytest.mark.parametrize(
    ("window", "moment", "opened"),
    [
        ("02:00-06:00", at("2026-11-25T02:00"), True),
        ("02:00-06:00", at("2026-11-25T06:00"), False),
        ("02:00-06:00", at("2026-11-25T01:59:59"), False),
        ("sun 02:00-06:00", at(SUNDAY.format("03:00")), True),
        ("sun 02:00-06:00", at("2026-11-28T03:00"), False),
        ("mon..fri 22:00-04:00", at("2026-11-28T03:59"), True),  # Saturday morning belongs to Friday night
        ("mon..fri 22:00-04:00", at("2026-11-28T23:00"), False),
        ("mon..fri 22:00-04:00", at("2026-11-30T03:00"), False),  # Monday morning belongs to Sunday night
        ("sat..mon,wed 00:00-24:00", at("2026-11-30T12:00"), True),
        ("sat..mon,wed 00:00-24:00", at("2026-12-01T12:00"), False),
        ("00:00-00:00", at("2026-12-01T12:00"), True),
        ("sun 02:00-06:00 Europe/Berlin", at(SUNDAY.format("01:30")), True),
        ("sun 02:00-06:00 Europe/Berlin", at(SUNDAY.format("05:30")), False),
        ("sun 01:00-02:00 Europe/Berlin", at("2026-07-05T01:30", BERLIN), True),  # in summer, too
    ],
)
def test_a_window_is_open_on_its_days_and_hours(window, moment, opened):
    assert is_open((window,), moment) is opened


@pytest.mark.parametrize(
    ("windows", "moment", "wait"),
    [
        (("sun 02:00-06:00",), at("2026-11-28T02:00"), 86400),
        (("sun 02:00-06:00",), at(SUNDAY.format("06:00")), 6 * 86400 + 20 * 3600),
        (("sun 02:00-06:00", "04:00-05:00"), at("2026-11-28T02:00"), 7200),
        (("02:00-06:00",), at("2026-11-28T03:00"), 0),
        (("sun 02:00-03:00 Europe/Berlin",), at("2026-11-28T01:00"), 86400),
    ],
)
def test_the_next_window_is_told(windows, moment, wait):
    assert opens_in(windows, moment) == wait


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sunday 02:00-06:00", "'sunday' is no day: days are mon, tue"),
        ("2-6", "it is '2-6'"),
        ("25:00-26:00", "there is no time 25:00"),
        ("02:00-06:00 Mars/Olympus", "there is no time zone Mars/Olympus"),
        ([], "it is empty"),
    ],
)
def test_what_is_no_window_is_refused_with_the_reason(text, why):
    with pytest.raises(UnfitError, match=why):
        TYPES["windows"].read(text)
