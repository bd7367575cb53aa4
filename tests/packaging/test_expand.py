"""The dataclasses that the binary's build writes out are what the decorator makes."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import re
import sys
import types
from pathlib import Path

import pytest

import pxhelm

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "packaging"))
import dataclass_runtime  # noqa: E402 - the folder is no package
import expand  # noqa: E402 - the folder is no package


def modules():
    """Every module of pxhelm that declares a dataclass."""
    found = pkgutil.walk_packages(pxhelm.__path__, "pxhelm.")
    return [m.name for m in found if "__main__" not in m.name and "@dataclass" in source_of(m.name)]


def source_of(name):
    return Path(importlib.util.find_spec(name).origin).read_text()


def made_anew(name, source=None):
    tree = expand.expand(source or source_of(name), name)
    module = types.ModuleType(name)
    module.__file__, module.__package__ = "expanded", name.rpartition(".")[0]
    exec(compile(tree, "expanded", "exec"), module.__dict__)
    return module


def pairs(name):
    """Each dataclass of a module as the decorator made it, and written out."""
    real, anew = importlib.import_module(name), made_anew(name)
    for cls in list(vars(real).values()):
        if isinstance(cls, type) and cls.__module__ == name and "__dataclass_params__" in vars(cls):
            yield cls, getattr(anew, cls.__name__)


def described(cls):
    own = set(vars(cls)) - {"__dataclass_params__", "__dataclass_fields__", "__weakref__", "__dict__"}
    own -= {"__slotnames__"}  # left by whoever copied an object before
    fields = [
        (f.name, f.type, _text(f.default), f.default_factory is dataclasses.MISSING, f.repr, f.compare, f.hash, f.init)
        for f in dataclasses.fields(cls)
    ]
    parameters = [
        (p.name, p.kind, "factory" if p.default is dataclass_runtime.FACTORY else _default(p))
        for p in inspect.signature(cls.__init__).parameters.values()
    ]
    params = cls.__dataclass_params__
    return {
        "names": own,
        "slots": vars(cls).get("__slots__"),
        "matched": cls.__match_args__,
        "fields": fields,
        "parameters": parameters,
        "params": (params.eq, params.frozen, params.order, params.init, params.repr),
        "unhashable": cls.__hash__ is None,
    }


def _default(parameter):
    return "factory" if repr(parameter.default) == "<factory>" else _text(parameter.default)


def _text(value):
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


@pytest.mark.parametrize("name", modules())
def test_a_written_out_dataclass_is_what_the_decorator_makes(name):
    for decorated, written in pairs(name):
        assert described(written) == described(decorated), decorated


SOURCE = """
from __future__ import annotations
from dataclasses import dataclass, field, replace

@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)

@dataclass(slots=True)
class Open:
    x: int

@dataclass(slots=True, eq=False)
class Named(Open):
    name: str = field(default="n", repr=False)
    def __post_init__(self) -> None:
        self.name += "!"

@dataclass(slots=True, eq=False)
class Lone:
    x: int

def moved(p: Point, x: int) -> Point:
    return replace(p, x=x)
"""


@pytest.fixture
def made(monkeypatch):
    decorated = types.ModuleType("decorated")
    monkeypatch.setitem(sys.modules, "decorated", decorated)
    exec(compile(SOURCE, "decorated", "exec"), decorated.__dict__)
    written = made_anew("decorated", SOURCE)
    assert "dataclass" not in vars(written), "the decorator is still needed"
    monkeypatch.setitem(sys.modules, "decorated", written)
    return written


def test_written_out_objects_compare_hash_print_and_copy(made):
    point = made.Point(1, tags=["a"])
    assert repr(point) == "Point(x=1, y=2, tags=['a'])"
    assert point == made.Point(1, 2, ["a"]) != made.Point(2, 2, ["a"])
    assert point != made.Open(1)
    assert hash(made.Point(1, 2, ())) == hash((1, 2, ()))
    assert made.Point(1).tags is not made.Point(1).tags
    assert copy.copy(point) == pickle.loads(pickle.dumps(point)) == point
    assert made.moved(point, 5) == dataclasses.replace(point, x=5) == made.Point(5, 2, ["a"])
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "tags": ["a"]}


def test_a_written_out_frozen_object_refuses_assignment(made):
    point = made.Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.other = 2


def test_written_out_inheritance_defaults_and_identity(made):
    named = made.Named(1)
    assert (named.x, named.name, repr(named)) == (1, "n!", "Named(x=1)")
    assert named == made.Named(1), "the inherited comparison"
    assert made.Lone(1) != made.Lone(1)
    assert len({made.Lone(1), made.Lone(1)}) == 2
    with pytest.raises(TypeError):
        hash(made.Open(1))
    named.x = 4
    assert named.x == 4
