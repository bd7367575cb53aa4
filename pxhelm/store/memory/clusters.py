"""Clusters, and the contexts that lead to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pxhelm.store.clusters import Cluster
from pxhelm.store.memory.tables import Tables


class MemoryClusters:
    """ClusterStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def get(self, key: str) -> Cluster | None:
        return self._t.clusters.get(key)

    def list(self) -> tuple[Cluster, ...]:
        return tuple(sorted(self._t.clusters.values(), key=lambda c: c.key))

    def put(self, cluster: Cluster) -> None:
        self._t.clusters[cluster.key] = cluster

    def behind(self, context: str) -> Cluster | None:
        return self._t.clusters.get(self._t.contexts.get(context, ""))

    def lead(self, context: str, key: str) -> None:
        self._t.contexts[context] = key

    def part(self, context: str) -> None:
        self._t.contexts.pop(context, None)

    def contexts(self, key: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, led in self._t.contexts.items() if led == key))

    def join(self, old: str, new: str) -> None:
        t = self._t
        t.contexts.update(dict.fromkeys(self.contexts(old), new))
        tables: tuple[dict[str, Any], ...] = (t.ops, t.work, t.events)
        for table in tables:
            table.update({key: replace(row, cluster=new) for key, row in table.items() if row.cluster == old})
        for cluster, ref in [key for key in t.inventory if key[0] == old and (new, key[1]) not in t.inventory]:
            t.inventory[new, ref] = replace(t.inventory.pop((cluster, ref)), cluster=new)
            t.history[new, ref] = tuple(replace(o, cluster=new) for o in t.history.pop((cluster, ref), ()))
