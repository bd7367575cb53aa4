"""Every recorded release story of Helm v3, in memory, and many of them on the sealed database."""

import gzip
import json
import os
from pathlib import Path

import pytest

from pxhelm.secret import SealingKey
from pxhelm.store.sealed import SealedStore, Sealer
from pxhelm.store.sqlite import open_store
from tests.conformance import release_cases

RECORDED = Path(__file__).parents[3] / "shared" / "conformance" / "helm-release.jsonl.gz"
STORIES = list(map(json.loads, gzip.decompress(RECORDED.read_bytes()).splitlines())) if RECORDED.exists() else []
ON_DISK = [story for story in STORIES if story["name"].startswith(("history", "hooks", "state", "values"))]

pytestmark = pytest.mark.requires("shared")


def test_the_stories_are_there():
    assert len(STORIES) >= 135


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["name"])
def test_a_story_ends_as_helms(story):
    assert release_cases.run(story) == []


def test_stories_end_the_same_on_a_sealed_database(tmp_path):
    for number, story in enumerate(ON_DISK):
        inner = open_store(tmp_path / f"{number}.db")
        store = SealedStore(inner, Sealer(SealingKey(b"k" * 32), lambda: os.urandom(12)))
        assert release_cases.run(story, store) == [], story["name"]
        inner.close()
