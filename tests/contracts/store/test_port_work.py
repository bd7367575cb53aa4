import pytest

from pxhelm.store.outcome import LeaseLost
from pxhelm.store.work import Claim


def claim(store, worker="w1", now=100.0, limit=1):
    return store.work.claim(Claim("lab", worker, now, 30.0, limit))


def test_due_work_is_claimed_by_priority_then_age(store):
    store.work.enqueue("late", "lab", 90.0)
    store.work.enqueue("early", "lab", 80.0)
    store.work.enqueue("urgent", "lab", 99.0, priority=5)
    store.work.enqueue("future", "lab", 101.0)
    store.work.enqueue("elsewhere", "other", 1.0)
    assert [i.uid for i in claim(store, limit=9)] == ["urgent", "early", "late"]
    assert [i.uid for i in store.work.pending("lab")] == ["early", "late", "urgent", "future"]


def test_claimed_work_is_free_again_when_the_claim_expires(store):
    store.work.enqueue("u1", "lab", 1.0)
    (first,) = claim(store)
    assert claim(store, "w2", 120.0) == ()
    (second,) = claim(store, "w2", 130.0)
    assert second.claim_epoch == first.claim_epoch + 1
    with pytest.raises(LeaseLost):
        store.work.finish(first, None)


def test_finished_work_is_gone(store):
    store.work.enqueue("u1", "lab", 1.0)
    (item,) = claim(store)
    store.work.finish(item, None)
    assert store.work.get("u1") is None


def test_work_made_dirty_meanwhile_stays_due(store):
    store.work.enqueue("u1", "lab", 1.0)
    (item,) = claim(store)
    store.work.enqueue("u1", "lab", 105.0)
    store.work.finish(item, None)
    assert [i.uid for i in claim(store, now=105.0)] == ["u1"]


def test_failures_are_counted_until_a_success(store):
    store.work.enqueue("u1", "lab", 1.0)
    for now in (100.0, 200.0):
        (item,) = claim(store, now=now)
        store.work.finish(item, now + 50.0, failed=True)
    assert (store.work.get("u1").failures, store.work.get("u1").due_at) == (2, 250.0)
    (item,) = claim(store, now=300.0)
    store.work.finish(item, 900.0)
    assert (store.work.get("u1").failures, store.work.get("u1").due_at) == (0, 900.0)


def test_enqueueing_again_keeps_the_earlier_time_and_the_higher_priority(store):
    store.work.enqueue("u1", "lab", 50.0, 3)
    store.work.enqueue("u1", "lab", 70.0, 1)
    item = store.work.get("u1")
    assert (item.due_at, item.priority, item.dirty_seq) == (50.0, 3, 2)
