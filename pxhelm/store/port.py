"""The store as its users see it: every subject's port, and one transaction over them all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from pxhelm.store.bindings import BindingStore
from pxhelm.store.clusters import ClusterStore
from pxhelm.store.conditions import ConditionStore
from pxhelm.store.events import EventStore
from pxhelm.store.inventory import InventoryStore
from pxhelm.store.journal import JournalStore
from pxhelm.store.leases import LeaseStore
from pxhelm.store.objects import ObjectStore
from pxhelm.store.releases import ReleaseStore
from pxhelm.store.work import WorkStore


class Store(Protocol):
    """Everything pxhelm remembers.

    Each call is a transaction of its own unless it happens inside ``transaction()``, which it then joins.
    """

    @property
    def clusters(self) -> ClusterStore:
        """Return the clusters."""

    @property
    def releases(self) -> ReleaseStore:
        """Return the revisions of releases."""

    @property
    def objects(self) -> ObjectStore:
        """Return the objects and their owned leaves."""

    @property
    def bindings(self) -> BindingStore:
        """Return the bindings of guests."""

    @property
    def journal(self) -> JournalStore:
        """Return the operations and steps."""

    @property
    def leases(self) -> LeaseStore:
        """Return the leases."""

    @property
    def work(self) -> WorkStore:
        """Return the work that is due."""

    @property
    def events(self) -> EventStore:
        """Return the remembered events."""

    @property
    def inventory(self) -> InventoryStore:
        """Return what was observed."""

    @property
    def conditions(self) -> ConditionStore:
        """Return the conditions of objects."""

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction of this thread: all of its calls are kept, or with an exception none."""
