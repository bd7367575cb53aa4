"""Schemas complain as Helm's do: ``schema_messages.json`` holds what Helm v3.22 said to each schema and values."""

import json
import re
from pathlib import Path

import pytest

from pxhelm.chart.load import load
from pxhelm.values.merge import coalesce
from pxhelm.values.schema import SchemaMismatchError, validate

RECORDED = json.loads(Path(__file__).with_name("schema_messages.json").read_text("utf-8"))
CHART = b"apiVersion: v2\nname: t\nversion: 0.1.0\n"


def complaint(files):
    chart = load({"Chart.yaml": CHART, **files})
    try:
        validate(chart, coalesce(chart, {}))
    except SchemaMismatchError as e:
        return e
    return None


def comparable(text):
    """Helm walks maps in random order: compare lines as a set, and the names in one line too."""
    lines = [
        re.sub(r"properties (.*) not allowed", lambda m: str(sorted(m[1].split(", "))), line)
        for line in text.split("\n")
    ]
    return sorted(lines)


@pytest.mark.parametrize("name", RECORDED)
def test_a_schema_says_what_it_says_in_helm(name):
    case = RECORDED[name]
    found = complaint({"values.schema.json": case["schema"].encode(), "values.yaml": case["values"].encode()})
    assert comparable(found.message.strip() if found else "") == comparable(case["error"])


def test_complaints_name_chart_and_path_of_the_value():
    files = {
        "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "charts/db/values.schema.json": b'{"properties": {"a": {"items": {"type": "string"}}}}',
        "values.yaml": b"db: {a: [x, 2]}\n",
    }
    (found,) = complaint(files).complaints
    assert (found.chart, found.path, found.text) == ("db", ("db", "a", "1"), "got number, want string")


@pytest.mark.parametrize("metaschema", ["http://json-schema.org/schema#", "https://json-schema.org/schema"])
def test_a_metaschema_of_no_draft_is_the_newest(metaschema):
    schema = json.dumps({"$schema": metaschema, "properties": {"a": {"type": "string"}}}).encode()
    found = complaint({"values.schema.json": schema, "values.yaml": b"a: 1\n"})
    assert found.message.endswith("t:\n- at '/a': got number, want string\n")


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/x.json", "https://example.com/x", "file:///etc/passwd", "x.json"]
)
def test_a_reference_is_never_fetched(reference):
    schema = json.dumps({"properties": {"a": {"$ref": reference}}}).encode()
    assert "not fetched over the network" in complaint({"values.schema.json": schema, "values.yaml": b"a: 1\n"}).message


def test_an_unknown_metaschema_is_never_fetched():
    schema = b'{"$schema": "http://127.0.0.1:9/meta"}'
    assert "not fetched over the network" in complaint({"values.schema.json": schema}).message


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"allOf": [{"$ref": "#/allOf/1"}, {"$ref": "#/allOf/0"}]},
    ],
)
def test_schemas_in_circles_end(schema):
    found = complaint({"values.schema.json": json.dumps(schema).encode(), "values.yaml": b"a: 1\n"})
    assert "causing reference cycle" in found.message


def test_a_pattern_that_backtracks_elsewhere_ends():
    schema = json.dumps({"properties": {"a": {"pattern": "^(a+)+$"}}}).encode()
    found = complaint({"values.schema.json": schema, "values.yaml": b"a: " + b"a" * 4000 + b"!\n"})
    assert "does not match pattern" in found.message


def test_a_schema_nested_without_end_is_refused():
    schema = b'{"not":' * 2000 + b"{}" + b"}" * 2000
    assert complaint({"values.schema.json": schema, "values.yaml": b"a: 1\n"}) is not None
