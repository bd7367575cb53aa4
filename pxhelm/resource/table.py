"""A kind's table of fields, made quick to ask: which field is this path, what does this parameter hold.

Paths are looked up in a tree of names, in which ``*`` stands for a slot or a free key; parameters by name, with slots
filled in only when one is asked for. Never parses or prints a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pxhelm.proxmox.schema import ParamSpec, load, versions
from pxhelm.resource.field import Field

STAR = "*"
NEWEST = versions()[-1]


@dataclass(slots=True)
class Branch:
    """One level of names; a branch with a field is a leaf."""

    children: dict[str, Branch] = field(default_factory=dict)
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A field with its slot filled in."""

    path: str
    field: Field
    slot: str
    param: str
    """Empty when the field is ours alone."""
    key: str
    """Sub-option of the property string; empty for a plain parameter."""


class Table:
    """The fields of a kind, indexed."""

    def __init__(self, fields: tuple[Field, ...], slots: Mapping[str, tuple[str, ...]]) -> None:
        self.fields = fields
        self.slots = slots
        self.root = Branch()
        self._places: dict[str, Place | None] = {}
        self._params: dict[str, tuple[Place, ...]] = {}
        self._plain: dict[str, list[Place]] = {}
        self._families: dict[str, list[Field]] = {}
        for each in fields:
            branch = self.root
            for name in each.path.split("."):
                branch = branch.children.setdefault(name, Branch())
            branch.field = each
            if STAR in each.path:
                self._families.setdefault(each.path.split(".", 1)[0], []).append(each)
            if each.wire and STAR not in each.wire and "#" not in each.wire:
                # a map in one parameter, such as env, keeps its star: ``decode`` fills in the keys it finds
                param, _, key = each.wire.partition(".")
                self._plain.setdefault(param, []).append(Place(each.path, each, "", param, key))
        self._slot_family = {slot: family for family, names in slots.items() for slot in names}

    def place(self, path: str) -> Place | None:
        """Return the field of a leaf path with its slot; None when there is no such leaf."""
        if path not in self._places:
            self._places[path] = self._find(path)
        return self._places[path]

    def places_of(self, param: str) -> tuple[Place, ...]:
        """Return the leaves that one parameter holds, in the table's order."""
        found = self._params.get(param)
        if found is None:
            found = self._params[param] = tuple(self._holds(param))
        return found

    def is_slot(self, family: str, name: str) -> bool:
        """Whether a family of devices has the slot; families without a list of slots take any name."""
        return family not in self.slots or name in self.slots[family]

    def _find(self, path: str) -> Place | None:
        names = path.split(".")
        branch, slot = self.root, ""
        for index, name in enumerate(names):
            below = branch.children.get(name)
            if below is None:
                below = branch.children.get(STAR)
                if below is None or (index == 1 and not self.is_slot(names[0], name)):
                    return None
                if below.field is not None and not below.children:
                    # what is left is one free key, dots included
                    slot = slot or ".".join(names[index:])
                    return _fill(below.field, slot, path, ".".join(names[index:]))
                slot = slot or name
            branch = below
        return _fill(branch.field, slot, path, "") if branch.field is not None else None

    def _holds(self, param: str) -> Iterator[Place]:
        yield from self._plain.get(param, ())
        stem = param.rstrip("0123456789")
        number = param[len(stem) :]
        for family, fields in self._families.items():
            if family not in self.slots:
                continue
            for each in fields:
                for slot in _slots_for(each.wire, param, number, self.slots[family]):
                    place = self.place(each.path.replace(STAR, slot, 1))
                    if place is not None and place.param == param:
                        yield place


def _slots_for(wire: str, param: str, number: str, slots: tuple[str, ...]) -> tuple[str, ...]:
    """Return the slot whose leaf of this wire name lives in the parameter, if there is one."""
    pattern = wire.partition(".")[0]
    if pattern == STAR:
        return (param,) if param in slots else ()
    if pattern.endswith("#") and number and pattern[:-1] + number == param:
        return tuple(slot for slot in slots if slot.endswith(number) and slot.rstrip("0123456789") + number == slot)
    return ()


def _fill(each: Field | None, slot: str, path: str, rest: str) -> Place | None:
    if each is None:
        return None
    number = slot[len(slot.rstrip("0123456789")) :]
    param, _, key = each.wire.partition(".")
    param = param.replace(STAR, slot).replace("#", number)
    return Place(path, each, slot, param, key.replace(STAR, rest or slot))


_TABLES: dict[int, Table] = {}


def table_of(fields: tuple[Field, ...], slots: Mapping[str, tuple[str, ...]]) -> Table:
    """Return the index of a kind's fields; made once per table."""
    found = _TABLES.get(id(fields))
    if found is None:
        found = _TABLES[id(fields)] = Table(fields, slots)  # keeps the tuple, so its id stays its own
    return found


def spec_of(api: str, version: str, param: str) -> ParamSpec | None:
    """Return what the schema of a version says about a create parameter; None when it has no such parameter."""
    return _parameters(api, version).get(param)


def key_in(api: str, version: str, place: Place) -> str:
    """Return what a version calls the key of a leaf: its former name where the version has that alone.

    Empty where the parameter is the value itself there.
    """
    spec = spec_of(api, version, place.param)
    if spec is None or place.key in spec.properties:
        return place.key
    if not spec.properties:
        return ""
    newest = spec_of(api, NEWEST, place.param)
    names = newest.properties.items() if newest is not None else ()
    return next((name for name, each in names if each.alias == place.key and name in spec.properties), place.key)


@lru_cache(maxsize=64)
def _parameters(api: str, version: str) -> Mapping[str, ParamSpec]:
    facts = load(version)
    endpoint = (facts.endpoint("POST", api) or facts.endpoint("PUT", api)) if api else None
    return endpoint.parameters if endpoint is not None else {}
