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


MACHINE = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  memory: 512
  power: Running
  agent: AGENT
  networks: {net0: {bridge: vmbr0, ip: 10.0.0.7/24}, net1: {bridge: vmbr0, ip: dhcp}}
  cloudInit: {drive: {storage: local-lvm}}
"""


def conditions_of(about):
    return {each["type"]: each["status"] for each in document(about.found)["status"]["conditions"]}


def test_a_machine_with_an_agent_tells_its_addresses_and_that_it_answers(lab):
    lab.apply(MACHINE.replace("AGENT", "true"))
    about = look(lab, "VirtualMachine", "web")
    first, second = document(about.found)["status"]["addresses"]
    assert first == {"network": "net0", "ip": "10.0.0.7", "source": "Agent"}
    assert (second["network"], second["source"]) == ("net1", "Agent")
    assert conditions_of(about)["AgentConnected"] == "True"


def test_a_machine_without_one_is_not_asked(lab):
    lab.apply(MACHINE.replace("AGENT", "false"))
    with lab.counted() as requests:
        about = look(lab, "VirtualMachine", "web")
    assert not [each for each in requests if "/agent/" in each]
    assert document(about.found)["status"]["addresses"] == [{"network": "net0", "ip": "10.0.0.7", "source": "Declared"}]
    assert "AgentConnected" not in conditions_of(about)


def test_an_agent_that_does_not_answer_is_a_condition_and_no_failure(lab):
    lab.apply(MACHINE.replace("AGENT", "true"))
    vmid = str(look(lab, "VirtualMachine", "web").found.vmid)
    lab.simulator.change(lambda world: world.state.edit("guest", vmid)["conf"].update(kvm=0))
    about = look(lab, "VirtualMachine", "web")
    assert conditions_of(about)["AgentConnected"] == "False"
    assert document(about.found)["status"]["addresses"][0]["source"] == "Declared"
