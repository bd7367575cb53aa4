"""Namespaces: VMIDs, nodes and pool of their guests, and what new guests get when they say nothing."""

import pytest

from pxhelm.errors import ExitCode, PxhelmError
from tests.apply.lab import Lab

NAMESPACE = "apiVersion: proxmox.io/v1\nkind: Namespace\nmetadata: {name: %s}\nspec: %s\n"
POOL = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: prod}\nspec: {}\n"
VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: %s, namespace: prod}
spec: {power: Stopped, disks: {scsi0: {size: 1G}}, networks: {net0: {firewall: true}}%s}
"""
PROD = "{pool: prod, vmidRange: 20000-20009, allowedNodes: [pve-node2], defaults: {storage: local-lvm, bridge: vmbr0}}"


def guest(lab, name="web"):
    return next(row for row in lab.guests().values() if row["name"] == name)


def test_a_new_guest_gets_what_its_namespace_says(lab):
    texts = (NAMESPACE % ("prod", PROD), POOL, VM % ("web", ""))
    result = lab.apply(*texts)
    assert result.exit_code is ExitCode.OK, result.error()
    row = guest(lab)
    assert 20000 <= row["vmid"] <= 20009
    assert (row["node"], row["pool"]) == ("pve-node2", "prod")
    config = lab.api("GET", f"/nodes/pve-node2/qemu/{row['vmid']}/config")
    assert config["scsi0"].startswith("local-lvm:")
    assert "bridge=vmbr0" in config["net0"]
    assert lab.plan(*texts).plan.empty


def test_another_default_moves_nothing_that_exists(lab):
    lab.apply(NAMESPACE % ("prod", PROD), POOL, VM % ("web", ""))
    other = PROD.replace("local-lvm", "shared").replace("vmbr0", "vmbr1")
    mark = lab.mark
    assert lab.apply(NAMESPACE % ("prod", other), POOL, VM % ("web", "")).exit_code is ExitCode.OK
    assert lab.writes(mark) == []


def test_what_a_guest_says_itself_counts(lab):
    lab.apply(NAMESPACE % ("prod", PROD), POOL, VM % ("web", ", vmid: 4711, pool: null"))
    assert guest(lab)["vmid"] == 4711


def test_a_node_that_is_not_allowed_is_told(lab):
    with pytest.raises(PxhelmError, match="on pve-node1: its namespace allows pve-node2"):
        lab.plan(NAMESPACE % ("prod", PROD), POOL, VM % ("web", ", node: pve-node1"))


def test_ranges_that_overlap_are_told(lab):
    with pytest.raises(PxhelmError, match="their ranges of VMIDs overlap at 20005"):
        lab.plan(NAMESPACE % ("prod", PROD), NAMESPACE % ("test", "{vmidRange: 20005-20010}"))


def test_what_somebody_changed_stays_when_the_namespace_says_so(lab):
    texts = (NAMESPACE % ("prod", "{driftPolicy: Ignore}"), VM % ("web", ", memory: 1G"))
    texts = (texts[0], texts[1].replace("size: 1G", "storage: local-lvm, size: 1G"))
    assert lab.apply(*texts).exit_code is ExitCode.OK
    row = guest(lab)
    lab.api("PUT", f"/nodes/{row['node']}/qemu/{row['vmid']}/config", memory="2048")
    assert lab.plan(*texts).plan.empty
    strict = texts[1].replace("namespace: prod", "namespace: prod, annotations: {pxhelm.io/drift-policy: Correct}")
    (change,) = [o for o in lab.plan(texts[0], strict).plan.objects if o.key.name == "web"]
    assert [c.path for c in change.changes] == ["memory.size"]


class Lenient(Lab):
    """A context whose objects keep what others change."""

    def ports(self, worker="one", **changes):
        return super().ports(worker, drift_policy="Ignore", **changes)


def test_the_context_says_what_happens_to_drift_where_nobody_nearer_does(tmp_path):
    pool = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: ops%s}\nspec: {comment: ours}\n"
    lab = Lenient(tmp_path)
    assert lab.apply(pool % "").exit_code is ExitCode.OK
    lab.api("PUT", "/pools", poolid="ops", comment="theirs")
    assert lab.plan(pool % "").plan.empty
    nearer = ", annotations: {pxhelm.io/drift-policy: Report}"
    (change,) = lab.plan(pool % nearer).plan.objects
    assert [c.path for c in change.changes] == ["comment"]
    lab.close()
