"""How values meet: files over files, the user's over a chart's, a parent's over a subchart's, as Helm coalesces.

Never reads a file. Trees are plain dicts and lists; the functions named ``*_into`` change their first argument.
Which maps end up shared between a chart and its subcharts is Helm's too: templates that ``set`` show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError

GLOBAL: Final = "global"

Values = dict[str, object]


class ValuesError(PxhelmError):
    """Values that do not fit their chart, in Helm's words."""


@dataclass(slots=True)
class Warnings:
    """Warnings in Helm's words, in the order they came up."""

    lines: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Keep a warning."""
        self.lines.append(text)


def deep_copy(value: object) -> object:
    """Copy maps and lists all the way down; scalars are shared."""
    if isinstance(value, dict):
        return {k: deep_copy(v) if isinstance(v, dict | list) else v for k, v in value.items()}
    if isinstance(value, list):
        return [deep_copy(v) if isinstance(v, dict | list) else v for v in value]
    return value


def copy_map(values: Mapping[str, object] | None) -> Values:
    """Return a deep copy of a tree; an empty one for None."""
    return {k: deep_copy(v) for k, v in values.items()} if values else {}


def merge_files(first: Mapping[str, object], second: Mapping[str, object]) -> Values:
    """Return what a later ``-f`` file makes of an earlier one: maps merge, all else replaces, null stays."""
    merged = dict(first)
    for key, value in second.items():
        current = merged.get(key)
        if isinstance(value, dict) and isinstance(current, dict):
            merged[key] = merge_files(current, value)
        else:
            merged[key] = value
    return merged


def coalesce(
    chart: Chart, values: Mapping[str, object] | None, told: Warnings | None = None, *, merge: bool = False
) -> Values:
    """Return the user's values over the defaults of a chart and of its subcharts.

    ``merge`` keeps nulls (Helm's MergeValues); without it a null deletes the default of the same key.

    Raises:
        ValuesError: when the values give a subchart something that is not a map.
    """
    result = copy_map(values)
    _coalesce_into(result, chart, "", _Way(told or Warnings(), merge))
    return result


def coalesce_tables(
    into: Values | None, source: Values | None, told: Warnings | None = None, *, merge: bool = False
) -> Values:
    """Merge ``source`` under ``into`` and return ``into``; both may change."""
    return _tables(into, source, "", _Way(told or Warnings(), merge))


@dataclass(frozen=True, slots=True)
class _Way:
    told: Warnings
    merge: bool


def _join(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _coalesce_into(values: Values, chart: Chart, prefix: str, way: _Way) -> None:
    _own_into(values, chart, prefix, way)
    below = _join(prefix, chart.name)
    for sub in chart.dependencies:
        table = values.setdefault(sub.name, {})
        if not isinstance(table, dict):
            from pxhelm.golang.fmt import sprintf

            raise ValuesError(f"type mismatch on {sub.name}: {sprintf('%t', [table])}")
        _globals_into(table, values, below, way)
        _coalesce_into(table, sub, below, way)


def _own_into(values: Values, chart: Chart, prefix: str, way: _Way) -> None:
    """Put a chart's own defaults under the values."""
    below = _join(prefix, chart.name)
    subcharts = {sub.name for sub in chart.dependencies}
    for key, default in copy_map(chart.values).items():
        if key not in values:
            values[key] = default
            continue
        value = values[key]
        if value is None and not way.merge:
            del values[key]
        elif isinstance(value, dict):
            if isinstance(default, dict):
                # Nulls meant for a subchart must survive until that subchart is coalesced.
                inner = _Way(way.told, merge=True) if key in subcharts else way
                _tables(value, default, _join(below, key), inner)
            elif default is not None:
                way.told.add(f"warning: skipped value for {below}.{key}: Not a table.")


def _globals_into(table: Values, parent: Values, prefix: str, way: _Way) -> None:
    """Hand the parent's globals to a subchart's values; the parent's win."""
    own = table.get(GLOBAL, {}) if GLOBAL in table else {}
    if not isinstance(own, dict):
        way.told.add(f"warning: skipping globals because destination {GLOBAL} is not a table.")
        return
    given = parent.get(GLOBAL, {}) if GLOBAL in parent else {}
    if not isinstance(given, dict):
        way.told.add(f"warning: skipping globals because source {GLOBAL} is not a table.")
        return
    for key, value in given.items():
        if isinstance(value, dict):
            copy = dict(value)
            current = own.get(key)
            if key not in own:
                own[key] = copy
            elif isinstance(current, dict):
                _tables(copy, current, _join(prefix, key), _Way(way.told, merge=True))
                own[key] = copy
            else:
                way.told.add(f'Conflict: cannot merge map onto non-map for "{key}". Skipping.')
        elif isinstance(own.get(key), dict):
            way.told.add(f"key {key} is table. Skipping")
        else:
            own[key] = value
    table[GLOBAL] = own


def _tables(into: Values | None, source: Values | None, prefix: str, way: _Way) -> Values:
    if source is None:
        return into if into is not None else {}
    if into is None:
        return source
    set_in_source = {key for key, value in source.items() if value is not None}
    for key, value in into.items():
        if value is None:
            source[key] = None
    for key, value in source.items():
        if key not in into:
            into[key] = value
            continue
        current = into[key]
        if current is None and not way.merge and key in set_in_source:
            # The user nulled a default. Where the source has no value either, the null stays.
            del into[key]
        elif isinstance(value, dict):
            if isinstance(current, dict):
                _tables(current, value, _join(prefix, key), way)
            else:
                way.told.add(
                    f"warning: cannot overwrite table with non table for {_join(prefix, key)} ({_shown(value)})"
                )
        elif isinstance(current, dict) and value is not None:
            way.told.add(
                f"warning: destination for {_join(prefix, key)} is a table. Ignoring non-table value ({_shown(value)})"
            )
    return into


def _shown(value: object) -> str:
    """Return a value as Go prints it with ``%v``."""
    from pxhelm.golang.text import sprint

    return sprint(value)
