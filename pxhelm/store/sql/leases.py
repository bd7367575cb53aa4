"""Leases in SQL. A released lease keeps its row, without holder, so that its epoch never falls."""

from __future__ import annotations

import dataclasses

from pxhelm.store.leases import Holder, IsDead, Lease, never
from pxhelm.store.outcome import LeaseHeldError, LeaseLost
from pxhelm.store.sql.connection import Connection, dump, load, one


class SqlLeases:
    """LeaseStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def acquire(self, name: str, holder: Holder, ttl: float, now: float, dead: IsDead = never) -> Lease:
        """Take the lease when it is free, expired, ours already, or its holder is dead."""
        with self._db.transaction():
            row = one(self._db.rows("SELECT holder, epoch, expires_at FROM leases WHERE name = ?", (name,)))
            epoch = (row[1] if row else 0) + 1
            if row and row[0]:
                held = Lease(name, Holder(**load(row[0])), row[1], row[2])
                if held.expires_at > now:
                    if held.holder == holder:
                        epoch = held.epoch
                    elif not dead(held.holder):
                        raise LeaseHeldError(name, str(held.holder), held.expires_at - now)
            granted = Lease(name, holder, epoch, now + ttl)
            self._db.run(
                "INSERT INTO leases (name, holder, epoch, expires_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch,"
                " expires_at = excluded.expires_at",
                (name, dump(dataclasses.asdict(holder)), granted.epoch, granted.expires_at),
            )
            return granted

    def renew(self, lease: Lease, ttl: float, now: float) -> Lease:
        """Prolong the lease; LeaseLost when it passed to somebody else."""
        touched = self._db.run(
            "UPDATE leases SET expires_at = ? WHERE name = ? AND epoch = ? AND holder = ?",
            (now + ttl, lease.name, lease.epoch, dump(dataclasses.asdict(lease.holder))),
        )
        if not touched:
            raise LeaseLost(lease.name)
        return dataclasses.replace(lease, expires_at=now + ttl)

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens when it was lost already."""
        self._db.run(
            "UPDATE leases SET holder = '', expires_at = 0 WHERE name = ? AND epoch = ? AND holder = ?",
            (lease.name, lease.epoch, dump(dataclasses.asdict(lease.holder))),
        )

    def get(self, name: str) -> Lease | None:
        """Return who holds the lease, expired or not; None when free."""
        row = one(self._db.rows("SELECT holder, epoch, expires_at FROM leases WHERE name = ?", (name,)))
        return Lease(name, Holder(**load(row[0])), row[1], row[2]) if row and row[0] else None

    def check(self, lease: Lease) -> None:
        """Raise LeaseLost unless holder and epoch still stand."""
        row = one(self._db.rows("SELECT holder, epoch FROM leases WHERE name = ?", (lease.name,)))
        if row != (dump(dataclasses.asdict(lease.holder)), lease.epoch):
            raise LeaseLost(lease.name)
