"""Pains 15, 18, 19: what other tools replace is changed in place."""

import pytest

from pxhelm.actions import objects
from pxhelm.apply.planning import PlanRequest
from pxhelm.plan.model import Action

VM = """apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  power: Stopped
  bios: ovmf
  template: debian-12-template
"""
CT = """apiVersion: proxmox.io/v1
kind: Container
metadata: {name: dns}
spec:
  power: Stopped
  template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  rootfs: {storage: local-lvm, size: 4G}
  mounts: {mp0: {path: /srv, storage: local-lvm, size: 1G}}
"""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ops@example"


def planned(lab, text):
    resources = objects.parse_text(lab.services, text, "pain.yaml")
    (found,) = objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER)).plan.objects
    return found


def volumes(lab, guest, name):
    (row,) = [r for r in lab.api("GET", "/cluster/resources", type="vm") if r.get("name") == name]
    config = lab.api("GET", f"/nodes/{row['node']}/{guest}/{row['vmid']}/config")
    return row["vmid"], {k: str(v).partition(",")[0] for k, v in config.items() if k in ("scsi0", "rootfs", "mp0")}


@pytest.mark.parametrize(
    "more",
    [
        f'  cloudInit: {{sshKeys: ["{KEY}"]}}\n',
        "  cloudInit: {user: ops}\n  networks: {net0: {ip: 10.0.0.7/24}}\n",
        "  efiDisk: {storage: local-lvm}\n",
        "  tpm: {storage: local-lvm}\n",
    ],
)
def test_cloud_init_and_firmware_disks_are_added_in_place(lab, more):
    lab.apply(VM)
    before = volumes(lab, "qemu", "web")
    assert planned(lab, VM + more).action is Action.UPDATE
    lab.apply(VM + more)
    assert volumes(lab, "qemu", "web") == before
    assert planned(lab, VM + more).action is Action.NOTHING


def test_volumes_of_a_container_grow_where_they_are(lab):
    lab.apply(CT)
    before = volumes(lab, "lxc", "dns")
    larger = CT.replace("size: 4G", "size: 6G").replace("size: 1G", "size: 2G")
    found = planned(lab, larger)
    assert [s.verb for s in found.steps] == ["resize", "resize"]
    lab.apply(larger)
    assert volumes(lab, "lxc", "dns") == before


def test_a_smaller_volume_is_refused_before_anything_is_written(lab):
    lab.apply(CT)
    resources = objects.parse_text(lab.services, CT.replace("size: 4G", "size: 2G"), "pain.yaml")
    plan = objects.plan_resources(lab.services, resources, PlanRequest(manager=objects.MANAGER)).plan
    assert [b.reason for b in plan.blocked] == ["Refused"]
