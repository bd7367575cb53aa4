"""What is asked on a terminal before something is destroyed."""

import os
import pty
import sys

import pytest

from tests.scripts import forked


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "data").mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith("PXHELM_")}
    return env | {f"PXHELM_{name.upper()}_HOME": str(tmp_path / name) for name in ("config", "data", "cache", "state")}


def typed(environment, arguments, answer):
    """Run a command on a terminal of its own, type an answer, and return exit status and what was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "pxhelm", "--context", "simulator", *arguments], environment)
    shown = b""
    try:
        while True:
            part = os.read(terminal, 4096)
            shown += part
            if answer and shown.rstrip().endswith((b"[y/N]:", b"VMID 9000:")):
                os.write(terminal, answer.encode() + b"\n")
                answer = ""
    except OSError:
        pass  # the terminal is closed when the program ends
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def run(environment, *arguments):
    return forked.run(["--context", "simulator", *arguments], environment["PXHELM_DATA_HOME"], environment)


def test_ours_goes_after_a_yes_and_stays_after_anything_else(environment):
    assert run(environment, "vm", "create", "web", "--template", "debian-12-template")[0] == 0
    status, shown = typed(environment, ["delete", "vm", "web"], "n")
    assert status == 5
    assert "destroy VirtualMachine/default/web (3.0 GiB will be freed)? [y/N]: " in shown
    assert "Error: nothing was done" in shown
    status, shown = typed(environment, ["delete", "vm", "web"], "y")
    assert status == 0
    assert "VirtualMachine/default/web deleted" in shown


def test_somebody_elses_goes_only_after_its_name(environment):
    status, shown = typed(environment, ["vm", "delete", "vmid:9000"], "y")
    assert status == 5
    assert "pxhelm does not manage vm/debian-12-template; its disks cannot be brought back" in shown
    assert "vm/debian-12-template" in run(environment, "get", "vms", "-o", "name")[1]
    status, shown = typed(environment, ["vm", "delete", "vmid:9000"], "debian-12-template")
    assert status == 0
    assert "vm/debian-12-template" not in run(environment, "get", "vms", "-o", "name")[1]
