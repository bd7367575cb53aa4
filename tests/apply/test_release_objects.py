"""Helm's verbs on Proxmox' objects."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pxhelm.apply.objects import ReleaseObjects
from pxhelm.errors import PxhelmError, StageError
from pxhelm.release.objects import AlreadyExistsError, UpdateFailedError
from pxhelm.release.ownership import stamped, to_adopt
from pxhelm.secret import SealingKey
from pxhelm.store.clusters import Cluster
from pxhelm.store.leases import Holder, never
from tests.apply.lab import QUICK, vm

POOL = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: shop}\nspec: {comment: theirs}\n"


def manifests(*texts):
    return "\n---\n".join(texts)


@pytest.fixture
def services(lab):
    counter = lab.counter
    return SimpleNamespace(
        place=SimpleNamespace(
            cluster="lab", tag_guests=False, label_tags=(), drift_policy="", vmid_range=(10000, 10099)
        ),
        meet=lambda: Cluster("lab"),
        store=lab.store,
        cluster=lab.client(),
        key=SealingKey(b"k" * 32),
        installation="inst0001",
        process=SimpleNamespace(holder=Holder("here", "boot", 1, "one"), is_dead=never, user="admin"),
        listen=lab.told.append,
        now=lambda: datetime.now(UTC),
        sleep=time.sleep,
        new_id=lambda: f"00000000-0000-4000-8000-{next(counter):012d}",
    )


@pytest.fixture
def shop(services):
    return ReleaseObjects(services, "production/shop", QUICK)


def built(objects, *texts):
    return stamped(objects.build(manifests(*texts), validate=True), "shop", "production")


def test_create_makes_all_and_says_whose_they_are(lab, shop):
    items = built(shop, vm("web-1"), vm("web-2"))
    shop.create(items)
    assert sorted(row["name"] for row in lab.guests().values()) == ["web-1", "web-2"]
    existing = shop.existing(items[0])
    assert existing.labels == {"app.kubernetes.io/managed-by": "Helm"}
    assert existing.annotations["meta.helm.sh/release-name"] == "shop"
    assert to_adopt(shop, items, ("shop", "production")) == items


def test_create_refuses_what_another_release_made(services, shop):
    shop.create(built(shop, vm("web-1")))
    other = ReleaseObjects(services, "production/other", QUICK)
    items = stamped(other.build(vm("web-1"), validate=True), "other", "production")
    with pytest.raises(AlreadyExistsError):
        other.create(items)
    with pytest.raises(PxhelmError, match="cannot be imported into the current release"):
        to_adopt(other, items, ("other", "production"))


def test_a_storage_of_proxmox_is_nobodys(shop):
    (item,) = shop.build("apiVersion: proxmox.io/v1\nkind: Storage\nmetadata: {name: local}\n", validate=False)
    assert shop.existing(item).annotations == {}


def test_what_is_nobodys_goes_to_the_release_whose_chart_takes_it_over(lab, shop):
    lab.api("POST", "/pools", poolid="shop", comment="theirs")
    (item,) = built(shop, POOL)
    with pytest.raises(PxhelmError, match="cannot be imported into the current release"):
        to_adopt(shop, (item,), ("shop", "production"))
    taking = POOL.replace("name: shop", "name: shop, annotations: {pxhelm.io/adoption-policy: AdoptIfUnowned}")
    items = built(shop, taking)
    assert to_adopt(shop, items, ("shop", "production")) == items
    shop.create(items)
    assert shop.existing(items[0]).annotations["meta.helm.sh/release-name"] == "shop"


def test_update_creates_changes_and_deletes_in_one_go(lab, shop):
    before = built(shop, vm("web-1"), vm("web-2"))
    shop.create(before)
    after = built(shop, vm("web-2", cores=2), vm("web-3"))
    done = shop.update(before, after, force=False)
    assert [i.name for i in done.created] == ["web-3"]
    assert [i.name for i in done.updated] == ["web-2"]
    assert [i.name for i in done.deleted] == ["web-1"]
    assert sorted(row["name"] for row in lab.guests().values()) == ["web-2", "web-3"]


def test_what_has_the_policy_keep_stays(lab, shop):
    kept = vm("web-1", metadata='  annotations: {helm.sh/resource-policy: "keep"}')
    before = built(shop, kept)
    shop.create(before)
    assert shop.update(before, (), force=False).deleted == ()
    assert len(lab.guests()) == 1


def test_an_update_with_a_refused_object_changes_nothing_at_all(lab, shop):
    before = built(shop, vm("web-1"), vm("web-2"))
    shop.create(before)
    mark = lab.mark
    smaller = vm("web-1").replace("50G", "1G")
    with pytest.raises(UpdateFailedError, match="web-1"):
        shop.update(before, built(shop, smaller, vm("web-2", cores=1)), force=False)
    assert lab.writes(mark) == []


def test_delete_removes_and_absent_is_no_error(lab, shop):
    items = built(shop, vm("web-1"), vm("web-2"))
    shop.create(items)
    assert shop.delete(items) == ()
    assert shop.delete(items) == ()
    assert lab.guests() == {}
    shop.wait_deleted(items, 0.0)


def test_delete_names_what_would_not_go(lab, shop):
    items = built(shop, vm("web-1", spec="  protection: true"), vm("web-2"))
    shop.create(items)
    (error,) = shop.delete(items)
    assert "protected" in error.message
    assert [row["name"] for row in lab.guests().values()] == ["web-1"]


def test_wait_is_over_when_all_is_as_wanted_and_says_what_is_not(lab, shop):
    items = built(shop, vm("web-1"))
    shop.create(items)
    shop.wait(items, 5.0, jobs=True)
    (vmid,) = lab.guests()
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", memory=1024)
    with pytest.raises(PxhelmError, match="context deadline exceeded") as late:
        shop.wait(items, 0.0, jobs=True)
    assert "web-1" in late.value.hint


def test_mistakes_in_the_manifest_are_all_told_with_their_places(shop):
    wrong = vm("web-1").replace("memory: 8192", "memroy: 8192").replace("cores: 4", "cores: many")
    with pytest.raises(StageError) as told:
        shop.build(wrong, validate=True)
    assert len(told.value.errors) == 2
    assert all(error.where.line for error in told.value.errors)


def renamed(source, name, **more):
    return vm(name, metadata=f"  annotations: {{pxhelm.io/moved-from: {source}}}", **more)


def test_a_renamed_object_is_the_same_one_forwards_and_back(lab, shop):
    old, new = built(shop, vm("web")), built(shop, renamed("web", "front"))
    shop.create(old)
    (vmid,) = lab.guests()
    assert to_adopt(shop, new, ("shop", "production")) == ()
    done = shop.update(old, new, force=False)
    assert ([i.name for i in done.updated], done.created, done.deleted) == (["front"], (), ())
    assert {v: row["name"] for v, row in lab.guests().items()} == {vmid: "front"}
    done = shop.update(new, old, force=False)  # a rollback: the older revision says nothing of the move
    assert ([i.name for i in done.updated], done.created, done.deleted) == (["web"], (), ())
    assert {v: row["name"] for v, row in lab.guests().items()} == {vmid: "web"}
    assert shop.plan(new, old).plan.empty


def test_an_id_that_stays_is_no_obstacle_to_a_rename(lab, shop):
    text = POOL.replace("spec: {", "spec: {id: shop, ")
    old = built(shop, text)
    shop.create(old)
    new = built(shop, text.replace("name: shop", "name: front, annotations: {pxhelm.io/moved-from: shop}"))
    assert to_adopt(shop, new, ("shop", "production")) == ()
    shop.update(old, new, force=False)
    assert shop.plan(new, new).plan.empty


def test_what_could_not_be_moved_goes_with_the_release_all_the_same(lab, shop):
    shop.create(built(shop, vm("web")))
    assert shop.delete(built(shop, renamed("web", "front"))) == ()
    assert lab.guests() == {}
