"""What a plan is made of: one object each, as it is wanted, as the store knows it and as it is. Never decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxhelm.plan.leaf import as_leaf
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Live, Resource, Target, Value


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of an object; uid empty = never accepted."""

    uid: str = ""
    generation: int = 0
    text: str = ""
    """The manifest last applied."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Manager → path → base value."""
    bound: bool = False
    """A guest was seen to be ours; else its VMID is at most reserved."""
    creating: bool = False
    """An operation that creates it did not finish."""
    seen: Mapping[str, object] = field(default_factory=dict)
    """The leaves of the guest when it was last observed to be ours."""
    made: Mapping[str, int] = field(default_factory=dict)
    """Files that were, or may have been, put on a storage for it → bytes; 0 = nobody knows how many."""

    @property
    def applied(self) -> dict[str, Value]:
        """Return what managers applied last of it."""
        return {path: as_leaf(base) for leaves in self.bases.values() for path, base in leaves.items()}


@dataclass(frozen=True, slots=True)
class Move:
    """An object that the store knows under a former name."""

    source: ObjectKey
    problem: str = ""
    """Why it cannot get its new name; empty when it can."""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One object of a plan."""

    kind: Kind
    key: ObjectKey
    desired: Resource | None
    """None: it shall go."""
    target: Target
    live: Live
    known: Known = field(default_factory=Known)
    spare: Target | None = None
    """Where a guest would be made that replaces this one before it goes."""
    members: tuple[ObjectKey, ...] = ()
    """Of what ends a domain of staged changes: the objects that are staged in it."""
    against: str = ""
    """Why it must not be as it is wanted: another object says something else of the same guest, or what it names is nowhere."""
    move: Move | None = None
    """Where its row and its guest come from, when it is renamed."""
