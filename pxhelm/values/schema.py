"""values.schema.json of a chart and of its subcharts against their coalesced values, in Helm's words.

Never fetches a reference over the network, which Helm does: a chart from a stranger must not make us call a server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pxhelm.chart.model import Chart
from pxhelm.errors import PxhelmError, StageError
from pxhelm.golang import json as go_json
from pxhelm.golang.value import type_name
from pxhelm.values.merge import ValuesError


@dataclass(frozen=True, slots=True)
class Complaint:
    """One value that its chart's schema refuses."""

    chart: str
    path: tuple[str, ...]
    """From the root chart's values."""
    text: str


class SchemaMismatchError(StageError, ValuesError):
    """Values that some schema refuses; ``complaints`` names each."""

    def __init__(self, message: str, complaints: tuple[Complaint, ...]) -> None:
        errors = tuple(
            PxhelmError(f"cannot use value {'.'.join(c.path) or '(all)'} of chart {c.chart}: {c.text}")
            for c in complaints
        )
        super().__init__(message, errors)
        self.complaints = complaints


def validate(chart: Chart, values: Mapping[str, object]) -> None:
    """Check the coalesced values of a chart and of its subcharts against their schemas.

    Raises:
        SchemaMismatchError: Helm's text, with every complaint of every chart.
    """
    complaints: list[Complaint] = []
    text = _check(chart, values, (), complaints)
    if text:
        raise SchemaMismatchError(
            f"values don't meet the specifications of the schema(s) in the following chart(s):\n{text}",
            tuple(complaints),
        )


def _check(chart: Chart, values: Mapping[str, object], path: tuple[str, ...], complaints: list[Complaint]) -> str:
    text = ""
    if chart.schema is not None:
        fault = _single(chart, values, path, complaints)
        if fault:
            text += f"{chart.name}:\n{fault}"
    for sub in chart.dependencies:
        below = values.get(sub.name)
        if below is None:
            continue
        if isinstance(below, dict):
            text += _check(sub, below, (*path, sub.name), complaints)
        else:
            fault = f"invalid type for values: expected object (map), got {type_name(below)}"
            complaints.append(Complaint(sub.name, (*path, sub.name), fault))
            text += f"{sub.name}:\n{fault}\n"
    return text


def check_single(schema: bytes, values: Mapping[str, object]) -> str:
    """Return what one schema has against values, in Helm's words; ``""`` for nothing."""
    from pxhelm.values.jsonschema import Validator
    from pxhelm.values.schemadocument import SchemaError
    from pxhelm.values.schemaerror import report

    try:
        failure = Validator(_decode(schema), _match).check(dict(values))
    except SchemaError as e:
        return e.message
    return "" if failure is None else report(failure) + "\n"


def _single(chart: Chart, values: Mapping[str, object], path: tuple[str, ...], complaints: list[Complaint]) -> str:
    # imported here: few charts have a schema
    from pxhelm.values.jsonschema import Validator
    from pxhelm.values.schemadocument import SchemaError
    from pxhelm.values.schemaerror import report

    try:
        failure = Validator(_decode(chart.schema or b""), _match).check(dict(values))
    except SchemaError as e:
        return e.message  # about the schema: no value is to blame
    if failure is None:
        return ""
    complaints.extend(Complaint(chart.name, (*path, *leaf.path), leaf.text) for leaf in failure.leaves())
    return report(failure) + "\n"


def _decode(schema: bytes) -> object:
    from pxhelm.values.schemadocument import SchemaError
    from pxhelm.values.schemaerror import SchemaNumber

    text = schema.decode("utf-8", "replace")
    try:
        return json.loads(text, parse_float=SchemaNumber, parse_int=SchemaNumber)
    except (ValueError, RecursionError):
        raise SchemaError(_go_json_error(text)) from None


def _go_json_error(text: str) -> str:
    """Return the words of Go's JSON decoder for a text that is no JSON, or more than one."""
    if not text.strip():
        return "EOF"
    try:
        go_json.unmarshal(text)
    except go_json.JsonError as e:
        if e.ended:
            return "unexpected EOF"
        message = str(e)
        return "invalid character after top-level value" if message.endswith("after top-level value") else message
    return f"schema is nested too deeply or holds a number out of range: {text[:40]!r}"


def _match(pattern: str, text: str) -> bool:
    from pxhelm.golang import regexp

    return regexp.matches(regexp.compile_pattern(pattern), text)
