"""Chart and values to manifests, hooks and notes: what ``helm template`` does, step by step, pure.

Never asks the world: clock, randomness and ``lookup`` are the request's host, Jinja is the request's callable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pxhelm.chart.model import Chart
from pxhelm.errors import ExitCode
from pxhelm.gotemplate.engine import Output, Span
from pxhelm.render import gotmpl
from pxhelm.render.model import JinjaItem, JinjaJob, Rendered, RenderError, RenderRequest
from pxhelm.render.reads import values_read
from pxhelm.render.spans import SourceMap
from pxhelm.render.split import TemplateLines, notes_of, sort_files
from pxhelm.render.tree import JINJA, Template, arrange
from pxhelm.values.dependencies import compatible, process_dependencies
from pxhelm.values.merge import Warnings, coalesce
from pxhelm.values.schema import validate


def render(request: RenderRequest) -> Rendered:
    """Render a chart: settle dependencies, coalesce and validate values, run templates, sort what they made.

    Raises:
        PxhelmError: in Helm's words: ``ValuesError``, ``SchemaMismatchError``, ``RenderError``.
    """
    told = request.told
    chart = request.chart
    if request.options.process_dependencies:
        chart = process_dependencies(chart, request.values, told)
    values = coalesce(chart, request.values, told)
    if not request.options.skip_schema:
        validate(chart, values)
    if request.options.check_kube_version:
        check_kube_version(chart, request)
    outputs = run_templates(request, chart, values, told)
    return finish(request, chart, values, outputs, told)


def check_kube_version(chart: Chart, request: RenderRequest) -> None:
    """Refuse a chart that wants another Kubernetes.

    Raises:
        RenderError: in Helm's words.
    """
    wanted = chart.metadata.kube_version
    have = request.capabilities.kube_version.version
    if wanted and not compatible(wanted, have):
        raise RenderError(f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {have}")


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the templates wrote."""

    files: dict[str, str]
    sources: Mapping[str, str]


def run_templates(request: RenderRequest, chart: Chart, values: dict[str, object], told: Warnings) -> Outputs:
    """Run every template of a chart with its settled dependencies and coalesced values.

    Raises:
        RenderError: in Helm's words, with the template's line.
    """
    templates = arrange(request, chart, values)
    go = [t for t in templates if not t.name.endswith(JINJA)]
    jinja = [t for t in templates if t.name.endswith(JINJA)]
    files = gotmpl.texts(gotmpl.run(request, go, told))
    if any(not t.is_partial for t in jinja):
        files.update(_run_jinja(request, jinja))
    return Outputs(files, {t.name: t.text for t in templates})


def _run_jinja(request: RenderRequest, templates: list[Template]) -> Mapping[str, str]:
    if request.jinja is None:
        raise RenderError(
            f"cannot render {templates[0].name}: Jinja templates need a process of their own, and none was given",
            code=ExitCode.REFUSED,
        )
    items = tuple(JinjaItem(t.name, t.chart, _context(t)) for t in templates if not t.is_partial)
    return request.jinja(JinjaJob(items, {t.name: t.text for t in templates}))


def _context(template: Template) -> dict[str, Any]:
    """Return what a Jinja template sees: Helm's objects, as plain data, under Helm's names and in lower case."""
    root = template.root
    chart: Any = root["Chart"]
    capabilities: Any = root["Capabilities"]
    files: Any = root["Files"]
    context = {
        "Values": root["Values"],
        "Release": root["Release"],
        "Chart": {name: getattr(chart, attribute) for name, attribute in chart.GO_FIELDS.items() if name in _PLAIN},
        "Capabilities": {
            "KubeVersion": capabilities.kube_version.go_json(),
            "APIVersions": list(capabilities.api_versions),
        },
        "Files": {name: files.text(name) for name in files},
        "Template": {"Name": template.name, "BasePath": template.base_path},
    }
    return context | {name.lower(): value for name, value in context.items()}


_PLAIN: Final = frozenset(
    {"Name", "Version", "AppVersion", "Description", "Type", "APIVersion", "Home", "Icon", "KubeVersion", "IsRoot"}
    | {"Sources", "Keywords", "Annotations", "Deprecated"}
)


def finish(
    request: RenderRequest, chart: Chart, values: Mapping[str, object], outputs: Outputs, told: Warnings
) -> Rendered:
    """Take the notes out, split the rest into manifests and hooks, sort both.

    Raises:
        RenderError: ``YAML parse error on …``, with the line of the output and of the template.
    """
    again = _Again(request, chart)
    lines: dict[str, TemplateLines] = {
        name: SourceMap(name, again, outputs.sources) for name in outputs.files if not name.endswith(JINJA)
    }
    try:
        found = sort_files(outputs.files, lines)
    except RenderError as error:
        error.files = outputs.files
        raise
    for warning in found.warnings:
        told.add(warning)
    return Rendered(
        chart=chart,
        manifests=found.manifests,
        hooks=found.hooks,
        notes=notes_of(outputs.files, chart.path, sub_notes=request.options.sub_notes),
        crds=tuple(chart.crds()),
        files=outputs.files,
        values=values,
        reads=values_read(request, chart) if request.options.record_reads else frozenset(),
    )


class _Again:
    """Renders once more, keeping which template line wrote what, when the first such line is asked for.

    Keeping that always would slow down every rendering that has no error to explain.
    """

    def __init__(self, request: RenderRequest, chart: Chart) -> None:
        self._request = request
        self._chart = chart
        self._outputs: Mapping[str, Output] | None = None

    def __call__(self, name: str) -> tuple[str, Sequence[Span]]:
        if self._outputs is None:
            self._outputs = self._run()
        output = self._outputs.get(name)
        return (output.text, output.spans) if output else ("", ())

    def _run(self) -> Mapping[str, Output]:
        # Templates may have changed the values they ran on.
        values = coalesce(self._chart, self._request.values)
        templates = [t for t in arrange(self._request, self._chart, values) if not t.name.endswith(JINJA)]
        try:
            return gotmpl.run(self._request, templates, Warnings(), spans=True)
        except RenderError:
            return {}
