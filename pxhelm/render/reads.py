"""Which values the templates read, for ``--strict-values``.

Renders once more over maps that remember who asked: renderings that do not want to know pay nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxhelm.chart.model import Chart
from pxhelm.gotemplate.objects import GoMap
from pxhelm.render import gotmpl
from pxhelm.render.model import RenderError, RenderRequest
from pxhelm.render.tree import JINJA, arrange
from pxhelm.values.merge import GLOBAL, Warnings, coalesce

Path = tuple[str, ...]


class _Watched(GoMap):
    """A map that remembers which of its keys were read; looking through all of it reads all of it."""

    __slots__ = ("path", "seen")
    path: Path
    seen: set[Path]

    @classmethod
    def over(cls, values: dict[str, Any], path: Path, seen: set[Path]) -> _Watched:
        watched = cls()
        watched.path = path
        watched.seen = seen
        for key, value in values.items():
            dict.__setitem__(watched, key, cls.over(value, (*path, key), seen) if isinstance(value, dict) else value)
        return watched

    def _one(self, key: object) -> None:
        # Going through a map on the way to a key is no reading of the map.
        if isinstance(key, str) and not isinstance(dict.get(self, key), _Watched):
            self.seen.add((*self.path, key))

    def _all(self) -> None:
        self.seen.add(self.path)

    def __getitem__(self, key: str) -> object:
        self._one(key)
        return super().__getitem__(key)

    def get(self, key: str, default: object = None) -> object:
        self._one(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str):
            self.seen.add((*self.path, key))
        return super().__contains__(key)

    def __bool__(self) -> bool:
        # ``with .Values.a`` and ``if .Values.a`` ask for the map itself.
        self.seen.add((*self.path, ""))
        return len(self) > 0

    def __iter__(self) -> Iterator[str]:
        self._all()
        return super().__iter__()

    def items(self) -> Any:
        self._all()
        return super().items()

    def values(self) -> Any:
        self._all()
        return super().values()


def values_read(request: RenderRequest, chart: Chart) -> frozenset[Path]:
    """Return the paths of values that the Go templates read, from the root chart's values; maps read whole by their own.

    A path that ends in an empty name: only whether that map is empty was asked.
    ``chart``: with its dependencies settled. A read of a global counts for the root's. What the chart's own conditions
    and tags name counts as read.
    """
    seen: set[Path] = set()
    values = coalesce(chart, request.values)
    watched = _Watched.over(values, (), seen)
    templates = [t for t in arrange(request, chart, watched) if not t.name.endswith(JINJA)]
    for template in templates:
        root: Any = template.root
        path = _values_path(template.chart)
        root["Values"] = _lookup(watched, path)
    seen.clear()
    try:
        gotmpl.run(request, templates, Warnings())
    except RenderError:
        return frozenset(_settled(seen, chart))
    return frozenset(_settled(seen, chart))


def _values_path(chart: str) -> Path:
    return tuple(chart.split("/charts/")[1:])


def _lookup(values: _Watched, path: Path) -> _Watched:
    for name in path:
        found = dict.get(values, name)
        if not isinstance(found, _Watched):
            return _Watched.over({}, path, set())
        values = found
    return values


def _settled(seen: set[Path], chart: Chart) -> set[Path]:
    """Turn what was seen into paths of the root's values."""
    whole = {path for path in seen if path}
    reads = {path for path in whole if not any(path[:i] in whole for i in range(1, len(path)))}
    for path in list(reads):
        if GLOBAL in path:
            reads.add(path[path.index(GLOBAL) :])
    reads.update(_conditions(chart, ()))
    return reads


def _conditions(chart: Chart, path: Path) -> Iterator[Path]:
    for dependency in chart.metadata.dependencies or ():
        for condition in filter(None, dependency.condition.split(",")):
            yield (*path, *condition.strip().split("."))
        for tag in dependency.tags:
            yield ("tags", tag)
    for sub in chart.dependencies:
        yield from _conditions(sub, (*path, sub.name))
