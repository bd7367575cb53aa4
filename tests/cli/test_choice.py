"""Choosing from a list, and the live table of what happens to many guests."""

import io

import pytest

from pxhelm.cli.choice import choose, confirm, places
from pxhelm.cli.progress_table import ProgressTable
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import StepFinished, StepStarted, TaskProgress

NAMES = ["web", "db", "cache", "4"]


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [("1", [0]), ("web", [0]), ("1,3", [0, 2]), ("2-4", [1, 2, 3]), ("db web", [1, 0]), ("1,1,web", [0]), ("4", [3])],
)
def test_an_answer_is_numbers_ranges_or_names(answer, chosen):
    assert places(answer, NAMES) == chosen


@pytest.mark.parametrize("answer", ["0", "5", "3-1", "1-9", "nosuch", "", "1-x", "-1"])
def test_what_is_not_in_the_list_is_said(answer):
    with pytest.raises(ValueError, match=r"."):
        places(answer, NAMES)


def test_without_a_terminal_the_names_are_in_the_error():
    with pytest.raises(PxhelmError) as caught:
        choose("guest", NAMES)
    assert caught.value.code is ExitCode.USAGE
    assert caught.value.hint == "one of web, db, cache, 4"


def test_nothing_is_lost_without_a_yes():
    confirm("really?", "cannot go on: this would do it", yes=True)
    with pytest.raises(PxhelmError, match="nobody is there to confirm it") as caught:
        confirm("really?", "cannot go on: this would do it", yes=False)
    assert caught.value.code is ExitCode.REFUSED


def drawn(events, *, seconds=1.0, size=(60, 20)):
    now = [0.0]
    stream = io.StringIO()
    table = ProgressTable(stream, lambda: now[0], lambda: size)
    for event in events:
        now[0] += seconds
        table.hear(event)
    return table, stream


EVENTS = [
    StepStarted("VirtualMachine/prod/web", "migrate"),
    StepStarted("VirtualMachine/prod/database", "migrate"),
    TaskProgress(
        "VirtualMachine/prod/web", "", "copied 10% of a very long line that does not fit into the terminal at all"
    ),
    StepFinished("VirtualMachine/prod/database", "migrate"),
]


def test_the_table_has_a_row_for_each_guest_and_what_is_under_way_comes_first():
    _, stream = drawn(EVENTS)
    last = stream.getvalue().split("\x1b[J")[-1].splitlines()
    assert last[0].split() == ["GUEST", "STATE", "TIME"]
    assert last[1].startswith("web        migrate     3s     copied 10%")
    assert last[2].split() == ["database", "done", "2s"]
    assert all(len(line) < 60 for line in last)


def test_it_is_redrawn_in_place_and_erased_at_the_end():
    table, stream = drawn(EVENTS)
    table.end()
    assert stream.getvalue().endswith("\x1b[3A\x1b[J")


def test_what_ends_at_once_shows_no_table():
    assert drawn(EVENTS, seconds=0.01)[1].getvalue() == ""


def test_many_guests_fit_into_the_terminal():
    events = [StepStarted(f"VirtualMachine/prod/web-{n}", "start") for n in range(50)]
    last = drawn(events, size=(80, 12))[1].getvalue().split("\x1b[J")[-1].splitlines()
    assert len(last) <= 10
    assert last[-1] == "… and 42 more, 42 of them under way"
