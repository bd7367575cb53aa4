"""``helm lint``: all its rules over one chart, templates included, in its words and order.

Renders in lint mode, where ``required`` and ``fail`` do not fail. Only findings; what they mean for the exit status is
the door's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pxhelm.chart.lint import Finding, Severity, lint_chart_file, lint_dependencies
from pxhelm.chart.load import load
from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.golang.strconv import quote
from pxhelm.golang.text import SPACE
from pxhelm.golang.value import go_string
from pxhelm.manifest import scalar_text
from pxhelm.render import deprecations
from pxhelm.render.engine import run_templates
from pxhelm.render.model import Capabilities, JinjaRenderer, KubeVersion, Options, ReleaseInfo, RenderRequest
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.merge import Warnings, coalesce, coalesce_tables, copy_map
from pxhelm.values.schema import check_single, validate

_CRD_HOOK: Final = re.compile(rb'"?helm\.sh/hook"?:\s+crd-install')
_RELEASE_TIME: Final = re.compile(rb"\.Release\.Time")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SELECTING: Final = frozenset({"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"})


@dataclass(frozen=True, slots=True)
class LintRequest:
    """A chart to look at."""

    files: Mapping[str, bytes]
    """As they lie in the folder, .helmignore applied."""
    folder: str
    """Its absolute path, as findings about dependencies name it."""
    values: Mapping[str, object]
    namespace: str = "default"
    kube_version: KubeVersion | None = None
    skip_schema: bool = False
    host: Any = None
    jinja: JinjaRenderer | None = None
    told: Warnings = field(default_factory=Warnings)
    """Gets what Helm logs, such as ``[INFO] Missing required value: …``."""


def lint(request: LintRequest) -> list[Finding]:
    """Return everything Helm's linter finds; ``request.told`` gets what Helm logs meanwhile."""
    return [
        *lint_chart_file(request.files),
        *_lint_values(request),
        *_lint_templates(request),
        *lint_dependencies(request.files, request.folder),
    ]


def _lint_values(request: LintRequest) -> Iterator[Finding]:
    data = request.files.get("values.yaml")
    if data is None:
        yield Finding(Severity.INFO, "values.yaml", "file does not exist")
        return
    try:
        value = yaml.load(go_string(data))
        if value is not None and not isinstance(value, dict):
            raise yaml.YamlError(yaml.unmarshal_error(value, "chartutil.Values"))
    except yaml.YamlError as e:
        yield Finding(Severity.ERROR, "values.yaml", f"unable to parse YAML: {e}")
        return
    values = coalesce_tables(copy_map(request.values), value or {}, request.told)
    schema = request.files.get("values.schema.json")
    fault = check_single(schema, values) if schema else ""
    if fault:
        yield Finding(Severity.ERROR, "values.yaml", fault)


def _lint_templates(request: LintRequest) -> Iterator[Finding]:
    folder = "templates/"
    try:
        chart = load(request.files)
    except PxhelmError as e:
        yield Finding(Severity.ERROR, folder, e.message)
        return
    for warning in (one for part in chart.walk() for one in part.warnings):
        request.told.add(warning)
    version = request.kube_version or KubeVersion()
    try:
        chart = process_dependencies(chart, request.values, request.told)
        values = coalesce(chart, request.values, request.told)
    except PxhelmError:
        return
    rendering = RenderRequest(
        chart,
        values,
        ReleaseInfo("test-release", request.namespace, 0),
        replace(Capabilities(), kube_version=version),
        Options(lint=True),
        host=request.host,
        jinja=request.jinja,
    )
    try:
        again = coalesce(chart, values, request.told)
        if not request.skip_schema:
            validate(chart, again)
        outputs = run_templates(rendering, chart, again, request.told).files
    except PxhelmError as e:
        yield Finding(Severity.ERROR, folder, e.message)
        return
    yield from _outputs(chart, outputs, version)


def _outputs(chart: Chart, outputs: Mapping[str, str], version: KubeVersion) -> Iterator[Finding]:
    for path, data in chart.templates.items():
        base, dot, extension = path.rpartition("/")[2].rpartition(".")
        suffix = dot + extension if dot else ""
        if suffix not in (".yaml", ".yml", ".tpl", ".txt") and not (base and path.endswith(".j2")):
            yield Finding(
                Severity.ERROR,
                path,
                f"file extension '{suffix}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt",
            )
        if _CRD_HOOK.search(data):
            yield Finding(
                Severity.WARNING,
                path,
                "manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also "
                "exist the crds/ directory at the top level of the chart",
            )
        if _RELEASE_TIME.search(data):
            yield Finding(
                Severity.ERROR,
                path,
                ".Release.Time has been removed in v3, please replace with the `now` function in your templates",
            )
        output = outputs.get(f"{chart.name}/{path}", "")
        if suffix == ".yaml" and output.strip(SPACE):
            broken = False
            for finding in _output(path, output, version):
                yield finding
                broken = broken or finding.message.startswith("unable to parse YAML")
            if broken:
                return


def _output(path: str, output: str, version: KubeVersion) -> Iterator[Finding]:
    first = next(line for line in output.split("\n") if line.strip(SPACE))
    if first[:1] in (" ", "\t"):
        text = f"document starts with an illegal indent: {quote(first)}, which may cause parsing problems"
        yield Finding(Severity.WARNING, path, text)
    try:
        for text in _documents(output):
            body = yaml.load(text)
            if isinstance(body, dict):
                yield from _document(path, body, output, version)
            elif body is not None:
                raise yaml.YamlError(yaml.unmarshal_error(body, "rules.K8sYamlStruct"))
    except yaml.YamlError as e:
        yield Finding(Severity.ERROR, path, f"unable to parse YAML: {e}")


def _documents(output: str) -> Iterator[str]:
    """Split as the YAML reader of apimachinery does, which is stricter about separators than YAML is."""
    lines: list[str] = []
    for line in output.split("\n"):
        if line.startswith("---"):
            beside = line[3:].strip()
            if beside and not beside.startswith("#"):
                raise yaml.YamlError(f"invalid Yaml document separator: {beside}")
            if lines:
                yield "\n".join(lines)
                lines = []
                continue
        lines.append(line)
    yield "\n".join(lines)


def _document(path: str, body: Mapping[str, Any], output: str, version: KubeVersion) -> Iterator[Finding]:
    kind = scalar_text(_field(body, "kind"))
    metadata = _field(body, "metadata")
    name = scalar_text(_field(metadata, "name")) if isinstance(metadata, dict) else ""
    faults = _name_faults(kind, name)
    if faults:
        texts = [f"metadata.name: Invalid value: {quote(name)}: {fault}" for fault in faults]
        text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        whole = f"object name does not conform to Kubernetes naming requirements: {quote(name)}: {text}"
        yield Finding(Severity.WARNING, path, whole)
    api_version = scalar_text(_field(body, "apiVersion"))
    warning = deprecations.warning(api_version, kind, int(version.major), int(version.minor))
    if warning:
        yield Finding(Severity.WARNING, path, warning)
    if kind in _SELECTING and "matchLabels" not in output and "matchExpressions" not in output:
        text = f"a {kind} must contain matchLabels or matchExpressions, and {quote(name)} does not"
        yield Finding(Severity.ERROR, path, text)
    if kind == "List" and any(_kept(item) for item in body.get("items") or ()):
        text = "Annotation 'helm.sh/resource-policy' within List objects are ignored"
        yield Finding(Severity.ERROR, path, text)


def _field(body: Mapping[str, Any], name: str) -> Any:
    """Return a field as Go finds it: the exact name, or one that differs in case."""
    if name in body:
        return body[name]
    return next((body[key] for key in sorted(body) if key.lower() == name.lower()), None)


def _kept(item: object) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and "helm.sh/resource-policy" in annotations


def _name_faults(kind: str, name: str) -> list[str]:
    match kind.lower():
        case "certificatesigningrequest":
            return []
        case "role" | "clusterrole" | "rolebinding" | "clusterrolebinding":
            if name in (".", ".."):
                return [f"may not be '{name}'"]
            return [f"may not contain '{char}'" for char in "/%" if char in name]
        case "service":
            text = (
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
                "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
            )
            return _shape(name, 63, _SERVICE, text)
        case "namespace":
            text = (
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
                "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            )
            return _shape(name, 63, _LABEL, text)
    text = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    )
    return _shape(name, 253, _SUBDOMAIN, text)


def _shape(name: str, most: int, pattern: re.Pattern[str], text: str) -> list[str]:
    faults = [f"must be no more than {most} characters"] if len(name) > most else []
    return faults if pattern.fullmatch(name) else [*faults, text]
