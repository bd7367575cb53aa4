"""What was observed, and its history."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.inventory import GONE, Observation, changed
from pxhelm.store.memory.tables import Tables


class MemoryInventory:
    """InventoryStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def observe(self, seen: Observation) -> bool:
        key = (seen.cluster, seen.ref)
        before = self._t.inventory.get(key)
        if before and not changed(before, seen):
            self._t.inventory[key] = replace(before, at=seen.at, digest=seen.digest)
            return False
        self._t.inventory[key] = seen
        self._t.history[key] = (*self._t.history.get(key, ()), seen)
        return True

    def forget(self, cluster: str, ref: str, at: float, actor: str = "") -> None:
        last = self._t.inventory.pop((cluster, ref), None)
        if last:
            gone = replace(last, at=at, digest="", status=GONE, intended={}, current={}, actor=actor)
            self._t.history[cluster, ref] = (*self._t.history[cluster, ref], gone)

    def get(self, cluster: str, ref: str) -> Observation | None:
        return self._t.inventory.get((cluster, ref))

    def list(self, cluster: str, kind: str | None = None) -> tuple[Observation, ...]:
        found = (o for key, o in sorted(self._t.inventory.items()) if key[0] == cluster)
        return tuple(o for o in found if kind in (None, o.kind))

    def history(self, cluster: str, ref: str, limit: int = 256) -> tuple[Observation, ...]:
        return self._t.history.get((cluster, ref), ())[::-1][:limit]

    def trail(self, cluster: str, uid: str) -> tuple[str, ...]:
        rows = self._t.history.items()
        return tuple(sorted(ref for (name, ref), seen in rows if name == cluster and any(o.uid == uid for o in seen)))

    def at(self, cluster: str, when: float, kind: str | None = None) -> tuple[Observation, ...]:
        rows = sorted((ref, seen) for (name, ref), seen in self._t.history.items() if name == cluster)
        held = (last for _, seen in rows if (last := _held_at(seen, when)))
        return tuple(o for o in held if o.status != GONE and kind in (None, o.kind))

    def prune(self, cluster: str, before: float) -> int:
        count = 0
        for key, seen in list(self._t.history.items()):
            if key[0] != cluster:
                continue
            held = _held_at(seen, before)
            kept = tuple(o for o in seen if o.at >= before or (o is held and o.status != GONE))
            count += len(seen) - len(kept)
            self._t.history[key] = kept
        return count


def _held_at(seen: tuple[Observation, ...], when: float) -> Observation | None:
    return next((o for o in reversed(seen) if o.at <= when), None)
