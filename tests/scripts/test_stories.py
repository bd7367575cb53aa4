"""Whole stories of the command line against the simulator; one file each."""

from pathlib import Path

import pytest

from tests.scripts.script import start

STORIES = sorted(Path(__file__).parent.glob("*.txtar"))


@pytest.mark.parametrize("path", STORIES, ids=lambda p: p.stem)
def test_story(path, tmp_path):
    story, lines = start(path, tmp_path)
    story.run(lines)
