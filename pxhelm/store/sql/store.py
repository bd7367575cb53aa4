"""All ports over one connection."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pxhelm.errors import PxhelmError
from pxhelm.store import migrations
from pxhelm.store.bindings import BindingStore
from pxhelm.store.clusters import ClusterStore
from pxhelm.store.conditions import ConditionStore
from pxhelm.store.events import EventStore
from pxhelm.store.inventory import InventoryStore
from pxhelm.store.journal import JournalStore
from pxhelm.store.leases import LeaseStore
from pxhelm.store.objects import ObjectStore
from pxhelm.store.releases import ReleaseStore
from pxhelm.store.sql.bindings import SqlBindings
from pxhelm.store.sql.clusters import SqlClusters
from pxhelm.store.sql.conditions import SqlConditions
from pxhelm.store.sql.connection import Connection
from pxhelm.store.sql.events import SqlEvents
from pxhelm.store.sql.inventory import SqlInventory
from pxhelm.store.sql.journal import SqlJournal
from pxhelm.store.sql.leases import SqlLeases
from pxhelm.store.sql.objects import SqlObjects
from pxhelm.store.sql.releases import SqlReleases
from pxhelm.store.sql.work import SqlWork
from pxhelm.store.work import WorkStore


class SqlStore:
    """Store over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.clusters: ClusterStore = SqlClusters(db)
        self.releases: ReleaseStore = SqlReleases(db)
        self.objects: ObjectStore = SqlObjects(db)
        self.bindings: BindingStore = SqlBindings(db)
        self.journal: JournalStore = SqlJournal(db)
        self.leases: LeaseStore = SqlLeases(db)
        self.work: WorkStore = SqlWork(db)
        self.events: EventStore = SqlEvents(db)
        self.inventory: InventoryStore = SqlInventory(db)
        self.conditions: ConditionStore = SqlConditions(db)

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction of this thread."""
        return self._db.transaction()


def migrate(db: Connection, place: str, upto: int = migrations.VERSION) -> None:
    """Bring the database at ``place`` up to the version ``upto``, all missing migrations in one transaction.

    Raises PxhelmError when a newer pxhelm has written it.
    """
    with db.transaction():
        db.run("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)")
        rows = db.rows("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")
        refuse_newer(int(rows[0][0]), place, upto)
        for version in range(int(rows[0][0]) + 1, upto + 1):
            for statement in migrations.statements(version):
                db.run(statement)
            name = migrations.MIGRATIONS[version - 1]
            db.run("INSERT INTO schema_migrations (version, name) VALUES (?, ?)", (version, name))


def refuse_newer(found: int, place: str, known: int = migrations.VERSION) -> None:
    """Raise PxhelmError when the database's version is one that this pxhelm does not know."""
    if found > known:
        raise PxhelmError(
            f"cannot open the store {place}: it has version {found}, this pxhelm knows up to version {known}",
            hint="use the newer pxhelm that wrote it, or another store",
        )
