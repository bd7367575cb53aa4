"""The store on SQLite (edge): one file, WAL, every commit on disk before it counts.

One connection per thread. The file is 0600, the folder it makes 0700; SQLite gives WAL and shm the file's mode.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.store import migrations
from pxhelm.store.outcome import DuplicateError, StoreError
from pxhelm.store.sql.connection import Row
from pxhelm.store.sql.store import SqlStore, migrate, refuse_newer

BUSY_SECONDS = 10.0

_FULL = sqlite3.SQLITE_FULL
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN)


class _Handle:
    """A connection that closes with the thread it was opened for: daemons start threads all day."""

    __slots__ = ("__weakref__", "raw")

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def __del__(self) -> None:
        self.raw.close()


class _Local(threading.local):
    """What belongs to one thread."""

    handle: _Handle | None = None
    depth: int = 0


class SqliteConnection:
    """One database file for any thread; a transaction is the thread's own."""

    def __init__(self, path: Path, max_pages: int = 0) -> None:
        self.path = path
        self._max_pages = max_pages
        self._local = _Local()
        self._opened: weakref.WeakSet[_Handle] = weakref.WeakSet()
        self._guard = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        handle = self._local.handle
        if handle is None:
            with self._errors():
                # autocommit: BEGIN IMMEDIATE is ours, so that two writers queue instead of failing on upgrade.
                connection = sqlite3.connect(
                    self.path,
                    timeout=BUSY_SECONDS,
                    isolation_level=None,
                    check_same_thread=False,
                    cached_statements=256,
                )
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                if self._max_pages:
                    connection.execute(f"PRAGMA max_page_count = {int(self._max_pages)}")
            handle = _Handle(connection)
            with self._guard:
                self._opened.add(handle)
            self._local.handle = handle
        return handle.raw

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run a query."""
        with self._errors():
            return self._connection().execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a change and return how many rows it touched."""
        with self._errors():
            return self._connection().execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a write transaction, or join the one this thread has open."""
        if self._local.depth:
            yield
            return
        self.run("BEGIN IMMEDIATE")
        self._local.depth = 1
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself (disk full); then there is nothing to roll back.
            with suppress(sqlite3.OperationalError):
                self._connection().execute("ROLLBACK")
            raise
        finally:
            self._local.depth = 0

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as broken:
            if "UNIQUE" in str(broken) or "PRIMARY KEY" in str(broken):
                raise DuplicateError(f"cannot add to the store: {broken}") from None
            raise
        except sqlite3.DatabaseError as failure:
            raise self._explained(failure) from failure

    def _explained(self, failure: sqlite3.DatabaseError) -> StoreError:
        code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
        if code == _FULL:
            return StoreError(
                f"cannot write the store {self.path}: the disk or the store is full",
                hint="make room and repeat the command; nothing was half done in the store",
            )
        if code in _BUSY:
            return StoreError(
                f"cannot write the store {self.path}: another pxhelm has kept it locked for {BUSY_SECONDS:.0f} s",
                code=ExitCode.LOCKED,
                hint="wait for the other command to end",
            )
        if code in _DAMAGED:
            return StoreError(
                f"cannot read the store {self.path}: {failure}", hint="restore it from a backup, or move it away"
            )
        if code in _READ_ONLY:
            return StoreError(f"cannot write the store {self.path}: {failure}", hint="check its owner and mode")
        return StoreError(f"cannot use the store {self.path}: {failure}")

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for handle in self._opened:
                handle.raw.close()
            self._opened.clear()
        self._local = _Local()


class SqliteStore(SqlStore):
    """Store in one SQLite file."""

    def __init__(self, connection: SqliteConnection) -> None:
        super().__init__(connection)
        self._connection = connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def open_store(path: Path, max_pages: int = 0) -> SqliteStore:
    """Open the store, made or migrated when needed; ``max_pages`` (of 4 KiB) bounds its size, 0 does not.

    Raises PxhelmError when the file cannot be used, is damaged, or was written by a newer pxhelm.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as failure:
        raise PxhelmError(
            f"cannot open the store {path}: {failure.strerror}", hint="check the folder, its owner and mode"
        ) from None
    connection = SqliteConnection(path, max_pages)
    try:
        found = _version(connection)
        refuse_newer(found, str(path))
        if found < migrations.VERSION:
            migrate(connection, str(path))
    except BaseException:
        connection.close()
        raise
    return SqliteStore(connection)


def _version(connection: SqliteConnection) -> int:
    if not connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'"):
        return 0
    return int(connection.rows("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")[0][0])
