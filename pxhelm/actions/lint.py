"""Look at charts without a cluster: ``helm lint``."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pxhelm.actions.host import template_host
from pxhelm.actions.inputs import ValueFlags, gather_values
from pxhelm.actions.values import reader
from pxhelm.chart.archive import NoArchiveError
from pxhelm.chart.lint import Finding, Severity
from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError, StageError, Where
from pxhelm.events import Warned
from pxhelm.render.capabilities import capabilities
from pxhelm.render.engine import render
from pxhelm.render.lint import LintRequest, lint
from pxhelm.render.model import ReleaseInfo, RenderRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import Disk
    from pxhelm.manifest import Manifest


_ARCHIVES = (".tgz", ".tar.gz")
_GROUP = "proxmox.io/"
"""API group of the objects that pxhelm makes."""


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
    strict_kinds: bool = False
    """Whether what the kinds do not take is an error."""
    pve: str = ""
    """Version of Proxmox VE whose lacks are errors; empty = none in particular."""


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found in one chart."""

    path: str
    findings: tuple[Finding, ...] = ()
    mistakes: tuple[Finding, ...] = ()
    """What the kinds of Proxmox objects do not take, when that is told and does not fail."""
    fault: str = ""
    """Why it could not be looked at."""
    failed: bool = False


def lint_charts(services: Services, request: LintCharts) -> list[Linted]:
    """Return the findings of each chart, and of subcharts when asked for, in Helm's order."""
    values = gather_values(request.values, reader(services))
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
        elif name.endswith(_ARCHIVES):
            yield path


def _lint_one(services: Services, request: LintCharts, path: str, values: Mapping[str, object]) -> Linted:
    disk = services.sources.disk
    archived = path.endswith(_ARCHIVES)
    fault = _missing_archive(disk, path) if archived else _missing_folder(disk, path)
    if fault:
        return Linted(path, fault=fault, failed=True)
    try:
        source = services.chart(path)
    except PxhelmError as e:
        why = e.plain if isinstance(e, NoArchiveError) else e.message
        return Linted(path, fault=f"unable to extract tarball: {why}" if archived else why, failed=True)
    asked = LintRequest(
        files=source.files,
        folder=disk.absolute(path),
        values=values,
        namespace=request.namespace,
        kube_version=capabilities(request.kube_version, ()).kube_version if request.kube_version else None,
        skip_schema=request.skip_schema,
        host=template_host(services, live=False, dns=False),
        jinja=services.jinja,
    )
    with services.bounded():
        found = lint(asked)
        for line in (*source.warnings, *asked.told.lines):
            services.listen(Warned(line))
        mistakes: list[Finding] = []
        if not request.skip_schema and all(one.severity < Severity.ERROR for one in found):
            mistakes = list(dict.fromkeys(lint_kinds(asked)))  # a loop makes the same mistake again and again
            if request.strict_kinds:
                found, mistakes = [*found, *mistakes], []
            found = [*found, *(dict.fromkeys(lint_version(asked, request.pve)) if request.pve else ())]
    worst = Severity.WARNING if request.strict else Severity.ERROR
    failed = any(one.severity >= worst for one in found)
    return Linted(path, tuple(found), tuple(mistakes), failed=failed)


def _missing_archive(disk: Disk, path: str) -> str:
    return "" if disk.kind(path) else f"unable to open tarball: open {path}: no such file or directory"


def _missing_folder(disk: Disk, path: str) -> str:
    where = posixpath.normpath(posixpath.join(path, "Chart.yaml"))
    if disk.kind(where):
        return ""
    why = "not a directory" if disk.kind(path) == "file" else "no such file or directory"
    return f"unable to check Chart.yaml file in chart: stat {where}: {why}"


def lint_kinds(request: LintRequest) -> Iterator[Finding]:
    """Yield what the kinds do not take of the objects that a chart makes, with the template's line; else what they would rather have.

    Objects of other systems are left alone, and so is a chart that cannot be rendered with these values.
    """
    ours = _objects(request)
    if not ours:
        return
    from pxhelm.kinds import parse_all

    try:
        parsed = parse_all(ours, request.namespace)
    except StageError as stage:
        yield from _kind_findings(stage.errors, ours)
    else:
        yield from (replace(one, severity=Severity.WARNING) for one in _kind_findings(parsed.lints, ours))


def lint_version(request: LintRequest, version: str) -> Iterator[Finding]:
    """Yield what a version of Proxmox VE lacks of the objects that a chart makes; nothing where they are wrong in themselves."""
    ours = _objects(request)
    if not ours:
        return
    from pxhelm.kinds import KINDS, parse_all
    from pxhelm.plan.gate import lacking

    try:
        resources = parse_all(ours, request.namespace).resources
    except StageError:
        return
    errors = [error for each in resources for error in lacking(KINDS[each.key.kind], each, version)]
    yield from _kind_findings(errors, ours)


def _objects(request: LintRequest) -> list[Manifest]:
    """Return the objects of ours that a chart makes, hooks included; none when it cannot be rendered with these values."""
    chart = load(request.files)
    release = ReleaseInfo("test-release", request.namespace)
    wanted = RenderRequest(chart, request.values, release, host=request.host, jinja=request.jinja)
    try:
        made = render(wanted)
    except PxhelmError:
        return []
    return [m for m in (*made.manifests, *(h.manifest for h in made.hooks)) if m.api_version.startswith(_GROUP)]


def _kind_findings(errors: Iterable[PxhelmError], ours: Iterable[Manifest]) -> Iterator[Finding]:
    lines = {manifest.file: manifest.template_line for manifest in ours}
    return (_kind_finding(error, lines) for error in errors)


def _kind_finding(error: PxhelmError, lines: Mapping[str, Callable[[int], Where | None] | None]) -> Finding:
    """Return a mistake with the template's path and line; where it is known, that is what the error names already."""
    where = error.where or Where("templates/")
    told = None if error.rendered else lines.get(where.file)
    place = (told(where.line) if told else None) or where
    path = place.file.partition("/")[2] or place.file
    hint = f" ({error.hint.rstrip('?')}?)" if error.hint.startswith("did you mean") else ""
    field = f"{where.field}: " if where.field else ""
    return Finding(Severity.ERROR, f"{path}:{place.line}", f"{field}{error.message}{hint}")
