"""Recorded renderings: a chart, values and modes go in, every file's output or Helm's error comes out.

``OPS`` maps the ``op`` of a case to a function that returns ``""`` when we answered as Helm v3 did, else what differs.
The recordings end at Helm's engine: outputs are not yet split into documents.
"""

from __future__ import annotations

import difflib
import re

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.gotemplate.host import Host
from pxhelm.render.capabilities import parse_kube_version
from pxhelm.render.engine import run_templates
from pxhelm.render.model import Capabilities, Options, ReleaseInfo, RenderRequest
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.merge import Warnings, coalesce
from pxhelm.values.schema import validate
from tests.conformance.values_cases import chart_files, user_values

HOST = Host(now=lambda: 1_700_000_000.0, random_bytes=lambda count: bytes(i * 7 % 256 for i in range(count)))
SURROGATES = re.compile("[\udc80-\udcff]")
LAST_PLACE = re.compile(r"template: ([^:\n]*:\d+(?::\d+)?): ")


def rendered(case, host=HOST):
    """Render a case and return the outputs by file, as the engine gave them."""
    values = user_values(case)
    told = Warnings()
    chart = process_dependencies(load(chart_files(case)), values, told)
    coalesced = coalesce(chart, values, told)
    if not case.get("skipSchema"):
        validate(chart, coalesced)
    return run_templates(request(case, chart, values, host), chart, coalesced, told).files


def request(case, chart, values, host=HOST):
    release = case.get("release") or {}
    capabilities = Capabilities()
    version = parse_kube_version(case["kubeVersion"]) if case.get("kubeVersion") else capabilities.kube_version
    versions = (*capabilities.api_versions, *(case.get("apiVersions") or ()))
    return RenderRequest(
        chart,
        values,
        ReleaseInfo(
            release.get("name", "release-name"),
            release.get("namespace", "default"),
            release.get("revision", 1),
            is_upgrade=release.get("isUpgrade", False),
        ),
        Capabilities(version, versions, capabilities.helm_version),
        Options(strict=case.get("strict", False), lint=case.get("lint", False)),
        host=host,
    )


def run_render(case):
    want = case["v3"]
    try:
        files = rendered(case)
    except PxhelmError as error:
        got = shown(error.message)
        if "error" not in want:
            return f"error {got}\nwant  {want['files']}"
        return "" if same_error(got, want["error"]) else f"got  {got}\nwant {want['error']}"
    if "error" in want:
        return f"want error {want['error']}\ngot {files}"
    return difference(want["files"], {name: shown(text) for name, text in files.items()})


def shown(text):
    """Return a text as the recordings hold it: U+FFFD for each byte that is not UTF-8."""
    return SURROGATES.sub("\ufffd", text)


def essence(error):
    """Return what must agree of an error: kind, template, line, column and the last message."""
    if error.startswith(("parse error ", "execution error ")):
        kind, _, rest = error.partition(" at (")
        place, _, message = rest.partition("): ")
        return kind, place, message
    places = LAST_PLACE.findall(error)
    return ("template", places[-1], error.rpartition(">: ")[2]) if places else ("other", "", error)


def same_error(got, want):
    """Whether two errors agree as far as they must."""
    return got == want or essence(got) == essence(want)


def difference(want, got):
    """Return a unified diff of all outputs, ``""`` when they are equal."""
    lines = []
    for name in sorted({*want, *got}):
        one, other = want.get(name), got.get(name)
        if one != other:
            old = ("(no such output)" if one is None else one).splitlines(keepends=True)
            new = ("(no such output)" if other is None else other).splitlines(keepends=True)
            lines += [repr(line)[1:-1] for line in difflib.unified_diff(old, new, f"want {name}", f"got {name}")]
    return "\n".join(lines)


OPS = {"render": run_render}
