"""Fixtures; what they are made of is in ``lab``."""

import pytest

from tests.apply.lab import Lab


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.close()


@pytest.fixture
def lab_of(tmp_path):
    made = []

    def make(**options):
        made.append(Lab(tmp_path, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()
