"""Work that is due, in SQL. A claim is won by the conditional update, never by the read before it."""

# ruff: noqa: S608  only column lists of this module are put into the text; values are always placeholders

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.outcome import LeaseLost
from pxhelm.store.sql.connection import Connection, Row, one
from pxhelm.store.work import Claim, WorkItem

_COLUMNS = "uid, cluster, due_at, priority, dirty_seq, done_seq, failures, claimed_by, claim_epoch, claim_expires"
_SELECT = f"SELECT {_COLUMNS} FROM work"


def _item(row: Row) -> WorkItem:
    return WorkItem(*row)


class SqlWork:
    """WorkStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def enqueue(self, uid: str, cluster: str, due_at: float, priority: int = 0) -> None:
        """Mark the object dirty, due at the earlier of both times."""
        self._db.run(
            f"INSERT INTO work ({_COLUMNS}) VALUES (?, ?, ?, ?, 1, 0, 0, '', 0, 0)"
            " ON CONFLICT (uid) DO UPDATE SET dirty_seq = work.dirty_seq + 1,"
            " due_at = CASE WHEN excluded.due_at < work.due_at THEN excluded.due_at ELSE work.due_at END,"
            " priority = CASE WHEN excluded.priority > work.priority THEN excluded.priority ELSE work.priority END",
            (uid, cluster, due_at, priority),
        )

    def claim(self, wish: Claim) -> tuple[WorkItem, ...]:
        """Take due work that nobody holds, highest priority first, then longest due."""
        free = "cluster = ? AND due_at <= ? AND (claimed_by = '' OR claim_expires <= ?)"
        with self._db.transaction():
            rows = self._db.rows(
                f"{_SELECT} WHERE {free} ORDER BY priority DESC, due_at, uid LIMIT {int(wish.limit)}",
                (wish.cluster, wish.now, wish.now),
            )
            won = []
            for item in map(_item, rows):
                claimed = replace(
                    item, claimed_by=wish.worker, claim_epoch=item.claim_epoch + 1, claim_expires=wish.now + wish.ttl
                )
                if self._db.run(
                    "UPDATE work SET claimed_by = ?, claim_epoch = ?, claim_expires = ? WHERE uid = ? AND claim_epoch = ?",
                    (claimed.claimed_by, claimed.claim_epoch, claimed.claim_expires, item.uid, item.claim_epoch),
                ):
                    won.append(claimed)
            return tuple(won)

    def finish(self, item: WorkItem, due_at: float | None, failed: bool = False) -> None:
        """Give the item back: gone when ``due_at`` is None and nothing made it dirty meanwhile, else due then."""
        mine = "uid = ? AND claimed_by = ? AND claim_epoch = ?"
        key = (item.uid, item.claimed_by, item.claim_epoch)
        with self._db.transaction():
            row = one(self._db.rows(f"SELECT dirty_seq, due_at FROM work WHERE {mine}", key))
            if not row:
                raise LeaseLost(f"work:{item.uid}")
            dirty = row[0] > item.dirty_seq
            if due_at is None and not dirty:
                self._db.run(f"DELETE FROM work WHERE {mine}", key)
                return
            due = row[1] if due_at is None or (dirty and row[1] < due_at) else due_at
            self._db.run(
                "UPDATE work SET claimed_by = '', claim_expires = 0, done_seq = ?, due_at = ?, failures = ?"
                f" WHERE {mine}",
                (item.dirty_seq, due, item.failures + 1 if failed else 0, *key),
            )

    def get(self, uid: str) -> WorkItem | None:
        """Return the object's work."""
        row = one(self._db.rows(f"{_SELECT} WHERE uid = ?", (uid,)))
        return _item(row) if row else None

    def pending(self, cluster: str) -> tuple[WorkItem, ...]:
        """Return all work of the cluster, next due first."""
        return tuple(map(_item, self._db.rows(f"{_SELECT} WHERE cluster = ? ORDER BY due_at, uid", (cluster,))))
