"""Assertions: each kind holds, and each fails (antonyms the other way round)."""

import pytest

from pxhelm.charttest.assertions import KINDS, Case, run
from pxhelm.charttest.snapshot import Snapshots

DOCUMENT = {
    "kind": "Web",
    "apiVersion": "v1",
    "metadata": {"name": "a"},
    "spec": {"n": 2, "f": 1.5, "empty": [], "none": None, "items": [{"a": 1, "b": 2}, {"a": 1}], "b64": "aGk="},
    "raw": "Hello  \nyou\n",
}

HOLDS = [
    ("equal", {"path": "spec.n", "value": 2}, {"path": "spec.n", "value": 2.0}),
    ("equal", {"path": "spec.b64", "value": "hi", "decodeBase64": True}, {"path": "spec.b64", "value": "hi"}),
    ("equal", {"path": "metadata", "value": {"name": "a"}}, {"path": "nothing", "value": None}),
    ("notEqual", {"path": "spec.n", "value": "2"}, {"path": "spec.n", "value": 2}),
    ("equalRaw", {"value": "Hello\nyou\n"}, {"value": "Hello"}),
    ("matchRegex", {"path": "metadata.name", "pattern": "^a$"}, {"path": "spec.n", "pattern": "2"}),
    ("notMatchRegex", {"path": "metadata.name", "pattern": "b"}, {"path": "metadata.name", "pattern": "a"}),
    ("matchRegexRaw", {"pattern": "you"}, {"pattern": "me"}),
    ("contains", {"path": "spec.items", "content": {"a": 1}}, {"path": "spec.items", "content": {"b": 2}}),
    ("contains", {"path": "spec.items", "content": {"b": 2}, "any": True}, {"path": "spec.n", "content": 2}),
    (
        "contains",
        {"path": "spec.items", "content": {"a": 1}, "any": True, "count": 2},
        {"path": "spec.items", "content": {"a": 1}, "any": True, "count": 1},
    ),
    ("notContains", {"path": "spec.items", "content": {"a": 9}}, {"path": "spec.items", "content": {"a": 1}}),
    ("exists", {"path": "spec.none"}, {"path": "spec.nothing"}),
    ("notExists", {"path": "spec.nothing"}, {"path": "spec.none"}),
    ("isNull", {"path": "spec.nothing"}, {"path": "spec.n"}),
    ("isNotNull", {"path": "spec.n"}, {"path": "nothing"}),
    ("isNullOrEmpty", {"path": "spec.empty"}, {"path": "spec.n"}),
    ("isEmpty", {"path": "spec.none"}, {"path": "spec.nothing"}),
    ("isNotEmpty", {"path": "spec.n"}, {"path": "spec.empty"}),
    ("isKind", {"of": "Web"}, {"of": "Db"}),
    ("isAPIVersion", {"of": "v1"}, {"of": "v2"}),
    ("hasDocuments", {"count": 1}, {"count": 2}),
    ("isSubset", {"path": "spec", "content": {"n": 2}}, {"path": "spec", "content": {"n": 3}}),
    ("isNotSubset", {"path": "spec", "content": {"n": 3}}, {"path": "spec", "content": {"n": 2}}),
    ("isType", {"path": "spec.f", "type": "float64"}, {"path": "spec.n", "type": "string"}),
    ("isNotType", {"path": "spec.n", "type": "float64"}, {"path": "spec.items", "type": "[]interface {}"}),
    ("lengthEqual", {"path": "spec.items", "count": 2}, {"path": "spec.items"}),
    ("lengthEqual", {"paths": ["spec.items", "spec.items"]}, {"paths": ["spec.items", "spec.empty"]}),
    ("notLengthEqual", {"path": "spec.items", "count": 1}, {"path": "spec.items", "count": 2}),
    ("containsDocument", {"kind": "Web", "apiVersion": "v1", "name": "a"}, {"kind": "Web", "apiVersion": "v2"}),
    ("greaterOrEqual", {"path": "spec.n", "value": 2}, {"path": "spec.n", "value": 3}),
    ("lessOrEqual", {"path": "spec.n", "value": 2}, {"path": "spec.n", "value": 2.5}),
    ("notLessOrEqual", {"path": "spec.n", "value": 1}, {"path": "spec.n", "value": 2}),
    ("failedTemplate", {"errorPattern": "^Hello"}, {"errorMessage": "Hello"}),
    ("failedTemplate", {"errorPattern": "Hello"}, {"errorPattern": "a", "errorMessage": "b"}),
]


def wrong(kind, parameters, documents=(DOCUMENT,), *, negated=False, snapshots=None, error=""):
    found = KINDS[kind]
    case = Case(parameters, negated != found.antonym, documents, documents, "t", snapshots or Snapshots(), error)
    return run(found, case)


@pytest.mark.parametrize(("kind", "good", "bad"), HOLDS)
def test_an_assertion_holds_and_fails(kind, good, bad):
    assert wrong(kind, good) == []
    assert wrong(kind, bad)


@pytest.mark.parametrize("kind", ["equal", "contains", "matchRegex", "isKind", "exists", "isSubset", "failedTemplate"])
def test_nothing_rendered_fails_what_asserts_something_and_passes_its_contrary(kind):
    parameters = {"path": "a", "pattern": "a"}
    assert wrong(kind, parameters, ())
    if kind != "failedTemplate":
        assert wrong(kind, parameters, (), negated=True) == []


def test_an_error_before_any_template_is_asserted_by_pattern():
    assert wrong("failedTemplate", {"errorPattern": "schema"}, (), error="values do not fit the schema") == []
    assert wrong("failedTemplate", {"errorPattern": "other"}, (), error="values do not fit the schema")


def test_a_failure_says_where_what_and_how_it_differs():
    assert wrong("equal", {"path": "metadata.name", "value": "b"}) == [
        *("DocumentIndex:\t0", "Path:\tmetadata.name", "Expected to equal:", "\tb", "Actual:", "\ta"),
        *("Diff:", "\t--- Expected", "\t+++ Actual", "\t@@ -1 +1 @@", "\t-b", "\t+a"),
    ]


def test_snapshots_are_kept_compared_and_taken_anew():
    first = Snapshots()
    assert wrong("matchSnapshot", {"path": "spec.items"}, snapshots=first) == []
    assert wrong("matchSnapshotRaw", {}, snapshots=first) == []
    text = first.text()
    assert text.startswith("t:\n  1: |\n    - a: 1\n      b: 2\n    - a: 1\n")
    again = Snapshots.of(text, update=False)
    assert wrong("matchSnapshot", {"path": "spec.items"}, snapshots=again) == []
    assert (again.text(), again.vanished) == (text.split("  2:")[0], 1)
    changed = Snapshots.of(text, update=False)
    assert wrong("matchSnapshot", {"path": "spec.n"}, snapshots=changed)
    taken = Snapshots.of(text, update=True)
    assert wrong("matchSnapshot", {"path": "spec.n"}, snapshots=taken) == []
    assert taken.text() == "t:\n  1: |\n    2\n"


def test_patterns_of_snapshots_look_at_what_was_rendered_now():
    parameters = {"path": "metadata", "matchRegex": {"pattern": "name"}, "notMatchRegex": {"pattern": "zone"}}
    assert wrong("matchSnapshot", parameters) == []
    assert wrong("matchSnapshot", {"path": "metadata", "notMatchRegex": {"pattern": "name"}})


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("matchRegex", {"path": "metadata.name", "pattern": "("}),
        ("matchRegexRaw", {"pattern": "("}),
        ("matchSnapshot", {"matchRegex": {"pattern": "("}}),
        ("equal", {"path": "spec[?(@ =~ /(/)]", "value": 1}),
        ("greaterOrEqual", {"path": "spec", "value": {}}),
    ],
)
def test_what_an_assertion_cannot_do_is_a_failure_and_no_bug(kind, parameters):
    assert "Error:" in wrong(kind, parameters)
