"""A guest that has to be made anew is made first, and the old one goes when the new one is ready."""

import pytest

from pxhelm.apply import undo
from pxhelm.apply.engine import apply_plan
from pxhelm.apply.saved import load_plan, save_plan
from pxhelm.errors import ExitCode
from pxhelm.plan.model import Action
from pxhelm.resource.aside import is_replaced
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.lab import QUICK

CT = """
apiVersion: proxmox.io/v1
kind: Container
metadata: {name: web, labels: {app: shop}, annotations: {pxhelm.io/replace-policy: CreateFirst}}
spec:
  node: pve-node1
  source: {image: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"}
  unprivileged: UNPRIVILEGED
  rootfs: {storage: local-lvm, size: 1G}
  power: Running
"""
WEB = ObjectKey("Container", "default", "web")
OLD, NEW = CT.replace("UNPRIVILEGED", "true"), CT.replace("UNPRIVILEGED", "false")


def vmids(lab):
    return {vmid for vmid, row in lab.guests().items() if row["name"] == "web"}


def stored(lab):
    return {o.key.name: o for o in lab.store.objects.list(ObjectQuery("lab"))}


def posts(lab, since):
    return [f"{e.method} {e.path.rpartition('/')[2]}" for e in lab.writes(since) if e.method in ("POST", "DELETE")]


def test_the_new_one_runs_before_the_old_one_goes(lab):
    lab.apply(OLD, manager="helm:default/shop", release="default/shop")
    (before,) = vmids(lab)
    planned = lab.plan(NEW, manager="helm:default/shop", release="default/shop")
    first, gone = planned.plan.objects
    assert (first.key, first.action, gone.action) == (WEB, Action.CREATE, Action.DELETE)
    assert gone.key.name == f"web~replaced-{before}"
    assert first.vmid not in (0, before)
    assert f"VMID {before} goes when this one is ready (unprivileged: " in first.notes[0]
    assert planned.plan.awaited == (WEB,)
    mark = lab.mark
    planned = load_plan(lab.ports(), save_plan(planned))
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert posts(lab, mark) == ["POST lxc", "POST start", "POST shutdown", f"DELETE {before}"]
    (after,) = vmids(lab)
    assert after != before
    (row,) = stored(lab).values()
    assert (row.release, dict(row.labels)) == ("default/shop", {"app": "shop"})
    assert lab.plan(NEW, manager="helm:default/shop", release="default/shop").plan.empty


def test_when_the_new_one_is_not_ready_the_old_one_stays_and_a_second_apply_goes_on(lab):
    lab.apply(OLD)
    (before,) = vmids(lab)
    unready = NEW.replace("power:", "readiness: {tcp: {port: 1}, timeout: 1s}\n  power:")
    result = lab.apply(unready)
    assert {o.key.name: o.outcome.reason for o in result.failed} == {
        "web": "NotReady",
        f"web~replaced-{before}": "Dependency",
    }
    assert lab.guests()[before]["status"] == "running"
    assert len(vmids(lab)) == 2
    planned = lab.plan(NEW)
    assert [o.action for o in planned.plan.objects][-1] is Action.DELETE
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    assert before not in vmids(lab)
    assert len(vmids(lab)) == 1
    assert lab.plan(NEW).plan.empty


def test_when_the_new_one_cannot_be_made_the_old_one_runs_on_under_a_name_of_its_own(lab):
    lab.apply(OLD)
    (before,) = vmids(lab)
    planned = lab.plan(NEW)
    lab.api("DELETE", "/nodes/pve-node1/storage/local/content/local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst")
    assert apply_plan(lab.ports(), planned, QUICK).failed
    assert vmids(lab) == {before}
    assert any(is_replaced(ObjectKey("Container", "default", name)) for name in stored(lab))


def test_a_backup_comes_before_the_old_one_goes_and_what_must_not_be_destroyed_stays(lab):
    lab.apply(OLD.replace("CreateFirst", "CreateFirst, pxhelm.io/deletion-policy: BackupThenDelete"))
    text = NEW.replace("CreateFirst", "CreateFirst, pxhelm.io/deletion-policy: BackupThenDelete")
    assert [s.verb for s in lab.plan(text).plan.objects[1].steps] == ["backup", "tombstone", "shutdown", "destroy"]
    lab.apply(OLD.replace("CreateFirst", 'CreateFirst, pxhelm.io/prevent-destroy: "true"'))
    assert "prevent-destroy" in lab.plan(NEW).plan.blocked[0].message


@pytest.mark.parametrize(
    ("pin", "named"),
    [
        ("vmid: 777", "vmid"),
        ("networks: {net0: {bridge: vmbr0, ip: 10.0.0.5/24}}", "networks.net0.ip"),
        ('networks: {net0: {bridge: vmbr0, mac: "BC:24:11:00:00:01", ip: dhcp}}', "networks.net0.mac"),
    ],
)
def test_what_two_guests_cannot_have_at_once_is_refused(lab, pin, named):
    lab.apply(OLD.replace("power:", f"{pin}\n  power:"))
    (blocked,) = lab.plan(NEW.replace("power:", f"{pin}\n  power:")).plan.blocked
    assert blocked.message == f"cannot make Container/default/web anew first: the old one has {named} until it is gone"
    assert lab.plan(NEW.replace("power:", "networks: {net0: {bridge: vmbr0, ip: dhcp}}\n  power:")).plan.blocked == ()


def test_taking_it_back_gives_the_old_one_its_name_again(lab):
    lab.apply(OLD)
    (before,) = vmids(lab)
    unready = NEW.replace("power:", "readiness: {tcp: {port: 1}, timeout: 1s}\n  power:")
    planned = lab.plan(unready)
    ports = lab.ports()
    remembered = undo.remember(ports, planned)
    result = apply_plan(ports, planned, QUICK)
    assert undo.undo(ports, planned, result, remembered, QUICK).complete
    assert vmids(lab) == {before}
    assert list(stored(lab)) == ["web"]
    assert lab.plan(OLD).plan.empty


def test_without_need_nothing_is_made_anew(lab):
    lab.apply(OLD)
    assert [o.action for o in lab.plan(OLD.replace("1G", "2G")).plan.objects] == [Action.UPDATE]
