"""get and the verbs on a large cluster: how many calls it takes, and who is left alone."""

import pytest

from pxhelm.actions.inspect import Found, Query, find, find_all, find_one, only
from pxhelm.actions.moving import Clone, Migrate, _free, check_new_name, free_vmids
from pxhelm.actions.operate import Manner, Means, _nothing, carry_out
from pxhelm.actions.power import Verb, Wish
from pxhelm.actions.saving import Restore, Snapshot, backup_storage, latest_or, snapshots
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import Response, drive
from pxhelm.store.events import EventRecord
from pxhelm.store.objects import ObjectQuery
from tests.actions.conftest import Lab

VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec: {node: pve-node1, disks: [{storage: local-lvm, size: 20G}], template: debian-12-template, power: Running}
"""


@pytest.mark.parametrize("guests", [3, 60])
def test_a_list_of_all_guests_is_one_call_whatever_their_number(tmp_path, guests):
    lab = Lab(tmp_path, guests=guests)
    with lab.counted() as requests:
        found = find(lab.services, Query(("VirtualMachine", "Container", "Node"), all_namespaces=True))
    lab.close()
    assert len(requests) == 1
    assert len([one for one in found if one.vmid]) >= guests


def test_several_named_guests_are_one_call(lab):
    queries = [Query(("VirtualMachine",), (f"vmid:{vmid}",)) for vmid in (101, 100, 102)]
    with lab.counted() as requests:
        found = find_all(lab.services, queries)
    assert [one.vmid for one in found] == [101, 100, 102]
    assert len(requests) == 1


def test_a_name_that_is_not_there_does_not_hide_those_that_are(lab):
    missing = []
    found = find_all(lab.services, [Query(("VirtualMachine",), ("foreign-vm-100", "nosuch"))], missing)
    assert [one.name for one in found] == ["foreign-vm-100"]
    assert [error.message for error in missing] == ['virtualmachines "nosuch" not found']


def test_an_ambiguous_name_lists_the_vmids(lab):
    lab.api("PUT", "/nodes/pve-node2/qemu/101/config", name="foreign-vm-100")
    found = find(lab.services, Query(("VirtualMachine",), ("foreign-vm-100",)))
    with pytest.raises(PxhelmError, match="is ambiguous: 2 guests have this name") as caught:
        only(found, "foreign-vm-100")
    assert caught.value.code is ExitCode.CONFLICT
    assert caught.value.hint == "name one by its VMID: vmid:100, vmid:101"


LOOK = ("/version", "/cluster/status", "/cluster/resources")
STOPPED = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {{name: web{}}}
spec: {{node: pve-node1, disks: [{{storage: local-lvm, size: 1G}}], power: Stopped{}}}
"""


def stopped(count, more=""):
    return "---".join(STOPPED.format(number, more) for number in range(count))


@pytest.mark.parametrize("count", [2, 9])
def test_the_cluster_is_looked_over_for_the_plan_and_the_apply_whatever_is_made(lab, count):
    with lab.counted() as requests:
        lab.apply(stopped(count))
    assert [r for r in requests if r.endswith(LOOK)] == [f"GET /api2/json{path}" for path in LOOK] * 2
    assert len([r for r in requests if r.endswith("/pending")]) == count
    assert len([r for r in requests if r.startswith("POST")]) == count
    with lab.counted() as requests:
        lab.apply(stopped(count, ", memory: 1024"))
    assert len([r for r in requests if r.endswith(LOOK)]) == 2 * len(LOOK)


def test_only_the_list_shows_in_which_pool_a_guest_is(lab):
    lab.api("POST", "/pools", poolid="web")
    with lab.counted() as requests:
        lab.apply(stopped(1, ", pool: web"))
    assert len([r for r in requests if r.endswith("/cluster/resources")]) == 3
    with lab.counted() as requests:
        lab.apply(stopped(1, ", pool: web"))
    assert all(r.startswith("GET") for r in requests)


def test_ours_is_proved_before_each_write_and_others_cost_no_read(lab):
    lab.apply(VM)
    ours = find_one(lab.services, ("VirtualMachine",), "web")
    with lab.counted() as requests:
        carry_out(lab.services, [ours], Wish(Verb.RESTART, force=True))
    proofs = [r for r in requests if r.endswith("/pending")]
    writes = [r for r in requests if r.startswith("POST")]
    assert len(proofs) == len(writes) == 2
    foreign = find_one(lab.services, ("VirtualMachine",), "vmid:101")
    with lab.counted() as requests:
        carry_out(lab.services, [foreign], Wish(Verb.STOP, force=True))
    assert not [r for r in requests if r.endswith("/pending")]


def test_a_guest_that_took_the_place_of_ours_is_left_alone(lab):
    lab.apply(VM)
    ours = find_one(lab.services, ("VirtualMachine",), "web")
    path = f"/nodes/pve-node1/qemu/{ours.vmid}/config"
    lab.api("PUT", path, description="mine", smbios1="uuid=00000000-0000-4000-8000-000000000000")
    with lab.counted() as requests:
        for operation in (Wish(Verb.STOP), Snapshot("before"), Migrate("pve-node2")):
            (done,) = carry_out(lab.services, [ours], operation)
            assert "carries no proof that pxhelm made it" in done.error.message
            assert done.error.code is ExitCode.CONFLICT
    assert not [r for r in requests if r.startswith("POST")]


def test_a_copy_of_ours_carries_no_marker_of_ours(lab):
    lab.apply(VM)
    ours = find_one(lab.services, ("VirtualMachine",), "web")
    carry_out(lab.services, [ours], Clone("copy", 777, {"full": True}))
    description = lab.api("GET", "/nodes/pve-node1/qemu/777/config").get("description", "")
    assert "pxhelm" not in description
    assert find_one(lab.services, ("VirtualMachine",), "copy").stored is None


def test_without_waiting_the_task_is_named(lab):
    guest = find_one(lab.services, ("VirtualMachine",), "vmid:100")
    (done,) = carry_out(lab.services, [guest], Wish(Verb.START), Manner(wait=False))
    assert done.upid.startswith("UPID:")
    assert done.result == "started is under way"


def test_snapshots_are_listed_oldest_first_without_the_present(lab):
    guest = find_one(lab.services, ("VirtualMachine",), "vmid:100")
    for name in ("first", "second"):
        carry_out(lab.services, [guest], Snapshot(name))
    assert [row["name"] for row in lab.client.run(snapshots(guest))] == ["first", "second"]


def test_vmids_of_copies_are_neither_taken_nor_reserved(lab):
    assert _free(100, 3, {100, 102}) == [101, 103, 104]
    lab.apply(VM)
    found = free_vmids(lab.services, 2)
    assert len(set(found)) == 2
    assert not set(found) & {row["vmid"] for row in lab.api("GET", "/cluster/resources", type="vm")}


def test_a_copy_has_a_name_of_its_own(lab):
    found = find(lab.services, Query(("VirtualMachine",), all_namespaces=True))
    check_new_name("fresh", found)
    with pytest.raises(PxhelmError, match="guest 100 has that name"):
        check_new_name("foreign-vm-100", found)


def test_backups_go_to_the_only_storage_that_takes_them(lab):
    assert backup_storage(lab.services, "") == "local"
    with pytest.raises(PxhelmError, match="local-lvm: it takes no backups") as caught:
        backup_storage(lab.services, "local-lvm")
    assert caught.value.hint == "storages for backups: local"


def test_what_runs_is_not_restored_over(lab):
    guest = find_one(lab.services, ("VirtualMachine",), "vmid:101")
    (done,) = carry_out(lab.services, [guest], Restore(lambda _guest: "local:backup/x.vma"))
    assert "it is running" in done.error.message
    rows = [{"volid": "b2", "vmid": 101}, {"volid": "b1", "vmid": 101}, {"volid": "c", "vmid": 7}]
    assert latest_or("latest", rows)(guest) == "b2"
    assert latest_or("b1", rows)(guest) == "b1"
    with pytest.raises(PxhelmError, match="has no backup c"):
        latest_or("c", rows)(guest)


def test_migration_under_ha_is_over_when_the_guest_is_there():
    row = {"vmid": 101, "node": "pve1", "status": "running"}
    guest = Found("VirtualMachine", "web", row=row)
    where, waits = ["pve1", "pve1", "pve2"], []

    def send(request):
        if request.path.endswith("/migrate"):
            return Response("UPID:pve1:0000C530:001C9C8D:68F5CFF9:hamigrate:101:root@pam:")
        if request.path == "/cluster/resources":
            return Response([{"vmid": 101, "node": where.pop(0)}])
        return Response([] if request.path.endswith("/log") else {"status": "stopped", "exitstatus": "OK"})

    operation = Migrate("pve2").run(Means(guest, _nothing, lambda _line: None))
    assert drive(operation, send, waits.append) == "migrated to pve2"
    assert sum(waits) == 4.0


def test_events_name_their_object_and_the_latest_is_last(lab):
    lab.apply(VM)
    (stored,) = lab.store.objects.list(ObjectQuery("lab"))
    for at, reason in ((10.0, "Drifted"), (20.0, "Conflict")):
        lab.store.events.record(EventRecord("lab", stored.uid, "Warning", reason, "text", at, at))
    found = [one for one in find(lab.services, Query(("Event",))) if one.row["message"] == "text"]
    assert [one.row["reason"] for one in found] == ["Drifted", "Conflict"]
    assert {(one.namespace, one.row["name"]) for one in found} == {("default", "web")}
    lab.in_namespace("elsewhere")
    assert not [one for one in find(lab.services, Query(("Event",))) if one.row["message"] == "text"]
