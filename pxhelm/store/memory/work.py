"""What is due, and who works on it."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.memory.tables import Tables
from pxhelm.store.outcome import LeaseLost
from pxhelm.store.work import Claim, WorkItem


class MemoryWork:
    """WorkStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def enqueue(self, uid: str, cluster: str, due_at: float, priority: int = 0) -> None:
        before = self._t.work.get(uid)
        self._t.work[uid] = (
            replace(
                before,
                dirty_seq=before.dirty_seq + 1,
                due_at=min(due_at, before.due_at),
                priority=max(priority, before.priority),
            )
            if before
            else WorkItem(uid, cluster, due_at, priority)
        )

    def claim(self, wish: Claim) -> tuple[WorkItem, ...]:
        free = [
            item
            for item in self._t.work.values()
            if item.cluster == wish.cluster
            and item.due_at <= wish.now
            and (not item.claimed_by or item.claim_expires <= wish.now)
        ]
        won = []
        for item in sorted(free, key=lambda w: (-w.priority, w.due_at, w.uid))[: wish.limit]:
            claimed = replace(
                item, claimed_by=wish.worker, claim_epoch=item.claim_epoch + 1, claim_expires=wish.now + wish.ttl
            )
            self._t.work[item.uid] = claimed
            won.append(claimed)
        return tuple(won)

    def finish(self, item: WorkItem, due_at: float | None, failed: bool = False) -> None:
        stored = self._t.work.get(item.uid)
        if not stored or (stored.claimed_by, stored.claim_epoch) != (item.claimed_by, item.claim_epoch):
            raise LeaseLost(f"work:{item.uid}")
        dirty = stored.dirty_seq > item.dirty_seq
        if due_at is None and not dirty:
            del self._t.work[item.uid]
            return
        due = stored.due_at if due_at is None or (dirty and stored.due_at < due_at) else due_at
        freed = replace(stored, claimed_by="", claim_expires=0.0, done_seq=item.dirty_seq, due_at=due)
        self._t.work[item.uid] = replace(freed, failures=item.failures + 1 if failed else 0)

    def get(self, uid: str) -> WorkItem | None:
        return self._t.work.get(uid)

    def pending(self, cluster: str) -> tuple[WorkItem, ...]:
        found = [item for item in self._t.work.values() if item.cluster == cluster]
        return tuple(sorted(found, key=lambda w: (w.due_at, w.uid)))
