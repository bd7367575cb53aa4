"""Look at charts without a cluster: ``helm lint``."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxhelm.actions.host import template_host
from pxhelm.actions.inputs import ValueFlags, gather_values
from pxhelm.chart.lint import Finding, Severity
from pxhelm.errors import PxhelmError
from pxhelm.render.capabilities import capabilities
from pxhelm.render.lint import LintRequest, lint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import Disk


@dataclass(frozen=True, slots=True)
class LintCharts:
    """``helm lint`` of several charts."""

    paths: tuple[str, ...]
    values: ValueFlags = field(default_factory=ValueFlags)
    namespace: str = "default"
    kube_version: str = ""
    strict: bool = False
    quiet: bool = False
    with_subcharts: bool = False
    skip_schema: bool = False


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found in one chart."""

    path: str
    findings: tuple[Finding, ...] = ()
    fault: str = ""
    """Why it could not be looked at."""
    failed: bool = False


def lint_charts(services: Services, request: LintCharts) -> list[Linted]:
    """Return the findings of each chart, and of subcharts when asked for, in Helm's order."""
    values = gather_values(request.values, services.read)
    paths = list(request.paths)
    if request.with_subcharts:
        paths = [one for path in request.paths for one in (path, *_subcharts(services, path))]
    return [_lint_one(services, request, path, values) for path in paths]


def _subcharts(services: Services, path: str) -> Iterator[str]:
    """Yield every folder with a Chart.yaml and every archive below ``charts/``, in the order of a walk."""
    disk = services.sources.disk
    folder = posixpath.normpath(posixpath.join(path, "charts"))
    yield from _walk(disk, folder)


def _walk(disk: Disk, folder: str) -> Iterator[str]:
    for name in disk.names(folder):
        path = posixpath.join(folder, name)
        if name == "Chart.yaml":
            yield folder
        elif disk.kind(path) == "folder":
            yield from _walk(disk, path)
        elif name.endswith((".tgz", ".tar.gz")):
            yield path


def _lint_one(services: Services, request: LintCharts, path: str, values: Mapping[str, object]) -> Linted:
    disk = services.sources.disk
    kind = disk.kind(path)
    if kind != "file" and not disk.kind(posixpath.join(path, "Chart.yaml")):
        where = posixpath.normpath(posixpath.join(path, "Chart.yaml"))
        fault = f"unable to check Chart.yaml file in chart: stat {where}: no such file or directory"
        return Linted(path, fault=fault, failed=True)
    try:
        files = disk.chart(path)
    except PxhelmError as e:
        return Linted(path, fault=f"unable to open tarball: {e.message}" if kind == "file" else e.message, failed=True)
    found = lint(
        LintRequest(
            files=files,
            folder=disk.absolute(path),
            values=values,
            namespace=request.namespace,
            kube_version=capabilities(request.kube_version, ()).kube_version if request.kube_version else None,
            skip_schema=request.skip_schema,
            host=template_host(services, live=False, dns=False),
            jinja=services.jinja,
        )
    )
    worst = Severity.WARNING if request.strict else Severity.ERROR
    failed = any(one.severity >= worst for one in found)
    return Linted(path, tuple(found), failed=failed)
