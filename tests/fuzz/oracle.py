"""Real Helm, as the program ``helm/main.go``: built on first use, asked line by line."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VERSION = "-X helm.sh/helm/v3/internal/version.version=v3.22.0"
"""What the published programs are built with."""
SOURCES = ("main.go", "go.mod", "go.sum")


def program():
    """Return the path of the program, built when its sources changed."""
    path = ROOT / ".cache" / "fuzz" / "helm"
    newest = max((HERE / "helm" / name).stat().st_mtime for name in SOURCES)
    if not path.exists() or path.stat().st_mtime < newest:
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["go", "build", "-ldflags", VERSION, "-o", str(path), "."], check=True, cwd=HERE / "helm")
    return path


class Helm:
    """A running Helm; started again when it ends."""

    def __init__(self):
        self.path = program()
        self.process = None

    def answers(self, cases):
        """Return Helm's answer to each case; ``{"skip": reason}`` where it has none."""
        found = []
        while len(found) < len(cases):
            found += self._ask(cases[len(found) :])
        return found

    def afresh(self, case, times):
        """Return the answers of so many new processes: each has its memory elsewhere."""
        found = []
        for _ in range(times):
            if self.process is not None:
                self._end()
            found += self.answers([case])
        return found

    def _ask(self, cases):
        """Return the answers up to the one that ended the program."""
        if self.process is None:
            environment = {**os.environ, "TZ": "UTC", "GOGC": "400"}
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                [self.path], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment
            )
        writer = threading.Thread(target=self._write, args=(self.process.stdin, cases))
        writer.start()
        found = []
        for _ in cases:
            line = self.process.stdout.readline()
            if not line.endswith(b"\n"):
                self._end()
                found.append({"skip": "helm ended"})
                break
            found.append(json.loads(line))
        writer.join()
        return found

    @staticmethod
    def _write(pipe, cases):
        with contextlib.suppress(BrokenPipeError):
            for case in cases:
                pipe.write(json.dumps(case).encode() + b"\n")
            pipe.flush()

    def _end(self):
        self.process.kill()
        self.process.wait()
        self.process = None
