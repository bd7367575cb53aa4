"""Excerpts under an error: the caret stands under its column, and a line without end does not fill the terminal."""

from __future__ import annotations

import pytest

from pxhelm.cli.failure import show
from pxhelm.errors import PxhelmError, Where


def excerpt(capsys, text, column):
    show(PxhelmError("no", where=Where("a.yaml", 3, column, text)))
    _, _, shown, carets = capsys.readouterr().err.splitlines()
    return shown, carets


@pytest.mark.parametrize("column", [1, 2, 80, 81, 5_000, 99_999, 100_000])
def test_of_a_long_line_what_is_around_the_caret_is_shown(capsys, column):
    text = "".join(chr(ord("a") + number % 26) for number in range(100_000))
    shown, carets = excerpt(capsys, text, column)
    assert len(shown) < 180
    assert shown[carets.index("^")] == text[column - 1]


def test_a_short_line_is_shown_whole(capsys):
    assert excerpt(capsys, "\tkey: {", 7) == ("3 | \tkey: {", "  | \t     ^")


def test_without_a_column_all_of_the_line_is_meant(capsys):
    assert excerpt(capsys, "  key: {", 0) == ("3 |   key: {", "  |   ^^^^^^")
