"""Runs one command in a forked copy of this process, which has everything imported: a story of thirty commands then
takes three seconds instead of fifteen. What start-up itself does is tested with real processes elsewhere.
"""

import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import time
from pathlib import Path

WARM = ("pxhelm.app", "pxhelm.cli.root", "pxhelm.cli.failure", "pxhelm.cli.guests", "pxhelm.cli.planning")
FOLDERS = (
    "pxhelm.cli.commands",
    "pxhelm.cli.views",
    "pxhelm.actions",
    "pxhelm.kinds",
    "pxhelm.apply",
    "pxhelm.store",
    "pxhelm.proxmox",
)
LIBRARIES = (
    "httpx",
    "yaml",
    "ruamel.yaml",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.x509",
    "jinja2",
)


def warm_up():
    """Import what commands import at the point of use."""
    for name in (*WARM, *LIBRARIES, "pxhelm.render.engine", "pxhelm.simulator.serve"):
        importlib.import_module(name)
    for folder in FOLDERS:
        package = importlib.import_module(folder)
        for found in pkgutil.iter_modules(package.__path__):
            if found.name != "postgres":
                importlib.import_module(f"{folder}.{found.name}")


def run(arguments, folder, environment, stdin="", timeout=120):
    """Return exit status, standard output and standard error of ``pxhelm ARGUMENTS``."""
    if "pxhelm.simulator.serve" not in sys.modules:
        warm_up()
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / name for name in ("in", "out", "err")]
        files[0].write_text(stdin)
        pid = os.fork()
        if pid == 0:
            _become(arguments, folder, environment, files)
        status = _wait(pid, timeout)
        return status, files[1].read_text(), files[2].read_text()


def _become(arguments, folder, environment, files):
    status = 70
    try:
        for number, file in enumerate(files):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        sys.argv = ["pxhelm", *arguments]
        from pxhelm.cli import main

        status = main(list(arguments))
    except SystemExit as stop:
        status = stop.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(status))


def _wait(pid, timeout):
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise TimeoutError(f"no end after {timeout} s")
