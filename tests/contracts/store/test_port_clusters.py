"""Clusters, the contexts that lead to them, and what happens when another cluster answers."""

from dataclasses import replace

import pytest

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.store.bindings import Binding, BindingState
from pxhelm.store.clusters import Cluster
from pxhelm.store.contact import Contact, accept, join, meet
from pxhelm.store.events import EventRecord
from pxhelm.store.inventory import Observation
from pxhelm.store.objects import ObjectKey, ObjectQuery, StoredObject
from pxhelm.store.releases import ReleaseKey, Revision

HERE = Contact("prod", "AA:BB:CC:DD:EE", "lab")


def stored(uid, cluster, name="web"):
    return StoredObject(uid, ObjectKey(cluster, "VirtualMachine", "default", name))


def bound(uid, cluster, vmid, state=BindingState.BOUND):
    return Binding(cluster, vmid, uid, "VirtualMachine", state)


def test_a_cluster_is_pinned_at_first_contact_and_found_again(store):
    first = meet(store, HERE)
    assert (first.key, first.root_ca, first.title) == ("lab-aabbccdd", "AA:BB:CC:DD:EE", "lab")
    assert store.clusters.behind("prod") == first == meet(store, HERE)
    assert store.clusters.contexts(first.key) == ("prod",)


def test_two_contexts_of_one_cluster_lead_to_the_same_rows(store):
    assert meet(store, HERE).key == meet(store, replace(HERE, context="other")).key
    assert store.clusters.contexts("lab-aabbccdd") == ("other", "prod")


def test_another_root_certificate_is_refused_and_the_remedies_are_named(store):
    meet(store, HERE)
    with pytest.raises(PxhelmError, match="leads to another cluster than before: lab has") as refused:
        meet(store, replace(HERE, root_ca="11:22"))
    assert refused.value.code is ExitCode.REFUSED
    assert "config pin prod --renewed" in refused.value.hint
    assert "config pin prod --replaced" in refused.value.hint


def test_the_same_certificate_under_another_name_is_a_copy_and_refused(store):
    meet(store, HERE)
    with pytest.raises(PxhelmError, match="one of them is a copy of the other"):
        meet(store, replace(HERE, title="lab2"))


def test_a_node_alone_may_become_a_cluster(store):
    alone = meet(store, replace(HERE, title=""))
    assert alone.key == "pve-aabbccdd"
    assert meet(store, HERE) == replace(alone, title="lab")


def test_a_renewed_certificate_keeps_the_rows_and_a_replaced_cluster_begins_anew(store):
    first = meet(store, HERE)
    renewed = accept(store, replace(HERE, root_ca="11:22:33:44"), renewed=True)
    assert renewed == replace(first, root_ca="11:22:33:44")
    other = accept(store, replace(HERE, root_ca="99:88:77:66", title="second"), renewed=False)
    assert other.key == "second-99887766"
    assert store.clusters.behind("prod") == other
    assert store.clusters.get(first.key) == renewed


def test_the_built_in_cluster_may_be_made_anew(store):
    first = meet(store, replace(HERE, transient=True))
    second = meet(store, replace(HERE, root_ca="11:22:33:44", transient=True))
    assert first.key != second.key


def test_two_clusters_never_get_the_same_key(store):
    meet(store, HERE)
    assert meet(store, replace(HERE, context="x", root_ca="AA:BB:CC:DD:00")).key == "lab-aabbccdd-1"


def test_what_an_older_version_keyed_by_a_context_is_adopted(store):
    store.clusters.put(Cluster("prod", installation="i1"))
    store.clusters.lead("prod", "prod")
    store.objects.put(stored("u1", "prod"))
    found = meet(store, HERE)
    assert (found.key, found.root_ca, found.installation) == ("prod", HERE.root_ca, "i1")
    assert meet(store, replace(HERE, context="new")).key == "prod"


def test_what_was_reached_by_address_is_adopted_too(store):
    store.clusters.put(Cluster("environment", installation="i1"))
    store.clusters.lead("environment", "environment")
    found = meet(store, replace(HERE, context="https://a:8006", formerly="environment"))
    assert found.key == "environment"
    assert store.clusters.behind("https://a:8006") == found


def test_two_contexts_of_an_older_version_are_joined_when_they_prove_to_be_one_cluster(store):
    for name, uid, vmid in (("a", "u1", 10000), ("b", "u2", 20000)):
        store.clusters.put(Cluster(name, installation=f"inst-{name}"))
        store.clusters.lead(name, name)
        store.objects.put(stored(uid, name, f"web-{name}"))
        store.bindings.adopt(bound(uid, name, vmid))
    store.releases.create(Revision(ReleaseKey("b", "default", "web"), 1, "deployed", b"x"))
    store.events.record(EventRecord("b", "u2", "Normal", "Made", "made", 1.0, 1.0))
    store.inventory.observe(Observation("b", "qemu/20000", "VirtualMachine", 1.0, uid="u2"))
    meet(store, replace(HERE, context="a"))
    found = meet(store, replace(HERE, context="b"))
    assert found.key == "a"
    assert found.settings["former"] == ["inst-b"]
    assert [b.uid for b in store.bindings.list("a")] == ["u1", "u2"]
    assert [o.uid for o in store.objects.list(ObjectQuery("a"))] == ["u1", "u2"]
    assert store.releases.last(ReleaseKey("a", "default", "web")) is not None
    assert len(store.events.list("a")) == 1
    assert store.inventory.get("a", "qemu/20000") is not None
    assert (store.objects.list(ObjectQuery("b")), store.bindings.list("b"), store.releases.list("b")) == ((), (), ())


def test_joining_moves_no_object_whose_name_or_vmid_is_taken(store):
    store.objects.put(stored("u1", "a"))
    store.bindings.adopt(bound("u1", "a", 100))
    store.objects.put(stored("u2", "b"))  # the same name
    store.bindings.adopt(bound("u2", "b", 200))
    store.objects.put(stored("u3", "b", "db"))  # the same VMID
    store.bindings.adopt(bound("u3", "b", 100))
    assert join(store, "b", "a") == 2
    assert [b.vmid for b in store.bindings.list("b")] == [100, 200]
    assert [b.uid for b in store.bindings.list("a")] == ["u1"]


def test_a_vmid_at_rest_gives_way_to_a_guest_when_clusters_are_joined(store):
    store.bindings.adopt(bound("gone", "a", 100, BindingState.QUARANTINED))
    store.objects.put(stored("u2", "b"))
    store.bindings.adopt(bound("u2", "b", 100))
    assert join(store, "b", "a") == 0
    assert store.bindings.at("a", 100).uid == "u2"


def test_a_context_can_be_forgotten(store):
    meet(store, HERE)
    store.clusters.part("prod")
    assert store.clusters.behind("prod") is None
    assert store.clusters.get("lab-aabbccdd") is not None
