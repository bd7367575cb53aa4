"""How guests go when they are not simply destroyed: backed up first, into the trash, leaving their disks, or let go."""

from dataclasses import replace

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.memory import Manifest, recall
from pxhelm.apply.saved import load_plan, save_plan
from pxhelm.errors import ExitCode
from pxhelm.resource.annotations import check_annotation
from pxhelm.resource.aside import guest_name, is_trashed, original, seconds_of, trashed_key
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.lab import QUICK

VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web, labels: {app: shop}, annotations: {pxhelm.io/deletion-policy: "POLICY"}}
spec:
  node: pve-node1
  tags: [prod]
  disks: {scsi0: {storage: local-lvm, size: 2G}, scsi1: {storage: local-lvm, size: 1G}}
  efiDisk: {storage: local-lvm}
  cloudInit: {user: ops}
  power: Running
"""
CT = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: web, annotations: {pxhelm.io/deletion-policy: "POLICY"}}
spec:
  node: pve-node1
  source: {image: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"}
  rootfs: {storage: local-lvm, size: 1G}
  mounts: {mp0: {path: /data, storage: local-lvm, size: 1G}}
  networks: {net0: {bridge: vmbr0}}
  power: Running
"""
KEYS = {VM: ObjectKey("VirtualMachine", "default", "web"), CT: ObjectKey("Container", "default", "web")}


def guest(lab):
    (found,) = lab.guests().values()
    return found


def config(lab):
    found = guest(lab)
    return lab.api("GET", f"/nodes/{found['node']}/{found['type']}/{found['vmid']}/config")


def volumes(lab):
    return sorted(row["volid"] for row in lab.api("GET", "/nodes/pve-node1/storage/local-lvm/content"))


@pytest.mark.parametrize("text", [VM, CT], ids=["machine", "container"])
def test_a_volume_that_the_guest_does_not_refer_to_stays_when_the_guest_is_destroyed(lab, text):
    lab.apply(text.replace("POLICY", "Delete"))
    vmid = guest(lab)["vmid"]
    at = "/nodes/pve-node1/storage/local-lvm/content"
    lab.api("POST", at, vmid=vmid, filename=f"vm-{vmid}-disk-9", size="1G")
    assert lab.destroy(KEYS[text]).exit_code is ExitCode.OK
    assert [v for v in volumes(lab) if f"-{vmid}-" in v] == [f"local-lvm:vm-{vmid}-disk-9"]


def keys(lab):
    return [o.key.name for o in lab.store.objects.list(ObjectQuery("lab"))]


@pytest.mark.parametrize("text", [VM, CT], ids=["machine", "container"])
def test_into_the_trash_nothing_is_destroyed_and_the_name_is_free(lab, text):
    text, key = text.replace("POLICY", "Trash(7d)"), KEYS[text]
    lab.apply(text)
    before, vmid = volumes(lab), guest(lab)["vmid"]
    planned = lab.plan(delete=(key,))
    (item,) = planned.plan.objects
    assert ([s.verb for s in item.steps], item.way, item.frees_bytes) == (["shutdown", "trash"], "trash", 0)
    assert apply_plan(lab.ports(), load_plan(lab.ports(), save_plan(planned)), QUICK).exit_code is ExitCode.OK
    assert (guest(lab)["name"], guest(lab)["status"], volumes(lab)) == ("trash-web", "stopped", before)
    assert keys(lab) == [f"web~trash-{vmid}"]
    assert lab.plan(delete=(key,)).plan.objects[0].steps == ()  # it is gone
    assert lab.apply(text).exit_code is ExitCode.OK
    assert len(lab.guests()) == 2
    aside = trashed_key(key, vmid)
    (item,) = lab.plan(delete=(aside,)).plan.objects
    assert [s.verb for s in item.steps] == ["tombstone", "destroy"]
    assert lab.destroy(aside).exit_code is ExitCode.OK
    assert guest(lab)["name"] == "web"


def test_what_is_in_the_trash_is_nobodys_any_more_and_knows_how_it_was(lab):
    lab.apply(VM.replace("POLICY", "Trash(1h)"), manager="helm:default/shop", release="default/shop")
    lab.destroy(KEYS[VM], manager="helm:default/shop", release="default/shop")
    (row,) = lab.store.objects.list(ObjectQuery("lab"))
    kept = Manifest.load(row.manifest).trash
    assert (row.release, dict(row.labels)) == ("", {})
    assert (kept["release"], kept["running"], kept["until"] - kept["at"]) == ("default/shop", True, 3600.0)
    assert kept["before"] == {"hostname": "web", "tags": ["prod"], "startup.onBoot": None}


def test_a_removal_that_was_cut_off_after_the_write_ends_in_the_trash(lab):
    lab.apply(VM.replace("POLICY", "Trash(7d)"))
    found = guest(lab)
    lab.api("POST", f"/nodes/pve-node1/qemu/{found['vmid']}/status/stop")
    lab.api("PUT", f"/nodes/pve-node1/qemu/{found['vmid']}/config", name="trash-web")
    planned = lab.plan(delete=(KEYS[VM],))
    assert planned.plan.objects[0].steps == ()
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert len(lab.guests()) == 1
    assert is_trashed(ObjectKey("VirtualMachine", "default", keys(lab)[0]))


def test_a_machine_leaves_a_shell_with_all_its_disks(lab):
    lab.apply(VM.replace("POLICY", "DetachDisks"))
    before = [v for v in volumes(lab) if "cloudinit" not in v]
    (item,) = lab.plan(delete=(KEYS[VM],)).plan.objects
    assert ([s.verb for s in item.steps], item.way, item.frees_bytes) == (["shutdown", "detach"], "detach", 0)
    assert lab.destroy(KEYS[VM]).exit_code is ExitCode.OK
    found = config(lab)
    assert (found["name"], "description" in found, keys(lab)) == ("detached-web", False, [])
    assert sorted(v for k, v in found.items() if k.startswith("unused")) == before
    assert not [k for k in found if k.startswith(("scsi0", "scsi1", "efidisk"))]


def test_a_container_leaves_a_shell_with_its_root_and_its_volumes(lab):
    lab.apply(CT.replace("POLICY", "DetachDisks"))
    before = volumes(lab)
    assert lab.destroy(KEYS[CT]).exit_code is ExitCode.OK
    found = config(lab)
    assert (found["hostname"], "mp0" in found, volumes(lab), keys(lab)) == ("detached-web", False, before, [])


def test_a_machine_is_backed_up_destroyed_and_made_again_from_the_backup(lab):
    text = VM.replace("POLICY", "BackupThenDelete")
    lab.apply(text)
    uuid = config(lab)["smbios1"]
    assert lab.destroy(KEYS[VM]).exit_code is ExitCode.OK
    assert lab.guests() == {}
    (backup,) = lab.api("GET", "/nodes/pve-node1/storage/local/content", content="backup")
    assert backup["subtype"] == "qemu"
    again = f"""
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {{name: web}}
spec: {{node: pve-node1, source: {{backup: {{volume: "{backup["volid"]}", unique: false}}}}, power: Running}}
"""
    assert lab.apply(again).exit_code is ExitCode.OK
    found = config(lab)
    assert (found["ciuser"], found["tags"], guest(lab)["status"]) == ("ops", "prod", "running")
    assert {"scsi0", "scsi1", "efidisk0"} <= set(found)
    assert uuid
    assert lab.plan(again).plan.empty


def test_protection_and_prevent_destroy_hold_for_every_way(lab):
    lab.apply(VM.replace("POLICY", "Trash(7d)").replace("tags: [prod]", "protection: true"))
    assert lab.plan(delete=(KEYS[VM],)).plan.blocked[0].reason == "Refused"
    lab.apply(VM.replace("POLICY", 'Trash(7d)", pxhelm.io/prevent-destroy: "true'))
    assert "prevent-destroy" in lab.plan(delete=(KEYS[VM],)).plan.blocked[0].message


@pytest.mark.parametrize("way", ["Trash(1d)", "BackupThenDelete", "DetachDisks"])
def test_only_guests_go_such_ways_whatever_an_older_version_accepted(lab, way):
    lab.apply("{apiVersion: proxmox.io/v1, kind: Pool, metadata: {name: p}, spec: {}}")
    (stored,) = lab.store.objects.list(ObjectQuery("lab", kind="Pool"))
    manifest = Manifest.load(stored.manifest)
    manifest = replace(manifest, annotations={"pxhelm.io/deletion-policy": way})
    lab.store.objects.put(replace(stored, manifest=manifest.dump()))
    (blocked,) = lab.plan(delete=(ObjectKey("Pool", "", "p"),)).plan.blocked
    assert blocked.message == f"cannot delete Pool/p: {way} is for guests"


def test_members_of_a_set_that_go_into_the_trash_are_no_members_any_more(lab):
    text = """
apiVersion: proxmox.io/v1
kind: GuestSet
metadata: {name: worker}
spec:
  replicas: N
  template: {metadata: {annotations: {pxhelm.io/deletion-policy: Trash(1d)}}, spec: {node: pve-node1, power: Stopped}}
"""
    lab.apply(text.replace("N", "2"))
    assert lab.apply(text.replace("N", "1")).exit_code is ExitCode.OK
    assert lab.plan(text.replace("N", "1")).plan.empty
    assert lab.apply(text.replace("N", "2")).exit_code is ExitCode.OK
    assert sorted(row["name"] for row in lab.guests().values()) == ["trash-worker-1", "worker-0", "worker-1"]


def test_names_of_the_trash():
    key = ObjectKey("VirtualMachine", "shop", "web")
    assert original(trashed_key(key, 101)) == key
    assert not is_trashed(key)
    assert guest_name("a" * 63) == "trash-" + "a" * 57
    assert guest_name("trash-web") == "trash-web"
    assert (seconds_of("Trash(7d)"), seconds_of("Trash(1h30m)")) == (7 * 86400.0, 5400.0)


@pytest.mark.parametrize("value", ["Trash", "Trash()", "Trash(soon)", "Trash(7)", "Keep"])
def test_a_policy_that_is_none_is_refused(value):
    message, _ = check_annotation("pxhelm.io/deletion-policy", value)
    assert message.endswith(f"Trash(7d), not {value!r}")


def test_a_guest_in_the_trash_keeps_its_uid(lab):
    lab.apply(VM.replace("POLICY", "Trash(7d)"))
    uid, vmid = recall(lab.ports(), (KEYS[VM],))[KEYS[VM]].known.uid, guest(lab)["vmid"]
    lab.destroy(KEYS[VM])
    aside = trashed_key(KEYS[VM], vmid)
    assert recall(lab.ports(), (aside,))[aside].known.uid == uid
