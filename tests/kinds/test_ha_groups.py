"""Rules about nodes on versions before 9: an HA group, and the group of each guest's entry. Requests fit the old schemas."""

from dataclasses import replace

import pytest

from pxhelm.proxmox.check import check
from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.proxmox.request import Response
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.wire import encode
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import ABSENT, Existence

from .conftest import Applier, Cluster, resource

RULE = "apiVersion: proxmox.io/v1\nkind: HARule\nmetadata: {name: gpu}\nspec: {type: node-affinity, %s}\n"


class OldCluster(Cluster):
    """The HA manager of a version before 9, by its own schema: groups and entries, no rules."""

    def __init__(self, version):
        self.version = version
        self.sent = []
        self.groups = {}
        self.entries = {"vm:101": {"sid": "vm:101"}, "ct:102": {"sid": "ct:102"}, "vm:103": {"sid": "vm:103"}}

    def surroundings(self):
        kinds = {101: ("qemu", "ml"), 102: ("lxc", "dns"), 103: ("qemu", "db")}
        guests = {vmid: {"vmid": vmid, "type": kind, "name": name} for vmid, (kind, name) in kinds.items()}
        return Surroundings(self.version, {"pve1": True, "pve2": True}, guests)

    def send(self, request):
        endpoint = load(self.version).endpoint(request.method, request.path)
        if endpoint is None:
            raise ApiError(Failure(request.method, request.path, 501, f"Method '{request.path}' not implemented", {}))
        assert check(endpoint, request.params, self.version) == []
        params = dict(encode(request.params, endpoint))
        if request.writes:
            self.sent.append((request.method, request.path, params))
        return Response(self.answer(request.method, request.path.split("/")[3:], params))

    def answer(self, method, path, params):
        table, key = (self.groups, "group") if path[0] == "groups" else (self.entries, "sid")
        if method == "GET" and len(path) == 1:
            return [{**row, key: name} for name, row in table.items()]
        name = path[1] if len(path) > 1 else params[key]
        if method != "POST" and name not in table:
            raise ApiError(Failure(method, "/".join(path), 500, f"no such ha {path[0]} '{name}'", {}))
        if method == "GET":
            return {**table[name], key: name, "digest": "d" * 40}
        if method == "DELETE":
            del table[name]
            return None
        row = table.setdefault(name, {})
        row.update({k: v for k, v in params.items() if k not in ("delete", "digest", key)})
        for gone in filter(None, params.get("delete", "").split(",")):
            row.pop(gone, None)
        return None

    def inside(self):
        return sorted(sid for sid, row in self.entries.items() if row.get("group") == "gpu")


@pytest.fixture(params=["7.4", "8.4"])
def old(request):
    return OldCluster(request.param)


def rule(spec):
    return resource(RULE % spec)


def test_a_rule_about_nodes_is_a_group_and_its_guests_name_it(old):
    it = Applier(old, rule("nodes: {pve1: 2, pve2: 0}, strict: true, noFailback: true, guests: {names: [ml, dns]}"))
    it.target = replace(it.target, row={"id": "gpu"})
    assert it.kind.refuse(it.change(it.observe())) == ""
    assert it.apply() == ["create", "update", "update"]
    assert old.groups == {"gpu": {"nodes": "pve1:2,pve2", "restricted": "1", "nofailback": "1"}}
    assert old.inside() == ["ct:102", "vm:101"]
    assert it.changes() == {}
    assert it.apply() == []

    it.wanted = rule("nodes: {pve2: 1}, comment: one, guests: {names: [ml, db]}")
    assert sorted(it.apply()) == ["update"] * 3
    assert old.groups["gpu"] == {"nodes": "pve2:1", "comment": "one"}
    assert old.inside() == ["vm:101", "vm:103"]
    assert it.apply() == []

    it.wanted = None
    assert it.apply() == ["update", "update", "delete"]
    assert old.groups == {}
    assert old.inside() == []
    assert it.observe().existence is Existence.ABSENT


def test_a_group_that_others_use_stays_when_the_rule_goes(old):
    it = Applier(old, rule("nodes: {pve1: 1}, guests: {names: [ml]}"))
    it.target = replace(it.target, row={"id": "gpu"})
    it.apply()
    old.entries["vm:103"]["group"] = "gpu"
    it.wanted = None
    assert [s.verb for s in it.steps()] == ["update"]
    assert "gpu" in old.groups


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("nodes: {pve1: 1}, guests: {names: [ml]}, enabled: false", "cannot be switched off"),
        ("guests: {names: [ml]}", "needs nodes"),
    ],
)
def test_what_a_group_cannot_be_is_refused(old, spec, why):
    it = Applier(old, rule(spec))
    assert why in it.kind.refuse(it.change(it.observe()))


def test_rules_that_keep_guests_apart_are_refused_with_the_version(old):
    text = RULE.replace("node-affinity", "resource-affinity") % "affinity: negative, guests: {names: [ml, db]}"
    it = Applier(old, resource(text))
    assert f"Proxmox VE {old.version} has HA groups only" in it.kind.refuse(it.change(it.observe()))


def test_groups_are_listed_as_the_rules_they_are(old):
    old.groups["gpu"] = {"nodes": "pve1:2"}
    old.entries["vm:101"]["group"] = "gpu"
    listed = old.run(Applier(old, rule("nodes: {pve1: 1}")).kind.listing())
    assert {k: v for k, v in listed["gpu"].items() if k in ("type", "resources", "nodes")} == {
        "type": "node-affinity", "resources": "vm:101", "nodes": "pve1:2",
    }  # fmt: skip


def test_no_failback_is_of_groups():
    cluster = OldCluster("9.2")
    it = Applier(cluster, rule("nodes: {pve1: 1}, guests: {names: [ml]}, noFailback: true"))
    assert "ha.failback: false" in it.kind.refuse(it.change(ABSENT))
