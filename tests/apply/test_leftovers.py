"""Images of cloud-init documents go with the last guest that has them in a drive."""

from dataclasses import replace

import pytest

from pxhelm.apply.engine import apply_plan
from pxhelm.apply.gather import gather, look_about
from pxhelm.apply.leftovers import leftovers
from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey
from tests.apply.lab import QUICK

VM = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: NAME}
spec:
  node: pve-node1
  hostname: same
  disks: {scsi0: {storage: local-lvm, size: 1G}}
  cloudInit: {seedStorage: STORAGE, userData: {packages: [nginx]}}
"""


def vm(name, storage="local"):
    return VM.replace("NAME", name).replace("STORAGE", storage)


def key(name):
    return ObjectKey("VirtualMachine", "default", name)


def images(lab, storage="local"):
    rows = lab.api("GET", f"/nodes/pve-node1/storage/{storage}/content", content="iso")
    return [row["volid"] for row in rows if "pxhelm-seed-" in row["volid"]]


def test_the_image_goes_with_its_guest(lab):
    lab.apply(vm("web"))
    (image,) = images(lab)
    (item,) = lab.plan(delete=(key("web"),)).plan.objects
    assert [s.verb for s in item.steps] == ["tombstone", "shutdown", "collect", "destroy"]
    assert item.steps[2].request.path.endswith(image)
    assert lab.destroy(key("web")).exit_code is ExitCode.OK
    assert images(lab) == []


def test_an_image_that_another_guest_of_ours_has_stays_until_that_goes(lab):
    lab.apply(vm("one"), vm("two"))
    assert len(images(lab)) == 1
    assert lab.destroy(key("one")).exit_code is ExitCode.OK
    assert len(images(lab)) == 1
    assert lab.destroy(key("two")).exit_code is ExitCode.OK
    assert images(lab) == []


def test_guests_that_share_it_take_it_along_once_when_they_go_together(lab):
    lab.apply(vm("one"), vm("two"))
    plan = lab.plan(delete=(key("one"), key("two"))).plan
    assert [s.verb for o in plan.objects for s in o.steps].count("collect") == 1
    assert lab.destroy(key("one"), key("two")).exit_code is ExitCode.OK
    assert images(lab) == []


def test_an_image_that_somebody_put_into_a_foreign_drive_stays(lab):
    lab.apply(vm("web"))
    (image,) = images(lab)
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=555, ide2=f"{image},media=cdrom")
    assert lab.destroy(key("web")).exit_code is ExitCode.OK
    assert images(lab) == [image]


def test_a_guest_that_cannot_be_read_counts_as_a_user(lab):
    lab.apply(vm("web"))
    lab.api("POST", "/nodes/pve-node1/qemu", vmid=555)
    (image,) = images(lab)
    ports = lab.ports()
    (subject,) = gather(ports, (), (key("web"),)).subjects
    assert leftovers(ports, look_about(ports), [subject.live]) == {subject.live.vmid: image}

    def blind(operations):
        return [PermissionError("no") for _ in operations]

    blinded = replace(ports, cluster=type("Blind", (), {"run_all": staticmethod(blind), "run": ports.cluster.run})())
    assert leftovers(blinded, look_about(ports), [subject.live]) == {}


def saved(lab, name="before"):
    (vmid,) = (vmid for vmid, row in lab.guests().items() if row["name"] == "same")
    lab.api("POST", f"/nodes/pve-node1/qemu/{vmid}/snapshot", snapname=name)


def test_an_image_that_a_snapshot_of_its_guest_has_stays_when_the_documents_change(lab):
    lab.apply(vm("web"))
    (before,) = images(lab)
    saved(lab)
    assert lab.apply(other("web")).exit_code is ExitCode.OK
    assert before in images(lab)
    assert len(images(lab)) == 2


def test_an_image_stays_that_a_guest_has_in_a_snapshot_only(lab):
    lab.apply(vm("one"), vm("two"))
    (before,) = images(lab)
    assert lab.destroy(key("two")).exit_code is ExitCode.OK
    saved(lab)
    lab.apply(other("one"), vm("two"))
    assert lab.destroy(key("two")).exit_code is ExitCode.OK
    assert before in images(lab)


def test_the_snapshots_of_a_guest_that_goes_keep_nothing(lab):
    lab.apply(vm("web"))
    saved(lab)
    assert lab.destroy(key("web"), options={"purge": True}).exit_code is ExitCode.OK
    assert images(lab) == []


def test_the_snapshot_that_is_taken_before_the_change_has_the_old_image(lab):
    text = vm("web").replace("{name: web}", "{name: web, annotations: {pxhelm.io/snapshot-before: 'true'}}")
    lab.apply(text)
    (before,) = images(lab)
    changed = text.replace("nginx", "redis").replace("  hostname", "  cpu: {cores: 2}\n  hostname")
    (item,) = lab.plan(changed).plan.objects
    assert [s.verb for s in item.steps] == ["snapshot", "config", "upload", "config"]
    assert lab.apply(changed).exit_code is ExitCode.OK
    assert before in images(lab)
    assert lab.apply(changed.replace("redis", "vim")).exit_code is ExitCode.OK
    assert len(images(lab)) == 2  # the first one, and that of now


def test_a_guest_in_the_trash_keeps_the_image_in_its_drive(lab):
    trashed = vm("one").replace("{name: one}", "{name: one, annotations: {pxhelm.io/deletion-policy: Trash(7d)}}")
    lab.apply(trashed, vm("two"))
    (image,) = images(lab)
    assert lab.destroy(key("one"), key("two")).exit_code is ExitCode.OK
    assert images(lab) == [image]


@pytest.mark.parametrize("path", ["/vms", "/vms/555"])
def test_a_token_that_does_not_see_every_guest_removes_none(lab, path):
    lab.apply(vm("web"))
    ports = lab.ports()
    (subject,) = gather(ports, (), (key("web"),)).subjects

    class Blinkered:
        run_all = ports.cluster.run_all

        def run(self, operation):
            found = ports.cluster.run(operation)
            return {**found, path: {}} if isinstance(found, dict) and "/vms" in found else found

    blinkered = replace(ports, cluster=Blinkered())
    assert leftovers(ports, look_about(ports), [subject.live]) != {}
    assert leftovers(blinkered, look_about(ports), [subject.live]) == {}


def test_an_image_that_cannot_be_removed_does_not_keep_the_guest(lab):
    lab.apply(vm("web"))
    planned_with = lab.plan(delete=(key("web"),))
    (image,) = images(lab)
    lab.api("DELETE", f"/nodes/pve-node1/storage/local/content/{image}")
    result = apply_plan(lab.ports(), planned_with, QUICK)
    assert result.exit_code is ExitCode.OK, result.error()
    assert lab.guests() == {}


def other(name, package="redis"):
    return vm(name).replace("nginx", package)


def test_an_image_that_a_changed_document_replaced_goes(lab):
    lab.apply(vm("web"))
    (before,) = images(lab)
    planned = lab.plan(other("web"))
    assert [s.verb for s in planned.plan.objects[0].steps] == ["upload", "config", "collect"]
    assert apply_plan(lab.ports(), planned, QUICK).exit_code is ExitCode.OK
    (after,) = images(lab)
    assert after != before
    assert lab.plan(other("web")).plan.empty


def test_an_image_that_somebody_else_still_has_is_not_taken_from_him(lab):
    lab.apply(vm("one"), vm("two"))
    (before,) = images(lab)
    lab.apply(other("one"))
    assert before in images(lab)
    lab.apply(other("two"))
    assert before not in images(lab)
    assert len(images(lab)) == 1


def test_guests_that_change_together_leave_it_to_a_later_one(lab):
    lab.apply(vm("one"), vm("two"))
    assert lab.apply(other("one"), other("two")).exit_code is ExitCode.OK
    assert len(images(lab)) == 2  # each saw that the other had it


def test_an_image_goes_when_the_manifest_wants_no_documents_any_more(lab):
    lab.apply(vm("web"))
    without = vm("web").replace(", userData: {packages: [nginx]}", "")
    assert lab.apply(without).exit_code is ExitCode.OK
    assert images(lab) == []
    assert lab.plan(without).plan.empty


def test_an_image_may_be_wanted_without_documents_of_ones_own(lab):
    text = vm("web").replace("userData: {packages: [nginx]}", "delivery: SeedISO, user: ops")
    assert lab.apply(text).exit_code is ExitCode.OK
    assert len(images(lab)) == 1
    assert lab.plan(text).plan.empty
    assert lab.apply(text.replace("user: ops", "user: admin")).exit_code is ExitCode.OK
    assert len(images(lab)) == 1
