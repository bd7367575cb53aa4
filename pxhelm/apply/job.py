"""What a machine is given: one object's situation, its plan, the writes left open, and how long to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pxhelm.plan.model import ObjectPlan
from pxhelm.plan.situation import Situation


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what; seconds."""

    lock: float = 1800.0
    """For a guest's lock, a busy storage, a lost quorum."""
    unseen: float = 5.0
    """For a create whose answer was lost and of which nothing is to be seen. Sending it again with the same VMID is safe
    even if the first one is late: Proxmox lets only one of them have the VMID."""
    dead: float = 120.0
    """After which a guest that is locked for its creation, without a task, is taken for the residue of a crash."""
    first: float = 1.0
    longest: float = 30.0
    whole: float = math.inf
    """For one object in all, between its steps; a task that runs is waited for."""


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A write that the journal does not know the end of."""

    seq: int
    verb: str
    node: str
    upid: str = ""
    sent_at: float = 0.0
    leaves: tuple[str, ...] = ()
    vmid: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Everything about one object that does not change while it is worked on."""

    situation: Situation
    bound: ObjectPlan | None
    next_seq: int = 1
    open_steps: tuple[OpenStep, ...] = ()
    is_bound: bool = False
    """A guest was seen to be ours; else the VMID is at most reserved."""
    strict: bool = False
    """A saved plan: what changed since it was made is refused."""
    patience: Patience = field(default_factory=Patience)
