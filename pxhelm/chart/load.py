"""Files to a chart: what Helm's loader does, with its texts.

Never reads a disk; subcharts in ``charts/`` come as folders or as archives, both out of the given files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pxhelm.chart import archive, decode
from pxhelm.chart.model import Chart, ChartError, Lock
from pxhelm.chart.validate import validated
from pxhelm.errors import Where
from pxhelm.golang import yaml
from pxhelm.golang.value import go_string

T = TypeVar("T")
_V1: Final = "v1"


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked, shared by all archives inside one chart."""

    limits: archive.Limits
    left: int
    nested: int = 0


def load(files: Mapping[str, bytes], limits: archive.Limits = archive.DEFAULT_LIMITS) -> Chart:
    """Build a chart from its files, paths relative to the chart's root.

    Raises:
        ChartError: in Helm's words for what Helm refuses; in ours when archives inside grow beyond the limits.
    """
    return _load(files, "", _Budget(limits, limits.everything))


def load_archive(data: bytes, limits: archive.Limits = archive.DEFAULT_LIMITS) -> Chart:
    """Build a chart from a .tgz, never extracting it.

    Raises:
        ChartError: as ``load``.
    """
    return load(archive.unpack(data, limits), limits)


def _load(files: Mapping[str, bytes], parent: str, budget: _Budget) -> Chart:
    reader = _Reader()
    for path, data in files.items():
        reader.read_metadata(path, data)
    for path, data in files.items():
        reader.read(path, data)
    if reader.metadata is None:
        raise ChartError("Chart.yaml file is missing")
    metadata = validated(reader.metadata)
    path = f"{parent}/charts/{metadata.name}" if parent else metadata.name
    return Chart(
        metadata=metadata,
        path=path,
        values=reader.values,
        schema=reader.schema,
        templates=reader.templates,
        files=reader.files,
        raw=dict(files),
        dependencies=tuple(_subcharts(reader.subcharts, metadata.name, path, budget)),
        lock=reader.lock,
        warnings=tuple(reader.warnings),
    )


class _Reader:
    """The parts of one chart, gathered file by file."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] | None = None
        self.values: Mapping[str, object] | None = None
        self.schema: bytes | None = None
        self.lock: Lock | None = None
        self.templates: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.subcharts: dict[str, dict[str, bytes]] = {}
        self.warnings: list[str] = []

    def read_metadata(self, path: str, data: bytes) -> None:
        if path == "Chart.yaml":
            fields = _wrapped("cannot load Chart.yaml", data, _metadata)
            self.metadata = {**(self.metadata or {}), **fields}
            # Helm 2 charts did not state one.
            self.metadata["api_version"] = self.metadata.get("api_version") or _V1

    def read(self, path: str, data: bytes) -> None:
        special = _SPECIAL.get(path)
        if special is not None:
            special(self, path, data)
        elif path.startswith("templates/"):
            self.templates[path] = data
        elif path.startswith("charts/") and not path.endswith(".prov"):
            inner = path.removeprefix("charts/")
            self.subcharts.setdefault(inner.split("/", 1)[0], {})[inner] = data
        else:
            self.files[path] = data

    def _chart_lock(self, _path: str, data: bytes) -> None:
        self.lock = _wrapped("cannot load Chart.lock", data, _lock)

    def _values(self, _path: str, data: bytes) -> None:
        self.values = _wrapped("cannot load values.yaml", data, yaml.load_map)

    def _schema(self, _path: str, data: bytes) -> None:
        self.schema = data

    def _requirements(self, path: str, data: bytes) -> None:
        known = self.metadata or {}
        if known.get("api_version") != _V1:
            self.warnings.append(
                'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". '
                "We recommend migrating dependencies to Chart.yaml."
            )
        fields = _wrapped("cannot load requirements.yaml", data, _metadata)
        self.metadata = {**known, **fields}
        self._keep_v1(path, data)

    def _requirements_lock(self, path: str, data: bytes) -> None:
        self.lock = _wrapped("cannot load requirements.lock", data, _lock)
        self.metadata = self.metadata or {}
        if self.metadata.get("api_version") != _V1:
            self.warnings.append(
                'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". '
                "We recommend migrating to Chart.lock."
            )
        self._keep_v1(path, data)

    def _keep_v1(self, path: str, data: bytes) -> None:
        if self.metadata and self.metadata.get("api_version") == _V1:
            self.files[path] = data

    def _done(self, _path: str, _data: bytes) -> None:
        """Chart.yaml was read first."""


_SPECIAL: Final[Mapping[str, Callable[[_Reader, str, bytes], None]]] = {
    "Chart.yaml": _Reader._done,  # noqa: SLF001
    "Chart.lock": _Reader._chart_lock,  # noqa: SLF001
    "values.yaml": _Reader._values,  # noqa: SLF001
    "values.schema.json": _Reader._schema,  # noqa: SLF001
    "requirements.yaml": _Reader._requirements,  # noqa: SLF001
    "requirements.lock": _Reader._requirements_lock,  # noqa: SLF001
}


def _metadata(text: str) -> dict[str, Any]:
    return decode.metadata_fields(yaml.load_typed(text))


def _lock(text: str) -> Lock | None:
    found = yaml.load_typed(text)
    return None if found is None else decode.decode_lock(found)


def _subcharts(groups: Mapping[str, dict[str, bytes]], name: str, path: str, budget: _Budget) -> list[Chart]:
    charts = []
    for group, files in groups.items():
        if group[:1] in ("_", "."):
            continue
        try:
            charts.append(_subchart(group, files, path, budget))
        except ChartError as e:
            if e.message.startswith("error unpacking subchart tar"):
                raise
            raise ChartError(f"error unpacking subchart {group} in {name}: {e.message}", where=e.where) from None
    return charts


def _subchart(group: str, files: dict[str, bytes], path: str, budget: _Budget) -> Chart:
    if not group.endswith(".tgz"):
        # What lies in charts/ itself and is no archive is not a chart.
        return _load({p.partition("/")[2]: data for p, data in files.items() if "/" in p}, path, budget)
    first, data = next(iter(files.items()))
    if first != group:
        raise ChartError(f"error unpacking subchart tar in {path.rpartition('/')[2]}: expected {group}, got {first}")
    if budget.nested >= budget.limits.nested:
        raise ChartError(f"charts are nested deeper than {budget.limits.nested} archives")
    limits = replace(budget.limits, total=max(0, min(budget.limits.total, budget.left)))
    inner = archive.unpack(data, limits)
    budget.left -= sum(map(len, inner.values()))
    budget.nested += 1
    try:
        return _load(inner, path, budget)
    finally:
        budget.nested -= 1


def _wrapped(context: str, data: bytes, call: Callable[[Any], T]) -> T:
    """Decode one of the chart's own files; its name is the last word of the context."""
    try:
        return call(go_string(data))
    except (ChartError, yaml.YamlError) as e:
        line = getattr(e, "line", 0)
        lines = data.decode("utf-8", "replace").splitlines()
        where = Where(context.rpartition(" ")[2], line, text=lines[line - 1] if 0 < line <= len(lines) else "")
        raise ChartError(f"{context}: {e}", where=where) from None
