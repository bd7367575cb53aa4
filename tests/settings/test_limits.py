"""Limits on charts are settings: of the configuration file, and of the environment over it."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.settings import Limits, load


def limits(folder, text="", variable=""):
    (folder / "config.yaml").write_text(text)
    return load({"PXHELM_CONFIG_HOME": str(folder), "PXHELM_LIMITS": variable}).limits


def test_without_any_they_are_generous(tmp_path):
    assert limits(tmp_path) == Limits()
    assert Limits().seconds >= 60


def test_the_environment_stands_over_the_file(tmp_path):
    found = limits(tmp_path, "limits: {seconds: 5, memory: 512M, steps: 10}\n", "seconds=7.5, output=2K")
    assert (found.seconds, found.memory, found.steps, found.output) == (7.5, 512 << 20, 10, 2048)
    assert found.files == Limits().files


@pytest.mark.parametrize(
    ("text", "variable", "message"),
    [
        ("", "second=3", "cannot read PXHELM_LIMITS: unknown limit second"),
        ("", "seconds=soon", "limit seconds is soon, not a number above 0"),
        ("", "memory=-1", "limit memory is -1, not a number above 0"),
        ("limits: {depth: }\n", "", "config.yaml: limit depth is None, not a number above 0"),
        ("limits: [1]\n", "", "config.yaml: limits: expected a mapping of seconds, memory"),
    ],
)
def test_what_is_no_limit_is_told(tmp_path, text, variable, message):
    with pytest.raises(PxhelmError, match=message):
        limits(tmp_path, text, variable)
