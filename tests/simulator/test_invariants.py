"""The checks against the ground truth see what they are for, and pass a sound cluster."""

import copy

from pxhelm.simulator import invariants
from pxhelm.simulator.serve import LogEntry

MARKER = "<!-- pxhelm:1 i=abc u={} v={} o=op1 -->"


def machine(api, vmid, uid, marked=None):
    api("POST", "/nodes/pve-node1/qemu", vmid=vmid, scsi0="local-lvm:1", description=MARKER.format(uid, marked or vmid))


def test_a_seeded_and_used_cluster_is_consistent(api_at):
    api = api_at(time_scale=0, guests=10)
    machine(api, 500, "u1")
    api("POST", "/nodes/pve-node1/qemu/9000/clone", newid=501)
    api("POST", "/nodes/pve-node1/qemu/9000/clone", newid=502, full=1)
    api("PUT", "/nodes/pve-node1/qemu/500/config", delete="scsi0")
    api("DELETE", "/nodes/pve-node1/qemu/502")
    assert invariants.consistent(api.simulator.truth()) == []


def test_two_guests_with_one_uid_are_seen_and_a_copy_is_not(api):
    machine(api, 500, "u1")
    machine(api, 501, "u1", marked=500)
    assert invariants.one_guest_per_uid(api.simulator.truth()) == []
    machine(api, 502, "u1")
    assert invariants.one_guest_per_uid(api.simulator.truth()) == ["guests 500, 502 all carry uid u1"]


def test_a_touched_foreign_guest_is_seen(api_at):
    api = api_at(time_scale=0, guests=4)
    machine(api, 500, "u1")
    before = api.simulator.truth()
    api("PUT", "/nodes/pve-node1/qemu/500/config", cores=2)
    assert invariants.foreign_untouched(before, api.simulator.truth(), "abc") == []
    api("PUT", "/nodes/pve-node1/qemu/100/config", cores=4)
    assert invariants.foreign_untouched(before, api.simulator.truth(), "abc") == ["foreign guest 100: conf changed"]


def test_a_guest_at_another_number_than_the_store_says_is_seen(api):
    machine(api, 500, "u1")
    truth = api.simulator.truth()
    assert invariants.findable(truth, {"u1": 500}) == []
    assert invariants.findable(truth, {"u1": 501}) == ["uid u1 is bound to 501 and lives at 500"]


def test_missing_and_orphaned_volumes_and_stale_locks_are_seen(api):
    machine(api, 500, "u1")
    truth = copy.deepcopy(api.simulator.truth())
    truth["guest"]["501"] = truth["guest"].pop("500")
    truth["guest"]["501"]["conf"]["lock"] = "clone"
    found = "\n".join(invariants.consistent(truth))
    assert "belongs to guest 500, which is not there" in found
    assert "guest 501 is locked (clone) and no task works on it" in found
    del truth["volume"]["pve-node1/local-lvm:vm-500-disk-0"]
    assert "guest 501 refers to local-lvm:vm-500-disk-0" in "\n".join(invariants.consistent(truth))


def test_only_writes_count_as_writes():
    entries = [
        LogEntry(1, 0.0, "GET", "/api2/json/version", {}, 200, "OK", ""),
        LogEntry(2, 0.0, "POST", "/api2/json/access/ticket", {}, 200, "OK", ""),
        LogEntry(3, 0.0, "PUT", "/api2/json/nodes/n/qemu/100/config", {}, 200, "OK", ""),
    ]
    assert invariants.writes(entries) == ["PUT /api2/json/nodes/n/qemu/100/config"]
