"""Events as rows: one per object, reason and message, counted up when it happens again (engine.md D16).

What is told while it happens is ``pxhelm.events``; this is what is remembered of it. Never a secret.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened to an object, once or often."""

    cluster: str
    uid: str
    type: str
    """``Normal`` or ``Warning``."""
    reason: str
    """Machine word, such as ``IdentityConflict``."""
    message: str
    first_at: float
    """Unix seconds."""
    last_at: float
    count: int = 1
    op_id: str = ""

    @property
    def id(self) -> str:
        """Return the id under which repetitions are counted together."""
        text = f"{self.cluster}\0{self.uid}\0{self.reason}\0{self.message}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class EventStore(Protocol):
    """Where events are kept."""

    def record(self, event: EventRecord) -> EventRecord:
        """Insert the event or count up the one with the same id, and return it as it now stands."""

    def list(self, cluster: str, uid: str | None = None, limit: int = 256) -> tuple[EventRecord, ...]:
        """Return events of the cluster or object, latest first."""

    def prune(self, before: float) -> int:
        """Forget events last seen before this time (Unix seconds) and return how many."""
