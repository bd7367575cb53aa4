"""One rendering for one test: its values, release, capabilities, the templates it looks at, and their documents.

Never touches the cluster: ``lookup`` finds the objects that the suite gives, those of Proxmox as a simulated cluster has
them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pxhelm.chart.model import Chart
from pxhelm.charttest.model import RAW, Document, Settings, SuiteError
from pxhelm.charttest.suite import SEPARATOR
from pxhelm.errors import PxhelmError
from pxhelm.golang.value import go_string
from pxhelm.golang.yaml import YamlError, load_typed
from pxhelm.gotemplate.host import Host
from pxhelm.render.engine import run_templates
from pxhelm.render.model import Capabilities, JinjaRenderer, KubeVersion, ReleaseInfo, RenderRequest
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.merge import Values, Warnings, coalesce
from pxhelm.values.schema import validate

Objects = tuple[Mapping[str, Any], ...]
_ALL: Final = "**"
# What helm-unittest takes out of an error: the template, and the message after its place.
_ERROR: Final = re.compile(r"^(?:.+?: |.+? \()(?:(.+?):\d+?:\d+?).+?(?:.+?>)*?: (.+?)$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class World:
    """What a rendering needs besides the test."""

    chart: Chart
    host: Host
    jinja: JinjaRenderer | None = None
    post_render: Callable[[str, tuple[str, ...], str], str] | None = None
    skip_schema: bool = False
    applied: Callable[[Objects], Objects] = lambda objects: objects
    """Brings objects about in a simulated cluster and returns them as they are there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one test wants rendered."""

    route: str
    values: Values
    settings: Settings
    templates: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    include_crds: bool = False


@dataclass(slots=True)
class Documents:
    """What the templates wrote."""

    by_template: dict[str, list[Document]] = field(default_factory=dict)
    rendered: bool = True
    error: str = ""
    """Why nothing was rendered, when no template can be blamed."""


def template_path(name: str) -> str:
    """Return a template's path in its chart: ``templates/`` may be left out, also by ``../templates/``."""
    return posixpath.normpath(name if name.startswith(("templates", "charts", "crds", _ALL)) else f"templates/{name}")


def render(world: World, wanted: Wanted) -> Documents:
    """Render for a test. A chart that does not render is a result; SuiteError for output that is not YAML."""
    try:
        files = _files(world, wanted)
    except SuiteError:
        raise
    except PxhelmError as error:
        return _failed(error.message, wanted)
    if wanted.settings.post_renderer is not None:
        files = _post_rendered(files, world, wanted.settings.post_renderer)
    found = Documents()
    if wanted.include_crds:
        for crd in world.chart.crds():
            found.by_template[crd.source] = _documents(crd.source, go_string(crd.data))
    for name, text in files.items():
        if name.endswith((".yaml", ".yml", ".tpl")):
            found.by_template[name] = _documents(name, text)
        elif name.endswith(".txt"):
            found.by_template[name] = [{RAW: text}]
    return found


def _files(world: World, wanted: Wanted) -> dict[str, str]:
    told = Warnings()
    chart = process_dependencies(world.chart, wanted.values, told)
    settings = wanted.settings
    name = str(settings.release.get("name") or "")
    if name:
        from pxhelm.release.name import name_problem

        if problem := name_problem(name):
            raise PxhelmError(problem)
    values = coalesce(chart, wanted.values, told)
    if not world.skip_schema:
        validate(chart, values)
    chart = _versioned(_filtered(chart, wanted), settings.chart)
    request = RenderRequest(
        chart=chart,
        values=wanted.values,
        release=ReleaseInfo(
            name or "RELEASE-NAME",
            str(settings.release.get("namespace") or "NAMESPACE"),
            int(settings.release.get("revision") or 0),
            settings.release.get("upgrade") is True,
        ),
        capabilities=_capabilities(settings.capabilities),
        host=replace(world.host, lookup=_lookup(settings, world)),
        jinja=world.jinja,
    )
    return run_templates(request, chart, values, told).files


def _capabilities(given: Mapping[str, Any]) -> Capabilities:
    default = KubeVersion()
    major = str(given.get("majorVersion") or default.major)
    minor = str(given.get("minorVersion") or default.minor)
    versions = tuple(str(one) for one in given.get("apiVersions") or ())
    return Capabilities(KubeVersion(f"v{major}.{minor}.0", major, minor), versions)


def _versioned(chart: Chart, given: Mapping[str, Any], *, root: bool = True) -> Chart:
    version, app_version = str(given.get("version") or ""), str(given.get("appVersion") or "")
    if not (version or app_version):
        return chart
    metadata = replace(
        chart.metadata,
        version=version or chart.metadata.version,
        app_version=app_version or chart.metadata.app_version,
    )
    below = chart.dependencies
    if root:
        below = tuple(_versioned(sub, given, root=False) for sub in below)
    return replace(chart, metadata=metadata, dependencies=below)


def _filtered(chart: Chart, wanted: Wanted) -> Chart:
    """Leave only the templates that a test looks at, and all partials."""
    chosen = [_pattern(wanted.route, name) for name in wanted.templates or (_ALL,)]
    excluded = [_pattern(wanted.route, name) for name in wanted.excluded]

    def stays(path: str) -> bool:
        if path.rpartition("/")[2].startswith("_"):
            return True
        name = f"{below.path}/{path}"
        return any(p.search(name) for p in chosen) and not any(p.search(name) for p in excluded)

    below = chart
    templates = {path: data for path, data in chart.templates.items() if stays(path)}
    subcharts = tuple(_filtered(sub, wanted) for sub in chart.dependencies)
    return replace(chart, templates=templates, dependencies=subcharts)


def _pattern(route: str, name: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", f"{route}/{template_path(name)}")
    wild = {"**": r"[0-9a-zA-Z_\-/.]+", "*": r"[0-9a-zA-Z_\-/.]*"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts))


def _lookup(settings: Settings, world: World) -> Callable[[str, str, str, str], Mapping[str, Any]]:
    if not settings.objects:
        return lambda _api_version, _kind, _namespace, _name: {}

    def lookup(api_version: str, kind: str, namespace: str, name: str) -> Mapping[str, Any]:
        scheme = settings.schemes.get(f"{api_version}/{kind}") or {}
        if scheme.get("should_err"):
            raise PxhelmError(str(scheme["should_err"]))
        found = []
        for one in world.applied(settings.objects):
            metadata = one.get("metadata") or {}
            if (one.get("apiVersion"), one.get("kind")) != (api_version, kind):
                continue
            if namespace and metadata.get("namespace", "") not in ("", namespace):
                continue
            if not name or metadata.get("name") == name:
                found.append(dict(one))
        if name:
            return found[0] if found else {}
        metadata = {"continue": "", "resourceVersion": ""}
        return {"apiVersion": api_version, "kind": f"{kind}List", "items": found, "metadata": metadata}

    return lookup


def _failed(message: str, wanted: Wanted) -> Documents:
    """Blame the template that an error names, in whose place the message then stands."""
    found = _ERROR.search(message)
    if found is None:
        return Documents(rendered=False, error=message)
    _, newline, rest = message.partition("\n")
    raw: Document = {RAW: rest if newline else found[2]}
    file = found[1]
    if not file.rpartition("/")[2].startswith("_"):
        return Documents({file: [raw]}, rendered=False)
    names: Sequence[str] = wanted.templates or (_ALL,)
    return Documents({f"{wanted.route}/{template_path(name)}": [raw] for name in names}, rendered=False)


_MARK: Final = "#### file:"


def _post_rendered(files: Mapping[str, str], world: World, program: tuple[str, tuple[str, ...]]) -> dict[str, str]:
    """Pipe everything through an executable; comments tell which file is which afterwards."""
    if world.post_render is None:
        raise SuiteError("cannot run a post-renderer: none may be run here")
    whole = "".join(f"---\n{_MARK} {name}\n{files[name].strip()}\n" for name in sorted(files))
    text = world.post_render(*program, whole)
    parts = re.split(rf"(?m)^(?:---\n)?{_MARK} (.*)\n", text)
    if len(parts) == 1:
        return {f"{world.chart.name}/manifest.yaml": text}
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _documents(name: str, text: str) -> list[Document]:
    found: list[Document] = []
    for part in SEPARATOR.split(text):
        try:
            body = load_typed(part) if part.strip() else None
        except YamlError as error:
            raise SuiteError(f"cannot read what {name} wrote: {error}") from None
        if body is not None and not isinstance(body, dict):
            raise SuiteError(f"cannot read what {name} wrote: a manifest is a map, not {body!r}")
        if body:
            found.append(body)
    return found
