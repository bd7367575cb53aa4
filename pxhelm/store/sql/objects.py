"""Objects and their owned leaves in SQL."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxhelm.store.objects import ObjectKey, ObjectQuery, OwnedLeaf, StoredObject
from pxhelm.store.sql.connection import Connection, Row, dump, load, one

_COLUMNS = "uid, cluster, kind, namespace, name, release, labels, generation, observed_generation, manifest, updated_at"
_SELECT = f"SELECT {_COLUMNS} FROM objects"


def _object(row: Row) -> StoredObject:
    key = ObjectKey(row[1], row[2], row[3], row[4])
    return StoredObject(row[0], key, row[5], load(row[6]), row[7], row[8], bytes(row[9]), row[10])


class SqlObjects:
    """ObjectStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def put(self, item: StoredObject) -> None:
        """Insert or replace by uid; DuplicateError when another uid has this key."""
        key = item.key
        self._db.run(
            f"INSERT INTO objects ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (uid) DO UPDATE SET cluster = excluded.cluster, kind = excluded.kind,"
            " namespace = excluded.namespace, name = excluded.name, release = excluded.release,"
            " labels = excluded.labels, generation = excluded.generation,"
            " observed_generation = excluded.observed_generation, manifest = excluded.manifest,"
            " updated_at = excluded.updated_at",
            (
                *(item.uid, key.cluster, key.kind, key.namespace, key.name, item.release, dump(item.labels)),
                *(item.generation, item.observed_generation, item.manifest, item.updated_at),
            ),
        )

    def get(self, key: ObjectKey) -> StoredObject | None:
        """Return the object at this address."""
        where = "cluster = ? AND kind = ? AND namespace = ? AND name = ?"
        row = one(self._db.rows(f"{_SELECT} WHERE {where}", (key.cluster, key.kind, key.namespace, key.name)))
        return _object(row) if row else None

    def by_uid(self, uid: str) -> StoredObject | None:
        """Return the object with this uid."""
        row = one(self._db.rows(f"{_SELECT} WHERE uid = ?", (uid,)))
        return _object(row) if row else None

    def list(self, query: ObjectQuery) -> tuple[StoredObject, ...]:
        """Return matching objects by kind, namespace and name."""
        where, values = "cluster = ?", [query.cluster]
        for column, wanted in (("namespace", query.namespace), ("release", query.release), ("kind", query.kind)):
            if wanted is not None:
                where += f" AND {column} = ?"
                values.append(wanted)
        rows = self._db.rows(f"{_SELECT} WHERE {where} ORDER BY kind, namespace, name", values)
        return tuple(map(_object, rows))

    def delete(self, uid: str) -> None:
        """Forget the object and every leaf owned in it."""
        with self._db.transaction():
            self._db.run("DELETE FROM owned_leaves WHERE uid = ?", (uid,))
            self._db.run("DELETE FROM conditions WHERE uid = ?", (uid,))
            self._db.run("DELETE FROM objects WHERE uid = ?", (uid,))

    def owned(self, uid: str) -> tuple[OwnedLeaf, ...]:
        """Return the owned leaves of the object by manager and path."""
        rows = self._db.rows(
            "SELECT uid, manager, path, base FROM owned_leaves WHERE uid = ? ORDER BY manager, path", (uid,)
        )
        return tuple(OwnedLeaf(row[0], row[1], row[2], load(row[3])) for row in rows)

    def set_owned(self, uid: str, manager: str, leaves: Mapping[str, Any]) -> None:
        """Make ``leaves`` all that this manager owns in the object."""
        with self._db.transaction():
            self._db.run("DELETE FROM owned_leaves WHERE uid = ? AND manager = ?", (uid, manager))
            for path, base in leaves.items():
                self._db.run(
                    "INSERT INTO owned_leaves (uid, manager, path, base) VALUES (?, ?, ?, ?)",
                    (uid, manager, path, dump(base)),
                )
