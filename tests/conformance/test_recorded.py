"""Every recorded rendering, value and YAML case and every command story of Helm v3, in shards for the workers."""

from functools import lru_cache
from pathlib import Path

import pytest

from tests.conformance.runners import cases, kind, known, play

SHARED = Path(__file__).parents[3] / "shared" / "conformance"
SHARDS = 16
FEWEST = {"helm-engine": 8752, "helm-charts": 5132, "helm-cli": 91}
EXCUSES = 30
"""How many cases of rendering may differ on purpose (issue 4)."""

OWN = [case for file in sorted((Path(__file__).parent / "recorded").iterdir()) for case in cases(file)]
"""Stories that we played to Helm v3.22: ``own``, release commands over a pretended API server of our own, and
``commands``, the flags of all others."""

needs_shared = pytest.mark.requires("shared")


@lru_cache(maxsize=len(FEWEST))
def recorded(name):
    return list(cases(SHARED / f"{name}.jsonl.gz"))


@needs_shared
@pytest.mark.parametrize("name", FEWEST)
def test_no_case_is_lost(name):
    assert len(recorded(name)) == FEWEST[name]


@needs_shared
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("name", FEWEST)
def test_we_answer_as_helm_did(name, shard):
    excused = known()
    differing = {case["name"]: found for case in recorded(name)[shard::SHARDS] if (found := play(case))}
    assert {n: d for n, d in differing.items() if n not in excused} == {}


@needs_shared
def test_what_is_known_to_differ_still_does():
    names = known()
    every = [case for name in FEWEST for case in recorded(name) if case["name"] in names]
    assert {case["name"] for case in every} == set(names)
    assert all(play(case) for case in every)
    stories = {case["name"] for case in recorded("helm-cli")}
    assert len(set(names) - stories) <= EXCUSES


@pytest.mark.parametrize("story", OWN, ids=[story["name"] for story in OWN])
def test_we_answer_as_helm_did_when_we_asked_it(story):
    assert play(story) == ""


@needs_shared
def test_a_wrong_answer_is_noticed():
    case = next(c for c in recorded("helm-engine") if kind(c) == "render" and "files" in c["v3"])
    path = next(iter(case["v3"]["files"]))
    assert play({**case, "v3": {"files": {**case["v3"]["files"], path: "something else"}}})
    assert play({**case, "v3": {"error": "some error"}})
