"""What annotations make of plan and apply, against a simulated cluster."""

import pytest

from pxhelm import kinds
from pxhelm.apply.command import Result
from pxhelm.apply.engine import destroy
from pxhelm.errors import StageError
from pxhelm.manifest import load_manifests
from pxhelm.plan.model import Action
from pxhelm.resource.annotations import LATER, check_annotation
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import vm

WEB = ObjectKey("VirtualMachine", "production", "web-server")


def annotated(cores=4, spec="", **annotations):
    listed = ", ".join(f'pxhelm.io/{name.replace("_", "-")}: "{value}"' for name, value in annotations.items())
    return vm(cores=cores, metadata=f"  annotations: {{{listed}}}", spec=spec)


def only_guest(lab):
    (found,) = lab.guests().values()
    return found


def config(lab):
    guest = only_guest(lab)
    return lab.api("GET", f"/nodes/{guest['node']}/qemu/{guest['vmid']}/config")


def verbs(lab, since):
    return [e.path.rpartition("/")[2] for e in lab.writes(since)]


@pytest.mark.parametrize(("name", "value"), LATER)
def test_what_has_no_effect_yet_is_refused_with_the_reason(name, value):
    said = f"{value}(7d)" if value == "Trash" else value
    message, hint = check_annotation(f"pxhelm.io/{name}", said)
    assert message.endswith(f"not {said!r}")
    assert hint == LATER[name, value]


def test_what_is_paused_or_observed_is_never_written(lab):
    lab.apply(vm())
    for policy in ("Paused", "Observe"):
        mark = lab.mark
        planned = lab.plan(annotated(cores=8, management=policy))
        assert [o.action for o in planned.plan.objects] == [Action.READ]
        assert planned.plan.empty
        assert not lab.apply(annotated(cores=8, management=policy)).failed
        assert lab.writes(mark) == []


def test_what_may_only_be_updated_is_not_created(lab):
    result = lab.apply(annotated(management="Observe,Update"))
    assert (result.failed, lab.guests()) == ((), {})
    lab.apply(vm())
    lab.apply(annotated(cores=8, management="Observe,Update"))
    assert config(lab)["cores"] == 8


def test_what_is_only_observed_is_forgotten_and_not_deleted(lab):
    lab.apply(annotated(management="Observe,Update", spec=""))
    lab.apply(vm())
    lab.apply(annotated(cores=8, management="Observe,Update"))
    mark = lab.mark
    assert not lab.destroy(WEB).failed
    assert lab.writes(mark) == []
    assert len(lab.guests()) == 1


def test_drift_that_is_ignored_stays(lab):
    text = annotated(drift_policy="Ignore")
    lab.apply(text)
    guest = only_guest(lab)
    lab.api("PUT", f"/nodes/{guest['node']}/qemu/{guest['vmid']}/config", cores=2)
    planned = lab.plan(text)
    assert planned.plan.empty
    assert any("stays so (drift-policy: Ignore)" in note for note in planned.plan.objects[0].notes)
    lab.apply(annotated(cores=6, drift_policy="Ignore"))  # the manifest speaks again
    assert config(lab)["cores"] == 6


def test_leaves_of_a_named_manager_are_taken_over(lab):
    lab.apply(vm(), manager="helm:production/shop")
    assert lab.plan(vm(cores=8), manager="kubectl:me").plan.blocked[0].reason == "Conflict"
    planned = lab.plan(annotated(cores=8, force_conflicts="production/shop"), manager="kubectl:me")
    assert not planned.plan.blocked
    assert lab.plan(annotated(cores=8, force_conflicts="other"), manager="kubectl:me").plan.blocked


def test_a_snapshot_is_taken_once_before_a_change_that_disrupts(lab):
    text = annotated(snapshot_before="true")
    lab.apply(text)
    mark = lab.mark
    lab.apply(annotated(cores=4, snapshot_before="true", spec="  description: harmless"))
    assert "snapshot" not in verbs(lab, mark)
    mark = lab.mark
    planned = lab.plan(annotated(cores=8, snapshot_before="true", spec="  description: harmless"))
    assert [s.verb for s in planned.plan.objects[0].steps][:2] == ["snapshot", "config"]
    assert not lab.apply(annotated(cores=8, snapshot_before="true", spec="  description: harmless")).failed
    assert verbs(lab, mark).count("snapshot") == 1
    guest = only_guest(lab)
    names = [s["name"] for s in lab.api("GET", f"/nodes/{guest['node']}/qemu/{guest['vmid']}/snapshot")]
    assert len([n for n in names if n.startswith("px")]) == 1


def test_a_backup_is_asked_for_before_the_guest_goes(lab):
    lab.apply(annotated(deletion_policy="BackupThenDelete"))
    planned = lab.plan(delete=(WEB,))
    (item,) = planned.plan.objects
    assert item.steps[0].verb == "backup"
    assert item.steps[0].request.params["storage"] == "local"
    assert [s.verb for s in item.steps][-1] == "destroy"


def test_without_a_storage_for_backups_nothing_is_deleted(lab):
    lab.apply(annotated(deletion_policy="BackupThenDelete"))
    lab.api("PUT", "/storage/local", content="iso,vztmpl")
    mark = lab.mark
    (blocked,) = lab.plan(delete=(WEB,)).plan.blocked
    assert "has no storage for backups" in blocked.message
    assert lab.destroy(WEB).failed
    assert lab.writes(mark) == []


def test_an_object_that_takes_too_long_is_given_up_and_gone_on_with(lab):
    lab.apply(annotated(apply_timeout="30s"))
    guest = only_guest(lab)
    lab.set_lock(guest["vmid"], "backup")
    planned = lab.plan(annotated(cores=8, apply_timeout="30s"))
    assert planned.plan.blocked[0].reason == "Lock"


def test_a_pinned_vmid_may_be_used_again_at_once(lab):
    lab.apply(vm(spec="  vmid: 777"))
    assert not lab.destroy(WEB).failed
    result = lab.apply(vm(spec="  vmid: 777"))
    assert [o.outcome.result for o in result.objects] == [Result.DONE]
    assert only_guest(lab)["vmid"] == 777


def test_a_chosen_vmid_rests_for_a_day_after_its_guest_is_gone(lab):
    clock = [1_000_000.0]
    ports = lab.ports(now=lambda: clock[0], vmid_range=(500, 501))
    lab.apply_with(ports, vm())
    first = only_guest(lab)["vmid"]
    lab.destroy_with(ports, WEB)
    lab.apply_with(ports, vm())
    second = only_guest(lab)["vmid"]
    assert second != first
    lab.destroy_with(ports, WEB)
    (refused,) = lab.apply_with(ports, vm()).failed
    assert "no VMID of the range is free" in refused.outcome.message
    clock[0] += 24 * 3600 + 1
    lab.apply_with(ports, vm())
    assert only_guest(lab)["vmid"] == first


def test_what_is_paused_stays_when_it_is_deleted(lab):
    lab.apply(vm())
    lab.apply(annotated(management="Paused"))
    mark = lab.mark
    assert not destroy(lab.ports(), (WEB,)).failed
    assert lab.writes(mark) == []
    assert len(lab.guests()) == 1


@pytest.mark.parametrize(
    ("kind", "annotation", "words"),
    [
        ("Pool", "deletion-policy: BackupThenDelete", "is for guests, not for a Pool"),
        ("Pool", "deletion-policy: Trash(7d)", "is for guests"),
        ("Storage", 'snapshot-before: "true"', "is for guests"),
        ("Pool", "adopt-from: vmid:101", "is for guests"),
        ("GuestSet", "deletion-policy: DetachDisks", "is for guests, not for a GuestSet"),
        ("Pool", "ignore-differences: commemt", "a Pool has no field commemt"),
        ("VirtualMachine", 'ignore-differences: "disks.scsi0.cache, networks.*.mtuu"', "no field networks.*.mtuu"),
        ("Pool", 'depends-on: "Pool/a:Done"', "must be a list of"),
    ],
)
def test_an_annotation_that_would_do_nothing_is_a_mistake(kind, annotation, words):
    spec = {"GuestSet": "{replicas: 0, template: {kind: VirtualMachine, spec: {memory: 512}}}"}.get(kind, "{}")
    text = f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: it, annotations: {{pxhelm.io/{annotation}}}}}\nspec: {spec}\n"
    with pytest.raises(StageError) as caught:
        kinds.parse(load_manifests(text, "it.yaml"))
    assert words in str([error.message for error in caught.value.errors])


@pytest.mark.parametrize(
    ("kind", "annotation"),
    [
        ("Container", 'ignore-differences: "mounts, networks.*.mtu, config.arch, features.nesting"'),
        ("VirtualMachine", "ignore-differences: disks.scsi0"),
        ("Pool", 'snapshot-before: "false"'),
        ("Pool", 'depends-on: "Pool/a:Exists, VirtualMachine/default/db:Ready"'),
        ("Pool", "deletion-policy: Retain"),
    ],
)
def test_an_annotation_that_does_something_is_none(kind, annotation):
    text = f"apiVersion: proxmox.io/v1\nkind: {kind}\nmetadata: {{name: it, annotations: {{pxhelm.io/{annotation}}}}}\nspec: {{}}\n"
    assert kinds.parse(load_manifests(text, "it.yaml"))


def test_what_is_nowhere_and_depended_on_is_told(lab):
    text = 'apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: a, annotations: {pxhelm.io/depends-on: "Pool/b"}}\nspec: {}\n'
    (told,) = lab.plan(text).plan.warnings
    assert told.startswith("Pool/a depends on Pool/b, which is neither in the manifests nor known")
    other = "apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: b}\nspec: {}\n"
    assert lab.plan(text, other).plan.warnings == ()
    lab.apply(other)
    assert lab.plan(text).plan.warnings == ()
