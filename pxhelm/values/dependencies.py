"""Which subcharts stay, under which name, and what they hand up: Helm's ProcessDependencies.

Returns a new chart. Works on a mutable copy whose nodes and requirements are shared exactly where Helm shares pointers:
a chart aliased twice whose own dependencies have aliases shows the difference, and charts in the wild do that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxhelm.chart.model import Chart, Dependency, Metadata
from pxhelm.golang.strconv import quote
from pxhelm.values.merge import Values, Warnings, coalesce, coalesce_tables, copy_map


def process_dependencies(
    chart: Chart, values: Mapping[str, object], told: Warnings | None = None, *, merge: bool = True
) -> Chart:
    """Apply aliases, tags, conditions and import-values; ``merge`` keeps nulls, as install and template do.

    Raises:
        ValuesError: when the values give a subchart something that is not a map.
    """
    told = told or Warnings()
    root = _Node.of(chart)
    _enable(root, dict(values), "", told)
    _import(root, merge=merge, told=told)
    return root.freeze()


@dataclass(slots=True)
class _Requirement:
    """A dependency of Chart.yaml that processing changes in place."""

    name: str
    enabled: bool
    import_values: tuple[object, ...]
    source: Dependency

    def freeze(self) -> Dependency:
        return replace(self.source, name=self.name, enabled=self.enabled, import_values=self.import_values)


class _Node:
    """A chart in the works; ``chart.dependencies`` and its requirements are taken from here, not from the chart."""

    __slots__ = ("chart", "metadata", "parent", "requirements", "subs", "values")

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.metadata: Metadata = chart.metadata
        self.values: Mapping[str, object] | None = chart.values
        self.parent: _Node | None = None
        self.requirements: list[_Requirement] | None = None
        self.subs: list[_Node] = []

    @classmethod
    def of(cls, chart: Chart) -> _Node:
        node = cls(chart)
        asked = chart.metadata.dependencies
        if asked is not None:
            node.requirements = [_Requirement(d.name, d.enabled, d.import_values, d) for d in asked]
        node.adopt([cls.of(sub) for sub in chart.dependencies])
        return node

    @property
    def name(self) -> str:
        return self.metadata.name

    def adopt(self, subs: list[_Node]) -> None:
        for sub in subs:
            sub.parent = self
        self.subs = subs

    def copy(self, alias: str) -> _Node:
        """Return Helm's shallow copy: subcharts and requirements stay those of the original."""
        twin = _Node(self.chart)
        twin.metadata = replace(self.metadata, name=alias) if alias else self.metadata
        twin.values = self.values
        twin.parent = self.parent
        twin.requirements = self.requirements
        twin.subs = self.subs
        return twin

    def path(self) -> str:
        return f"{self.parent.path()}/charts/{self.name}" if self.parent else self.name

    def freeze(self) -> Chart:
        asked = self.requirements
        return replace(
            self.chart,
            metadata=replace(self.metadata, dependencies=None if asked is None else tuple(r.freeze() for r in asked)),
            path=self.path(),
            values=self.values,
            dependencies=tuple(sub.freeze() for sub in self.subs),
        )


def compatible(constraint: str, version: str) -> bool:
    """Tell whether a version satisfies a constraint; False when either cannot be read."""
    from pxhelm.golang import semver

    try:
        return semver.parse_constraint(constraint).check(semver.parse(version))
    except semver.SemverError:
        return False


def _enable(node: _Node, values: Values, path: str, told: Warnings) -> None:
    """Settle aliases, then tags and conditions, below one chart."""
    asked = node.requirements
    if asked is None:
        return
    node.adopt(_aliased(node, asked))
    for requirement in asked:
        requirement.enabled = True
    coalesced = coalesce(node.freeze(), values, told)
    _apply_tags(asked, coalesced, told)
    _apply_conditions(asked, coalesced, path, told)
    removed = {r.name for r in asked if not r.enabled}
    staying = [sub for sub in node.subs if sub.name not in removed]
    for sub in staying:
        _enable(sub, coalesced, f"{path}{sub.name}.", told)
    # Go appends to a nil slice: when nobody is left there are no requirements, and so no imports either.
    node.requirements = [r for r in asked if r.name not in removed] or None
    node.adopt(staying)


def _aliased(node: _Node, asked: list[_Requirement]) -> list[_Node]:
    """Return the subcharts nobody asked for as they are, then one copy for each requirement that is met."""
    charts = [sub for sub in node.subs if not any(_meets(sub, r) for r in asked)]
    for requirement in asked:
        found = next((sub for sub in node.subs if _meets(sub, requirement)), None)
        if found is not None:
            charts.append(found.copy(requirement.source.alias))
        if requirement.source.alias:
            requirement.name = requirement.source.alias
    return charts


def _meets(sub: _Node, requirement: _Requirement) -> bool:
    return sub.name == requirement.name and compatible(requirement.source.version, sub.metadata.version)


def _apply_tags(asked: list[_Requirement], values: Values, told: Warnings) -> None:
    tags = values.get("tags")
    if not isinstance(tags, dict):
        return
    for requirement in asked:
        states = []
        for tag in requirement.source.tags:
            if tag not in tags:
                continue
            state = tags[tag]
            if isinstance(state, bool):
                states.append(state)
            else:
                told.add(f"Warning: Tag '{tag}' for chart {requirement.name} returned non-bool value")
        requirement.enabled = any(states) or not states


def _apply_conditions(asked: list[_Requirement], values: Values, path: str, told: Warnings) -> None:
    for requirement in asked:
        for condition in requirement.source.condition.strip().split(","):
            if not condition:
                continue
            found, state = path_value(values, path + condition)
            if not found:
                continue
            if isinstance(state, bool):
                requirement.enabled = state
                break
            told.add(f"Warning: Condition path '{condition}' for chart {requirement.name} returned non-bool value")


def path_value(values: Mapping[str, object], path: str) -> tuple[bool, object]:
    """Return whether ``a.b.c`` names something that is not a table, and what."""
    *tables, key = path.split(".")
    table = find_table(values, tables)
    if table is None or key not in table or isinstance(table[key], dict):
        return False, None
    return True, table[key]


def find_table(values: Mapping[str, object], names: list[str]) -> Mapping[str, object] | None:
    """Return the map that a path leads to, or None."""
    table: Mapping[str, object] = values
    for name in names:
        inner = table.get(name)
        if not isinstance(inner, dict):
            return None
        table = inner
    return table


def _import(node: _Node, *, merge: bool, told: Warnings) -> None:
    for sub in node.subs:
        _import(sub, merge=merge, told=told)
    if node.requirements is None:
        return
    defaults = coalesce(node.freeze(), None, told, merge=merge)
    imported: Values = {}
    for requirement in node.requirements:
        outcome: list[object] = []
        for entry in requirement.import_values:
            if isinstance(entry, _Imported) or not isinstance(entry, dict | str):
                continue
            one = _Imported.of(entry)
            outcome.append(one)
            table = _exported(defaults, requirement.name, one, entry, told)
            if table is not None:
                # AsMap of an empty table is a fresh one; a filled one stays shared with the defaults.
                source = table or {}
                nested = source if one["parent"] == "." or isinstance(entry, str) else _nest(one["parent"], source)
                imported = coalesce_tables(imported, nested, told, merge=merge)
        requirement.import_values = tuple(outcome)
    base = copy_map(defaults) if merge else _without_nulls(defaults)
    node.values = coalesce_tables(base, imported, told, merge=merge)


class _Imported(dict[str, str]):
    """An import that was done; Helm does not do it again when the requirement is shared with an alias.

    A map of ``child`` and ``parent``: the chart's record of it is stored with the release.
    """

    @classmethod
    def of(cls, entry: Mapping[str, object] | str) -> _Imported:
        if isinstance(entry, str):
            return cls(child=f"exports.{entry}", parent=".")
        from pxhelm.golang.text import sprint

        return cls(child=sprint(entry.get("child")), parent=sprint(entry.get("parent")))


def _exported(defaults: Values, name: str, one: _Imported, entry: object, told: Warnings) -> Values | None:
    path = f"{name}.{one['child']}".split(".")
    for depth in range(1, len(path) + 1):
        if find_table(defaults, path[:depth]) is None:
            whose = "" if isinstance(entry, str) else f" from chart {name}"
            told.add(f"Warning: ImportValues missing table{whose}: {quote(path[depth - 1])} is not a table")
            return None
    table = find_table(defaults, path)
    return table if isinstance(table, dict) else None


def _nest(path: str, values: Values) -> Values:
    for name in reversed(path.split(".")):
        values = {name: values}
    return values


def _without_nulls(values: Values) -> Values:
    return {
        k: _without_nulls(v) if isinstance(v, dict) else copy_map({"": v})[""]
        for k, v in values.items()
        if v is not None
    }
