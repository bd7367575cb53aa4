"""Storages and pools: keyed by Proxmox' own ids, no binding."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import Request

from .conftest import resource

STORAGE = "apiVersion: proxmox.io/v1\nkind: Storage\nmetadata: {name: %s}\nspec: %s\n"
POOL = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: %s}\nspec: %s\n"


def storage(spec, name="nas"):
    return resource(STORAGE % (name, spec))


def pool(spec, name="prod"):
    return resource(POOL % (name, spec))


def test_a_storage_is_defined_changed_and_forgotten(cluster, apply_to):
    it = apply_to(cluster, storage("{type: dir, path: /srv/nas, content: [images, iso], nodes: [pve-node1]}"))
    (step,) = it.steps()
    assert (step.verb, step.request.path) == ("create", "/storage")
    assert it.apply() == ["create"]
    assert it.changes() == {}
    it.wanted = storage("{type: dir, path: /srv/nas, content: [images], enabled: false}")
    (step,) = it.steps()
    assert {k: v for k, v in step.request.params.items() if k != "digest"} == {
        "content": "images",
        "disable": True,
        "delete": "nodes",
    }
    assert it.apply() == ["update"]
    assert it.changes() == {}
    it.wanted = None
    assert it.apply() == ["delete"]
    assert it.observe().existence.value == "absent"


def test_a_storage_that_is_as_wanted_is_not_written(cluster, apply_to):
    it = apply_to(cluster, storage("{type: dir, path: /srv/nas, content: [iso, images], pruneBackups: {keepLast: 3}}"))
    it.apply()
    it.wanted = storage(
        "{type: dir, path: /srv/nas, content: [images, iso], pruneBackups: {keepLast: 3}, enabled: true}"
    )
    assert it.apply() == []


def test_the_path_of_a_storage_cannot_be_changed_in_place(cluster, apply_to):
    it = apply_to(cluster, storage("{type: dir, path: /srv/nas}"))
    it.apply()
    it.wanted = storage("{type: dir, path: /srv/other}")
    assert [(c.path, c.effect.label) for c in it.change(it.observe()).changes] == [("path", "replace")]
    assert it.steps() == ()


def test_the_id_of_a_storage_may_differ_from_its_name(cluster, apply_to):
    it = apply_to(cluster, storage("{id: nas-1, type: dir, path: /srv/nas}", "release-nas"))
    it.target = type(it.target)(it.target.key, it.target.uid, row={"id": "nas-1"})
    assert it.apply() == ["create"]
    assert cluster.call("GET", "/storage/nas-1")["path"] == "/srv/nas"


def test_a_pool_is_made_and_its_members_join_it(cluster, apply_to):
    cluster.finish(cluster.send(Request("POST", "/nodes/pve-node1/qemu", {"vmid": 101, "name": "db"})).data)
    spec = "{comment: Production, members: {guests: [{vmid: 101}], storages: [shared]}}"
    it = apply_to(cluster, pool(spec))
    assert it.apply() == ["create", "update", "update"]
    assert it.changes() == {}
    it.wanted = pool(spec.replace("{vmid: 101}", "db"))
    assert it.changes() == {}
    it.wanted = pool("{comment: Prod}")
    verbs = it.apply()
    assert verbs == ["update", "update", "update"]
    assert cluster.call("GET", "/pools/prod") == {"poolid": "prod", "comment": "Prod", "members": []}


def test_members_of_others_stay_when_ours_leave(cluster, apply_to):
    for vmid in (101, 102):
        cluster.finish(cluster.send(Request("POST", "/nodes/pve-node1/qemu", {"vmid": vmid})).data)
    it = apply_to(cluster, pool("{members: {guests: [{vmid: 101}]}}"))
    it.apply()
    cluster.send(Request("PUT", "/pools/prod", {"vms": "102"}))
    assert it.apply() == []
    it.wanted = pool("{}")
    it.apply(limit=2)
    assert [m["vmid"] for m in cluster.call("GET", "/pools/prod")["members"]] == [102]


def test_a_pool_goes_after_its_members_left_and_they_stay(cluster, apply_to):
    cluster.finish(cluster.send(Request("POST", "/nodes/pve-node1/qemu", {"vmid": 101})).data)
    it = apply_to(cluster, pool("{members: {guests: [{vmid: 101}]}}"))
    it.apply()
    it.wanted = None
    assert it.apply() == ["update", "delete"]
    assert it.observe().existence.value == "absent"
    assert cluster.call("GET", "/nodes/pve-node1/qemu/101/config")


def test_a_member_that_is_not_there_is_said_before_anything_is_written(cluster, apply_to):
    it = apply_to(cluster, pool("{members: {guests: [nobody]}}"))
    with pytest.raises(PxhelmError, match=r"cannot write members.guests of Pool/prod: nobody: no guest has that name"):
        it.steps()


def test_a_nested_pool(cluster, apply_to):
    cluster.send(Request("POST", "/pools", {"poolid": "team"}))
    it = apply_to(cluster, pool("{id: team/web, comment: one}", "team-web"))
    it.target = type(it.target)(it.target.key, it.target.uid, row={"id": "team/web"})
    assert it.apply() == ["create"]
    it.wanted = pool("{id: team/web, comment: two}", "team-web")
    assert it.apply() == ["update"]
    it.wanted = None
    assert it.apply() == ["delete"]
