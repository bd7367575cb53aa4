"""Backup jobs, replication and snapshots as ``get`` shows them and as they go: each knows more than its configuration says."""

import pytest

from pxhelm.actions.asked import with_answers
from pxhelm.actions.inspect import Query, find, find_one
from pxhelm.cli.views.objects import Look, document, table_of
from pxhelm.kinds import KINDS

HEAD = "apiVersion: proxmox.io/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"
ON_ZFS = "{node: pve-node1, memory: 512, disks: {scsi0: {storage: tank, size: 4G}}}"
NODES = ["GET /api2/json/nodes/pve-node1/replication"]


def manifest(kind, name, spec):
    return HEAD.format(kind, name, spec)


def cells(lab, kind, name):
    found = find(lab.services, Query((kind,), (name,)))
    titles, (row,) = table_of(kind, found, Look(0.0))
    return dict(zip(titles, row, strict=True))


@pytest.fixture
def replicated(lab):
    lab.api("POST", "/storage", storage="tank", type="zfspool", pool="tank")
    lab.apply(manifest("VirtualMachine", "db", ON_ZFS))
    lab.apply(manifest("ReplicationJob", "two", "{guest: db, target: pve-node2}"))
    lab.apply(manifest("ReplicationJob", "three", "{guest: db, target: pve-node3, number: 1, enabled: false}"))


def test_a_job_that_names_several_guests_is_listed(lab):
    lab.apply(manifest("VirtualMachine", "db", "{memory: 512}"))
    lab.apply(manifest("VirtualMachine", "web", "{memory: 512}"))
    lab.apply(manifest("BackupJob", "nightly", "{schedule: '02:00', storage: local, guests: {names: [db, web]}}"))
    guests = {one.name: one.vmid for one in find(lab.services, Query(("VirtualMachine",)))}
    assert cells(lab, "BackupJob", "nightly")["GUESTS"] == f"{guests['db']},{guests['web']}"
    assert find_one(lab.services, ("BackupJob",), "nightly").vmid == 0


def test_the_node_of_a_guest_is_asked_once_for_all_its_copies(lab, replicated):
    with lab.counted() as requests:
        shown = cells(lab, "ReplicationJob", "two")
    assert [each for each in requests if each.endswith("/replication") and "/nodes/" in each] == NODES
    assert (shown["SCHEDULE"], shown["TARGET"], shown["LASTSYNC"]) == ("*/15", "pve-node2", "-")


def test_a_snapshot_that_is_not_there_says_nothing_of_its_memory(lab):
    assert [column.value({}) for column in KINDS["Snapshot"].columns] == ["", "", "", ""]
    assert [column.value({}) for column in KINDS["ReplicationJob"].columns] == ["", "", "", ""]


@pytest.mark.usefixtures("replicated")
def test_what_a_backup_job_takes_is_told_when_it_is_named(lab):
    lab.apply(manifest("BackupJob", "all", "{schedule: '02:00', storage: local, guests: {all: true}}"))
    (one,) = with_answers(lab.services, find(lab.services, Query(("BackupJob",), ("all",))))
    assert "db" in [guest["name"] for guest in document(one)["status"]["guests"]]
