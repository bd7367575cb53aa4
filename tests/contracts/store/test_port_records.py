from dataclasses import replace

import pytest

from pxhelm.store.conditions import ConditionRecord
from pxhelm.store.events import EventRecord
from pxhelm.store.inventory import Observation
from pxhelm.store.objects import ObjectKey, ObjectQuery, OwnedLeaf, StoredObject
from pxhelm.store.outcome import DuplicateError, NotFoundError
from pxhelm.store.releases import Operation, ReleaseKey, Revision

WEB = ReleaseKey("lab", "prod", "web")
VM = StoredObject("u1", ObjectKey("lab", "VirtualMachine", "prod", "web-1"), "prod/web", {"a": "b"}, 2, 1, b"{}", 5.0)
SEEN = Observation("lab", "qemu/101", "VirtualMachine", 10.0, "d1", "running", "pve1", "u1", {"memory": 512})


def revision(version=1, key=WEB, **over):
    defaults = {
        "status": "deployed",
        "payload": b"\x00 opaque",
        "chart": "c-1",
        "labels": {"x": "y"},
        "modified_at": 1.5,
    }
    return Revision(key, version, **{**defaults, **over})


def test_a_revision_comes_back_as_it_was(store, holder):
    operation = Operation("op-1", "install", "sha256:c", "mac", holder, "release:lab/prod/web")
    stored = revision(operation=operation, status="pending-install")
    store.releases.create(stored)
    assert store.releases.get(WEB, 1) == stored


def test_a_version_is_created_once_and_updated_only_when_there(store):
    store.releases.create(revision())
    with pytest.raises(DuplicateError):
        store.releases.create(revision())
    store.releases.update(revision(status="failed"))
    assert store.releases.get(WEB, 1).status == "failed"
    with pytest.raises(NotFoundError, match="release: not found"):
        store.releases.update(revision(2))


def test_history_is_ordered_by_number(store):
    for version in (10, 9, 1):
        store.releases.create(revision(version))
    assert [r.version for r in store.releases.history(WEB)] == [1, 9, 10]
    assert store.releases.last(WEB).version == 10
    assert store.releases.last(replace(WEB, name="no")) is None


def test_lists_stay_in_cluster_and_namespace(store):
    keys = [WEB, replace(WEB, name="db"), replace(WEB, namespace="dev"), replace(WEB, cluster="b")]
    for key in keys:
        store.releases.create(revision(1, key))
        store.releases.create(revision(2, key))
    assert [(r.key.namespace, r.key.name, r.version) for r in store.releases.latest("lab")] == [
        ("dev", "web", 2),
        ("prod", "db", 2),
        ("prod", "web", 2),
    ]
    assert len(store.releases.list("lab")) == 6
    assert [r.version for r in store.releases.list("lab", "dev")] == [1, 2]
    assert [r.key.name for r in store.releases.latest("lab", "prod")] == ["db", "web"]


def test_a_revision_is_deleted_once(store):
    store.releases.create(revision())
    store.releases.delete(WEB, 1)
    assert store.releases.get(WEB, 1) is None
    with pytest.raises(NotFoundError):
        store.releases.delete(WEB, 1)


def test_an_object_is_found_by_uid_and_address(store):
    store.objects.put(VM)
    assert store.objects.by_uid("u1") == store.objects.get(VM.key) == VM
    moved = replace(VM, key=replace(VM.key, name="web-2"), generation=3)
    store.objects.put(moved)
    assert (store.objects.get(VM.key), store.objects.by_uid("u1")) == (None, moved)


def test_an_address_belongs_to_one_uid(store):
    store.objects.put(VM)
    with pytest.raises(DuplicateError):
        store.objects.put(replace(VM, uid="u2"))


def test_objects_are_listed_by_query(store):
    pool = replace(VM, uid="u2", key=ObjectKey("lab", "Pool", "prod", "p"))
    store.objects.put(VM)
    store.objects.put(pool)
    store.objects.put(replace(VM, uid="u3", key=replace(VM.key, namespace="dev"), release=""))
    assert store.objects.list(ObjectQuery("lab", release="prod/web")) == (pool, VM)
    assert [o.uid for o in store.objects.list(ObjectQuery("lab", kind="VirtualMachine"))] == ["u3", "u1"]
    assert [o.uid for o in store.objects.list(ObjectQuery("lab", namespace="dev"))] == ["u3"]
    assert store.objects.list(ObjectQuery("other")) == ()


def test_leaves_are_owned_by_manager_and_go_with_the_object(store):
    store.objects.put(VM)
    store.objects.set_owned("u1", "helm:prod/web", {"memory": 512, "tags": ["a"]})
    store.objects.set_owned("u1", "kubectl:cli", {"cpu": None})
    store.objects.set_owned("u1", "helm:prod/web", {"memory": 1024})
    assert store.objects.owned("u1") == (
        OwnedLeaf("u1", "helm:prod/web", "memory", 1024),
        OwnedLeaf("u1", "kubectl:cli", "cpu", None),
    )
    store.objects.delete("u1")
    assert (store.objects.owned("u1"), store.objects.by_uid("u1")) == ((), None)


def test_an_event_that_repeats_is_counted(store):
    event = EventRecord("lab", "u1", "Warning", "Drift", "memory changed", 1.0, 1.0)
    store.events.record(event)
    again = store.events.record(replace(event, first_at=9.0, last_at=9.0))
    assert (again.count, again.first_at, again.last_at) == (2, 1.0, 9.0)
    store.events.record(replace(event, message="other", uid="u2", last_at=5.0))
    assert [e.message for e in store.events.list("lab")] == ["memory changed", "other"]
    assert store.events.list("lab", "u1") == (again,)
    assert [e.uid for e in store.events.list("lab", limit=1)] == ["u1"]
    assert store.events.prune(6.0) == 1
    assert len(store.events.list("lab")) == 1


def test_only_a_change_makes_history(store):
    assert store.inventory.observe(SEEN)
    assert not store.inventory.observe(replace(SEEN, at=20.0))
    assert store.inventory.get("lab", "qemu/101").at == 20.0
    changed = replace(SEEN, at=30.0, digest="d2", actor="root@pam", intended={"memory": 1024})
    assert store.inventory.observe(changed)
    assert store.inventory.history("lab", "qemu/101") == (changed, SEEN)
    assert store.inventory.history("lab", "qemu/101", 1) == (changed,)


def test_without_a_digest_the_content_tells(store):
    pool = Observation("lab", "pool/p", "Pool", 1.0, intended={"comment": "a"})
    assert store.inventory.observe(pool)
    assert not store.inventory.observe(replace(pool, at=2.0))
    assert store.inventory.observe(replace(pool, at=3.0, intended={"comment": "b"}))


def test_what_is_gone_leaves_the_present_and_stays_in_history(store):
    store.inventory.observe(SEEN)
    store.inventory.observe(replace(SEEN, ref="pool/p", kind="Pool"))
    store.inventory.forget("lab", "qemu/101", 40.0)
    store.inventory.forget("lab", "qemu/101", 41.0)
    assert [o.ref for o in store.inventory.list("lab")] == ["pool/p"]
    assert store.inventory.list("lab", "VirtualMachine") == ()
    assert [(o.status, o.at) for o in store.inventory.history("lab", "qemu/101")] == [("gone", 40.0), ("running", 10.0)]


def test_a_digest_without_a_visible_change_costs_no_row_and_is_kept(store):
    store.inventory.observe(replace(SEEN, intended={"cpu.cores": 2}))
    assert not store.inventory.observe(replace(SEEN, at=11.0, digest="other", intended={"cpu.cores": 2}))
    assert store.inventory.get("lab", "qemu/101").digest == "other"
    assert store.inventory.observe(replace(SEEN, at=12.0, digest="other", intended={"cpu.cores": 2, "pool": "web"}))


def test_any_moment_of_the_past_can_be_told(store):
    store.inventory.observe(SEEN)
    store.inventory.observe(replace(SEEN, at=20.0, status="stopped"))
    store.inventory.observe(replace(SEEN, at=15.0, ref="pool/p", kind="Pool"))
    store.inventory.forget("lab", "qemu/101", 30.0)
    assert [(o.ref, o.status) for o in store.inventory.at("lab", 9.0)] == []
    assert [(o.ref, o.status) for o in store.inventory.at("lab", 15.0)] == [
        ("pool/p", "running"),
        ("qemu/101", "running"),
    ]
    assert [(o.ref, o.status) for o in store.inventory.at("lab", 25.0, "VirtualMachine")] == [("qemu/101", "stopped")]
    assert [o.ref for o in store.inventory.at("lab", 30.0)] == ["pool/p"]


def test_an_object_is_followed_over_its_refs(store):
    store.inventory.observe(replace(SEEN, uid="u1"))
    store.inventory.observe(replace(SEEN, uid="u1", ref="qemu/102", at=12.0))
    store.inventory.observe(replace(SEEN, uid="u2", ref="qemu/103", at=12.0))
    assert store.inventory.trail("lab", "u1") == ("qemu/101", "qemu/102")
    assert store.inventory.trail("lab", "nobody") == ()


def test_pruning_keeps_what_still_held(store):
    store.inventory.observe(SEEN)
    for at, status in ((20.0, "stopped"), (30.0, "running"), (40.0, "stopped")):
        store.inventory.observe(replace(SEEN, at=at, status=status))
    store.inventory.observe(replace(SEEN, ref="qemu/102"))
    store.inventory.forget("lab", "qemu/102", 11.0)
    before = store.inventory.at("lab", 32.0)
    assert store.inventory.prune("lab", 32.0) == 4
    assert [o.at for o in store.inventory.history("lab", "qemu/101")] == [40.0, 30.0]
    assert store.inventory.history("lab", "qemu/102") == ()
    assert store.inventory.at("lab", 32.0) == before
    assert store.inventory.prune("lab", 32.0) == 0
    store.inventory.observe(replace(SEEN, at=50.0, status="running"))
    assert [o.at for o in store.inventory.history("lab", "qemu/101")] == [50.0, 40.0, 30.0]


def test_a_condition_is_the_last_that_was_told_and_goes_with_its_object(store):
    store.objects.put(VM)
    ready, drifted = ConditionRecord("u1", "Ready", "True", 1.0), ConditionRecord("u1", "Drifted", "False", 2.0)
    store.conditions.put((ready, drifted, ConditionRecord("u2", "Ready", "True", 3.0)))
    store.conditions.put((replace(drifted, status="True", since=4.0),))
    assert store.conditions.of(("u1", "nobody")) == (replace(drifted, status="True", since=4.0), ready)
    assert store.conditions.of(()) == ()
    store.objects.delete("u1")
    assert [one.uid for one in store.conditions.of(("u1", "u2"))] == ["u2"]
