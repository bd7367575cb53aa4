"""Replication jobs and snapshots where time matters: what runs each minute, and what a lock holds up."""

from dataclasses import replace

import pytest

from pxhelm.proxmox.errors import ApiError, Failure
from pxhelm.resource.model import Existence, Target
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import open_simulator

from .conftest import resource

JOB = "apiVersion: proxmox.io/v1\nkind: ReplicationJob\nmetadata: {name: db}\nspec: %s\n"
SNAPSHOT = "apiVersion: proxmox.io/v1\nkind: Snapshot\nmetadata: {name: before}\nspec: {guest: db}\n"
MINUTE = 60.0


@pytest.fixture
def clock(cluster):
    """The time of a cluster with a guest on ZFS, where removals take as long as they really do."""
    now = [1_800_000_005.0]
    cluster.simulator.close()
    cluster.simulator = open_simulator(Options(nodes=3, time_scale=1.0), lambda: now[0])
    cluster.call("POST", "/storage", storage="tank", type="zfspool", pool="tank")
    cluster.call("POST", "/nodes/pve-node1/qemu", vmid=101, name="db", scsi0="tank:1")
    now[0] += MINUTE
    return now


def cut_off(send, path):
    """Return a way to the cluster on which a path leads to a node that is off."""

    def answer(request):
        if request.path == path:
            raise ApiError(Failure("GET", path, 595, "No route to host"))
        return send(request)

    return answer


def job(cluster, apply_to, spec="{guest: db, target: pve-node2}"):
    it = apply_to(cluster, resource(JOB % spec))
    it.target = replace(it.target, row={"id": "101-0"})
    return it


def row(cluster, it):
    return cluster.run(it.kind.listing())["101-0"]


def test_a_job_tells_when_it_last_ran_once_it_ran(cluster, apply_to, clock):
    it = job(cluster, apply_to)
    it.apply()
    shown = {column.title: column.value for column in it.kind.columns}
    assert shown["LASTSYNC"](row(cluster, it)) == ""
    clock[0] += MINUTE
    assert row(cluster, it)["last_sync"] == 1_800_000_120
    assert shown["LASTSYNC"](row(cluster, it)) == "2027-01-15T08:02Z"


def test_a_node_that_does_not_answer_leaves_its_jobs_without(cluster, apply_to, clock):
    it = job(cluster, apply_to)
    it.apply()
    clock[0] += MINUTE
    cluster.send = cut_off(cluster.send, "/nodes/pve-node1/replication")
    assert "last_sync" not in row(cluster, it)
    assert row(cluster, it)["target"] == "pve-node2"


def test_a_job_that_is_to_go_is_marked_once_and_goes_by_itself(cluster, apply_to, clock):
    it = job(cluster, apply_to)
    it.apply()
    wanted, it.wanted = it.wanted, None
    assert it.apply() == ["delete"]
    assert it.observe().existence is Existence.PRESENT
    it.wanted = wanted
    assert "its node removes it" in it.observe().held
    clock[0] += MINUTE
    assert it.observe().existence is Existence.ABSENT
    assert it.apply() == ["create"]


def test_a_job_that_removed_itself_is_not_made_again(cluster, apply_to, clock):
    it = job(cluster, apply_to)
    it.apply()
    it.wanted = resource(JOB % "{guest: db, target: pve-node2, removeJob: full}")
    assert it.kind.refuse(it.change(it.observe())) == ""
    cluster.call("PUT", "/cluster/replication/101-0", remove_job="full")
    clock[0] += MINUTE
    assert "take it out of the manifest" in it.kind.refuse(it.change(it.observe()))


def test_a_snapshot_waits_for_what_is_under_way_with_its_guest(cluster, apply_to):
    cluster.finish(cluster.call("POST", "/nodes/pve-node1/qemu", vmid=101, name="db"))
    it = apply_to(cluster, resource(SNAPSHOT))
    it.target = Target(it.wanted.key, "", row={"id": "101/before"})
    assert (it.observe().existence, it.observe().lock) == (Existence.ABSENT, "")
    it.apply()
    cluster.simulator.change(lambda world: world.state.edit("guest", "101")["conf"].update(lock="rollback"))
    live = it.observe()
    assert (live.existence, live.lock) == (Existence.PRESENT, "guest 101 has the lock rollback")
