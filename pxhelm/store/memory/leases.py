"""Leases with epochs."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.store.leases import Holder, IsDead, Lease, never
from pxhelm.store.memory.tables import Tables
from pxhelm.store.outcome import LeaseHeldError, LeaseLost


class MemoryLeases:
    """LeaseStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def acquire(self, name: str, holder: Holder, ttl: float, now: float, dead: IsDead = never) -> Lease:
        held = self._t.leases.get(name)
        epoch = self._t.epochs.get(name, 0) + 1
        if held and held.expires_at > now:
            if held.holder == holder:
                epoch = held.epoch
            elif not dead(held.holder):
                raise LeaseHeldError(name, str(held.holder), held.expires_at - now)
        self._t.epochs[name] = epoch
        self._t.leases[name] = Lease(name, holder, epoch, now + ttl)
        return self._t.leases[name]

    def renew(self, lease: Lease, ttl: float, now: float) -> Lease:
        self.check(lease)
        self._t.leases[lease.name] = replace(lease, expires_at=now + ttl)
        return self._t.leases[lease.name]

    def release(self, lease: Lease) -> None:
        if self._stands(lease):
            del self._t.leases[lease.name]

    def get(self, name: str) -> Lease | None:
        return self._t.leases.get(name)

    def check(self, lease: Lease) -> None:
        if not self._stands(lease):
            raise LeaseLost(lease.name)

    def _stands(self, lease: Lease) -> bool:
        stored = self._t.leases.get(lease.name)
        return stored is not None and (stored.holder, stored.epoch) == (lease.holder, lease.epoch)
