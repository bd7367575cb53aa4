"""Tasks end by the clock; locks make others wait; nothing runs in between."""

import json

import pytest

from pxhelm.simulator.options import Options
from pxhelm.simulator.seed import TOKEN
from pxhelm.simulator.serve import open_simulator


class Clock:
    def __init__(self):
        self.now = 1_795_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()

    def sleep(seconds):
        clock.now += seconds

    monkeypatch.setattr("pxhelm.simulator.serve.time.sleep", sleep)
    return clock


def status(api, upid):
    return api("GET", f"/nodes/{upid.split(':')[1]}/tasks/{upid}/status")


def test_effects_take_place_when_the_time_has_passed(api_at, clock):
    api = api_at(clock)
    upid = api("POST", "/nodes/pve-node1/qemu", vmid=300, scsi0="local-lvm:1")
    assert status(api, upid)["status"] == "running"
    assert set(api("GET", "/nodes/pve-node1/qemu/300/config")) == {"lock", "digest"}
    clock.now += 10
    assert status(api, upid)["exitstatus"] == "OK"
    assert "scsi0" in api("GET", "/nodes/pve-node1/qemu/300/config")


def test_a_scale_of_zero_ends_tasks_at_once(api):
    assert api.task("POST", "/nodes/pve-node1/qemu", vmid=300) == "OK"


def test_a_request_waits_for_the_lock_of_a_running_task(api_at, clock):
    api = api_at(clock)
    api("POST", "/nodes/pve-node1/qemu", vmid=300)
    began = clock.now
    api("PUT", "/nodes/pve-node1/qemu/300/config", cores=2)
    assert 0 < clock.now - began < 10
    assert api("GET", "/nodes/pve-node1/qemu/300/config")["cores"] == 2


def test_a_lock_held_for_long_is_given_up_after_ten_seconds(api_at, clock):
    api = api_at(clock)
    api("POST", "/nodes/pve-node1/qemu", vmid=300, kvm=0)
    clock.now += 10
    api("POST", "/nodes/pve-node1/qemu/300/status/start")
    clock.now += 10
    api("POST", "/nodes/pve-node1/qemu/300/status/shutdown", timeout=60)
    began = clock.now
    code, reason, _ = api.fails("PUT", "/nodes/pve-node1/qemu/300/config", cores=2)
    assert (code, reason) == (500, "can't lock file '/var/lock/qemu-server/lock-300.conf' - got timeout")
    assert clock.now - began == pytest.approx(10, abs=0.5)


def test_a_task_goes_on_after_the_process_is_gone(tmp_path, clock):
    file = str(tmp_path / "cluster.db")
    headers = {"Authorization": f"PVEAPIToken={TOKEN}"}
    first = open_simulator(Options(state_file=file), clock)
    body = first.send("POST", "/nodes/pve-node1/qemu/9000/clone", {"newid": 300}, headers)[3]
    first.close()
    clock.now += 60
    second = open_simulator(Options(state_file=file), clock)
    upid = json.loads(body)["data"]
    answer = second.send("GET", f"/nodes/pve-node1/tasks/{upid}/status", {}, headers)[3]
    assert json.loads(answer)["data"]["exitstatus"] == "OK"
    assert "scsi0" in json.loads(second.send("GET", "/nodes/pve-node1/qemu/300/config", {}, headers)[3])["data"]
    second.close()


def test_a_crashed_node_leaves_half_done_work_behind(api_at, clock):
    api = api_at(clock)
    upid = api("POST", "/nodes/pve-node1/qemu/9000/clone", newid=300, full=1)
    clock.now += 0.2
    api("GET", "/version")
    api.simulator.happen({"event": "node-crash", "node": "pve-node1"})
    clock.now += 60
    assert status(api, upid)["exitstatus"] == "unexpected status"
    assert api("GET", "/nodes/pve-node1/qemu/300/config")["lock"] == "clone"


def test_a_new_guest_is_unknown_to_the_resources_until_the_next_statistics(api_at, clock):
    api = api_at(clock, statistics=10)
    clock.now = 1_795_000_001.0
    api("POST", "/nodes/pve-node1/qemu", vmid=300, name="new")
    entry = next(e for e in api("GET", "/cluster/resources", type="vm") if e["vmid"] == 300)
    assert entry == {
        "id": "qemu/300",
        "type": "qemu",
        "node": "pve-node1",
        "vmid": 300,
        "status": "unknown",
        "lock": "create",
    }
    clock.now += 10
    entry = next(e for e in api("GET", "/cluster/resources", type="vm") if e["vmid"] == 300)
    assert (entry["name"], entry["status"]) == ("new", "stopped")


def test_an_interrupted_task_has_no_effect(api_at, clock):
    api = api_at(clock)
    api("POST", "/nodes/pve-node1/qemu", vmid=300)
    clock.now += 10
    upid = api("POST", "/nodes/pve-node1/qemu/300/status/start")
    api("DELETE", f"/nodes/pve-node1/tasks/{upid}")
    clock.now += 10
    assert status(api, upid)["exitstatus"] == "received interrupt"
    assert api("GET", "/nodes/pve-node1/qemu/300/status/current")["status"] == "stopped"
