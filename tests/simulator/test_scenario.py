"""Scenarios: a cluster, what it holds and what goes wrong with it, from a file."""

import json
import subprocess
import sys

import pytest

from pxhelm.simulator.scenario import Scenario, ScenarioError, read
from pxhelm.simulator.seed import GIB

FULL = """\
nodes:
  - {name: alpha, cpus: 4, memory: 16}
  - beta
guests: 2
seed: 7
timeScale: 0.5
latency: 0.02
statistics: 10
requests:
  - POST /pools poolid=web comment='two words'
  - POST /nodes/beta/qemu vmid=500 name=db scsi0=local-lvm:4 pool=web
faults:
  - node-crash=beta+50 POST */clone #1
events:
  - {after: 30, event: node-down, node: alpha}
  - {after: 10, event: set-lock, vmid: 500, lock: backup}
"""


def options_of(scenario):
    names = ("machines", "guests", "seed", "time_scale", "latency", "statistics", "faults", "events", "requests")
    return {name: getattr(scenario, name) for name in names if getattr(scenario, name) is not None}


def test_a_file_says_shape_contents_and_times(api_at):
    scenario = read(FULL)
    assert (scenario.machines[0].cpus, scenario.machines[0].memory) == (4, 16 * GIB)
    assert (scenario.guests, scenario.seed, scenario.time_scale, scenario.latency) == (2, 7, 0.5, 0.02)
    api = api_at(**{**options_of(scenario), "time_scale": 0, "latency": 0})
    assert {row["node"]: row["maxcpu"] for row in api("GET", "/nodes")} == {"alpha": 4, "beta": 16}
    assert [m["vmid"] for m in api("GET", "/pools/web")["members"]] == [500]
    assert api("GET", "/nodes/beta/qemu/500/config")["scsi0"].endswith("size=4G")


def test_events_take_place_when_their_time_comes(api_at):
    now = [1000.0]
    api = api_at(clock=lambda: now[0], **options_of(read(FULL)))
    assert "lock" not in api("GET", "/nodes/beta/qemu/500/config")
    now[0] += 10
    assert api("GET", "/nodes/beta/qemu/500/config")["lock"] == "backup"
    now[0] += 20
    assert {row["node"]: row["status"] for row in api("GET", "/nodes")}["alpha"] == "offline"


def test_a_node_dies_in_the_middle_of_a_task(api_at):
    now = [1000.0]
    told = {**options_of(read(FULL)), "latency": 0, "time_scale": 100.0, "events": ()}
    api = api_at(clock=lambda: now[0], **told)
    upid = api("POST", "/nodes/beta/qemu/500/clone", newid=501, full=1)
    now[0] += 40
    assert api("GET", f"/nodes/beta/tasks/{upid}/status")["status"] == "running"
    now[0] += 10_000
    status = api("GET", f"/nodes/beta/tasks/{upid}/status")
    assert (status["status"], status["exitstatus"]) == ("stopped", "unexpected status")
    assert api("GET", "/nodes/beta/qemu/501/config")["lock"] == "clone"


def test_an_empty_file_changes_nothing():
    assert read("# nothing\n") == Scenario()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nods: 3", "line 1: unknown key nods: did you mean nodes?"),
        ("seed: 1\nnodes: 0", "line 2: nodes: 0 is not from 1 to 32"),
        ("nodes: [a, a]", "line 1: nodes: a number, or a list of nodes with different names"),
        ("nodes: [{cpus: 2}]", "line 1: nodes: name is missing"),
        ("latency: fast", "line 1: latency: fast is not a number from 0"),
        ("faults: [brake]", "line 1: faults: unknown fault 'brake': one of drop-request"),
        ("faults: [node-crash]", "node-crash needs a node"),
        ("faults: [node-crash=a+soon]", "cannot read 'a+soon': node-crash=NODE or node-crash=NODE+SECONDS"),
        ("events: [{event: boom, after: 1}]", "line 1: events: unknown event boom: one of set-lock"),
        ("events: [{event: node-down, after: 1}]", "node-down needs node"),
        ("events: [{event: quorum-lost}]", "events: after is missing"),
        ("requests: [FETCH /x]", "a request is METHOD /path key=value …, not 'FETCH /x'"),
        ("requests: [POST /pools web]", "'web' in 'POST /pools web' is not key=value"),
        ("- 1", "line 1: a scenario is a mapping"),
        ("a: [", "line 2: "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, said):
    with pytest.raises(ScenarioError) as caught:
        read(text)
    assert said in str(caught.value)


def test_a_refused_request_is_told(api_at):
    scenario = read("requests: ['POST /nodes/pve-node1/qemu vmid=12']")
    with pytest.raises(ScenarioError, match=r"vmid=12: 400 Parameter verification failed\. .*valid VM ID"):
        api_at(requests=scenario.requests)


def test_the_command_serves_a_scenario_and_a_flag_goes_before_it(home):
    file = home / "two.yaml"
    file.write_text("nodes: 2\nguests: 5\ntimeScale: 0\n")
    command = ["simulate", "--port", "0", "--scenario", str(file), "--guests", "1", "-o", "json"]
    child = subprocess.Popen([sys.executable, "-m", "pxhelm", *command], stdout=subprocess.PIPE, text=True)
    try:
        import httpx

        url = json.loads(child.stdout.readline())["url"]
        truth = httpx.get(f"{url}/simulator/truth", verify=False).json()
    finally:
        child.terminate()
        child.wait(timeout=10)
        child.stdout.close()
    assert set(truth["node"]) == {"pve-node1", "pve-node2"}
    assert set(truth["guest"]) == {"100", "9000"}
