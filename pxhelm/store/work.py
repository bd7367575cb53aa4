"""Work that is due: one row per object, claimed by one worker at a time (engine.md D3, D17).

Marking an object dirty while it is worked on keeps it due: ``dirty_seq`` outruns ``done_seq``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An object that shall be reconciled."""

    uid: str
    cluster: str
    due_at: float
    """Unix seconds."""
    priority: int = 0
    """Higher goes first."""
    dirty_seq: int = 1
    done_seq: int = 0
    failures: int = 0
    claimed_by: str = ""
    claim_epoch: int = 0
    claim_expires: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's wish for work."""

    cluster: str
    worker: str
    now: float
    """Unix seconds."""
    ttl: float
    """Seconds the claim lasts."""
    limit: int = 1


class WorkStore(Protocol):
    """Where work waits."""

    def enqueue(self, uid: str, cluster: str, due_at: float, priority: int = 0) -> None:
        """Mark the object dirty, due at the earlier of both times."""

    def claim(self, wish: Claim) -> tuple[WorkItem, ...]:
        """Take due work that nobody holds, highest priority first, then longest due."""

    def finish(self, item: WorkItem, due_at: float | None, failed: bool = False) -> None:
        """Give the item back: gone when ``due_at`` is None and nothing made it dirty meanwhile, else due then.

        LeaseLost when the claim passed to another worker.
        """

    def get(self, uid: str) -> WorkItem | None:
        """Return the object's work."""

    def pending(self, cluster: str) -> tuple[WorkItem, ...]:
        """Return all work of the cluster, next due first."""
