"""Run a chart's own tests. Writes nothing: it returns the snapshot files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pxhelm.actions.host import template_host
from pxhelm.actions.inputs import load_chart
from pxhelm.chart.model import Chart
from pxhelm.charttest.model import Suite, SuiteError, SuiteResult
from pxhelm.charttest.rendering import Objects, World
from pxhelm.charttest.run import Runner
from pxhelm.charttest.snapshot import Snapshots
from pxhelm.charttest.suite import load_suites
from pxhelm.errors import PxhelmError, StageError, Where
from pxhelm.events import Warned

if TYPE_CHECKING:
    from pxhelm.actions.services import Services

Finder = Callable[[str, str], list[str]]
"""From a folder and a pattern below it to the files that match, sorted."""


@dataclass(frozen=True, slots=True)
class UnittestRequest:
    """``helm unittest`` of one chart."""

    chart: str
    patterns: tuple[str, ...] = ("tests/*_test.yaml",)
    values: tuple[str, ...] = ()
    update: bool = False
    strict: bool = False
    fail_fast: bool = False
    subcharts: bool = True
    skip_schema: bool = False


@dataclass(frozen=True, slots=True)
class Unittested:
    """What became of a chart's tests."""

    chart: str
    path: str
    suites: tuple[SuiteResult, ...] = ()
    error: str = ""
    """Why the chart or a suite cannot be read."""
    snapshots: int = 0
    created: int = 0
    changed: int = 0
    vanished: int = 0
    written: Mapping[str, bytes] = field(default_factory=dict)
    """Snapshot files to write, by path."""

    @property
    def passed(self) -> bool:
        """Whether every suite passed."""
        return not self.error and all(suite.passed for suite in self.suites)


def unittest(services: Services, request: UnittestRequest, find: Finder) -> Unittested:
    """Run the suites of a chart and of its subcharts; what cannot be read is a result, too."""
    try:
        chart = load_chart(services, request.chart)
    except PxhelmError as error:
        return Unittested("", request.chart, error=error.message)

    def read(path: str) -> str:
        return services.read(path).decode("utf-8", "surrogateescape")

    world = World(
        chart=chart,
        host=template_host(services, live=False),
        jinja=services.jinja,
        post_render=services.post_render,
        skip_schema=request.skip_schema,
        applied=_Simulated(services),
    )
    runner = Runner(world, read, request.values, request.fail_fast, services.bounded)
    kept: dict[str, Snapshots] = {}
    results: list[SuiteResult] = []
    try:
        suites = list(_suites(chart, request, find, read))
    except SuiteError as error:
        broken = SuiteResult("", error.where.file if error.where else "", error=error.message)
        return Unittested(chart.name, request.chart, (broken,), error=error.message)
    try:
        for suite in suites:
            path = _snapshot_path(suite)
            if path not in kept:
                there = find(posixpath.dirname(path), posixpath.basename(path))
                kept[path] = Snapshots.of(read(path) if there else "", update=request.update)
            results.append(runner.suite(suite, kept[path]))
            if request.fail_fast and not results[-1].passed:
                break
    except PxhelmError as error:
        return Unittested(chart.name, request.chart, tuple(results), error=error.message)
    texts = {path: one.text() for path, one in kept.items()}
    stopped = request.fail_fast and any(not one.passed for one in results)
    return Unittested(
        chart=chart.name,
        path=request.chart,
        suites=tuple(results),
        snapshots=sum(one.total for one in kept.values()),
        created=sum(one.created for one in kept.values()),
        changed=sum(one.changed for one in kept.values()),
        vanished=0 if stopped else sum(one.vanished for one in kept.values()),
        written={} if stopped else {path: text.encode() for path, text in texts.items() if text is not None},
    )


_GROUP = "proxmox.io/"


class _Simulated:
    """Applies the objects of a suite to a fresh simulated cluster, once for each set of them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[str, Objects] = {}

    def __call__(self, objects: Objects) -> Objects:
        """Return the objects as the cluster and the store have them; those of other systems as they are."""
        ours = [one for one in objects if str(one.get("apiVersion", "")).startswith(_GROUP)]
        if not ours:
            return objects
        from pxhelm.golang.yaml import to_yaml

        text = "---\n".join(to_yaml(dict(one)) + "\n" for one in ours)
        if text not in self._known:
            self._known[text] = self._apply(objects, text)
        return self._known[text]

    def _apply(self, objects: Objects, text: str) -> Objects:
        from pxhelm.actions.objects import MANAGER, carry_out, parse_text, plan_resources
        from pxhelm.apply.planning import PlanRequest

        with self._services.rehearse() as cluster:
            try:
                resources = parse_text(cluster, text, "kubernetesProvider.objects")
                result = carry_out(cluster, plan_resources(cluster, resources, PlanRequest(manager=MANAGER)))
                refused = [f"{one.key.address}: {one.outcome.message}" for one in result.failed]
            except StageError as error:
                refused = [f"{one.where.field}: {one.message}" if one.where else one.message for one in error.errors]
            except PxhelmError as error:
                refused = [error.message]
            for reason in refused:
                self._services.listen(Warned(f"lookup finds an object as the suite writes it: {reason}"))
            lookup = template_host(cluster, live=True).lookup
            return tuple(_settled(one, lookup) for one in objects)


def _settled(one: Mapping[str, Any], lookup: Callable[[str, str, str, str], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return an object as the simulated cluster has it; as it is when it is not there."""
    from pxhelm.kinds import KINDS

    metadata = one.get("metadata") or {}
    kind, name = str(one.get("kind", "")), str(metadata.get("name", ""))
    if not str(one.get("apiVersion", "")).startswith(_GROUP) or kind not in KINDS or not name:
        return one
    namespace = str(metadata.get("namespace") or "default") if KINDS[kind].namespaced else ""
    return lookup("proxmox.io/v1", kind, namespace, name) or one


def _snapshot_path(suite: Suite) -> str:
    folder, name = posixpath.split(suite.file)
    numbered = f"{name}_{suite.snapshot_id}" if suite.snapshot_id else name
    return posixpath.join(folder, "__snapshot__", f"{numbered}.snap")


def _suites(chart: Chart, request: UnittestRequest, find: Finder, read: Callable[[str], str]) -> Iterator[Suite]:
    """Yield the suites of a chart, then those of its subcharts."""
    folder = posixpath.join(request.chart, *chart.path.split("/")[1:])
    files = dict.fromkeys(file for pattern in request.patterns for file in find(folder, pattern))
    for file in files:
        suites = load_suites(read(file), file, chart.path, strict=request.strict)
        if not suites:
            raise SuiteError(f"cannot read {file}: no suite in it", where=Where(file))
        yield from suites
    if request.subcharts:
        for sub in chart.dependencies:  # also of those that are off: helm-unittest does not ask
            yield from _suites(sub, request, find, read)
