# ruff: noqa: PT012  what is raised inside a transaction is the point

import pytest

from pxhelm.store.clusters import Cluster


def names(store):
    return [c.key for c in store.clusters.list()]


def test_a_transaction_keeps_all_or_nothing(store, holder):
    with pytest.raises(RuntimeError), store.transaction():
        store.clusters.put(Cluster("a"))
        store.leases.acquire("x", holder, 10, 0.0)
        raise RuntimeError
    assert (names(store), store.leases.get("x")) == ([], None)
    with store.transaction():
        store.clusters.put(Cluster("a"))
        assert names(store) == ["a"]
    assert names(store) == ["a"]


def test_an_inner_transaction_joins_the_outer_one(store):
    with pytest.raises(RuntimeError), store.transaction():
        with store.transaction():
            store.clusters.put(Cluster("a"))
        raise RuntimeError
    assert names(store) == []


def test_after_a_rolled_back_transaction_the_store_goes_on(store):
    with pytest.raises(KeyboardInterrupt), store.transaction():
        raise KeyboardInterrupt
    store.clusters.put(Cluster("b"))
    assert names(store) == ["b"]
