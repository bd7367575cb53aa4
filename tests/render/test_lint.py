"""Lint says what ``helm lint`` said in the recorded stories."""

import gzip
import json
import os
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from pxhelm.chart.ignore import parse as parse_ignore
from pxhelm.chart.lint import Severity
from pxhelm.render.capabilities import parse_kube_version
from pxhelm.render.lint import LintRequest, lint
from pxhelm.values.set import set_values

STORIES = Path(__file__).parents[3] / "shared" / "conformance" / "helm-cli.jsonl.gz"
WORK = "$WORK"


@cache
def steps():
    if not STORIES.exists():
        return {}
    found = {}
    with gzip.open(STORIES, "rt", encoding="utf-8") as lines:
        for line in lines:
            story = json.loads(line)
            for step in story["steps"]:
                argv = step.get("helm") or [""]
                charts = [a for a in argv[1:] if a.startswith("./") and f"{a[2:]}/Chart.yaml" in story["files"]]
                known = {"lint", "--strict", "--quiet", "--set", "--kube-version", *charts}
                values = [argv[i + 1] for i, a in enumerate(argv) if a in ("--set", "--kube-version")]
                if argv[0] == "lint" and charts and set(argv) <= known | set(values):
                    found[f"{story['name']}: {' '.join(argv)}"] = (story["files"], step)
    return found


def folder(files, name):
    """Return a chart's files, its .helmignore applied."""
    found = {
        p.removeprefix(f"{name}/"): t.encode()
        for p, t in files.items()
        if p.startswith(f"{name}/") and isinstance(t, str)
    }
    rules = parse_ignore(found.get(".helmignore", b"").decode())
    return {p: d for p, d in sorted(found.items()) if not rules.ignores(p, folder=False)}


def test_the_recordings_are_there():
    if not steps() and os.environ.get("PXHELM_TEST_REQUIRE") != "all":
        pytest.skip("no recorded stories beside the checkout")
    assert len(steps()) > 40


@pytest.mark.parametrize("name", steps())
def test_lint_says_what_helm_said(name):
    files, step = steps()[name]
    argv = step["helm"]
    values, version = {}, None
    for option, argument in pairwise(argv):
        if option == "--set":
            set_values(argument, values)
        if option == "--kube-version":
            version = parse_kube_version(argument)
    quiet = "--quiet" in argv
    out = ""
    for path in [a for a in argv if a.startswith("./")]:
        chart = path.removeprefix("./")
        findings = lint(LintRequest(folder(files, chart), f"{WORK}/{chart}", values, kube_version=version))
        if quiet and not any(f.severity > Severity.INFO for f in findings):
            continue
        out += f"==> Linting {path}\n"
        out += "".join(f"{f}\n" for f in findings if not quiet or f.severity > Severity.INFO) + "\n"
    want = step["v3"]["stdout"]
    summary = want.rfind("\n", 0, -1) + 1
    if "chart(s) linted" in want[summary:]:
        want = want[:summary]
    assert out == want


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("---apiVersion: v1\n", "invalid Yaml document separator: apiVersion: v1"),
        ("a: 1\n----\n", "invalid Yaml document separator: -"),
        ("# x\n---\n\n--- foo\n", "invalid Yaml document separator: foo"),
        ("--- # first\na: 1\n---\n---\nb: 2\n---", ""),
    ],
)
def test_a_separator_stands_alone_or_beside_a_comment_as_in_helm(written, fault):
    """Helm v3.22 said this; it reads with apimachinery's splitter, not with YAML's."""
    files = {"Chart.yaml": b"apiVersion: v2\nname: t\nversion: 0.1.0\nicon: http://x/y\n", "values.yaml": b""}
    found = lint(LintRequest({**files, "templates/a.yaml": written.encode()}, "/t", {}))
    told = [f"{one.path}: {one.message}" for one in found if "unable to parse" in one.message]
    assert told == ([f"templates/a.yaml: unable to parse YAML: {fault}"] if fault else [])
