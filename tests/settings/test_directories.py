"""Where pxhelm keeps things when nobody says so."""

import sys
from pathlib import Path

import pytest

from pxhelm.settings import Directories

NAMES = ("config", "data", "cache", "state")


@pytest.mark.parametrize(
    ("system", "below_home"),
    [
        ("linux", (".config", ".local/share", ".cache", ".local/state")),
        ("darwin", ("Library/Application Support",) * 2 + ("Library/Caches", "Library/Application Support")),
    ],
)
def test_each_system_has_its_own_places(system, below_home, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("HOME", "/home/ada")
    found = Directories.from_environment({})
    assert [getattr(found, name) for name in NAMES] == [Path("/home/ada", path, "pxhelm") for path in below_home]


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_moves_one_of_them(name, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/home/ada")
    usual, xdg, own = (f"{prefix}_{name.upper()}_HOME" for prefix in ("NONE", "XDG", "PXHELM"))
    places = [
        {usual: "/elsewhere"},
        {xdg: "/elsewhere"},
        {xdg: "relative"},
        {xdg: "/elsewhere", own: "mine"},
    ]
    at_home, moved, ignored, given = (getattr(Directories.from_environment(place), name) for place in places)
    assert (ignored, moved, given) == (at_home, Path("/elsewhere/pxhelm"), Path("mine"))
