"""The table is whole, and every test that it names is there."""

import re
from pathlib import Path

import pytest

from tests.pains.rows import ROWS

TESTS = Path(__file__).parents[1]


def test_every_pain_of_the_list_has_a_row():
    assert [row.number for row in ROWS] == list(range(1, 38))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_has_tests_that_exist_or_a_reason(row):
    assert bool(row.tests) != bool(row.not_here)
    for name in row.tests:
        file, _, test = name.partition("::")
        text = (TESTS / file).read_text()
        assert not test or re.search(rf"^def {test}\(", text, re.MULTILINE), name
