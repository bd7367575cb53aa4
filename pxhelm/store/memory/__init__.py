"""The store in memory, for tests: every port on plain dictionaries, with the same refusals as a database.

For one thread. Never the store of a real cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pxhelm.store.bindings import BindingStore
from pxhelm.store.clusters import ClusterStore
from pxhelm.store.conditions import ConditionStore
from pxhelm.store.events import EventStore
from pxhelm.store.inventory import InventoryStore
from pxhelm.store.journal import JournalStore
from pxhelm.store.leases import LeaseStore
from pxhelm.store.memory.bindings import MemoryBindings
from pxhelm.store.memory.clusters import MemoryClusters
from pxhelm.store.memory.conditions import MemoryConditions
from pxhelm.store.memory.events import MemoryEvents
from pxhelm.store.memory.inventory import MemoryInventory
from pxhelm.store.memory.journal import MemoryJournal
from pxhelm.store.memory.leases import MemoryLeases
from pxhelm.store.memory.objects import MemoryObjects
from pxhelm.store.memory.releases import MemoryReleases
from pxhelm.store.memory.tables import Tables
from pxhelm.store.memory.work import MemoryWork
from pxhelm.store.objects import ObjectStore
from pxhelm.store.releases import ReleaseStore
from pxhelm.store.work import WorkStore


class MemoryStore:
    """Store that ends with the process."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._depth = 0
        leases = MemoryLeases(self._tables)
        self.clusters: ClusterStore = MemoryClusters(self._tables)
        self.releases: ReleaseStore = MemoryReleases(self._tables)
        self.objects: ObjectStore = MemoryObjects(self._tables)
        self.bindings: BindingStore = MemoryBindings(self._tables)
        self.journal: JournalStore = MemoryJournal(self._tables, leases)
        self.leases: LeaseStore = leases
        self.work: WorkStore = MemoryWork(self._tables)
        self.events: EventStore = MemoryEvents(self._tables)
        self.inventory: InventoryStore = MemoryInventory(self._tables)
        self.conditions: ConditionStore = MemoryConditions(self._tables)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes made inside, or with an exception none."""
        if self._depth:
            yield
            return
        before = self._tables.snapshot()
        self._depth = 1
        try:
            yield
        except BaseException:
            self._tables.restore(before)
            raise
        finally:
            self._depth = 0

    def close(self) -> None:
        """Forget everything."""
        self._tables = Tables()
