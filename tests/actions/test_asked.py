"""What Proxmox tells of an object when asked."""

from pxhelm.actions.describe import describe
from pxhelm.actions.inspect import Query, find
from pxhelm.cli.views.describe import describe_text
from pxhelm.cli.views.objects import document

JOB = """
apiVersion: proxmox.io/v1
kind: BackupJob
metadata: {name: nightly}
spec: {schedule: "02:00", storage: local, guests: {all: true, exclude: ["vmid:101"]}}
"""


def look(lab, kind, name):
    (one,) = find(lab.services, Query((kind,), (name,)))
    return describe(lab.services, one)


def test_a_backup_job_tells_when_it_runs_next_and_which_guests_it_takes(lab):
    lab.apply(JOB)
    about = look(lab, "BackupJob", "nightly")
    status = document(about.found)["status"]
    assert status["nextRun"].endswith("Z")
    assert "next-run" not in status
    vmids = {each["vmid"] for each in status["guests"]}
    assert 100 in vmids
    assert 101 not in vmids
    text = describe_text(about, 0.0)
    assert f"Next run:     {status['nextRun']}" in text
    assert "foreign-vm-100 (100)" in text


def test_a_zone_tells_that_it_waits_to_be_applied(lab):
    lab.api("POST", "/cluster/sdn/zones", zone="lab", type="simple")
    assert document(look(lab, "SDNZone", "lab").found)["status"]["pendingChanges"] is True
    lab.api("PUT", "/cluster/sdn")
    assert document(look(lab, "SDNZone", "lab").found)["status"]["pendingChanges"] is False


def test_an_interface_tells_on_which_nodes_it_waits(lab):
    lab.api("POST", "/nodes/pve-node2/network", iface="vmbr9", type="bridge")
    status = document(look(lab, "Network", "vmbr9").found)["status"]
    assert (status["pendingChanges"], status["pendingOn"]) == (True, ["pve-node2"])
    assert document(look(lab, "Network", "vmbr0").found)["status"]["pendingChanges"] is False


def test_a_storage_tells_its_room_and_where_it_is_active(lab):
    (local,) = find(lab.services, Query(("Storage",), ("local",)))
    status = document(local)["status"]
    assert status["capacity"].endswith("G")
    assert status["active"] == {"pve-node1": True, "pve-node2": True, "pve-node3": True}


GUEST = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec: {node: pve-node1, memory: 512, disks: {scsi0: {storage: local-lvm, size: 1G}, scsi1: {storage: local-lvm, size: 3G}}}
"""


def test_an_unused_volume_tells_its_size(lab):
    lab.apply(GUEST)
    lab.apply(GUEST.replace(", scsi1: {storage: local-lvm, size: 3G}", ""))
    (volume,) = document(look(lab, "VirtualMachine", "web").found)["status"]["unusedVolumes"]
    assert (volume["slot"], volume["size"]) == ("unused0", "3G")
    assert volume["volume"].startswith("local-lvm:vm-")
