"""A values.schema.json and a table of values for a README, from values.yaml and its comments. Only texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError
from pxhelm.values.comments import Note, notes

MADE: Final = "made by `pxhelm schema generate` from values.yaml; edit the comments there"
BEGIN, END = "<!-- values: begin (pxhelm docs generate) -->", "<!-- values: end -->"

_TYPES: Final[Mapping[type, str]] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_SHORT: Final = {"boolean": "bool", "integer": "int", "number": "float", "array": "list"}


def schema_text(values: str) -> str:
    """Return the values.schema.json of a values.yaml; what ``@schema`` comments say wins over what is seen."""
    root: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": MADE,
        "type": "object",
    }
    nodes: dict[tuple[str, ...], dict[str, Any]] = {(): root}
    for note in notes(values):
        above = nodes.get(note.path[:-1])
        if above is None or note.ignored:
            continue
        node = _node(note)
        extra = dict(note.schema)
        if extra.pop("required", False) is True:
            above.setdefault("required", []).append(note.path[-1])
        if extra.pop("hidden", False) or extra.pop("skip", False):
            continue
        node |= extra
        above.setdefault("properties", {})[note.path[-1]] = node
        if isinstance(note.value, dict) and node.get("type") == "object":
            nodes[note.path] = node
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def _node(note: Note) -> dict[str, Any]:
    node: dict[str, Any] = {}
    kind = _TYPES.get(type(note.value))
    if kind:
        node["type"] = kind
    if note.text:
        node["description"] = note.text
    if isinstance(note.value, list) and note.value:
        kinds = {_TYPES.get(type(item)) for item in note.value}
        if len(kinds) == 1 and (only := kinds.pop()):
            node["items"] = {"type": only}
    if kind and kind not in ("object", "array"):
        node["default"] = note.value
    return node


def table(values: str) -> str:
    """Return the Markdown table of a values.yaml: key, type, default, description."""
    rows = ["| Key | Type | Default | Description |", "|-----|------|---------|-------------|"]
    every = notes(values)
    whole: list[tuple[str, ...]] = []
    for note in every:
        inside = any(note.path[: len(path)] == path for path in whole)
        if note.ignored:
            whole.append(note.path)
            continue
        if isinstance(note.value, dict) and note.value and not note.documented:
            continue
        if inside and not note.documented:
            continue
        if isinstance(note.value, dict) and note.value:
            # A map that is described is one value; in it only what is described itself is shown.
            whole.append(note.path)
        rows.append(f"| {_key(note.path)} | {_type(note)} | {_default(note)} | {_cell(note.text)} |")
    return "\n".join(rows) + "\n"


def _key(path: Sequence[str]) -> str:
    return ".".join(f'"{part}"' if "." in part else part for part in path)


def _type(note: Note) -> str:
    kind = _TYPES.get(type(note.value), "string")
    return note.type or _SHORT.get(kind, kind)


def _default(note: Note) -> str:
    if note.default:
        return _cell(note.default)
    return f"`{_cell(json.dumps(note.value, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def readme(chart: Chart, old: str | None) -> str:
    """Return a chart's README with its table of values: a new one, or the old one with the part between our marks renewed.

    Raises:
        PxhelmError: when the old one has no marks.
    """
    part = f"{BEGIN}\n\n{table(chart.values_text.decode('utf-8', 'replace'))}\n{END}"
    if old is not None:
        before, begin, rest = old.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            hint = f"put these two lines where the table belongs:\n{BEGIN}\n{END}\nor print the table with --stdout"
            raise PxhelmError("cannot renew README.md: nothing in it says where the table of values stands", hint=hint)
        return before + part + after
    data = chart.metadata
    facts = [f"Version: {data.version}", *([f"application: {data.app_version}"] if data.app_version else [])]
    parts = [f"# {data.name}", ", ".join(facts), data.description, "## Values", part]
    return "\n\n".join(filter(None, parts)) + "\n"
