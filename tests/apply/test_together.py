"""What is made of a guest by the plan that makes the guest: each request once, to where the guest is."""

import pytest

GUESTS = {
    "VirtualMachine": "{power: Stopped, disks: {scsi0: {storage: local-lvm, size: 1G}}}",
    "Container": "{template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', power: Stopped, rootfs: {storage: local-lvm, size: 1G}}",
}
OF_A_GUEST = {
    "Snapshot": "{guest: KIND/web}",
    "BackupJob": "{schedule: '02:00', storage: local, guests: {names: [KIND/web]}}",
    "Firewall": "{target: {guest: KIND/web}, enabled: true, rules: [{name: a, type: in, action: ACCEPT, macro: SSH}]}",
    "ACL": "{for: {kind: KIND, name: web}, roles: [PVEVMUser], subjects: [{user: root@pam}]}",
    "Pool": "{members: {guests: [KIND/web]}}",
    "Job": "{snapshot: {guest: KIND/web, name: before}}",
}


def text(kind, name, spec):
    return f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


@pytest.mark.parametrize("kind", GUESTS)
@pytest.mark.parametrize("other", OF_A_GUEST)
def test_it_is_asked_of_the_node_that_has_the_guest(lab, kind, other):
    manifests = text(kind, "web", GUESTS[kind]), text(other, "of-it", OF_A_GUEST[other].replace("KIND", kind))
    assert lab.apply(*manifests).failed == ()
    refused = [(e.method, e.path, e.status) for e in lab.writes() if e.status != 200]
    assert refused == []
    assert lab.plan(*manifests).plan.empty
