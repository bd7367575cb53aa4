"""Virtual machines on the simulated cluster, step by step, until nothing is left to write."""

import pytest

from pxhelm.errors import PxhelmError

from .conftest import resource

GIB = 1 << 30
GIVEN = """\
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata:
  name: web-server
  namespace: production
spec:
  node: pve-node1
  cpu: { cores: 4, sockets: 1 }
  memory: 8192
  disks: [{ storage: local-lvm, size: 50G }]
  template: debian-12-template
"""


def vm(spec, name="web"):
    return resource(f"apiVersion: proxmox.io/v1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {spec}\n")


def config(cluster, vmid=20001):
    node = next(r["node"] for r in cluster.call("GET", "/cluster/resources", type="vm") if r["vmid"] == vmid)
    return cluster.call("GET", f"/nodes/{node}/qemu/{vmid}/config")


def test_the_given_manifest_works_as_it_stands(cluster, apply_to):
    it = apply_to(cluster, resource(GIVEN))
    planned = [step.verb for step in it.steps()]
    assert it.apply() == planned == ["clone", "config", "resize", "start"]
    found = config(cluster)
    assert (found["name"], found["cores"], found["memory"]) == ("web-server", 4, "8192")
    assert found["scsi0"].startswith("local-lvm:")
    assert "size=50G" in found["scsi0"]
    assert it.changes() == {}
    assert cluster.call("GET", "/nodes/pve-node1/qemu/20001/status/current")["status"] == "running"


def test_a_second_apply_writes_nothing(cluster, apply_to):
    it = apply_to(cluster, resource(GIVEN))
    it.apply()
    cluster.sent.clear()
    assert it.apply() == []
    assert cluster.sent == []


BLANK = "{node: pve-node2, disks: {scsi0: {storage: local-lvm, size: 8G}}, networks: {net0: {bridge: vmbr0}}}"


def made(cluster, apply_to, spec):
    it = apply_to(cluster, vm(spec))
    it.apply()
    cluster.sent.clear()
    return it


def test_a_blank_machine_gets_the_values_for_creation_once(cluster, apply_to):
    it = apply_to(cluster, vm(BLANK))
    planned = it.steps()
    assert [s.verb for s in planned] == ["create", "start"]
    assert dict(planned[0].request.params) == {
        "vmid": 20001,
        "name": "web",
        "description": "<!-- pxhelm:1 i=inst-1 u=7d4f1b52-6a3c-4c55-9d0e-0f5a3f2b7a11 v=20001 o=op1 -->",
        "scsi0": "local-lvm:8,iothread=1",
        "net0": "virtio,bridge=vmbr0",
        "cpu": "x86-64-v2-AES",
        "ostype": "l26",
        "scsihw": "virtio-scsi-single",
        "smbios1": "uuid=7d4f1b52-6a3c-4c55-9d0e-0f5a3f2b7a11",
    }
    assert it.apply() == ["create", "start"]
    live = it.observe()
    assert (live.node, live.uuid, live.power) == ("pve-node2", it.target.uuid, "running")
    assert it.changes() == {}


def test_memory_and_cores_are_one_write_and_nothing_else_is_touched(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    before = config(cluster)
    it.wanted = vm(BLANK.replace("node:", "memory: 1G, cpu: {cores: 2}, node:"))
    planned = it.steps()
    assert {c.path: c.effect.label for c in it.change(it.observe()).changes} == {
        "memory.size": "restart",
        "cpu.cores": "restart",
    }
    assert [(s.verb, s.leaves) for s in planned] == [("config", ("memory.size", "cpu.cores"))]
    assert it.apply() == ["config"]
    assert {k for k in config(cluster) if config(cluster)[k] != before.get(k)} == {"memory", "cores", "digest"}


def test_a_network_card_keeps_its_mac_and_what_others_set(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    mac = config(cluster)["net0"].split(",")[0]
    cluster.call("PUT", "/nodes/pve-node2/qemu/20001/config", net0=f"{mac},bridge=vmbr0,queues=2")
    it.wanted = vm(BLANK.replace("{bridge: vmbr0}", "{bridge: vmbr0, vlan: 20, connected: false}"))
    assert it.apply() == ["config"]
    assert set(config(cluster)["net0"].split(",")) == {mac, "bridge=vmbr0", "queues=2", "tag=20", "link_down=1"}


def test_address_and_uuid_that_no_manifest_states_any_more_stay(cluster, apply_to):
    uuid, mac = "3b241101-e2bb-4255-8caf-4136c566a962", "BC:24:11:AA:BB:CC"
    stated = BLANK.replace("{bridge: vmbr0}", f"{{bridge: vmbr0, mac: '{mac}'}}")
    it = made(cluster, apply_to, f"{stated.rstrip()[:-1]}, smbios: {{uuid: {uuid}}}}}")
    assert (config(cluster)["net0"], config(cluster)["smbios1"]) == (f"virtio={mac},bridge=vmbr0", f"uuid={uuid}")
    it.wanted = vm(BLANK)
    assert it.apply() == []
    assert (config(cluster)["net0"], config(cluster)["smbios1"]) == (f"virtio={mac},bridge=vmbr0", f"uuid={uuid}")


def test_a_disk_that_is_no_longer_wanted_is_detached_and_its_volume_stays(cluster, apply_to):
    two = BLANK.replace("8G}}", "8G}, scsi1: {storage: local-lvm, size: 2G}}")
    it = made(cluster, apply_to, two)
    it.wanted = vm(BLANK)
    planned = it.steps()
    assert [(s.verb, s.leaves, s.frees_bytes) for s in planned] == [("config", ("disks.scsi1",), 0)]
    assert it.apply() == ["config"]
    found = config(cluster)
    assert "scsi1" not in found
    assert found["unused0"].startswith("local-lvm:vm-20001-disk-1")


def test_a_volume_is_freed_only_if_that_was_said_before(cluster, apply_to):
    two = BLANK.replace("8G}}", "8G}, scsi1: {storage: local-lvm, size: 2G, reclaimPolicy: Delete}}")
    it = made(cluster, apply_to, two)
    it.wanted = vm(BLANK)
    (step,) = it.steps()
    assert (step.verb, step.frees_bytes, step.undo.value) == ("config", 2 * GIB, "irreversible")
    assert it.apply() == ["config"]
    assert not [key for key in config(cluster) if key.startswith(("scsi1", "unused"))]


def test_a_disk_grows_and_a_shrink_is_refused_before_anything_is_written(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    it.wanted = vm(BLANK.replace("8G", "10G"))
    assert [(s.verb, dict(s.request.params)["size"]) for s in it.steps()] == [("resize", "10G")]
    assert it.apply() == ["resize"]
    it.wanted = vm(BLANK.replace("8G", "9G"))
    change = it.change(it.observe())
    assert it.kind.refuse(change) == "disks.scsi0.size: a volume can grow, never shrink"
    with pytest.raises(PxhelmError, match=r"cannot shrink disks.scsi0.size from 10G to 9G") as caught:
        it.kind.steps(change)
    assert "at least 10G" in caught.value.hint


def test_a_disk_moves_to_another_storage_with_its_data(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    it.wanted = vm(BLANK.replace("local-lvm", "shared"))
    (step,) = it.steps()
    assert (step.verb, step.storage, step.request.path) == ("move", "shared", "/nodes/pve-node2/qemu/20001/move_disk")
    assert step.request.params["delete"] is True
    assert it.apply() == ["move"]
    assert config(cluster)["scsi0"].startswith("shared:")
    assert not [key for key in config(cluster) if key.startswith("unused")]


def test_a_new_disk_on_a_running_machine_is_plugged_in(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    it.wanted = vm(BLANK.replace("8G}}", "8G}, virtio3: {storage: local-lvm, size: 1536M, cache: none}}"))
    assert {c.effect.label for c in it.change(it.observe()).changes} == {"online"}
    (step,) = it.steps()
    assert step.request.params["virtio3"] == "local-lvm:1.5,cache=none,iothread=1"
    assert it.apply() == ["config"]
    assert it.changes() == {}


def test_an_inherited_device_goes_only_when_it_is_told_to(cluster, apply_to):
    made(cluster, apply_to, "{template: debian-12-template, serial: {serial0: {absent: true}}}")
    assert "serial0" not in config(cluster)
    assert "net0" in config(cluster)


def test_cloud_init_data_makes_a_drive_where_there_is_none(cluster, apply_to):
    spec = BLANK.replace("{bridge: vmbr0}", "{bridge: vmbr0, ip: 10.0.0.5/24, gateway: 10.0.0.1}")
    it = made(cluster, apply_to, spec)
    found = config(cluster)
    assert found["ipconfig0"] in ("gw=10.0.0.1,ip=10.0.0.5/24", "ip=10.0.0.5/24,gw=10.0.0.1")
    assert found["ide2"].startswith("local-lvm:vm-20001-cloudinit")
    assert it.changes() == {}


def test_cloud_init_uses_the_drive_of_the_template(cluster, apply_to):
    it = made(cluster, apply_to, "{template: debian-12-template, cloudInit: {user: ops, sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEK1B2x9Zc0k1cT1l0Y2m9b5o0v3mYp8m0R0m0R0m0R0 ops@x]}}")  # fmt: skip
    assert [k for k, v in config(cluster).items() if "cloudinit" in str(v)] == ["ide2"]
    assert it.changes() == {}


def test_a_clone_that_belongs_elsewhere_goes_there_before_its_first_start(cluster, apply_to):
    it = apply_to(cluster, vm("{node: pve-node3, template: debian-12-template}"))
    planned = it.steps()
    assert planned[0].request.params["target"] == "pve-node3"
    assert it.apply() == [s.verb for s in planned] == ["clone", "start"]
    assert it.observe().node == "pve-node3"


def test_a_clone_from_shared_to_local_storage_of_another_node_is_moved_there(cluster, apply_to):
    spec = "{node: pve-node3, template: debian-12-template, disks: [{storage: local-lvm, size: 10G}]}"
    it = apply_to(cluster, vm(spec))
    planned = it.steps()
    assert "storage" not in planned[0].request.params
    assert it.apply() == [s.verb for s in planned] == ["clone", "move", "resize", "start"]
    assert config(cluster)["scsi0"].startswith("local-lvm:")
    assert it.changes() == {}


def test_a_machine_that_moved_is_found_and_is_no_drift(cluster, apply_to):
    spec = "{node: pve-node1, template: debian-12-template, power: Stopped}"
    it = made(cluster, apply_to, spec)
    cluster.finish(cluster.call("POST", "/nodes/pve-node1/qemu/20001/migrate", target="pve-node2"))
    assert it.observe().node == "pve-node2"
    assert it.apply() == []


def test_pinned_means_brought_back(cluster, apply_to):
    spec = "{placement: {nodes: [pve-node1], policy: Pin}, template: debian-12-template, power: Stopped}"
    it = made(cluster, apply_to, spec)
    cluster.finish(cluster.call("POST", "/nodes/pve-node1/qemu/20001/migrate", target="pve-node2"))
    assert it.apply() == ["migrate"]
    assert it.observe().node == "pve-node1"


def test_a_machine_shut_down_by_its_administrator_is_not_started_again(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    cluster.finish(cluster.call("POST", "/nodes/pve-node2/qemu/20001/status/stop"))
    assert it.apply() == []


def test_running_means_started_again_and_stopped_means_shut_down(cluster, apply_to):
    it = made(cluster, apply_to, BLANK.replace("node:", "power: Running, node:"))
    cluster.finish(cluster.call("POST", "/nodes/pve-node2/qemu/20001/status/stop"))
    assert it.apply() == ["start"]
    it.wanted = vm(BLANK.replace("node:", "power: {policy: Stopped, shutdownTimeout: 5s}, node:"))
    (step,) = it.steps()
    assert step.request.params == {"timeout": 5, "forceStop": False}
    assert it.apply() == ["shutdown"]


def test_the_description_carries_the_marker_and_reads_without_it(cluster, apply_to):
    it = made(cluster, apply_to, BLANK.replace("node:", 'description: "hello\\nworld", node:'))
    assert config(cluster)["description"].startswith("hello\nworld\n<!-- pxhelm:1 ")
    assert it.observe().intended["description"] == "hello\nworld"
    cluster.call("PUT", "/nodes/pve-node2/qemu/20001/config", description="by hand")
    assert it.observe().marker is None
    assert it.apply() == ["config"]
    assert config(cluster)["description"].startswith("hello\nworld\n<!-- pxhelm:1 ")


def test_a_template_is_made_and_never_unmade(cluster, apply_to):
    it = made(cluster, apply_to, BLANK.replace("node:", "isTemplate: true, node:"))
    assert config(cluster)["template"] == 1
    it.wanted = vm(BLANK.replace("node:", "isTemplate: false, node:"))
    assert it.kind.refuse(it.change(it.observe())) == "isTemplate: a template cannot become a guest again"


def test_removal_leaves_a_tombstone_first_and_nothing_behind(cluster, apply_to):
    it = made(cluster, apply_to, BLANK)
    it.wanted = None
    planned = it.steps()
    assert [(s.verb, s.guard.value, s.frees_bytes) for s in planned] == [
        ("tombstone", "digest", 0),
        ("shutdown", "identity", 0),
        ("destroy", "identity", 8 * GIB),
    ]
    assert planned[2].request.params == {"purge": True, "destroy-unreferenced-disks": False}
    assert it.apply() == ["tombstone", "shutdown", "destroy"]
    assert it.observe().existence.value == "absent"


def test_a_protected_machine_is_not_removed(cluster, apply_to):
    it = made(cluster, apply_to, BLANK.replace("node:", "protection: true, node:"))
    it.wanted = None
    assert "protected" in it.kind.refuse(it.change(it.observe()))


def test_retain_takes_only_the_marker_away(cluster, apply_to):
    it = made(cluster, apply_to, BLANK.replace("node:", "description: keep, node:"))
    it.wanted = None
    assert [s.verb for s in it.steps(retain=True)] == ["release"]
    assert it.apply(retain=True) == ["release"]
    assert config(cluster)["description"] == "keep"


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("{template: debian-13}", "cannot clone template debian-13: there is no template of that name",
         "templates here: debian-12-template"),
        ("{template: {vmid: 4711}}", "cannot clone VMID 4711: there is no such guest", ""),
        ("{node: pve-node9, template: debian-12-template}", "cannot place VirtualMachine/default/web: there is no node pve-node9",
         "nodes: pve-node1, pve-node2, pve-node3"),
        ("{template: debian-12-template, disks: [{storage: local-lvm, size: 8G, bus: virtio}]}",
         "cannot clone VirtualMachine/default/web: the template's disk is scsi0, the manifest speaks of virtio0",
         "write disks: {scsi0: {storage: …, size: …}}, or bus: scsi in the first item"),
        ("{template: debian-12-template, source: {clone: {mode: Linked, storage: local-lvm}}}",
         "cannot clone VirtualMachine/default/web: a linked clone stays on its template's storage",
         "leave source.clone.storage out, or write mode: Full"),
        ("{virtiofs: {virtiofs0: {cache: auto}}}", "cannot write virtiofs0: virtiofs.virtiofs0.mapping is missing", ""),
        ("{disks: {scsi0: {size: 8G}}}", "cannot create scsi0: it has a size but no storage", "add storage: NAME"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_said_before_anything_is_written(cluster, apply_to, spec, message, hint):
    it = apply_to(cluster, vm(spec))
    with pytest.raises(PxhelmError) as caught:
        it.steps()
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert cluster.sent == []


def test_two_templates_of_one_name_are_told_apart_by_their_vmid(cluster, apply_to):
    cluster.finish(
        cluster.call("POST", "/nodes/pve-node1/qemu/9000/clone", newid=9001, name="debian-12-template", full=1)
    )
    cluster.finish(cluster.call("POST", "/nodes/pve-node1/qemu/9001/template"))
    it = apply_to(cluster, vm("{template: debian-12-template}"))
    with pytest.raises(PxhelmError, match="several templates have that name: 9000 on pve-node1, 9001 on pve-node1"):
        it.steps()


def test_an_unknown_guest_is_not_absent(cluster, apply_to):
    it = apply_to(cluster, vm(BLANK))
    cluster.simulator.happen({"event": "quorum-lost"})
    found = cluster.run(it.kind.observe(it.target))
    assert (found.existence.value, found.reason) == ("unknown", "the cluster has no quorum")


def test_an_imported_disk_is_grown_before_the_first_start(cluster, apply_to):
    cluster.simulator.happen(
        {"event": "put-file", "node": "pve-node1", "volid": "local:import/base.qcow2", "size": 196616}
    )
    spec = '{node: pve-node1, disks: {scsi0: {storage: local-lvm, size: 10G, importFrom: "local:import/base.qcow2"}}}'
    it = apply_to(cluster, vm(spec))
    planned = it.steps()
    assert planned[0].request.params["scsi0"] == "local-lvm:0,import-from=local:import/base.qcow2,iothread=1"
    assert [s.verb for s in planned] == ["create", "resize", "start"]


def test_firmware_disks_have_no_size_of_ours(cluster, apply_to):
    spec = "{bios: ovmf, efiDisk: {storage: local-lvm}, tpm: {storage: local-lvm}, disks: {scsi0: {storage: local-lvm, size: 1G}}}"
    it = apply_to(cluster, vm(spec))
    params = it.steps()[0].request.params
    assert (params["efidisk0"], params["tpmstate0"]) == ("local-lvm:1,efitype=4m", "local-lvm:1,version=v2.0")
    it.apply()
    assert it.changes() == {}


def test_a_disk_without_a_size_is_refused_before_anything_is_written(cluster, apply_to):
    it = apply_to(cluster, vm("{disks: {scsi0: {storage: local-lvm}}}"))
    with pytest.raises(PxhelmError, match="cannot create scsi0: it has a storage but no size"):
        it.steps()


def test_a_password_is_part_of_what_is_planned_and_never_shown(cluster, apply_to):
    from pxhelm.resource.references import reveal

    spec = "{template: debian-12-template, cloudInit: {user: ops, password: {valueFrom: {env: PW}}}}"
    it = apply_to(cluster, reveal(vm(spec), lambda _source: "hunter2"))
    planned = it.steps()
    assert planned[1].leaves == ("cloudInit.user", "cloudInit.password")
    assert "hunter2" not in repr(planned)


def test_what_is_empty_needs_no_write(cluster, apply_to):
    it = made(cluster, apply_to, BLANK.replace("node:", 'description: "", tags: [], dns: {servers: []}, node:'))
    assert it.changes() == {}
    assert it.apply() == []


def test_a_storage_that_is_not_there_is_said_before_anything_is_written(cluster, apply_to):
    from dataclasses import replace

    it = apply_to(cluster, vm(BLANK.replace("local-lvm", "nosuch")))
    change = it.change(it.observe())
    told = replace(change, surroundings=replace(change.surroundings, coming=frozenset()))
    with pytest.raises(PxhelmError, match="node pve-node2 has no storage nosuch") as caught:
        it.kind.steps(told)
    assert caught.value.hint == "storages there: local, local-lvm, shared"
    assert caught.value.where.field == "spec.disks.scsi0.storage"
    made_too = replace(change, surroundings=replace(change.surroundings, coming=frozenset({("Storage", "nosuch")})))
    assert it.kind.steps(made_too)[0].verb == "create"
