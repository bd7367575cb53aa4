"""Events in SQL."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.events import EventRecord
from pxhelm.store.sql.connection import Connection, Row, one

_SELECT = "SELECT cluster, uid, type, reason, message, first_at, last_at, times, op_id FROM events"


class SqlEvents:
    """EventStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def record(self, event: EventRecord) -> EventRecord:
        """Insert the event or count up the one with the same id, and return it as it now stands."""
        with self._db.transaction():
            row = one(self._db.rows("SELECT times, first_at FROM events WHERE id = ?", (event.id,)))
            if row:
                event = replace(event, count=row[0] + event.count, first_at=row[1])
            values: Row = (event.type, event.first_at, event.last_at, event.count, event.op_id)
            self._db.run(
                "INSERT INTO events (id, cluster, uid, reason, message, type, first_at, last_at, times, op_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " type = excluded.type, last_at = excluded.last_at, times = excluded.times, op_id = excluded.op_id",
                (event.id, event.cluster, event.uid, event.reason, event.message, *values),
            )
            return event

    def list(self, cluster: str, uid: str | None = None, limit: int = 256) -> tuple[EventRecord, ...]:
        """Return events of the cluster or object, latest first."""
        where, values = "cluster = ?", [cluster]
        if uid is not None:
            where += " AND uid = ?"
            values.append(uid)
        rows = self._db.rows(f"{_SELECT} WHERE {where} ORDER BY last_at DESC, id LIMIT {int(limit)}", values)
        return tuple(EventRecord(*row) for row in rows)

    def prune(self, before: float) -> int:
        """Forget events last seen before this time and return how many."""
        return self._db.run("DELETE FROM events WHERE last_at < ?", (before,))
