from datetime import datetime, timedelta, timezone

import pytest

from pxhelm.cli.times import moment_of, seconds_of
from pxhelm.errors import PxhelmError

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90d", 90 * 86400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("2w", 14 * 86400),
        ("1y", 365 * 86400),
        ("2 hours", 7200),
    ],
)
def test_durations(text, seconds):
    assert seconds_of("--keep", text) == seconds


@pytest.mark.parametrize("text", ["", "5", "5x", "h", "1h30", "-5m"])
def test_what_is_no_duration_names_the_flag(text):
    with pytest.raises(PxhelmError, match='for "--keep" flag'):
        seconds_of("--keep", text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-03T09:12:00Z", "2026-11-03T09:12:00+00:00"),
        ("2026-11-03 09:12", "2026-11-03T09:12:00+01:00"),
        ("2026-11-03", "2026-11-03T00:00:00+01:00"),
        ("2h", "2026-11-27T10:00:00+01:00"),
        ("2h ago", "2026-11-27T10:00:00+01:00"),
        ("-3d", "2026-11-24T12:00:00+01:00"),
    ],
)
def test_moments(text, moment):
    assert moment_of("--at", text, NOW) == datetime.fromisoformat(moment).timestamp()


@pytest.mark.parametrize("text", ["soon", "2026-13-01", ""])
def test_what_is_no_moment_names_the_flag(text):
    with pytest.raises(PxhelmError, match='for "--at" flag'):
        moment_of("--at", text, NOW)
