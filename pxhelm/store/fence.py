"""Writes that only the holder of a lease can commit (engine.md I9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pxhelm.store.leases import Lease
from pxhelm.store.port import Store


@contextmanager
def fenced(store: Store, lease: Lease) -> Iterator[None]:
    """Open a transaction that is refused with LeaseLost when the lease has passed to somebody else."""
    with store.transaction():
        store.leases.check(lease)
        yield
