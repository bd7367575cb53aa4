from dataclasses import replace

import pytest

from pxhelm.errors import ExitCode
from pxhelm.store.outcome import LeaseHeldError, LeaseLost


def test_a_held_lease_is_refused_with_its_holder(store, lease, other):
    with pytest.raises(LeaseHeldError, match="pve-admin pid 4711 holds it for another 5 s") as refused:
        store.leases.acquire(lease.name, other, 15, 110.0)
    assert refused.value.code is ExitCode.LOCKED


def test_an_expired_lease_is_taken_over_with_a_higher_epoch(store, lease, other):
    taken = store.leases.acquire(lease.name, other, 15, 115.0)
    assert taken.epoch == lease.epoch + 1
    assert store.leases.get(lease.name) == taken


def test_a_dead_holder_loses_the_lease_at_once(store, lease, holder, other):
    asked = []
    taken = store.leases.acquire(lease.name, other, 15, 101.0, lambda h: asked.append(h) or True)
    assert (taken.epoch, asked) == (2, [holder])


def test_the_holder_may_acquire_again(store, lease, holder):
    assert store.leases.acquire(lease.name, holder, 15, 110.0) == replace(lease, expires_at=125.0)


def test_two_workers_of_one_process_exclude_each_other(store, lease, holder):
    with pytest.raises(LeaseHeldError):
        store.leases.acquire(lease.name, replace(holder, worker="2"), 15, 110.0)


def test_renewing_prolongs(store, lease):
    renewed = store.leases.renew(lease, 15, 110.0)
    assert (renewed.expires_at, renewed.epoch) == (125.0, lease.epoch)
    assert store.leases.get(lease.name) == renewed
    store.leases.check(lease)


def test_a_lost_lease_is_neither_renewed_nor_released(store, lease, other):
    taken = store.leases.acquire(lease.name, other, 15, 200.0)
    for lost in (lambda: store.leases.renew(lease, 15, 201.0), lambda: store.leases.check(lease)):
        with pytest.raises(LeaseLost):
            lost()
    store.leases.release(lease)
    assert store.leases.get(lease.name) == taken


def test_a_released_lease_is_free_and_its_epoch_never_falls(store, lease, other):
    store.leases.release(lease)
    assert store.leases.get(lease.name) is None
    with pytest.raises(LeaseLost):
        store.leases.check(lease)
    assert store.leases.acquire(lease.name, other, 15, 101.0).epoch == 2


def test_an_expired_lease_of_the_same_holder_has_a_new_epoch(store, lease, holder):
    assert store.leases.acquire(lease.name, holder, 15, 500.0).epoch == 2
