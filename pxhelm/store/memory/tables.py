"""All rows of a store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pxhelm.store.bindings import Binding
from pxhelm.store.clusters import Cluster
from pxhelm.store.conditions import ConditionRecord
from pxhelm.store.events import EventRecord
from pxhelm.store.inventory import Observation
from pxhelm.store.journal import Op, Step
from pxhelm.store.leases import Lease
from pxhelm.store.objects import OwnedLeaf, StoredObject
from pxhelm.store.releases import ReleaseKey, Revision
from pxhelm.store.work import WorkItem


@dataclass(slots=True)
class Tables:
    """All rows. Rows are frozen, so copying the dictionaries is a snapshot."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    contexts: dict[str, str] = field(default_factory=dict)
    revisions: dict[tuple[ReleaseKey, int], Revision] = field(default_factory=dict)
    objects: dict[str, StoredObject] = field(default_factory=dict)
    leaves: dict[tuple[str, str, str], OwnedLeaf] = field(default_factory=dict)
    bindings: dict[tuple[str, int], Binding] = field(default_factory=dict)
    ops: dict[str, Op] = field(default_factory=dict)
    steps: dict[tuple[str, int], Step] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    work: dict[str, WorkItem] = field(default_factory=dict)
    events: dict[str, EventRecord] = field(default_factory=dict)
    inventory: dict[tuple[str, str], Observation] = field(default_factory=dict)
    conditions: dict[tuple[str, str], ConditionRecord] = field(default_factory=dict)
    history: dict[tuple[str, str], tuple[Observation, ...]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, dict[Any, Any]]:
        return {name: dict(getattr(self, name)) for name in self.__slots__}

    def restore(self, snapshot: Mapping[str, dict[Any, Any]]) -> None:
        for name, rows in snapshot.items():
            setattr(self, name, rows)
