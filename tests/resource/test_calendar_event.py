"""Calendar events, by the examples of Proxmox' manual and of what it refuses."""

import pytest

from pxhelm.resource.calendar_event import is_event
from pxhelm.resource.types import TYPES
from pxhelm.resource.value_type import UnfitError

EVENTS = """
mon,tue,wed,thu,fri
mon..fri
mon..wed,sun
sat,sun
Monday..friday 2:00
fri 12:30
mon..fri 8..17,22:0/15
fri 12..13:5/20
12,14,16,18,20,22:5
*
*/5
*/15
15
0:0:30
mon..wed 30/10
2015-10-21
12-05
sat *-1..7 15:00
*-*-01 05:00
2026-1,7-1 03:30 UTC
hourly
semi-annually
"""
NONE = """
25:99
02:60
24:00
mon..frid
mo
every day
02:00 mon
32-1
2026-13-01
5..3
*/0
1:2:3:4
daily 02:00
UTC
,
"""


@pytest.mark.parametrize("text", EVENTS.split("\n")[1:-1])
def test_an_event_is_one(text):
    assert is_event(text)
    assert TYPES["schedule"].read(text) == text


@pytest.mark.parametrize("text", NONE.split("\n")[1:-1])
def test_what_is_none_is_refused(text):
    assert not is_event(text)
    with pytest.raises(UnfitError):
        TYPES["schedule"].read(text)
