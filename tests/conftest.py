"""Fixtures of all tests, and the rule about what a machine may lack."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDS = {
    "shared": (ROOT.parent / "shared").is_dir,
    "binary": (ROOT / "dist" / "pxhelm").exists,
    "strip": lambda: shutil.which("strip") is not None,
}
"""What a test may need beyond the checkout, and how to see that it is there."""


def pytest_runtest_setup(item):
    for mark in item.iter_markers("requires"):
        name = mark.args[0]
        if NEEDS[name]():
            continue
        if os.environ.get("PXHELM_TEST_REQUIRE") == "all":
            pytest.fail(f"this run requires everything, and {name} is not there")
        pytest.skip(f"needs {name}")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Empty directories for pxhelm's files."""
    for name in ("config", "data", "cache", "state"):
        monkeypatch.setenv(f"PXHELM_{name.upper()}_HOME", str(tmp_path / name))
    return tmp_path
