"""``make bench``: pxhelm's binary against real helm, side by side in one run; ratios, never bare times.

Helm is installed by the Go tool chain into ``.cache``. Each pair is run in turn, A B A B …; the ratio is that of the
medians of CPU time (user + system, children included) and of peak memory.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HELM_VERSION = "v3.22.0"
RUNS = 9
PAIRS = (
    # name, our arguments, helm's arguments, bound on the CPU ratio (0: none)
    ("version", ["version"], ["version"], 1.0),
    ("template, helm create's chart", ["template", "r", "scaffold"], ["template", "r", "scaffold"], 0),
    ("template, 20 subcharts", ["template", "r", "umbrella"], ["template", "r", "umbrella"], 0),
    ("template, 1,000 documents", ["template", "r", "k1000"], ["template", "r", "k1000"], 0),
)


PART = """\
{{- range $i := untilStep FROM TO 1 }}
{{- $name := printf "item%04d" $i }}
{{- $item := index $.Values.items $name }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-{{ $name }}
  labels:
    {{- include "labels" (dict "root" $ "name" $name) }}
data:
{{- range $k, $v := $item }}
  {{ $k }}: {{ $v | upper | quote }}
{{- end }}
{{- end }}
"""


@dataclass(frozen=True)
class Cost:
    """What one run cost."""

    cpu: float
    """Seconds."""
    memory: int
    """KiB at the peak."""


def helm() -> Path:
    """Return real helm, installed on first use."""
    folder = ROOT / ".cache" / f"helm-{HELM_VERSION}"
    program = folder / "helm"
    if not program.exists():
        print(f"installing helm {HELM_VERSION} with go", flush=True)
        env = {**os.environ, "GOBIN": str(folder)}
        subprocess.run(["go", "install", f"helm.sh/helm/v3/cmd/helm@{HELM_VERSION}"], check=True, env=env)
    return program


def charts(folder: Path, program: Path) -> None:
    """Lay out the three charts of performance.md."""
    subprocess.run([program, "create", "scaffold"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    umbrella = folder / "umbrella"
    (umbrella / "charts").mkdir(parents=True)
    names = [f"sub{i:02d}" for i in range(20)]
    (umbrella / "Chart.yaml").write_text("apiVersion: v2\nname: umbrella\nversion: 0.1.0\n")
    for name in names:
        target = umbrella / "charts" / name
        shutil.copytree(folder / "scaffold", target)
        chart = (target / "Chart.yaml").read_text().replace("name: scaffold", f"name: {name}")
        (target / "Chart.yaml").write_text(chart)
    k1000 = folder / "k1000"
    (k1000 / "templates").mkdir(parents=True)
    (k1000 / "Chart.yaml").write_text("apiVersion: v2\nname: k1000\nversion: 0.1.0\n")
    items = "".join(
        f"  item{i:04d}:\n" + "".join(f"    key{k}: value-{i}-{k}\n" for k in range(20)) for i in range(1000)
    )
    (k1000 / "values.yaml").write_text(f"items:\n{items}")
    (k1000 / "templates" / "_h.tpl").write_text(
        '{{- define "labels" }}\n    app: {{ .root.Chart.Name }}\n    item: {{ .name | quote }}\n{{- end }}\n'
    )
    for part in range(100):
        body = PART.replace("FROM", str(part * 10)).replace("TO", str(part * 10 + 10))
        (k1000 / "templates" / f"part{part:03d}.yaml").write_text(body)


def run(command: list[str | Path], folder: Path) -> Cost:
    """Run a command once and return its cost; its output is thrown away."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            sys.exit(f"bench: {command} exited with {child.returncode}: {errors.read().decode()[-400:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def main() -> None:
    """Print one line per pair; exit 1 when a bound is broken."""
    ours = ROOT / "dist" / "pxhelm"
    if not ours.exists():
        subprocess.run([sys.executable, ROOT / "packaging" / "build.py"], check=True)
    theirs = helm()
    broken = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        charts(folder, theirs)
        print(
            f"{'':32} {'cpu ratio':>9} {'memory ratio':>12}   (pxhelm / helm {HELM_VERSION}, medians of {RUNS} pairs)"
        )
        for title, left, right, bound in PAIRS:
            pairs = [(run([ours, *left], folder), run([theirs, *right], folder)) for _ in range(RUNS + 1)][1:]
            cpu = statistics.median(a.cpu for a, _ in pairs) / statistics.median(b.cpu for _, b in pairs)
            memory = statistics.median(a.memory for a, _ in pairs) / statistics.median(b.memory for _, b in pairs)
            over = bool(bound) and cpu > bound
            broken |= over
            print(
                f"{title:32} {cpu:9.2f} {memory:12.2f}   {f'bound {bound}' if bound else ''}{' BROKEN' if over else ''}",
                flush=True,
            )
    sys.exit(broken)


if __name__ == "__main__":
    main()
