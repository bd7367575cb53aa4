"""kill -9 at any moment, then the same again: every guest is there, none twice, nothing is left open."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pxhelm.store.bindings import BindingState
from pxhelm.store.journal import StepState
from pxhelm.store.objects import ObjectQuery
from pxhelm.store.sqlite import open_store

ROOT = Path(__file__).parents[2]
SERVE = """
import signal, sys, threading
from pxhelm.simulator.options import Options
from pxhelm.simulator.serve import Server
server = Server(Options(port=0, time_scale={scale}, state_file=sys.argv[1]))
server.start()
print(server.url, server.fingerprint, flush=True)
signal.pause()
"""


@contextlib.contextmanager
def served(tmp_path, scale):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(scale=scale), str(tmp_path / "cluster.db")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().split()
    finally:
        process.kill()
        process.wait()


def start(url, fingerprint, tmp_path, count):
    command = [sys.executable, str(Path(__file__).with_name("child.py")), url, fingerprint]
    return subprocess.Popen(
        [*command, str(tmp_path / "store.db"), str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_after(seconds, url, fingerprint, tmp_path, count):
    child = start(url, fingerprint, tmp_path, count)
    assert child.stdout.readline() == "begun\n"
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    return child.wait()


def finished(url, fingerprint, tmp_path, count):
    child = start(url, fingerprint, tmp_path, count)
    said, _ = child.communicate(timeout=120)
    assert child.returncode == 0, said


def guests(tmp_path):
    """Return the truth, from the simulator's own file."""
    from pxhelm.simulator.options import Options
    from pxhelm.simulator.serve import open_simulator

    simulator = open_simulator(Options(state_file=str(tmp_path / "cluster.db")))
    headers = {"Authorization": f"PVEAPIToken={__import__('pxhelm.simulator.seed').simulator.seed.TOKEN}"}
    _, _, _, body = simulator.send("GET", "/cluster/resources", {"type": "vm"}, headers)
    log = simulator.log()
    simulator.close()
    return [row for row in json.loads(body)["data"] if not row.get("template")], log


def check(tmp_path, count):
    rows, log = guests(tmp_path)
    assert sorted(row["name"] for row in rows) == sorted(f"web-{n}" for n in range(count))
    assert {row["status"] for row in rows} <= {"running", "unknown"}
    store = open_store(tmp_path / "store.db")
    objects = {o.uid: o for o in store.objects.list(ObjectQuery("lab"))}
    bindings = store.bindings.list("lab")
    assert {b.vmid for b in bindings if b.state is BindingState.BOUND} == {row["vmid"] for row in rows}
    assert {b.uid for b in bindings if b.state is BindingState.BOUND} == set(objects)
    assert store.journal.open_ops("lab") == ()
    states = {s.state for uid in objects for op in store.journal.ops(uid) for s in store.journal.steps(op.op_id)}
    assert states <= {StepState.DONE, StepState.WARN, StepState.SKIPPED, StepState.FAILED}
    store.close()
    return log


def sweep(tmp_path, seed, count, longest):
    moments = random.Random(seed)
    with served(tmp_path, 0.02) as (url, fingerprint):
        for _ in range(moments.choice((1, 1, 2))):
            killed_after(moments.uniform(0.0, longest), url, fingerprint, tmp_path, count)
        finished(url, fingerprint, tmp_path, count)
        log = check(tmp_path, count)
        finished(url, fingerprint, tmp_path, count)
        again = check(tmp_path, count)
        assert [e for e in again[len(log) :] if e.method != "GET"] == []


@pytest.mark.parametrize("seed", [7])
def test_a_killed_apply_is_gone_on_with(tmp_path, seed):
    sweep(tmp_path, seed, count=4, longest=0.8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_twenty_guests_survive_a_kill_at_any_moment(tmp_path, seed):
    sweep(tmp_path, seed, count=20, longest=5.0)
