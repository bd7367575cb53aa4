"""What the binary has in place of modules of Python's and of others' is what they would have given."""

import datetime as dt
import importlib
import importlib.util
import signal
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "packaging"))
import bundle


def run(text):
    names = {}
    exec(text, names)
    return names


def test_what_python_starts_with_is_at_hand_for_what_comes_later():
    """A text file that is opened with an encoding of these must not bring PyInstaller's importer along."""
    assert all(bundle.is_at_hand(name, set()) for name in bundle.BASE)


def test_dates_are_those_of_the_module_in_c():
    made = run(bundle.REPLACED["datetime"])
    assert {name: made[name] for name in dt.__all__} == {name: getattr(dt, name) for name in dt.__all__}


def test_signals_are_the_numbers_that_the_enumeration_names():
    made = run(bundle.EARLY["signal"])
    assert all(made[one.name] == one for one in signal.Signals)


@pytest.mark.parametrize("name", bundle.LATER)
def test_what_others_take_from_a_module_that_waits_is_in_it(name):
    module = importlib.import_module(name)
    assert all(callable(getattr(module, function)) for function in bundle.LATER[name])


@pytest.mark.parametrize("name", bundle.EDITED)
def test_an_edited_module_has_the_line_and_gains_the_other(name):
    line, other = bundle.EDITED[name]
    made = bundle.edited(name, importlib.util.find_spec(name).origin)
    assert line not in made
    assert other in made
