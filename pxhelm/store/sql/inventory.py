"""Observations in SQL: the present, and what it was."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.inventory import Observation, changed
from pxhelm.store.sql.connection import Connection, Row, dump, load, one

_COLUMNS = "cluster, ref, kind, seen_at, digest, status, node, uid, intended, present, actor"
_SELECT = f"SELECT {_COLUMNS} FROM inventory"


def _observation(row: Row) -> Observation:
    return Observation(*(*row[:8], load(row[8]), load(row[9]), row[10]))


def _values(seen: Observation) -> Row:
    return (
        *(seen.cluster, seen.ref, seen.kind, seen.at, seen.digest, seen.status, seen.node, seen.uid),
        *(dump(seen.intended), dump(seen.current), seen.actor),
    )


class SqlInventory:
    """InventoryStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def observe(self, seen: Observation) -> bool:
        """Keep what was seen; append to the history and return True when it differs from the last time."""
        with self._db.transaction():
            if not changed(self.get(seen.cluster, seen.ref), seen):
                self._db.run(
                    "UPDATE inventory SET seen_at = ? WHERE cluster = ? AND ref = ?", (seen.at, seen.cluster, seen.ref)
                )
                return False
            self._db.run("DELETE FROM inventory WHERE cluster = ? AND ref = ?", (seen.cluster, seen.ref))
            self._db.run(f"INSERT INTO inventory ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(seen))
            self._append(seen)
            return True

    def _append(self, seen: Observation) -> None:
        self._db.run(
            f"INSERT INTO inventory_history ({_COLUMNS}, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            " (SELECT COALESCE(MAX(seq), 0) + 1 FROM inventory_history WHERE cluster = ? AND ref = ?))",
            (*_values(seen), seen.cluster, seen.ref),
        )

    def forget(self, cluster: str, ref: str, at: float) -> None:
        """Drop what is gone from the present and append its absence to the history."""
        with self._db.transaction():
            last = self.get(cluster, ref)
            if last:
                self._db.run("DELETE FROM inventory WHERE cluster = ? AND ref = ?", (cluster, ref))
                self._append(replace(last, at=at, digest="", status="gone", intended={}, current={}, actor=""))

    def get(self, cluster: str, ref: str) -> Observation | None:
        """Return what was last seen."""
        row = one(self._db.rows(f"{_SELECT} WHERE cluster = ? AND ref = ?", (cluster, ref)))
        return _observation(row) if row else None

    def list(self, cluster: str, kind: str | None = None) -> tuple[Observation, ...]:
        """Return the present, by ref."""
        where, values = "cluster = ?", [cluster]
        if kind is not None:
            where += " AND kind = ?"
            values.append(kind)
        return tuple(map(_observation, self._db.rows(f"{_SELECT} WHERE {where} ORDER BY ref", values)))

    def history(self, cluster: str, ref: str, limit: int = 256) -> tuple[Observation, ...]:
        """Return what was seen, latest first."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM inventory_history WHERE cluster = ? AND ref = ?"
            f" ORDER BY seq DESC LIMIT {int(limit)}",
            (cluster, ref),
        )
        return tuple(map(_observation, rows))
