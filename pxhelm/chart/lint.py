"""What ``helm lint`` says about Chart.yaml, values.yaml and the dependencies, in its words and order.

The templates are ``render.lint``'s. Takes files as they lie in the folder; never reads a disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pxhelm.chart import decode
from pxhelm.chart.load import load
from pxhelm.chart.model import Chart, ChartError, Dependency, Maintainer, Metadata
from pxhelm.chart.validate import is_semver
from pxhelm.golang import semver, urls, yaml
from pxhelm.golang.strconv import quote
from pxhelm.golang.value import go_string

_EMAIL: Final = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@.]+(?:\.[^\s@.]+)*\.?")
_URL: Final = re.compile(
    r"(?:(?:ftp|tcp|udp|wss?|https?)://)?(?:\S+(?::\S*)?@)?"
    r"(?:\[[0-9a-fA-F:.]+\]|localhost|(?:[a-zA-Z0-9\u00a1-\uffff_](?:[a-zA-Z0-9\u00a1-\uffff_-]*[a-zA-Z0-9\u00a1-\uffff_])?\.)+"
    r"[a-zA-Z0-9\u00a1-\uffff]{1,}\.?)(?::\d{1,5})?(?:[/?#]\S*)?"
)


class Severity(IntEnum):
    """How bad a finding is."""

    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of lint."""

    severity: Severity
    path: str
    message: str

    def __str__(self) -> str:
        """Return the line as Helm prints it."""
        return f"[{self.severity.name}] {self.path}: {self.message}"


def lint_chart_file(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield what is wrong with Chart.yaml."""
    text = go_string(files.get("Chart.yaml", b""))
    try:
        value = yaml.load_typed(text)
        fields = decode.metadata_fields(value)
    except (yaml.YamlError, ChartError) as e:
        yield Finding(Severity.ERROR, "Chart.yaml", f"unable to parse YAML\n\t{e}")
        return
    maintainers = fields.pop("maintainers", ())
    dependencies = fields.pop("dependencies", None) or ()
    metadata = Metadata(**fields)
    raw = value if isinstance(value, dict) else {}
    errors = (
        _name(metadata.name),
        _api_version(metadata.api_version),
        _is_text(raw, "version"),
        _version(metadata.version),
        _is_text(raw, "appVersion"),
        _maintainers(maintainers),
        next((f"invalid source URL '{s}'" for s in metadata.sources if not is_request_url(s)), ""),
    )
    yield from (Finding(Severity.ERROR, "Chart.yaml", error) for error in errors if error)
    if not metadata.icon:
        yield Finding(Severity.INFO, "Chart.yaml", "icon is recommended")
    yield from (Finding(Severity.ERROR, "Chart.yaml", error) for error in _later(metadata, dependencies) if error)


def _later(metadata: Metadata, dependencies: Iterable[Dependency | None]) -> Iterator[str]:
    version = metadata.api_version
    if metadata.icon and not is_request_url(metadata.icon):
        yield f"invalid icon URL '{metadata.icon}'"
    if metadata.type and version != "v2":
        yield f"chart type is not valid in apiVersion '{version}'. It is valid in apiVersion 'v2'"
    if tuple(dependencies) and version != "v2":
        yield (
            f"dependencies are not valid in the Chart file with apiVersion '{version}'. "
            "They are valid in apiVersion 'v2'"
        )


def lint_dependencies(files: Mapping[str, bytes], folder: str) -> Iterator[Finding]:
    """Yield what is wrong between Chart.yaml's dependencies and ``charts/``; ``folder`` is how the chart is called."""
    try:
        chart = load(files)
    except ChartError as e:
        yield Finding(Severity.ERROR, "", f"unable to load chart\n\t{e.message}")
        return
    have = [sub.name for sub in chart.dependencies]
    asked = [d.name for d in chart.metadata.dependencies or ()]
    unlisted = [name for name in have if name not in asked]
    missing = [name for name in asked if name not in have]
    if unlisted:
        yield Finding(Severity.ERROR, folder, f"chart metadata is missing these dependencies: {','.join(unlisted)}")
    twice = _twice(chart)
    if twice:
        yield Finding(Severity.ERROR, folder, f"multiple dependencies with name or alias: {','.join(twice)}")
    if missing:
        yield Finding(Severity.WARNING, folder, f"chart directory is missing these dependencies: {','.join(missing)}")


def is_request_url(text: str) -> bool:
    """Tell whether a text is an absolute URL, as govalidator's IsRequestURL."""
    if not text or text.startswith("/") or "://" not in text:
        return False
    try:
        return bool(urls.parse(text).scheme)
    except ValueError:
        return False


def _twice(chart: Chart) -> list[str]:
    seen: set[str] = set()
    found = []
    for dependency in chart.metadata.dependencies or ():
        key = dependency.alias or dependency.name
        if key in seen:
            found.append(key)
        seen.add(key)
    return found


def _name(name: str) -> str:
    if not name:
        return "name is required"
    return f"chart name {quote(name)} is invalid" if "/" in name else ""


def _api_version(version: str) -> str:
    if not version:
        return 'apiVersion is required. The value must be either "v1" or "v2"'
    if version not in ("v1", "v2"):
        return f'apiVersion \'{version}\' is not valid. The value must be either "v1" or "v2"'
    return ""


def _is_text(raw: Mapping[str, object], key: str) -> str:
    if key not in raw or isinstance(raw[key], str):
        return ""
    value = raw[key]
    kinds = {bool: "bool", int: "float64", float: "float64", list: "[]interface {}", dict: "map[string]interface {}"}
    return f"{key} should be of type string but it's of type {kinds.get(type(value), '<nil>')}"


def _version(version: str) -> str:
    if not version:
        return "version is required"
    if not is_semver(version):
        return f"version '{version}' is not a valid SemVer"
    if not semver.parse_constraint(">0.0.0-0").check(semver.parse(version)):
        return f"version {version} is less than or equal to 0.0.0-0"
    return ""


def _maintainers(maintainers: Iterable[Maintainer | None]) -> str:
    for maintainer in maintainers:
        if maintainer is None:
            return "a maintainer entry is empty"
        if not maintainer.name:
            return "each maintainer requires a name"
        if maintainer.email and not _EMAIL.fullmatch(maintainer.email):
            return f"invalid email '{maintainer.email}' for maintainer '{maintainer.name}'"
        if maintainer.url and not _URL.fullmatch(maintainer.url):
            return f"invalid url '{maintainer.url}' for maintainer '{maintainer.name}'"
    return ""
