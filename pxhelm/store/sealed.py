"""Sealing of payloads around a store, so that no adapter ever sees a key (engine.md D8.2b).

Never makes a key or a nonce: the composition root gives both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from pxhelm.errors import PxhelmError
from pxhelm.secret import SealingKey
from pxhelm.store.bindings import BindingStore
from pxhelm.store.clusters import ClusterStore
from pxhelm.store.conditions import ConditionStore
from pxhelm.store.events import EventStore
from pxhelm.store.inventory import InventoryStore
from pxhelm.store.journal import JournalStore
from pxhelm.store.leases import LeaseStore
from pxhelm.store.objects import ObjectKey, ObjectQuery, ObjectStore, OwnedLeaf, StoredObject
from pxhelm.store.port import Store
from pxhelm.store.releases import ReleaseKey, ReleaseStore, Revision
from pxhelm.store.work import WorkStore


@dataclass(frozen=True, slots=True)
class Sealer:
    """A key and a source of 12 fresh random bytes."""

    key: SealingKey
    nonce: Callable[[], bytes]

    def seal(self, payload: bytes, context: str) -> bytes:
        """Seal a payload for one place of the store; nothing stays nothing."""
        return self.key.seal(payload, context, self.nonce()) if payload else b""

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Open a payload; PxhelmError when the key is another."""
        try:
            return self.key.unseal(sealed, context) if sealed else b""
        except ValueError as wrong:
            raise PxhelmError(
                f"cannot read {context}: {wrong}",
                hint="give the store's own key: the key file beside it, or PXHELM_KEY",
            ) from None


@dataclass(frozen=True, slots=True)
class SealedReleases:
    """A release store whose payloads are sealed in the one below."""

    inner: ReleaseStore
    sealer: Sealer

    def _context(self, revision: Revision) -> str:
        return f"release:{revision.key}.v{revision.version}"

    def _sealed(self, revision: Revision) -> Revision:
        return replace(revision, payload=self.sealer.seal(revision.payload, self._context(revision)))

    def _opened(self, revision: Revision) -> Revision:
        return replace(revision, payload=self.sealer.unseal(revision.payload, self._context(revision)))

    def create(self, revision: Revision) -> None:
        """Seal and insert."""
        self.inner.create(self._sealed(revision))

    def update(self, revision: Revision) -> None:
        """Seal and replace."""
        self.inner.update(self._sealed(revision))

    def get(self, key: ReleaseKey, version: int) -> Revision | None:
        """Return one revision, opened."""
        found = self.inner.get(key, version)
        return self._opened(found) if found else None

    def last(self, key: ReleaseKey) -> Revision | None:
        """Return the highest revision, opened."""
        found = self.inner.last(key)
        return self._opened(found) if found else None

    def history(self, key: ReleaseKey) -> tuple[Revision, ...]:
        """Return all revisions, opened."""
        return tuple(map(self._opened, self.inner.history(key)))

    def list(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        """Return the cluster's or namespace's revisions, opened."""
        return tuple(map(self._opened, self.inner.list(cluster, namespace)))

    def latest(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        """Return the highest revision of each release, opened."""
        return tuple(map(self._opened, self.inner.latest(cluster, namespace)))

    def delete(self, key: ReleaseKey, version: int) -> None:
        """Remove one revision."""
        self.inner.delete(key, version)


@dataclass(frozen=True, slots=True)
class SealedObjects:
    """An object store whose manifests are sealed in the one below."""

    inner: ObjectStore
    sealer: Sealer

    def _opened(self, item: StoredObject | None) -> StoredObject | None:
        return replace(item, manifest=self.sealer.unseal(item.manifest, f"object:{item.uid}")) if item else None

    def put(self, item: StoredObject) -> None:
        """Seal and insert or replace."""
        self.inner.put(replace(item, manifest=self.sealer.seal(item.manifest, f"object:{item.uid}")))

    def get(self, key: ObjectKey) -> StoredObject | None:
        """Return the object at this address, opened."""
        return self._opened(self.inner.get(key))

    def by_uid(self, uid: str) -> StoredObject | None:
        """Return the object with this uid, opened."""
        return self._opened(self.inner.by_uid(uid))

    def list(self, query: ObjectQuery) -> tuple[StoredObject, ...]:
        """Return matching objects, opened."""
        return tuple(opened for item in self.inner.list(query) if (opened := self._opened(item)))

    def delete(self, uid: str) -> None:
        """Forget the object."""
        self.inner.delete(uid)

    def owned(self, uid: str) -> tuple[OwnedLeaf, ...]:
        """Return the owned leaves."""
        return self.inner.owned(uid)

    def set_owned(self, uid: str, manager: str, leaves: Mapping[str, Any]) -> None:
        """Replace what the manager owns."""
        self.inner.set_owned(uid, manager, leaves)


class SealedStore:
    """A store that seals what users typed; everything else passes to the one below."""

    def __init__(self, inner: Store, sealer: Sealer) -> None:
        self._inner = inner
        self.releases: ReleaseStore = SealedReleases(inner.releases, sealer)
        self.objects: ObjectStore = SealedObjects(inner.objects, sealer)
        self.clusters: ClusterStore = inner.clusters
        self.bindings: BindingStore = inner.bindings
        self.journal: JournalStore = inner.journal
        self.leases: LeaseStore = inner.leases
        self.work: WorkStore = inner.work
        self.events: EventStore = inner.events
        self.inventory: InventoryStore = inner.inventory
        self.conditions: ConditionStore = inner.conditions

    def transaction(self) -> AbstractContextManager[None]:
        """Open a transaction of the store below."""
        return self._inner.transaction()
