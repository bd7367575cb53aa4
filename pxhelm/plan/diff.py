"""The three-way merge of one object: last applied, live, desired → the leaves to change (engine.md D5.3).

Pure. Compares with ``live.intended`` alone, so that nothing is written again because it is merely pending. What is set
in Proxmox and in nobody's manifest is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from pxhelm.plan.leaf import Fingerprint, as_leaf, base_of, covers, flow, shown
from pxhelm.plan.model import Drift
from pxhelm.plan.remembered import INHERITED, MIRRORED, ORIGINAL, WAITING
from pxhelm.plan.waiting import awaiting, remembered
from pxhelm.resource import compare as leafwise
from pxhelm.resource.annotations import paths
from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import classify, device_of, param_of, silent
from pxhelm.resource.field import Field
from pxhelm.resource.guest_write import ANCHORS
from pxhelm.resource.kind import Kind, LeafChange, Op
from pxhelm.resource.model import Existence, Leaves, Live, Resource, Value
from pxhelm.resource.table import table_of
from pxhelm.resource.types import shown as spelt

LEFT = "stays as it is"
"""Ends the note on a leaf that was left to its owner."""
IGNORE = "pxhelm.io/ignore-differences"
IMPORT = "import"
"""The manager of what was found and taken over: it keeps a base for drift, and gives way to whoever applies."""
REBUILT = "rebuilt"
"""The manager of leaves that cannot be read back, after a store was rebuilt from the guests: nobody knows who wrote what.

It owns nothing: the first apply takes them as they are wanted, and they are then that manager's."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns which leaves of an object, and what each applied last."""

    manager: str
    bases: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Manager → path → base value."""

    @property
    def mine(self) -> Mapping[str, object]:
        """Return what the manager that plans applied last."""
        return self.bases.get(self.manager, {})

    def others(self, path: str) -> Iterator[tuple[str, object]]:
        """Yield the other owners of a leaf with their base values."""
        for manager, leaves in self.bases.items():
            if manager not in (self.manager, IMPORT, REBUILT) and path in leaves:
                yield manager, leaves[path]


class Rivals(Enum):
    """What happens to a leaf that another manager owns with another value (engine.md D14), when it is not taken over."""

    REFUSE = ""
    """A conflict is reported, and nothing of the object is written."""
    SKIP = "skip-conflicts"
    """It stays as it is and its owner's; the rest is applied."""
    ADOPT = "adopt-live"
    """Its live value becomes ours, too; the rest is applied."""

    @classmethod
    def of(cls, options: Mapping[str, bool]) -> Rivals:
        """Return what the options of a plan say."""
        return next((each for each in (cls.SKIP, cls.ADOPT) if options.get(each.value)), cls.REFUSE)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A leaf that somebody else owns with another value."""

    path: str
    owner: str
    theirs: object
    ours: Value


@dataclass(frozen=True, slots=True)
class Diff:
    """What is to do with one object, and why."""

    changes: tuple[LeafChange, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    drift: tuple[Drift, ...] = ()
    notes: tuple[str, ...] = ()
    owned: Mapping[str, object] = field(default_factory=dict)
    """Base values of the manager as things stand now: leaves that hold already, and older ones not yet changed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a diff of one object looks at."""

    kind: Kind
    desired: Resource
    live: Live
    ownership: Ownership
    fingerprint: Fingerprint
    created: bool = False
    """The object was made by this operation: creation inputs that Proxmox shows may still be corrected."""
    force: bool = False
    """Take over leaves of other managers instead of reporting a conflict."""
    rivals: Rivals = Rivals.REFUSE
    """What else is done with them."""
    written: frozenset[str] = frozenset()
    """Leaves that this operation wrote and that cannot be read back."""
    unseen: frozenset[str] = frozenset()
    """Leaves that this operation wrote and that the running guest does not have."""
    mirrored: tuple[str, ...] = ()
    """Tags that the object's labels are in Proxmox."""


def compare(c: Comparison) -> Diff:
    """Return the difference between an object as wanted and as found."""
    ignored = ignored_paths(c.desired)
    changes: list[LeafChange] = []
    conflicts: list[Conflict] = []
    notes: list[str] = []
    owned: dict[str, object] = {}
    wanted = {p: v for p, v in c.desired.leaves.items() if not covers(ignored, p) and not covers(c.desired.unset, p)}
    for path, value in wanted.items():
        base = base_of(value, c.fingerprint)
        if _holds(c, path, base):
            owned[path] = base
            if path in c.ownership.bases.get(REBUILT, {}):
                notes.append(f"{path} cannot be read back, and the store was rebuilt: it is taken to be as wanted")
            continue
        each = field_of(c.kind, path)
        given_once = each is not None and each.creation_only and each.effect is not Effect.REPLACE
        if given_once and c.live.existence is Existence.PRESENT:
            owned[path] = c.ownership.mine[path]
            notes.append(f"{path} is an input of the creation: changing it has no effect on what exists")
            continue
        if _left_to_drift(c, path, base):
            owned[path] = base
            notes.append(f"{path} was changed outside pxhelm, and stays so (drift-policy: Ignore)")
            continue
        rivals = [] if c.force else [r for r in c.ownership.others(path) if r[1] != base and not _yields(c, r[0])]
        if rivals and c.rivals is not Rivals.REFUSE:
            owned |= _left(c, path, rivals[0][1])
            notes.append(f"{path} belongs to {rivals[0][0]}, and {LEFT}")
            continue
        if rivals:
            conflicts += [Conflict(path, owner, theirs, value) for owner, theirs in rivals]
            continue
        if path in c.ownership.mine:
            owned[path] = c.ownership.mine[path]
        changes.append(LeafChange(path, Op.SET, leafwise.live_value(c.live, path), value))
    removed = tuple(_to_unset(c, wanted, ignored))
    owned |= {p: b for p, b in c.ownership.mine.items() if covers(tuple(r.path for r in removed), p)}
    if INHERITED in c.ownership.mine or (c.created and _cloned(c)):
        owned[INHERITED] = list(_inherited(c))
    if waits := remembered(c.ownership.mine.get(WAITING), c.live, c.unseen):
        owned[WAITING] = waits
    if c.mirrored:
        owned[MIRRORED] = list(c.mirrored)
    before = originals(c.ownership.mine)
    going = {change.path for change in removed}
    if kept := {path: before[path] for path in before if path in wanted or path in going}:
        owned[ORIGINAL] = {path: base_of(value, c.fingerprint) for path, value in kept.items()}
    changes += removed
    return Diff(
        tuple(classify(c.kind, change, c.live) for change in changes),
        tuple(conflicts),
        _drift(c, wanted),
        (*notes, *_pending(c, wanted)),
        owned,
    )


def _left(c: Comparison, path: str, theirs: object) -> dict[str, object]:
    """Return the base of a leaf that stays as its other owner has it; none when it was not ours and does not become so."""
    if c.rivals is Rivals.ADOPT:
        live = leafwise.live_value(c.live, path)
        return {path: theirs if live is None else base_of(live, c.fingerprint)}
    return {path: c.ownership.mine[path]} if path in c.ownership.mine else {}


def originals(mine: Mapping[str, object]) -> dict[str, Value]:
    """Return what stood in leaves before the manager applied them first, where that is restored."""
    found = mine.get(ORIGINAL)
    return {str(path): as_leaf(base) for path, base in found.items()} if isinstance(found, Mapping) else {}


def _left_to_drift(c: Comparison, path: str, base: object) -> bool:
    """Whether somebody else changed a leaf that we applied, and the object's drift-policy lets it be."""
    ignoring = c.desired.annotations.get("pxhelm.io/drift-policy") == "Ignore"
    return ignoring and c.live.existence is Existence.PRESENT and not c.created and c.ownership.mine.get(path) == base


def _yields(c: Comparison, manager: str) -> bool:
    """Whether the object's annotation takes over the leaves of a manager: by its whole name, or without what it is."""
    named = paths(c.desired.annotations.get("pxhelm.io/force-conflicts", ""))
    return "*" in named or manager in named or manager.partition(":")[2] in named


def field_of(kind: Kind, path: str) -> Field | None:
    """Return the row of the kind's table that a leaf belongs to."""
    place = table_of(kind.fields, kind.slots).place(path)
    return place.field if place is not None else None


def ignored_paths(desired: Resource) -> tuple[str, ...]:
    """Return the patterns that the object's annotation takes out of detection, writing and ownership alike."""
    return paths(desired.annotations.get(IGNORE, ""))


def _holds(c: Comparison, path: str, base: object) -> bool:
    """Whether nothing has to be written for this leaf."""
    if c.live.existence is not Existence.PRESENT:
        return False
    each = field_of(c.kind, path)
    if each is not None and each.write_only:
        if path not in c.ownership.mine and path in c.ownership.bases.get(REBUILT, {}):
            return True
        return path in c.written or c.ownership.mine.get(path) == base
    if each is not None and each.creation_only:
        # What exists without our having made it has no input to compare with.
        return c.created or c.ownership.mine.get(path, base) == base
    return leafwise.same(c.kind, c.desired.leaves, c.live, path)


def _to_unset(c: Comparison, wanted: Leaves, ignored: tuple[str, ...]) -> Iterator[LeafChange]:
    """Yield what has to lose its value: told to go, or once ours and now in no manifest."""
    if c.live.existence is not Existence.PRESENT:
        return
    seen: set[str] = set()
    for change in leafwise.forced_changes(c.kind, c.desired, c.live):
        if not covers(ignored, change.path):
            seen.add(change.path)
            yield change
    dropped = [
        p for p in c.ownership.mine if p not in wanted and not covers(ignored, p) and not any(c.ownership.others(p))
    ]
    for device in _devices_gone(c, wanted, dropped):
        if device not in seen:
            seen.add(device)
            yield LeafChange(device, Op.UNSET, "present", None)
    inherited = _inherited(c)
    for path in dropped:
        stands = path.rpartition(".")[2] in ANCHORS and device_of(c.kind, path) in inherited
        if covers(tuple(seen), path) or stands:
            continue
        each = field_of(c.kind, path)
        if each is not None and each.write_only and path not in c.written:
            yield LeafChange(path, Op.UNSET, None, None)
        before = leafwise.live_value(c.live, path)
        first = originals(c.ownership.mine).get(path)
        untouched = base_of(before, c.fingerprint) == c.ownership.mine[path]
        if each is not None and each.restored and untouched and first is not None and first != before:
            yield LeafChange(path, Op.SET, before, first)
        if leafwise.unsettable(c.kind, path) and before is not None and before != leafwise.default_of(c.kind, path):
            yield LeafChange(path, Op.UNSET, before, None)


def _devices_gone(c: Comparison, wanted: Leaves, dropped: Iterable[str]) -> Iterator[str]:
    """Yield the devices that we defined and no longer want.

    Owning no more than the size of an inherited disk, or the address of an inherited network device, does not make
    the device ours to remove.
    """
    table = table_of(c.kind.fields, c.kind.slots)
    inherited = _inherited(c)
    for path in dropped:
        device = device_of(c.kind, path)
        place = table.place(path) if device else None
        if place is None or place.param != param_of(c.kind, device) or place.path == f"{device}.size":
            continue
        if device in inherited:
            continue
        if leafwise.device_present(c.kind, c.live, device) and not any(p.startswith(f"{device}.") for p in wanted):
            yield device


def _cloned(c: Comparison) -> bool:
    return any(path.startswith("source.clone.") for path in c.desired.leaves)


def _inherited(c: Comparison) -> tuple[str, ...]:
    """Return the devices that came with the template: only ``absent: true`` takes them away (engine.md D5.4).

    Remembered when the clone is looked at first, before anything is written to it. A clone that was made before they were
    remembered keeps the disks it boots from.
    """
    known = c.ownership.mine.get(INHERITED)
    if isinstance(known, (list, tuple)):
        return tuple(str(device) for device in known)
    if not _cloned(c):
        return ()
    devices = dict.fromkeys(device for path in c.live.intended if (device := device_of(c.kind, path)))
    if c.created:
        return tuple(devices)
    order = c.live.intended.get("bootOrder")
    return tuple(f"disks.{slot}" for slot in order) if isinstance(order, tuple) and c.ownership.mine else ()


def _drift(c: Comparison, wanted: Leaves) -> tuple[Drift, ...]:
    """Return what somebody else changed: leaves that we own, still want as they were, and no longer find."""
    if c.live.existence is not Existence.PRESENT or c.desired.annotations.get("pxhelm.io/drift-policy") == "Ignore":
        return ()
    found = []
    for path, base in c.ownership.mine.items():
        if path not in wanted or not leafwise.comparable(c.kind, path):
            continue
        if base_of(wanted[path], c.fingerprint) == base and not _holds(c, path, base):
            found.append(Drift(path, base, shown(leafwise.live_value(c.live, path))))
    return tuple(found)


def _pending(c: Comparison, wanted: Leaves) -> Iterator[str]:
    """Say which leaves wait for a restart (engine.md D4.2)."""
    if c.live.power in ("", "stopped") or not c.live.current:
        return
    for path in sorted(wanted):
        before, after = c.live.current.get(path), c.live.intended.get(path)
        if before != after:
            configured, running = (_spelt(c.kind, path, value) for value in (after, before))
            yield f"{path} waits for a restart: configured is {configured}, the running guest has {running}"
    for path in awaiting(c.kind, c.ownership.bases, c.live, silent):
        yield f"{path} waits for a restart: the running guest does not have what is configured"


def _spelt(kind: Kind, path: str, value: Value | None) -> str:
    """Return a live value as a manifest would say it."""
    place = table_of(kind.fields, kind.slots).place(path)
    if value is None:
        return "nothing"
    return flow(spelt(place.field.type, value) if place is not None else shown(value))
