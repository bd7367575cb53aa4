"""A few garbled answers of each kind, the same ones each time; ``python -m tests.garbled`` makes as many as one likes."""

import random

import pytest

from tests.garbled.__main__ import Bench
from tests.garbled.garble import data, key, row, whole

TRIED = ("apply new", "delete", "get all wide", "import", "discover")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("garbled"))


@pytest.mark.parametrize("name", TRIED)
def test_a_command_ends_with_a_clear_error_and_writes_nothing_upon_it(bench, name):
    chance = random.Random(name)
    count = bench.answers(name)
    for _ in range(2):
        assert bench.garbled(name, chance.randint(1, count), chance.randrange(1 << 30)) == ""


@pytest.mark.parametrize("change", [data, key, row])
def test_what_is_garbled_is_another_answer(change):
    found = [{"id": "qemu/100", "vmid": 100}, {"id": "qemu/101", "vmid": 101}]
    assert all(change(random.Random(seed), found) != found for seed in range(200))
    assert all(whole(random.Random(seed), b'{"data":[1,2]}') != b'{"data":[1,2]}' for seed in range(200))
