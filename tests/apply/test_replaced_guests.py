"""What names a guest that is made anew names the new one in the same apply, and is worked on after it."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action

GUEST = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: web, labels: {app: shop}, annotations: {pxhelm.io/replace-policy: POLICY}}
spec:
  node: pve-node1
  source: {image: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"}
  unprivileged: UNPRIVILEGED
  rootfs: {storage: tank, size: 1G}
  ha: true
  power: Running
"""
REFERRING = {
    "BackupJob": "{schedule: '02:00', storage: local, guests: {names: [Container/web]}}",
    "BackupJob by label": "{schedule: '02:00', storage: local, guests: {selector: {app: shop}}}",
    "ReplicationJob": "{guest: Container/web, target: pve-node2}",
    "Firewall": "{target: {guest: Container/default/web}, enabled: true, rules: [{name: a, type: in, action: ACCEPT}]}",
    "ACL": "{for: {kind: Container, name: default/web}, roles: [PVEVMUser], subjects: [{user: root@pam}]}",
    "Pool": "{members: {guests: [Container/default/web]}}",
    "Snapshot": "{guest: Container/web}",
    "HARule": "{type: node-affinity, nodes: {pve-node1: 1}, guests: {names: [Container/web]}}",
}
MENTIONS = {
    "BackupJob": lambda lab: [str(job["vmid"]) for job in lab.api("GET", "/cluster/backup")],
    "ReplicationJob": lambda lab: [str(job["guest"]) for job in lab.api("GET", "/cluster/replication")],
    "ACL": lambda lab: [
        row["path"].removeprefix("/vms/") for row in lab.api("GET", "/access/acl") if "/vms" in row["path"]
    ],
    "Pool": lambda lab: [str(member["vmid"]) for member in lab.api("GET", "/pools/one")["members"]],
    "HARule": lambda lab: [rule["resources"].removeprefix("ct:") for rule in lab.api("GET", "/cluster/ha/rules")],
    "Snapshot": lambda lab: [str(vmid) for vmid in lab.guests() if len(lab.api("GET", at(vmid, "snapshot"))) > 1],
    "Firewall": lambda lab: [str(vmid) for vmid in lab.guests() if lab.api("GET", at(vmid, "firewall/rules"))],
}
"""Kind → the VMIDs that the cluster's own configuration mentions."""


def at(vmid, below):
    return f"/nodes/pve-node1/lxc/{vmid}/{below}"


def guest(policy, *, unprivileged):
    return GUEST.replace("POLICY", policy).replace("UNPRIVILEGED", str(unprivileged).lower())


def referring(case):
    kind = case.partition(" ")[0]
    return f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: one}}\nspec: {REFERRING[case]}\n"


@pytest.fixture
def lab(lab):
    lab.api("POST", "/storage", storage="tank", type="zfspool", pool="rpool", content="images,rootdir")
    return lab


@pytest.mark.parametrize("policy", ["CreateFirst", "Recreate"])
@pytest.mark.parametrize("case", REFERRING)
def test_a_reference_by_name_is_to_the_new_one_in_the_same_apply(lab, case, policy):
    mentioned = MENTIONS[case.partition(" ")[0]]
    first = lab.apply(guest(policy, unprivileged=True), referring(case))
    assert first.exit_code is ExitCode.OK, [o.outcome.message for o in first.failed]
    (before,) = lab.guests()
    assert mentioned(lab) == [str(before)]
    anew = guest(policy, unprivileged=False), referring(case)
    planned = {o.key.name: o for o in lab.plan(*anew).plan.objects}
    assert planned["one"].action in (Action.UPDATE, Action.CREATE)
    second = lab.apply(*anew)
    assert second.exit_code is ExitCode.OK, [o.outcome.message for o in second.failed]
    (after,) = lab.guests()
    assert after != before
    assert mentioned(lab) == [str(after)]
    assert lab.plan(*anew).plan.empty


def test_the_command_may_allow_what_the_manifest_does_not(lab):
    old, new = (guest("Never", unprivileged=each) for each in (True, False))
    lab.apply(old, referring("BackupJob"))
    assert lab.apply(new, referring("BackupJob"), replace=frozenset("*")).exit_code is ExitCode.OK
    assert MENTIONS["BackupJob"](lab) == [str(vmid) for vmid in lab.guests()]


def test_a_reference_by_number_stays_what_it_is(lab):
    lab.apply(guest("CreateFirst", unprivileged=True))
    (before,) = lab.guests()
    job = referring("BackupJob").replace("Container/web", f"{{vmid: {before}}}")
    lab.apply(guest("CreateFirst", unprivileged=True), job)
    planned = {o.key.name: o.action for o in lab.plan(guest("CreateFirst", unprivileged=False), job).plan.objects}
    assert planned["one"] is Action.NOTHING


def test_a_firewall_and_the_guest_it_is_of_are_made_by_one_apply(lab):
    texts = guest("Never", unprivileged=True), referring("Firewall")
    planned = {o.key.name: o for o in lab.plan(*texts).plan.objects}
    assert [s.verb for s in planned["one"].steps] == ["insert", "update"]
    assert lab.apply(*texts).exit_code is ExitCode.OK
    assert lab.plan(*texts).plan.empty
