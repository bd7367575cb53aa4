"""A plan: data that says every write before it happens, and bounds what apply may do.

Apply obeys the changes and nothing else; a saved plan is bound per object to (generation, digest), so an unrelated
change elsewhere does not make it stale (engine.md D3, D19). ``pxhelm.plan.document`` reads and writes its JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from pxhelm.plan.order import Order
from pxhelm.resource.effect import Effect
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import LeafChange
from pxhelm.resource.step import Step

FORMAT_VERSION = "1"


class Action(Enum):
    """What happens to an object."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    READ = "read"
    NOTHING = "no-op"


SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "<=",
    Action.READ: "<=",
    Action.NOTHING: " ",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """A leaf we own that somebody else changed since we last applied it."""

    path: str
    base: object
    live: object
    actor: str = ""
    """Who changed it, when that was recorded (``discover``)."""
    since: float = 0.0
    """Unix seconds of when it was first recorded so; 0 = it was not."""


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """What one object needs."""

    key: ObjectKey
    uid: str
    """Empty until the object is first accepted."""
    action: Action
    changes: tuple[LeafChange, ...] = ()
    steps: tuple[Step, ...] = ()
    """Predicted writes in order; the bound of what may be sent."""
    generation: int = 0
    digest: str = ""
    """Digest of the live configuration that the plan saw; empty for creates and kinds without one."""
    vmid: int = 0
    node: str = ""
    drift: tuple[Drift, ...] = ()
    notes: tuple[str, ...] = ()
    """Provenance changes, pending restarts, creation defaults."""
    depends_on: tuple[ObjectKey, ...] = ()
    """It is not begun when one of these fails."""
    after: tuple[ObjectKey, ...] = ()
    """Of lower rank: these are ended first, well or not."""
    way: str = ""
    """How it goes, if not by being destroyed: ``retain``, ``detach`` or ``trash``."""
    moved_from: ObjectKey | None = None
    """What it is called until it is applied."""

    @property
    def effect(self) -> Effect:
        """Return the greatest effect of its changes."""
        return max((c.effect for c in self.changes), default=Effect.NONE)

    @property
    def frees_bytes(self) -> int:
        """Return the bytes of volumes that cease to exist."""
        return sum(s.frees_bytes for s in self.steps)


@dataclass(frozen=True, slots=True)
class Blocked:
    """An object that cannot be planned now, and why; the rest goes on."""

    key: ObjectKey
    reason: str
    """``Refused``, ``Lock``, ``ObservationUnknown``, ``Conflict``, ``PermissionDenied``, ``Dependency`` …"""
    message: str
    hint: str = ""
    place: str = ""
    """File and line of its manifest, and the field where one is to blame; empty for what nobody wrote."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a command would do, in dependency order."""

    cluster: str
    manager: str
    """Field manager: ``helm:ns/release`` or ``kubectl:pxhelm`` (engine.md D5.1)."""
    objects: tuple[ObjectPlan, ...]
    blocked: tuple[Blocked, ...] = ()
    warnings: tuple[str, ...] = ()
    order: Order = field(default_factory=Order)
    awaited: tuple[ObjectKey, ...] = ()
    """Members of sets that have to be ready again before the next one is disrupted."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write and nothing blocked."""
        return not self.blocked and all(o.action in (Action.NOTHING, Action.READ) for o in self.objects)

    def count(self, *actions: Action) -> int:
        """Return how many objects have one of the actions."""
        return sum(o.action in actions for o in self.objects)
