"""One object at one moment, as ``next_step`` is asked about it. Never decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxhelm.plan.diff import Ownership
from pxhelm.plan.leaf import Fingerprint
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import Live, Resource, Target


@dataclass(frozen=True, slots=True)
class Situation:
    """One object: what is wanted, what was applied, what is."""

    kind: Kind
    target: Target
    live: Live
    desired: Resource | None
    """None: the object shall go."""
    ownership: Ownership
    fingerprint: Fingerprint
    created: bool = False
    """This operation made the object."""
    written: frozenset[str] = frozenset()
    """Leaves that this operation wrote and that cannot be read back."""
    unseen: frozenset[str] = frozenset()
    """Leaves that this operation wrote and that the running guest does not have."""
    surroundings: Surroundings = field(default_factory=Surroundings)
    options: Mapping[str, bool] = field(default_factory=dict)
    force: bool = False
    """Take over leaves of other managers."""
    op: str = ""
    seen: Mapping[str, object] = field(default_factory=dict)
    """The leaves of the guest when it was last observed to be ours."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """As last applied: they steer how an object goes."""
    now: float = 0.0
    """Unix seconds."""
    artifacts: frozenset[str] = frozenset()
    """Verbs of the artifacts that this operation has made: ``snapshot``, ``backup``."""
