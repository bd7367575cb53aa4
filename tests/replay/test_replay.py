"""The simulator tells the recorded stories of the real Proxmox VE as they went."""

import os
from pathlib import Path

import pytest

from tests.replay.__main__ import known, replay
from tests.replay.compare import Comparison, matches_text

STORIES = Path(__file__).parents[3] / "shared" / "facts" / "pve-9.2-stories.jsonl.gz"
PASSED_AT_LEAST = 315


@pytest.fixture(scope="module")
def results():
    if not STORIES.exists():
        if os.environ.get("PXHELM_TEST_REQUIRE") == "all":
            pytest.fail(f"{STORIES} is missing")
        pytest.skip("the recorded stories are not beside this checkout")
    return replay(STORIES)


def test_the_stories_go_as_recorded(results):
    failed = {name: problem for name, problem in results.items() if problem}
    assert set(failed) <= set(known()), "\n".join(f"{n}: {failed[n]}" for n in sorted(set(failed) - set(known())))
    assert len(results) - len(failed) >= PASSED_AT_LEAST


def test_every_known_failure_still_fails(results):
    assert {name for name in known() if results.get(name) is None} == set()


def test_a_comparison_sees_a_wrong_type_a_missing_key_and_a_strange_entry():
    compare = Comparison(ordered=False, subset=())
    assert compare.differences({"cores": 2}, {"cores": "2"})
    assert compare.differences({"a": 1, "b": 2}, {"a": 1})
    assert compare.differences([{"a": 1}], [{"a": 1}, {"a": 2}])
    assert not compare.differences([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}])
    assert Comparison(ordered=True, subset=()).differences([1, 2], [2, 1])


def test_a_placeholder_matches_its_form_only():
    assert matches_text("virtio=<mac>,bridge=vmbr0", "virtio=BC:24:11:00:00:01,bridge=vmbr0")
    assert not matches_text("virtio=<mac>,bridge=vmbr0", "virtio=zz,bridge=vmbr0")
    assert not matches_text("plain.text", "plainXtext")
