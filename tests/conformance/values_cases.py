"""Recorded cases about values: coalescing a chart's, the ``--set`` family, merging two tables.

``OPS`` maps the ``op`` of a case to a function that returns ``""`` when we answer as Helm v3 did, else what differs.
"""

from __future__ import annotations

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.golang.value import Int64
from pxhelm.values import set as strvals
from pxhelm.values.dependencies import process_dependencies
from pxhelm.values.merge import Warnings, coalesce, coalesce_tables, copy_map, merge_files

SETTERS = {
    "": strvals.set_values,
    "string": strvals.set_strings,
    "json": strvals.set_json,
    "literal": strvals.set_literal,
}


def floats(value):
    """Return a case's JSON as a values file would give it: every number float64."""
    if isinstance(value, dict):
        return {k: floats(v) for k, v in value.items()}
    if isinstance(value, list):
        return [floats(v) for v in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def chart_files(case):
    """Return the chart of a case as ``{path: bytes}``."""
    files = dict(case.get("files") or {})
    for path, text in (case.get("templates") or {}).items():
        files[f"templates/{path}"] = text
    if "Chart.yaml" not in files:
        chart = {"apiVersion": "v2", "name": "t", "version": "0.1.0", **(case.get("chart") or {})}
        files["Chart.yaml"] = yaml.to_yaml(chart)
    return {path: text.encode("utf-8", "surrogateescape") for path, text in files.items()}


def user_values(case):
    """Return the user's values of a case: files, over them the tree, then flags by kind."""
    values = {}
    for text in case.get("valuesYaml") or ():
        try:
            values = merge_files(values, yaml.load_map(text))
        except yaml.YamlError as error:
            raise PxhelmError(str(error)) from None
    values = merge_files(values, floats(case.get("values") or {}))
    for field, setter in (
        ("setJson", strvals.set_json),
        ("set", strvals.set_values),
        ("setString", strvals.set_strings),
        ("setLiteral", strvals.set_literal),
    ):
        for text in case.get(field) or ():
            setter(text, values)
    return values


def typed(value):
    """Return a tree with Go's types written out, as the cases hold it."""
    if isinstance(value, dict):
        return {k: typed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [typed(v) for v in value]
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return f"bool({'true' if value else 'false'})"
    if isinstance(value, Int64):
        return f"int64({int(value)})"
    if isinstance(value, float):
        from pxhelm.golang.strconv import format_float

        return f"float64({format_float(value)})"
    return f"string({value})"


def run_strvals(case):
    want = case["v3"]
    values = floats(case.get("values") or {})
    error = ""
    try:
        SETTERS[case.get("mode", "")](case["input"], values)
    except PxhelmError as e:
        error = e.message
    if error != want.get("error", ""):
        return f"error {error!r}, want {want.get('error', '')!r}"
    if "output" in want and typed(values) != want["output"]["typed"]:
        return f"got {typed(values)}, want {want['output']['typed']}"
    return ""


def run_values(case):
    want = case["v3"]
    told = Warnings()
    try:
        values = user_values(case)
        chart = process_dependencies(load(chart_files(case)), values, told)
        got = coalesce(chart, values, told)
    except PxhelmError as e:
        return "" if e.message == want.get("error") else f"error {e.message!r}, want {want.get('error')!r}"
    if "error" in want:
        return f"no error, want {want['error']!r}"
    names = sorted(sub.name for sub in chart.dependencies)
    if got != want["output"]["values"] or names != want["output"]["subcharts"]:
        return f"got {got} {names}, want {want['output']}"
    return warned(told, want)


def run_tables(case):
    want = case["v3"]
    told = Warnings()
    into, source = copy_map(floats(case["dst"])), copy_map(floats(case["src"]))
    got = coalesce_tables(into, source, told, merge=case["mode"] == "merge")
    if got != want["output"]:
        return f"got {got}, want {want['output']}"
    return warned(told, want)


def warned(told, want):
    """Compare warnings as sets: Helm walks maps in random order and may warn several times."""
    expected = {line.removeprefix('level=INFO msg="').removesuffix('"\n') for line in want.get("log") or ()}
    got = {line.replace('"', '\\"') for line in told.lines}
    return "" if got == expected else f"warned {sorted(got)}, want {sorted(expected)}"


OPS = {"values": run_values, "strvals": run_strvals, "coalesce-tables": run_tables}
