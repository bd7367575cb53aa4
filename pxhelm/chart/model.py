"""What a chart is: frozen data, as it was loaded or as its dependencies left it.

Never holds a path of this machine and never changes; ``values.dependencies`` returns new charts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pxhelm.errors import PxhelmError


class ChartError(PxhelmError):
    """A chart that cannot be loaded, in Helm's words where Helm has any."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of ``dependencies`` in Chart.yaml."""

    name: str = ""
    version: str = ""
    repository: str = ""
    condition: str = ""
    tags: tuple[str, ...] = ()
    enabled: bool = False
    import_values: tuple[object, ...] = ()
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Maintainer:
    """Whom to ask about a chart."""

    name: str = ""
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Chart.yaml."""

    name: str = ""
    home: str = ""
    sources: tuple[str, ...] = ()
    version: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    maintainers: tuple[Maintainer, ...] = ()
    icon: str = ""
    api_version: str = ""
    condition: str = ""
    tags: str = ""
    app_version: str = ""
    deprecated: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    kube_version: str = ""
    dependencies: tuple[Dependency, ...] | None = None
    """None when Chart.yaml has no ``dependencies`` at all: Helm then looks at no subchart's conditions either."""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """Chart.lock."""

    generated: str = ""
    digest: str = ""
    dependencies: tuple[Dependency, ...] | None = None
    """None when the file does not speak of any: an empty list is written as one."""

    @property
    def locked(self) -> tuple[Dependency, ...]:
        """The dependencies, none when the file does not speak of any."""
        return self.dependencies or ()


@dataclass(frozen=True, slots=True)
class Crd:
    """A file below ``crds/``."""

    name: str
    """Path in its own chart."""
    source: str
    """Path from the root chart, as ``# Source:`` shows it."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with everything in it; paths are relative to its own root."""

    metadata: Metadata
    path: str
    """``root/charts/sub``: where templates and errors say this chart is."""
    values: Mapping[str, object] | None = None
    """The defaults; None when the chart has no values.yaml or an empty one."""
    schema: bytes | None = None
    templates: Mapping[str, bytes] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    """What is neither template, values, schema, lock, Chart.yaml nor subchart: ``.Files``."""
    raw: Mapping[str, bytes] = field(default_factory=dict)
    """Every file as it was loaded, subcharts' included."""
    dependencies: tuple[Chart, ...] = ()
    """The subcharts that are loaded; ``metadata.dependencies`` are those asked for."""
    lock: Lock | None = None
    warnings: tuple[str, ...] = ()
    """What Helm logs while loading, this chart's only."""

    @property
    def name(self) -> str:
        """The name in Chart.yaml, or the alias once dependencies are processed."""
        return self.metadata.name

    @property
    def is_root(self) -> bool:
        """Whether this is not a subchart."""
        return "/" not in self.path

    @property
    def values_text(self) -> bytes:
        """The text of values.yaml, comments and all."""
        return self.raw.get("values.yaml", b"")

    def walk(self) -> Iterator[Chart]:
        """Yield this chart and then every subchart below it."""
        yield self
        for dependency in self.dependencies:
            yield from dependency.walk()

    def crds(self) -> Iterator[Crd]:
        """Yield the files below ``crds/``, this chart's first, then the subcharts'."""
        for chart in self.walk():
            for name, data in chart.files.items():
                if name.startswith("crds/") and name.lower().endswith((".yaml", ".yml", ".json")):
                    yield Crd(name, f"{chart.path}/{name}", data)
