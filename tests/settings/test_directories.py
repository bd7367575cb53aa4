"""Where pxhelm keeps things when nobody says so."""

import sys
from pathlib import Path

import pytest

from pxhelm.settings import Directories

NAMES = ("config", "data", "cache", "state")


@pytest.mark.skipif(sys.platform == "darwin", reason="Apple's folders are others")
@pytest.mark.parametrize("name", NAMES)
def test_a_variable_moves_one_of_them(name, monkeypatch):
    for each in NAMES:
        monkeypatch.delenv(f"XDG_{each.upper()}_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    usual = {"config": ".config", "data": ".local/share", "cache": ".cache", "state": ".local/state"}
    assert getattr(Directories.from_environment({}), name) == Path("/home/ada", usual[name], "pxhelm")

    monkeypatch.setenv(f"XDG_{name.upper()}_HOME", "/elsewhere")
    assert getattr(Directories.from_environment({}), name) == Path("/elsewhere/pxhelm")

    assert getattr(Directories.from_environment({f"PXHELM_{name.upper()}_HOME": "mine"}), name) == Path("mine")
