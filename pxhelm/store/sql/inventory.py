"""Observations in SQL: the present, and what it was."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.inventory import GONE, Observation, changed
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
                    "UPDATE inventory SET seen_at = ?, digest = ? WHERE cluster = ? AND ref = ?",
                    (seen.at, seen.digest, seen.cluster, seen.ref),
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

    def forget(self, cluster: str, ref: str, at: float, actor: str = "") -> None:
        """Drop what is gone from the present and append its absence to the history."""
        with self._db.transaction():
            last = self.get(cluster, ref)
            if last:
                self._db.run("DELETE FROM inventory WHERE cluster = ? AND ref = ?", (cluster, ref))
                self._append(replace(last, at=at, digest="", status=GONE, intended={}, current={}, actor=actor))

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

    def trail(self, cluster: str, uid: str) -> tuple[str, ...]:
        """Return the refs under which an object of ours was ever seen, by ref."""
        rows = self._db.rows(
            "SELECT DISTINCT ref FROM inventory_history WHERE cluster = ? AND uid = ? ORDER BY ref", (cluster, uid)
        )
        return tuple(str(row[0]) for row in rows)

    def at(self, cluster: str, when: float, kind: str | None = None) -> tuple[Observation, ...]:
        """Return what was there at a time, by ref."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM inventory_history WHERE cluster = ? AND (ref, seq) IN ({_HELD_AT}) ORDER BY ref",
            (cluster, cluster, when),
        )
        found = map(_observation, rows)
        return tuple(o for o in found if o.status != GONE and (kind is None or o.kind == kind))

    def prune(self, cluster: str, before: float) -> int:
        """Forget history older than a time, except what still held then; return how many rows went."""
        return self._db.run(
            "DELETE FROM inventory_history WHERE cluster = ? AND seen_at < ?"
            f" AND (status = ? OR (ref, seq) NOT IN ({_HELD_AT}))",
            (cluster, before, GONE, cluster, before),
        )


_HELD_AT = "SELECT ref, MAX(seq) FROM inventory_history WHERE cluster = ? AND seen_at <= ? GROUP BY ref"
