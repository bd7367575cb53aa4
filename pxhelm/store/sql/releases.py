"""Revisions of releases in SQL."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

import dataclasses

from pxhelm.store.leases import Holder
from pxhelm.store.outcome import NotFoundError
from pxhelm.store.releases import Operation, ReleaseKey, Revision
from pxhelm.store.sql.connection import Connection, Row, dump, load, one

_COLUMNS = "cluster, namespace, name, version, status, payload, chart, labels, modified_at, operation"
_SELECT = f"SELECT {_COLUMNS} FROM revisions r"
_KEY = "cluster = ? AND namespace = ? AND name = ?"
_HIGHEST = (
    "version = (SELECT MAX(version) FROM revisions m"
    " WHERE m.cluster = r.cluster AND m.namespace = r.namespace AND m.name = r.name)"
)


def _revision(row: Row) -> Revision:
    key = ReleaseKey(row[0], row[1], row[2])
    operation = None
    if row[9]:
        facts = load(row[9])
        operation = Operation(**{**facts, "holder": Holder(**facts["holder"])})
    return Revision(key, row[3], row[4], bytes(row[5]), row[6], load(row[7]), row[8], operation)


def _values(revision: Revision) -> Row:
    operation = dump(dataclasses.asdict(revision.operation)) if revision.operation else None
    return (
        revision.status,
        revision.payload,
        revision.chart,
        dump(revision.labels),
        revision.modified_at,
        operation,
    )


def _name(key: ReleaseKey) -> Row:
    return (key.cluster, key.namespace, key.name)


class SqlReleases:
    """ReleaseStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def create(self, revision: Revision) -> None:
        """Insert the revision; DuplicateError when its version exists."""
        self._db.run(
            f"INSERT INTO revisions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_name(revision.key), revision.version, *_values(revision)),
        )

    def update(self, revision: Revision) -> None:
        """Replace the revision; NotFoundError when it is gone."""
        touched = self._db.run(
            "UPDATE revisions SET status = ?, payload = ?, chart = ?, labels = ?, modified_at = ?, operation = ?"
            f" WHERE {_KEY} AND version = ?",
            (*_values(revision), *_name(revision.key), revision.version),
        )
        if not touched:
            raise NotFoundError("release: not found")

    def get(self, key: ReleaseKey, version: int) -> Revision | None:
        """Return one revision."""
        row = one(self._db.rows(f"{_SELECT} WHERE {_KEY} AND version = ?", (*_name(key), version)))
        return _revision(row) if row else None

    def last(self, key: ReleaseKey) -> Revision | None:
        """Return the revision with the highest version."""
        row = one(self._db.rows(f"{_SELECT} WHERE {_KEY} ORDER BY version DESC LIMIT 1", _name(key)))
        return _revision(row) if row else None

    def history(self, key: ReleaseKey) -> tuple[Revision, ...]:
        """Return all revisions of the release, oldest first."""
        return tuple(map(_revision, self._db.rows(f"{_SELECT} WHERE {_KEY} ORDER BY version", _name(key))))

    def list(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        """Return all revisions of the cluster or namespace, by namespace, name and version."""
        return self._list("cluster = ?", cluster, namespace)

    def latest(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        """Return the highest revision of each release, by namespace and name."""
        return self._list(f"cluster = ? AND {_HIGHEST}", cluster, namespace)

    def _list(self, where: str, cluster: str, namespace: str | None) -> tuple[Revision, ...]:
        values = [cluster]
        if namespace is not None:
            where += " AND namespace = ?"
            values.append(namespace)
        rows = self._db.rows(f"{_SELECT} WHERE {where} ORDER BY namespace, name, version", values)
        return tuple(map(_revision, rows))

    def delete(self, key: ReleaseKey, version: int) -> None:
        """Remove one revision; NotFoundError when it is gone."""
        if not self._db.run(f"DELETE FROM revisions WHERE {_KEY} AND version = ?", (*_name(key), version)):
            raise NotFoundError("release: not found")
