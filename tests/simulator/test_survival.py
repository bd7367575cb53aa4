"""The server killed in the middle of things, and many clients at once: nothing is lost, nothing breaks."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from pxhelm.simulator import invariants
from pxhelm.simulator.options import Options
from pxhelm.simulator.seed import TOKEN
from pxhelm.simulator.serve import Server, open_simulator

HEADERS = {"Authorization": f"PVEAPIToken={TOKEN}"}
CHILD = """
import sys
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import Server
server = Server(Options(state_file=sys.argv[1], port=0, time_scale=0.02))
print(server.port, flush=True)
server.run()
"""


def start(file):
    child = subprocess.Popen([sys.executable, "-c", CHILD, file], stdout=subprocess.PIPE, text=True)
    return child, int(child.stdout.readline())


def worker(port, first, acknowledged, stop):
    """Create machines until the server is gone; remember those whose creation was answered."""
    with httpx.Client(base_url=f"https://127.0.0.1:{port}/api2/json", headers=HEADERS, verify=False) as api:
        for vmid in range(first, first + 1000):
            if stop.is_set():
                return
            try:
                answer = api.post("/nodes/pve-node1/qemu", data={"vmid": vmid, "scsi0": "local-lvm:1"})
            except httpx.HTTPError:
                return
            assert answer.status_code == 200, answer.text
            acknowledged.append(vmid)


def test_a_kill_in_the_middle_of_requests_loses_nothing_that_was_answered(tmp_path):
    file = str(tmp_path / "cluster.db")
    acknowledged = []
    for turn in range(3):
        child, port = start(file)
        stop = threading.Event()
        arguments = [(port, 10_000 * (turn * 4 + n + 1), acknowledged, stop) for n in range(4)]
        threads = [threading.Thread(target=worker, args=a) for a in arguments]
        for thread in threads:
            thread.start()
        time.sleep(0.4 + random.random() * 0.2)
        os.kill(child.pid, signal.SIGKILL)
        stop.set()
        for thread in threads:
            thread.join()
        child.wait()
        child.stdout.close()
    simulator = open_simulator(Options(state_file=file, time_scale=0), clock=lambda: time.time() + 600)
    truth = simulator.truth()
    assert len(acknowledged) > 20
    assert {str(v) for v in acknowledged} <= set(truth["guest"])
    assert all("scsi0" in truth["guest"][str(v)]["conf"] for v in acknowledged)
    assert invariants.consistent(truth) == []
    simulator.close()


NEIGHBOUR = """
import json, sys
from pxhelm.simulator.seed import TOKEN
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import open_simulator
headers = {"Authorization": f"PVEAPIToken={TOKEN}"}
simulator = open_simulator(Options(state_file=sys.argv[1], time_scale=0))
for _ in range(int(sys.argv[2])):
    while True:
        config = json.loads(simulator.send("GET", "/nodes/pve-node1/qemu/9000/config", {}, headers)[3])["data"]
        change = {"description": str(int(config.get("description", "0")) + 1), "digest": config["digest"]}
        if simulator.send("PUT", "/nodes/pve-node1/qemu/9000/config", change, headers)[0] == 200:
            break
"""


def test_processes_that_share_a_file_lose_no_update(tmp_path):
    file = str(tmp_path / "cluster.db")
    simulator = open_simulator(Options(state_file=file, time_scale=0))
    children = [subprocess.Popen([sys.executable, "-c", NEIGHBOUR, file, "40"]) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert simulator.truth()["guest"]["9000"]["conf"]["description"] == "120"
    simulator.close()


@pytest.fixture
def server(tmp_path):
    server = Server(Options(state_file=str(tmp_path / "cluster.db"), port=0, guests=8, time_scale=0.01))
    server.start()
    yield server
    server.stop()


def one_of_many(server, number, problems, counts):
    """Change one's own machine and a shared one by compare-and-swap."""
    chance = random.Random(number)
    with httpx.Client(base_url=f"{server.url}/api2/json", headers=HEADERS, verify=False, timeout=30) as api:
        mine = f"/nodes/pve-node1/qemu/{1000 + number}"
        calls = [
            ("POST", "/nodes/pve-node1/qemu", {"vmid": 1000 + number, "scsi0": "local-lvm:1"}),
            ("PUT", f"{mine}/config", {"cores": 2, "tags": f"t{number}"}),
            ("PUT", f"{mine}/resize", {"disk": "scsi0", "size": "+1G"}),
            ("POST", f"{mine}/snapshot", {"snapname": "one"}),
            ("GET", "/cluster/resources", {}),
        ]
        for method, path, params in calls:
            key = "params" if method == "GET" else "data"
            answer = api.request(method, path, **{key: params})
            if answer.status_code != 200:
                problems.append(f"{method} {path}: {answer.status_code} {answer.reason_phrase}")
        for _ in range(60):
            config = api.get("/nodes/pve-node1/qemu/100/config").json()["data"]
            notes = json.loads(config.get("description") or "[]")
            data = {"description": json.dumps([*notes, number]), "digest": config["digest"]}
            answer = api.put("/nodes/pve-node1/qemu/100/config", data=data)
            if answer.status_code == 200:
                counts.append(number)
                return
            if "checksum mismatch" not in answer.reason_phrase:
                problems.append(answer.reason_phrase)
            time.sleep(chance.random() * 0.02)
        problems.append(f"client {number} never won")


def test_sixty_four_clients_lose_no_update(server):
    problems, counts = [], []
    threads = [threading.Thread(target=one_of_many, args=(server, n, problems, counts)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    time.sleep(0.2)
    truth = server.simulator.truth()
    assert sorted(json.loads(truth["guest"]["100"]["conf"]["description"])) == sorted(counts) == list(range(64))
    assert invariants.consistent(truth) == []
    assert not [e for e in server.simulator.log() if e.reason.startswith("simulator error")]
    for number in range(64):
        row = truth["guest"][str(1000 + number)]
        assert (row["conf"]["cores"], row["conf"]["tags"], list(row["snaps"])) == (2, f"t{number}", ["one"])
        assert row["conf"]["scsi0"].endswith("size=2G")
