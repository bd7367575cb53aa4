"""kill -9 at any moment of an install, then the same command again: every guest once, the release deployed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.scripts.served import Served

GUESTS = 20
SEEDS = range(10)
CHART = """\
{{- range $i := until 20 }}
---
apiVersion: proxmox.io/v1
kind: VirtualMachine
metadata: {name: "{{ $.Release.Name }}-{{ $i }}"}
spec:
  node: pve-node{{ add1 (mod $i 3) }}
  memory: {{ int $.Values.memory }}
  disks: {scsi0: {storage: local-lvm, size: 4G}}
  networks: {net0: {bridge: vmbr0}}
{{- end }}
"""


def lay_out(folder):
    (folder / "chart" / "templates").mkdir(parents=True)
    (folder / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 0.1.0\n")
    (folder / "chart" / "values.yaml").write_text("memory: 512\n")
    (folder / "chart" / "templates" / "vms.yaml").write_text(CHART)


@pytest.fixture
def place(tmp_path):
    lay_out(tmp_path)
    served = Served(tmp_path / "simulator", ["--nodes", "3", "--guests", "3", "--time-scale", "0.02"])
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(served.config())
    env = {k: v for k, v in os.environ.items() if not k.startswith("PXHELM_")}
    env |= {f"PXHELM_{name.upper()}_HOME": str(tmp_path / name) for name in ("config", "data", "cache", "state")}
    env |= served.environment()
    yield tmp_path, served, env
    served.stop()


def command(*arguments):
    program = os.environ.get("PXHELM", "")
    return [*([program] if program else [sys.executable, "-m", "pxhelm"]), *arguments]


def run(place, *arguments):
    folder, _, env = place
    return subprocess.run(command(*arguments), cwd=folder, env=env, capture_output=True, text=True, timeout=180)


def killed_after(place, seconds, *arguments):
    folder, _, env = place
    child = subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait(10)


def guests(served, name):
    rows = served.api("GET", "/cluster/resources", {"type": "vm"})
    return sorted(row["name"] for row in rows if row.get("name", "").startswith(f"{name}-"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_install_is_finished_by_the_same_command(place, seed):
    _, served, _ = place
    install = ("install", "many", "./chart")
    killed_after(place, random.Random(seed).uniform(0.3, 2.2), *install)
    again = run(place, *install)
    if again.returncode:
        # killed after the last write: the release was deployed already, and Helm's own error says so
        assert "cannot re-use a name that is still in use" in again.stderr, again.stderr
    assert guests(served, "many") == sorted(f"many-{i}" for i in range(GUESTS))
    assert "\tdeployed" in run(place, "list").stdout.replace("| ", "\t")
    assert run(place, "diff", "many", "./chart").returncode == 0
    assert not open_steps(place), "the journal holds steps that nobody finished"


def open_steps(place):
    folder = place[0]
    with sqlite3.connect(folder / "data" / "pxhelm.db") as store:
        return store.execute("SELECT * FROM steps WHERE state IN ('INTENT', 'ACCEPTED', 'UNKNOWN')").fetchall()


def killed_when_pending(place, *arguments):
    """Kill the command as soon as its revision stands in the store."""
    folder, _, env = place
    child = subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not is_pending(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait(10)


def is_pending(folder):
    try:
        with sqlite3.connect(f"file:{folder / 'data' / 'pxhelm.db'}?mode=ro", uri=True) as store:
            return bool(store.execute("SELECT 1 FROM revisions WHERE status = 'pending-install'").fetchone())
    except sqlite3.Error:
        return False


def test_another_command_does_not_take_over_a_pending_release(place):
    killed_when_pending(place, "install", "many", "./chart")
    assert "pending-install" in run(place, "status", "many").stdout
    other = run(place, "install", "many", "./chart", "--set", "memory=1024")
    assert other.returncode == 1
    assert "INSTALLATION FAILED: cannot re-use a name that is still in use" in other.stderr
    upgrade = run(place, "upgrade", "many", "./chart")
    assert upgrade.returncode == 1
    assert "another operation (install/upgrade/rollback) is in progress" in upgrade.stderr
    assert run(place, "install", "many", "./chart").returncode == 0
