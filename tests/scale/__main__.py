"""``python -m tests.scale [--guests 1000] [--nodes 8]``: what a large cluster costs in calls, bytes and seconds.

A simulator in its own process, over HTTPS, with 5 ms of latency. All its guests are imported, so that they are ours; then a
plan with nothing changed and a list of everything are counted in the simulator's own log. Exits with 1 when a bound of the
design is broken (engine-goals.md G18): a call per guest and ten more, 6 MB; three calls for a list. Bytes are those that
come back on the wire, TLS and headers included.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.scripts.served import Served

LATENCY = "0.005"


class Meter:
    """Stands between pxhelm and the simulator and counts what comes back."""

    def __init__(self, port):
        self.behind = port
        self.bytes = 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.door.accept()
            far = socket.create_connection(("127.0.0.1", self.behind))
            for source, target, counts in ((near, far, False), (far, near, True)):
                threading.Thread(target=self.pump, args=(source, target, counts), daemon=True).start()

    def pump(self, source, target, counts):
        try:
            while data := source.recv(65536):
                self.bytes += len(data) if counts else 0
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            target.close()


class Scale:
    """pxhelm beside one simulated cluster."""

    def __init__(self, folder, served):
        self.folder, self.served = folder, served
        self.meter = Meter(int(served.url.rpartition(":")[2]))
        config = folder / "config.yaml"
        config.write_text(served.config().replace(served.url, f"https://127.0.0.1:{self.meter.port}"))
        names = ("DATA", "CONFIG", "STATE", "CACHE")
        homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in names}
        self.env = {**os.environ, **homes, **served.environment(), "PXHELM_CONFIG": str(config)}

    def run(self, *arguments):
        """Run a command; return its output, its calls, the bytes of their answers, and how long it took."""
        before, weighed = len(self.log()), self.meter.bytes
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pxhelm", "--config", self.env["PXHELM_CONFIG"], *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.monotonic() - began
        if done.returncode:
            sys.exit(f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout, len(self.log()) - before, self.meter.bytes - weighed, took

    def log(self):
        return self.served.api("GET", "/simulator/log", base="")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("--guests", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=8)
    asked = parser.parse_args()
    broken = False

    def row(name, measured, bound, seconds):
        nonlocal broken
        calls, size = measured
        most, largest = bound
        ok = calls <= most and size <= largest
        broken |= not ok
        print(
            f"{'ok  ' if ok else 'FAIL'} {name}: {calls} calls (at most {most}), {size / 1e6:.2f} MB"
            f" (at most {largest / 1e6:.0f}), {seconds:.1f} s",
            flush=True,
        )

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ("--nodes", str(asked.nodes), "--guests", str(asked.guests), "--latency", LATENCY)
        served = Served(folder / "simulator", options)
        try:
            scale = Scale(folder, served)
            _, calls, size, took = scale.run("import", "--all", "--output-dir", str(folder / "site"))
            print(f"     import of {asked.guests} guests: {calls} calls, {size / 1e6:.2f} MB, {took:.1f} s", flush=True)
            text, calls, size, took = scale.run("plan", "-f", str(folder / "site"))
            if "No changes" not in text:
                sys.exit(f"the plan is not empty:\n{text[-2000:]}")
            row("plan, nothing changed", (calls, size), (asked.guests + 10, 6_000_000), took)
            text, calls, size, took = scale.run("get", "vms", "-A", "--no-headers")
            row(f"get vms -A ({len(text.splitlines())} machines)", (calls, size), (3, 6_000_000), took)
        finally:
            served.process.kill()
    sys.exit(broken)


if __name__ == "__main__":
    main()
