"""``python -m tests.soak [--clients 64] [--seconds 60]``: many clients at once against a simulator in its own process.

Every client makes, changes, starts, snapshots and removes guests of its own, and all of them add their number to the
notes of one shared machine by compare-and-swap. In the end every addition that was acknowledged must be there, once;
every guest must be as its client was told; no answer may be an error of the simulator's own; the invariants hold.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from pxhelm.simulator import invariants
from pxhelm.simulator.seed import TOKEN

HEADERS = {"Authorization": f"PVEAPIToken={TOKEN}"}
NODE, SHARED = "pve-node1", "/nodes/pve-node1/qemu/100/config"
EXPECTED = ("checksum mismatch", "got lock request timeout", "can't lock file")
"""What may be said to a client that was slower than another one."""


@dataclass
class Figures:
    """What happened; counted by every client on its own and added up in the end."""

    requests: int = 0
    errors: Counter = field(default_factory=Counter)
    added: list = field(default_factory=list)
    """Numbers whose addition to the shared notes was acknowledged."""
    guests: dict = field(default_factory=dict)
    """VMID → cores, or None when it was removed: as the client was told."""
    unclear: set = field(default_factory=set)
    """VMIDs of which the client cannot know what became."""
    slowest: float = 0.0


class Client:
    """One client with a connection of its own."""

    def __init__(self, url, number, seconds):
        self.number = number
        self.until = time.monotonic() + seconds
        self.chance = random.Random(number)
        self.figures = Figures()
        self.api = httpx.Client(base_url=f"{url}/api2/json", headers=HEADERS, verify=False, timeout=60)

    def run(self):
        turn = 0
        with self.api:
            while time.monotonic() < self.until:
                turn += 1
                vmid = 100_000 + self.number * 1000 + turn
                self.live(vmid)
                self.add(self.number * 1_000_000 + turn)
                self.ask("GET", "/cluster/resources", type="vm")

    def live(self, vmid):
        """Make a machine, change it, and remove every second one."""
        path = f"/nodes/{NODE}/qemu/{vmid}"
        if not self.task("POST", f"/nodes/{NODE}/qemu", vmid=vmid, scsi0="local-lvm:1", cores=1):
            self.figures.unclear.add(vmid)
            return
        self.figures.guests[vmid] = 1
        cores = self.chance.randrange(2, 9)
        if self.ask("PUT", f"{path}/config", cores=cores) is not None:
            self.figures.guests[vmid] = cores
        self.task("POST", f"{path}/snapshot", snapname="one")
        self.task("POST", f"{path}/status/start")
        if self.chance.random() < 0.5:
            self.task("POST", f"{path}/status/stop")
            if self.task("DELETE", path):
                self.figures.guests[vmid] = None
            else:
                self.figures.unclear.add(vmid)

    def add(self, number):
        """Add a number to the shared notes; whoever was slower reads again."""
        while time.monotonic() < self.until:
            answer = self.ask("GET", SHARED)
            if answer is None:
                return
            notes = json.loads(answer["data"].get("description") or "[]")
            data = {"description": json.dumps([*notes[-200:], number]), "digest": answer["data"]["digest"]}
            if self.ask("PUT", SHARED, **data) is not None:
                self.figures.added.append((notes[-1] if notes else 0, number))
                return
            time.sleep(self.chance.random() * 0.05)

    def task(self, method, path, **params):
        """Send, wait for the task, and say whether it ended well."""
        answer = self.ask(method, path, **params)
        if answer is None:
            return False
        upid = answer["data"]
        while (status := self.ask("GET", f"/nodes/{NODE}/tasks/{upid}/status")) is not None:
            if status["data"]["status"] == "stopped":
                if status["data"]["exitstatus"] != "OK":
                    self.figures.errors[f"task: {status['data']['exitstatus'][:60]}"] += 1
                return status["data"]["exitstatus"] == "OK"
            time.sleep(0.05)
        return False

    def ask(self, method, path, **params):
        """Return the body of a success; count everything else."""
        begun = time.monotonic()
        self.figures.requests += 1
        try:
            where = {"params": params} if method in ("GET", "DELETE") else {"data": params}
            answer = self.api.request(method, path, **where)
        except httpx.HTTPError as error:
            self.figures.errors[f"connection: {type(error).__name__}"] += 1
            return None
        self.figures.slowest = max(self.figures.slowest, time.monotonic() - begun)
        if answer.status_code == 200:
            return answer.json()
        said = next((each for each in EXPECTED if each in answer.reason_phrase), "")
        self.figures.errors[said or f"{answer.status_code} {method}: {answer.reason_phrase[:80]}"] += 1
        return None


@contextlib.contextmanager
def simulator():
    """Serve a cluster in a process of its own, and give its address."""
    with tempfile.TemporaryDirectory() as folder:
        state = str(Path(folder) / "cluster.db")
        command = ["simulate", "--port", "0", "--state", state, "--guests", "4", "--time-scale", "0.01", "-o", "json"]
        child = subprocess.Popen([sys.executable, "-m", "pxhelm", *command], stdout=subprocess.PIPE, text=True)
        try:
            yield json.loads(child.stdout.readline())["url"]
        finally:
            child.terminate()
            child.wait(timeout=30)
            child.stdout.close()


def soak(clients, seconds):
    """Run the clients; return the figures, the seconds it took, and whatever is wrong."""
    with simulator() as url:
        everyone = [Client(url, number, seconds) for number in range(1, clients + 1)]
        threads = [threading.Thread(target=each.run) for each in everyone]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        time.sleep(0.5)
        with httpx.Client(base_url=url, verify=False, timeout=60) as api:
            truth = api.get("/simulator/truth").json()
    total = Figures()
    for each in everyone:
        total.requests += each.figures.requests
        total.errors += each.figures.errors
        total.added += each.figures.added
        total.guests |= each.figures.guests
        total.unclear |= each.figures.unclear
        total.slowest = max(total.slowest, each.figures.slowest)
    return total, took, wrong(total, truth)


def wrong(total, truth):
    """Return what is not as the clients were told, as sentences."""
    found = list(invariants.consistent(truth))
    found += lost_updates(total.added, json.loads(truth["guest"]["100"]["conf"]["description"]))
    for vmid, cores in total.guests.items():
        row = truth["guest"].get(str(vmid))
        if vmid in total.unclear:
            continue
        if cores is None and row is not None:
            found.append(f"guest {vmid} is still there")
        elif cores is not None and row is None:
            found.append(f"guest {vmid} is gone")
        elif cores is not None:
            found += [f"guest {vmid} has not {cores} cores"] * ({**row["conf"], **row["pending"]}["cores"] != cores)
    internal = [text for text in total.errors if "simulator error" in text or text.startswith("connection")]
    return found + [f"{total.errors[text]} x {text}" for text in internal]


def lost_updates(added, notes):
    """Every acknowledged addition followed exactly one other; the chain from the end is unbroken and complete."""
    before = {number: previous for previous, number in added}
    found = [f"{count} additions followed {n}" for n, count in Counter(p for p, _ in added).items() if count > 1]
    chain, number = [], notes[-1]
    while number in before:
        chain.append(number)
        number = before[number]
    lost = set(before) - set(chain)
    return found + [f"{len(lost)} of {len(added)} acknowledged additions are lost"] * bool(lost)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args(argv)
    total, took, problems = soak(given.clients, given.seconds)
    alive = sum(cores is not None for cores in total.guests.values())
    print(f"{given.clients} clients, {took:.1f} s: {total.requests} requests, {total.requests / took:.0f} per second")
    print(f"slowest answer {total.slowest:.2f} s; {len(total.guests)} guests made, {alive} left")
    print(f"shared machine: {len(total.added)} acknowledged additions by compare-and-swap")
    for text, count in total.errors.most_common():
        print(f"  {count:6} {text}")
    print(f"invariants and updates: {'hold' if not problems else f'{len(problems)} problems'}")
    for problem in problems[:20]:
        print(f"  {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
