"""How an object came to be, and since when it is as it is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pxhelm.actions import conditions, past
from pxhelm.actions.describe import describe
from pxhelm.actions.discover import discover
from pxhelm.actions.inspect import Query, find
from pxhelm.cli.views.objects import document
from pxhelm.plan.model import Drift
from pxhelm.secret import Secret
from pxhelm.store.inventory import Observation
from pxhelm.store.journal import OpState
from pxhelm.store.releases import ReleaseKey, Revision

CLONE = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec: {node: pve-node1, memory: 2G, template: debian-12-template}
"""
BLANK = """
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
  node: pve-node1
  memory: 2G
  cpu: {type: host}
  disks: [{storage: local-lvm, size: 1G}]
  networks: [{bridge: vmbr0}]
  cloudInit: {password: {valueFrom: {env: PASSWORD}}}
"""


def status(lab):
    (web,) = find(lab.services, Query(("VirtualMachine",), ("web",)))
    return document(describe(lab.services, web).found)["status"]


def told(found, name):
    return next(each for each in found["conditions"] if each["type"] == name)


@pytest.fixture
def clock(lab):
    times = iter(datetime(2026, 11, day, 10, tzinfo=UTC) for day in range(1, 30))

    def tick():
        now = next(times)
        lab.services.now = lambda: now
        return f"{now:%Y-%m-%dT%H:%M:%SZ}"

    return tick


def test_a_clone_tells_its_template_and_when_it_was_made(lab, clock):
    at = clock()
    lab.apply(CLONE)
    clock()
    found = status(lab)
    assert found["provenance"] == {
        "clone": {"vmid": 9000, "name": "debian-12-template", "at": at},
        "manifest": {"file": "test.yaml", "line": 1},
    }
    assert "creationDefaults" not in found
    assert "writeOnly" not in found


def test_a_blank_guest_tells_what_was_chosen_for_it_and_when_a_secret_was_written(lab, clock):
    lab.services.read_secret = lambda _: Secret("s3cret")
    made = clock()
    lab.apply(BLANK)
    later = clock()
    lab.apply(BLANK.replace("memory: 2G", "memory: 3G"))
    found = status(lab)
    assert found["provenance"]["blank"] == {"at": made}
    assert found["creationDefaults"]["osType"] == "l26"
    assert "cpu.type" not in found["creationDefaults"]  # the manifest says it
    assert found["creationDefaults"]["scsiController"] == "virtio-scsi-single"
    assert found["writeOnly"] == {"cloudInit.password": {"appliedAt": made}}
    lab.services.read_secret = lambda _: Secret("other")
    lab.apply(BLANK.replace("memory: 2G", "memory: 3G"))
    assert status(lab)["writeOnly"] == {"cloudInit.password": {"appliedAt": later}}


def test_another_file_is_told_and_is_no_change_of_what_is_wanted(lab):
    lab.apply(CLONE.lstrip())
    before = status(lab)
    lab.apply("apiVersion: proxmox.io/v1\nkind: Pool\nmetadata: {name: other}\n---\n" + CLONE.lstrip())
    after = status(lab)
    assert before["provenance"]["manifest"] == {"file": "test.yaml", "line": 1}
    assert after["provenance"]["manifest"] == {"file": "test.yaml", "line": 5}
    assert after["observedGeneration"] == before["observedGeneration"]


def test_a_release_tells_chart_revision_and_template(lab):
    lab.apply(CLONE)
    (web,) = find(lab.services, Query(("VirtualMachine",), ("web",)))
    key = ReleaseKey("lab", "prod", "shop")
    lab.store.releases.create(Revision(key, 7, "deployed", b"", "shop-1.2.0"))
    text = "# Source: shop/templates/web.yaml\n" + CLONE
    manifest = past.Manifest(text).dump()
    web = replace(web, stored=replace(web.stored, release="prod/shop", manifest=manifest))
    told = past.past_of(lab.services, web).provenance
    assert (told["release"], told["chart"]) == ("prod/shop@7", "shop-1.2.0")
    assert told["manifest"] == {"template": "shop/templates/web.yaml"}


def test_the_time_of_a_condition_changes_with_its_status_alone(lab, clock):
    clock()
    lab.apply(CLONE)
    first = clock()
    assert told(status(lab), "Drifted") == {
        "type": "Drifted",
        "status": "False",
        "observedGeneration": 1,
        "lastTransitionTime": first,
    }
    clock()
    found = status(lab)
    assert {each["lastTransitionTime"] for each in found["conditions"]} == {first}
    lab.api("PUT", f"/nodes/pve-node1/qemu/{found['binding']['vmid']}/config", memory=512)
    changed = clock()
    found = status(lab)
    assert (told(found, "Drifted")["status"], told(found, "Drifted")["lastTransitionTime"]) == ("True", changed)
    assert (told(found, "Synced")["message"], told(found, "Synced")["lastTransitionTime"]) == ("memory.size", changed)
    assert told(found, "Migratable")["lastTransitionTime"] == first


def test_an_operation_that_failed_and_a_lock_are_conditions(lab):
    lab.apply(CLONE)
    (web,) = find(lab.services, Query(("VirtualMachine",), ("web",)))
    web = past.with_past(lab.services, [web])[0]
    broken = replace(web, past=replace(web.past, last=replace(web.past.last, state=OpState.FAILED), failure="no space"))
    found = {each.type: each for each in conditions.conditions(replace(broken, row={**web.row, "lock": "backup"}))}
    assert (found["Stalled"].status, found["Stalled"].message) == ("True", "no space")
    assert (found["Blocked"].reason, found["Blocked"].message) == ("Lock", "backup")
    assert (found["Ready"].status, found["Ready"].reason) == ("False", "Locked")


def test_a_guest_in_its_place_that_proves_nothing_is_a_conflict_of_identity(lab):
    lab.apply(CLONE)
    vmid = status(lab)["binding"]["vmid"]
    other = f"<!-- pxhelm:1 i=inst0001 u=somebody v={vmid} o=x -->"
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", description=other)
    assert told(status(lab), "IdentityConflict")["reason"] == "ForeignGuest"


def test_a_drift_tells_since_when_it_is_recorded_and_by_whom(lab, clock):
    clock()
    lab.apply(CLONE)
    vmid = status(lab)["binding"]["vmid"]
    lab.api("PUT", f"/nodes/pve-node1/qemu/{vmid}/config", memory=512)
    (drift,) = status(lab)["drift"]
    assert drift == {"path": "memory.size", "base": "2G", "live": "512M"}
    seen = clock()
    discover(lab.services, "vms")
    clock()
    discover(lab.services, "vms")
    (drift,) = status(lab)["drift"]
    assert drift["since"] == seen


def test_who_is_the_one_who_made_it_so_first():
    def at(when, value, actor):
        return Observation("lab", "qemu/101", "VirtualMachine", when, "", "", "", "", {"cpu.cores": value}, {}, actor)

    history = (at(9.0, 3, "carol@pve"), at(7.0, 3, "bob@pve"), at(5.0, 2, "alice@pve"), at(1.0, 3, "eve@pve"))
    found = past.since_when(Drift("cpu.cores", 2, 3), history)
    assert (found.since, found.actor) == (7.0, "bob@pve")
    assert past.since_when(Drift("cpu.cores", 2, 4), history).since == 0.0
