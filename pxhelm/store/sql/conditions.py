"""Conditions of objects in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pxhelm.store.conditions import ConditionRecord
from pxhelm.store.sql.connection import Connection

_COLUMNS: Final = "uid, type, status, since, reason, message"
_AT_ONCE: Final = 500
"""Objects of one question: databases take so many placeholders at least."""


class SqlConditions:
    """ConditionStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def of(self, uids: Sequence[str]) -> tuple[ConditionRecord, ...]:
        """Return all conditions known of these objects, by uid and type."""
        found: list[ConditionRecord] = []
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            places = ", ".join("?" * len(some))
            rows = self._db.rows(f"SELECT {_COLUMNS} FROM conditions WHERE uid IN ({places})", some)  # noqa: S608 - placeholders alone
            found += [ConditionRecord(*row) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.uid, one.type)))

    def put(self, found: Iterable[ConditionRecord]) -> None:
        """Insert or replace by uid and type."""
        with self._db.transaction():
            for one in found:
                self._db.run(
                    f"INSERT INTO conditions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
                    " ON CONFLICT (uid, type) DO UPDATE SET status = excluded.status, since = excluded.since,"
                    " reason = excluded.reason, message = excluded.message",
                    (one.uid, one.type, one.status, one.since, one.reason, one.message),
                )
