"""Events, counted."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.events import EventRecord
from pxhelm.store.memory.tables import Tables


class MemoryEvents:
    """EventStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def record(self, event: EventRecord) -> EventRecord:
        before = self._t.events.get(event.id)
        if before:
            event = replace(event, count=before.count + event.count, first_at=before.first_at)
        self._t.events[event.id] = event
        return event

    def list(self, cluster: str, uid: str | None = None, limit: int = 256) -> tuple[EventRecord, ...]:
        found = [e for e in self._t.events.values() if e.cluster == cluster and uid in (None, e.uid)]
        return tuple(sorted(found, key=lambda e: (-e.last_at, e.id))[:limit])

    def prune(self, before: float) -> int:
        kept = {key: event for key, event in self._t.events.items() if event.last_at >= before}
        gone, self._t.events = len(self._t.events) - len(kept), kept
        return gone
