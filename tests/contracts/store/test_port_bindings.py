import pytest

from pxhelm.store.bindings import Binding, BindingState, Reservation, VmidRange
from pxhelm.store.outcome import DuplicateError, StaleError, StoreError


def wish(uid="u1", **over):
    defaults = {"cluster": "lab", "kind": "VirtualMachine", "now": 10.0, "range": VmidRange(100, 103)}
    return Reservation(uid=uid, **{**defaults, **over})


def test_the_first_free_vmid_is_reserved(store):
    assert store.bindings.reserve(wish()).vmid == 100
    assert store.bindings.reserve(wish("u2")).vmid == 101
    assert store.bindings.get("u2") == Binding("lab", 101, "u2", "VirtualMachine", BindingState.RESERVED, since=10.0)


def test_reserving_again_returns_the_same_binding(store):
    first = store.bindings.reserve(wish())
    assert store.bindings.reserve(wish(taken={100, 101})) == first


def test_what_the_cluster_shows_is_left_out(store):
    assert store.bindings.reserve(wish(taken={100, 101})).vmid == 102


def test_the_search_begins_at_start_and_wraps_around(store):
    assert [store.bindings.reserve(wish(f"u{n}", start=6)).vmid for n in range(4)] == [102, 103, 100, 101]


def test_a_full_range_is_refused(store):
    for n in range(4):
        store.bindings.reserve(wish(f"u{n}"))
    with pytest.raises(StoreError, match="all of 100 to 103 are taken"):
        store.bindings.reserve(wish("u9"))
    assert store.bindings.get("u9") is None


def test_a_pinned_vmid_that_is_taken_is_named(store):
    with pytest.raises(StoreError, match="cannot reserve VMID 101: it is taken"):
        store.bindings.reserve(wish(range=VmidRange(101, 101), taken={101}))


def test_clusters_do_not_share_vmids(store):
    assert store.bindings.reserve(wish("u1", cluster="a")).vmid == store.bindings.reserve(wish("u2", cluster="b")).vmid
    assert [b.uid for b in store.bindings.list("a")] == ["u1"]


def test_a_binding_moves_on_and_remembers_the_guest(store):
    reserved = store.bindings.reserve(wish())
    bound = store.bindings.move(reserved, BindingState.BOUND, 20.0, "uuid-1")
    assert (bound.state, bound.guest_uuid, bound.epoch, bound.since) == (BindingState.BOUND, "uuid-1", 2, 20.0)
    assert store.bindings.at("lab", 100) == bound
    assert store.bindings.move(bound, BindingState.RELEASING, 30.0).guest_uuid == "uuid-1"


def test_a_stale_copy_cannot_move_or_drop(store):
    reserved = store.bindings.reserve(wish())
    bound = store.bindings.move(reserved, BindingState.BOUND, 20.0)
    for stale in (
        lambda: store.bindings.move(reserved, BindingState.RELEASING, 30.0),
        lambda: store.bindings.drop(reserved),
    ):
        with pytest.raises(StaleError, match="binding of VMID 100"):
            stale()
    assert store.bindings.get("u1") == bound


def test_a_quarantined_vmid_is_neither_given_nor_the_objects(store):
    reserved = store.bindings.reserve(wish())
    store.bindings.move(reserved, BindingState.QUARANTINED, 20.0)
    assert store.bindings.get("u1") is None
    assert store.bindings.reserve(wish()).vmid == 101


def test_quarantine_ends(store):
    store.bindings.move(store.bindings.reserve(wish()), BindingState.QUARANTINED, 20.0)
    assert store.bindings.end_quarantine("lab", 20.0) == 0
    assert store.bindings.end_quarantine("lab", 20.5) == 1
    assert store.bindings.at("lab", 100) is None


def test_a_dropped_reservation_is_free_again(store):
    store.bindings.drop(store.bindings.reserve(wish()))
    assert store.bindings.reserve(wish("u2")).vmid == 100


@pytest.mark.parametrize(("vmid", "uid"), [(100, "u2"), (200, "u1")])
def test_adopting_a_bound_guest_or_object_is_refused(store, vmid, uid):
    store.bindings.reserve(wish())
    with pytest.raises(DuplicateError):
        store.bindings.adopt(Binding("lab", vmid, uid, "VirtualMachine", BindingState.BOUND))


def test_adopting_binds(store):
    adopted = Binding("lab", 101, "u7", "VirtualMachine", BindingState.BOUND, "uuid", 1, 5.0)
    store.bindings.adopt(adopted)
    assert store.bindings.get("u7") == adopted
