"""Generated cases with what real Helm v3.22 answered, kept: every one is answered as Helm did, without Go."""

import json
from functools import lru_cache
from pathlib import Path

import pytest

from tests.conformance.runners import cases, kind, play
from tests.fuzz.cases import generate
from tests.fuzz.found import found_cases

KEPT = Path(__file__).parent / "answers.jsonl.gz"
SHARDS = 8
FEWEST = 4000


@lru_cache(maxsize=1)
def kept():
    return list(cases(KEPT))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_generated_cases_are_answered_as_helm_did(shard):
    differing = {case["name"]: found for case in kept()[shard::SHARDS] if (found := play(case))}
    assert differing == {}


def test_what_once_differed_is_answered_as_helm_did():
    cases = found_cases()
    assert cases
    assert {json.dumps(case.get("templates", case)): found for case in cases if (found := play(case))} == {}


def test_the_cases_are_many_and_of_every_sort():
    found = kept()
    sorts = {kind(case) for case in found}
    assert len(found) >= FEWEST
    assert sorts == {"render", "yaml", "strvals", "values"}
    failing = sum("error" in case["v3"] for case in found)
    assert len(found) * 0.2 < failing < len(found) * 0.8


def test_a_seed_always_gives_the_same_case():
    assert [generate(seed).data() for seed in range(200)] == [generate(seed).data() for seed in range(200)]
