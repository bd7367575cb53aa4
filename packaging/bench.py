"""``make bench``: pxhelm's binary against real helm, side by side in one run; ratios, never bare times.

Helm is installed by the Go tool chain into ``.cache``. Each pair is run in turn, A B A B …; the ratio is that of the
medians of CPU time (user + system, children included) and of peak memory. The template engines alone are compared in a
process each, warm, over the same charts: ``engine_bench.py`` and ``engine_bench.go``.
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


@dataclass(frozen=True)
class Pair:
    """What both programs are given, and what pxhelm may cost as a part of what Helm does."""

    title: str
    arguments: tuple[str, ...]
    cpu: float = 0
    """The bound; 0 = only reported."""
    memory: float = 0
    theirs: tuple[str, ...] = ()
    """What helm is given, where it is something else."""
    status: int = 0


NOBODY = ("--endpoint", "https://127.0.0.1:9", "--api-token", "root@pam!bench=none")
NO_KUBE = ("list", "--kube-apiserver", "https://127.0.0.1:9")
PAIRS = (
    Pair("version", ("version",), cpu=1.0),
    Pair("template, helm create's chart", ("template", "r", "scaffold")),
    Pair("template, 20 subcharts", ("template", "r", "umbrella")),
    Pair("template, 1,000 documents", ("template", "r", "k1000"), cpu=0.9, memory=0.6),
    Pair("lint, helm create's chart", ("lint", "scaffold")),
    Pair("lint, 1,000 documents", ("lint", "k1000"), cpu=0.5, memory=0.6),
    # What comes before the first question to a cluster, which does not answer.
    Pair("get, list", (*NOBODY, "get", "vms"), theirs=NO_KUBE, status=1),
    Pair("plan, list", (*NOBODY, "plan", "r", "scaffold"), theirs=NO_KUBE, status=1),
)
ENGINES = (
    # title, chart, bound on the CPU ratio (0: only reported)
    ("engine, helm create's chart", "scaffold", 0),
    ("engine, 20 subcharts", "umbrella", 0),
    ("engine, 1,000 documents", "k1000", 1.2),
)
ROUNDS, REPETITIONS = 5, 6
"""How often each engine's process is started, and how often it renders; its first rendering warms up."""


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


def binary() -> Path:
    """Return pxhelm's binary, built anew when a source is newer."""
    program = ROOT / "dist" / "pxhelm"
    sources = (path for folder in ("pxhelm", "packaging") for path in (ROOT / folder).rglob("*.*") if path.is_file())
    newest = max(path.stat().st_mtime for path in sources if path.suffix != ".pyc")
    if not program.exists() or program.stat().st_mtime < newest:
        subprocess.run([sys.executable, ROOT / "packaging" / "build.py"], check=True)
    return program


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


def run(command: list[str | Path], folder: Path, status: int = 0) -> Cost:
    """Run a command once and return its cost; its output is thrown away, its status is to be the one given."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors)
        _, ended, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(ended)
        if child.returncode != status:
            errors.seek(0)
            sys.exit(f"bench: {command} exited with {child.returncode}: {errors.read().decode()[-400:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def engine_program() -> Path:
    """Return the program that times Helm's engine, built on first use against the pinned Helm."""
    folder = ROOT / ".cache" / f"engine-{HELM_VERSION}"
    program = folder / "render"
    source = ROOT / "packaging" / "engine_bench.go"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        print(f"building helm {HELM_VERSION}'s engine with go", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(source, folder / "main.go")
        for command in (
            ["go", "mod", "init", "bench"],
            ["go", "get", f"helm.sh/helm/v3@{HELM_VERSION}"],
            ["go", "build", "-mod=mod", "-o", program.name, "."],
        ):
            subprocess.run(command, check=True, cwd=folder, stderr=subprocess.DEVNULL)
    return program


def engine_times(command: list[str | Path], folder: Path) -> tuple[list[float], str]:
    """Run a timer of an engine; return the CPU seconds of its warm repetitions and how much it wrote."""
    told = subprocess.run([*command, str(REPETITIONS)], check=True, cwd=folder, stdout=subprocess.PIPE, text=True)
    rows = [line.split() for line in told.stdout.splitlines()]
    return [float(seconds) for seconds, _ in rows[1:]], rows[0][1]


def row(title: str, cells: list[tuple[float | None, float]]) -> bool:
    """Print ratios beside their bounds; tell whether one is broken."""
    texts = []
    broken = False
    for ratio, bound in cells:
        over = ratio is not None and bool(bound) and ratio > bound
        broken |= over
        limit = f"≤ {bound}{' BROKEN' if over else ''}" if bound else ""
        texts.append(f"{'' if ratio is None else f'{ratio:.2f}':>8} {limit:14}")
    print(f"{title:32}{''.join(texts)}".rstrip(), flush=True)
    return broken


def compare_programs(ours: Path, theirs: Path, folder: Path) -> bool:
    """Compare whole commands; tell whether a bound is broken."""
    broken = False
    for pair in PAIRS:
        mine, helms = [ours, *pair.arguments], [theirs, *(pair.theirs or pair.arguments)]
        runs = [(run(mine, folder, pair.status), run(helms, folder, pair.status)) for _ in range(RUNS + 1)][1:]
        cpu = statistics.median(a.cpu for a, _ in runs) / statistics.median(b.cpu for _, b in runs)
        memory = statistics.median(a.memory for a, _ in runs) / statistics.median(b.memory for _, b in runs)
        broken |= row(pair.title, [(cpu, pair.cpu), (memory, pair.memory)])
    return broken


def compare_engines(theirs: Path, folder: Path) -> bool:
    """Compare the template engines alone; tell whether a bound is broken."""
    broken = False
    for title, chart, bound in ENGINES:
        left: list[float] = []
        right: list[float] = []
        for _ in range(ROUNDS):
            mine, size = engine_times([sys.executable, ROOT / "packaging" / "engine_bench.py", chart], folder)
            helms, helms_size = engine_times([theirs, chart], folder)
            if size != helms_size:
                sys.exit(f"bench: {chart} renders to {size} bytes, with helm to {helms_size}")
            left += mine
            right += helms
        broken |= row(title, [(statistics.median(left) / statistics.median(right), bound)])
    return broken


def main() -> None:
    """Print one line per comparison; exit 1 when a bound is broken."""
    ours = binary()
    theirs, engine = helm(), engine_program()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        charts(folder, theirs)
        print(f"pxhelm / helm {HELM_VERSION}, medians of {RUNS} pairs; engines: of {ROUNDS * (REPETITIONS - 1)}")
        print(f"{'':32}{'cpu':>8} {'':14}{'memory':>8}")
        broken = compare_programs(ours, theirs, folder)
        broken |= compare_engines(engine, folder)
    sys.exit(broken)


if __name__ == "__main__":
    main()
