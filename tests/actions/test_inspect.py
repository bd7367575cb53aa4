"""What the cluster holds, named as the store names it."""

import pytest

from pxhelm.actions.describe import describe, look_closer
from pxhelm.actions.discover import discover
from pxhelm.actions.inspect import NotFoundError, Query, find, find_one, kinds_of
from pxhelm.errors import ExitCode, PxhelmError

WEB = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web, namespace: production, labels: {app: shop}}
spec:
  node: pve-node1
  memory: 2G
  template: debian-12-template
  networks: {net0: {bridge: vmbr0, ip: 10.0.0.7/24}, net1: {bridge: vmbr0, ip: dhcp}}
"""
VMS = ("VirtualMachine",)


def names(found):
    return [one.name for one in found]


def test_kinds_have_plurals_singulars_and_short_names():
    assert kinds_of("vms") == kinds_of("vm") == kinds_of("VirtualMachines") == kinds_of("virtualmachine") == VMS
    assert kinds_of("ct,lxc,containers") == ("Container",)
    assert kinds_of("all") == ("VirtualMachine", "Container", "Storage", "Pool", "Node")


def test_an_unknown_kind_is_told_in_kubectls_words_with_a_suggestion():
    with pytest.raises(PxhelmError, match='the server doesn\'t have a resource type "conatiners"') as caught:
        kinds_of("vms,conatiners")
    assert caught.value.hint == "did you mean containers?"
    assert caught.value.code is ExitCode.USAGE


def test_everything_in_all_namespaces_is_one_request_and_one_for_each_kind_that_has_its_own_list(lab):
    with lab.counted() as requests:
        found = find(
            lab.services, Query(("VirtualMachine", "Container", "Storage", "Pool", "Node"), all_namespaces=True)
        )
    assert requests == [f"GET /api2/json/{path}" for path in ("cluster/resources", "storage", "pools")]
    assert names(found)[:2] == ["debian-12-template", "foreign-vm-100"]
    assert {"foreign-ct-104", "local-lvm", "pve-node3"} <= set(names(found))


def test_a_guest_is_ours_by_its_binding_whatever_it_is_called(lab):
    lab.apply(WEB)
    (web,) = find(lab.in_namespace("production"), Query(VMS))
    assert (web.name, web.stored.key.namespace, web.row["addresses"]) == ("web", "production", ["10.0.0.7"])
    lab.api("PUT", f"/nodes/pve-node1/qemu/{web.vmid}/config", name="renamed-by-hand")
    (web,) = find(lab.in_namespace("production"), Query(VMS))
    assert (web.name, web.row["name"]) == ("web", "renamed-by-hand")
    assert "renamed-by-hand" not in names(find(lab.in_namespace("default"), Query(VMS)))


def test_a_guest_of_ours_that_is_gone_is_still_shown(lab):
    lab.apply(WEB)
    (web,) = find(lab.in_namespace("production"), Query(VMS))
    lab.api("POST", f"/nodes/pve-node1/qemu/{web.vmid}/status/stop")
    lab.api("DELETE", f"/nodes/pve-node1/qemu/{web.vmid}")
    (gone,) = find(lab.services, Query(VMS))
    assert (gone.name, gone.row, gone.vmid) == ("web", {}, web.vmid)


def test_a_name_of_another_namespace_is_pointed_at(lab):
    lab.apply(WEB)
    with pytest.raises(NotFoundError, match='virtualmachines "web" not found') as caught:
        find(lab.services, Query(VMS, ("web",)))
    assert caught.value.hint == "it is in namespace production: add -n production"
    assert names(find(lab.services, Query(VMS, ("web",), all_namespaces=True))) == ["web"]


def test_a_vmid_needs_no_namespace(lab):
    lab.apply(WEB)
    vmid = find(lab.in_namespace("production"), Query(VMS))[0].vmid
    assert find_one(lab.in_namespace("default"), VMS, f"vmid:{vmid}").name == "web"
    assert find_one(lab.services, VMS, "vmid:101").name == "foreign-vm-101"


def test_a_name_that_two_guests_have_is_ambiguous(lab):
    lab.api("PUT", "/nodes/pve-node2/qemu/101/config", name="twin")
    lab.api("PUT", "/nodes/pve-node3/qemu/102/config", name="twin")
    assert len(find(lab.services, Query(VMS, ("twin",)))) == 2
    with pytest.raises(PxhelmError, match="ambiguous") as caught:
        find_one(lab.services, VMS, "twin")
    assert caught.value.hint == "name one by its VMID: vmid:101, vmid:102"


def test_ours_wins_over_others_of_the_same_name(lab):
    lab.api("PUT", "/nodes/pve-node2/qemu/101/config", name="web")
    lab.apply(WEB.replace("production", "default"))
    assert find_one(lab.services, VMS, "web").stored is not None


def test_a_storage_that_is_not_shared_has_the_room_of_all_nodes(lab):
    found = {one.name: one.row for one in find(lab.services, Query(("Storage",)))}
    single = [r for r in lab.api("GET", "/cluster/resources") if r["id"] == "storage/pve-node1/local-lvm"]
    assert found["local-lvm"]["maxdisk"] == 3 * single[0]["maxdisk"]
    shared = [r for r in lab.api("GET", "/cluster/resources") if r["id"] == "storage/pve-node1/shared"]
    assert found["shared"]["maxdisk"] == shared[0]["maxdisk"]
    assert found["local"]["where"] == ["pve-node1", "pve-node2", "pve-node3"]


def test_drift_is_what_was_applied_and_is_otherwise_now(lab):
    lab.apply(WEB)
    found = find(lab.services, Query(VMS, all_namespaces=True))
    assert {one.name: one.drifted for one in look_closer(lab.services, found)}["web"] is False
    web = next(one for one in found if one.name == "web")
    lab.api("PUT", f"/nodes/pve-node1/qemu/{web.vmid}/config", memory=512, cores=3)
    looked = {one.name: one.drifted for one in look_closer(lab.services, found)}
    assert looked["web"] is True
    assert looked["foreign-vm-101"] is None
    about = describe(lab.services, web)
    assert [(d.path, d.base, d.live) for d in about.drift] == [("memory.size", 2 << 30, 512 << 20)]
    assert {p.path for p in about.pending} == {"memory.size", "cpu.cores"}


def test_describe_says_what_was_done(lab):
    lab.apply(WEB)
    ((op, steps),) = describe(lab.services, find_one(lab.in_namespace("production"), VMS, "web")).operations
    assert op.kind == "apply"
    assert steps[0].kind == "clone"
    assert steps[0].upid.startswith("UPID:pve-node1:")


def test_discover_records_and_counts_what_changes(lab):
    lab.apply(WEB)
    first = discover(lab.services, "all")
    assert (first["VirtualMachine"].total, first["VirtualMachine"].managed, first["Storage"].total) == (6, 1, 3)
    again = discover(lab.services, "all")
    assert {(c.new, c.changed, c.gone) for k, c in again.items() if k != "Task"} == {(0, 0, 0)}
    lab.api("PUT", "/nodes/pve-node2/qemu/101/config", cores=7)
    lab.api("DELETE", "/nodes/pve-node1/qemu/100")
    later = discover(lab.services, "vms")["VirtualMachine"]
    assert (later.total, later.new, later.changed, later.gone) == (5, 0, 1, 1)
    history = lab.store.inventory.history("lab", "qemu/101")
    assert [seen.intended["cpu.cores"] for seen in history] == [7, 2]


def test_what_was_recorded_is_shown_without_the_cluster(lab):
    lab.apply(WEB)
    discover(lab.services, "all")
    live = find(lab.services, Query(VMS, all_namespaces=True))
    with lab.counted() as requests:
        cached = find(lab.services, Query(VMS, all_namespaces=True, cached=True))
        assert len(find(lab.services, Query(("Storage", "Node", "Pool"), cached=True))) == 6
        assert find(lab.services, Query(("Task",), cached=True))
    assert requests == []
    keys = ("vmid", "node", "status", "maxcpu", "maxmem")
    assert [[one.row[k] for k in keys] for one in cached] == [[one.row[k] for k in keys] for one in live]


def test_an_unknown_scope_names_the_known_ones(lab):
    with pytest.raises(PxhelmError) as caught:
        discover(lab.services, "everything")
    assert caught.value.hint == "one of all, vms, containers, storage, nodes, tasks"


FILES = """
apiVersion: proxmox.io/v1
kind: Image
metadata: {name: debian}
spec: {storage: local, content: iso, filename: debian.iso, source: {url: "https://example.org/debian.iso"}}
---
apiVersion: proxmox.io/v1
kind: Snapshot
metadata: {name: before, namespace: production}
spec: {guest: web}
"""


@pytest.mark.parametrize(("kind", "name"), [("Image", "debian"), ("Snapshot", "before")])
def test_what_has_a_derived_id_is_listed_once(lab, kind, name):
    lab.apply(WEB)
    lab.apply(FILES)
    found = find(lab.services, Query((kind,), all_namespaces=True))
    assert [(one.name, bool(one.row)) for one in found if one.stored] == [(name, True)]
    ids = [str(one.row.get("volid") or one.row.get("name")) for one in found]
    assert len(ids) == len(set(ids))
    assert describe(lab.services, next(one for one in found if one.stored)).live is not None
