"""The stores that the port suite runs on; PostgreSQL joins by one more entry."""

import pytest

from pxhelm.secret import SealingKey
from pxhelm.store.leases import Holder
from pxhelm.store.memory import MemoryStore
from pxhelm.store.sealed import SealedStore, Sealer
from pxhelm.store.sqlite import open_store


@pytest.fixture(params=["memory", "sqlite", "sealed"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = open_store(tmp_path / "pxhelm.db")
    if request.param == "sealed":
        nonces = iter(range(1, 10_000))
        yield SealedStore(opened, Sealer(SealingKey(b"k" * 32), lambda: next(nonces).to_bytes(12, "big")))
    else:
        yield opened
    opened.close()


@pytest.fixture
def holder():
    return Holder("pve-admin", "boot-1", 4711, "12345")


@pytest.fixture
def other():
    return Holder("pve-admin", "boot-1", 4712, "12399")


@pytest.fixture
def lease(store, holder):
    return store.leases.acquire("object:u1", holder, 15, 100.0)
