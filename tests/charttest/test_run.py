"""Running suites: where values come from, what is selected, and what an expected or unexpected failure is."""

from contextlib import contextmanager

import pytest

from pxhelm.chart.load import load
from pxhelm.charttest.model import SuiteError
from pxhelm.charttest.rendering import World
from pxhelm.charttest.run import Runner, build
from pxhelm.charttest.snapshot import Snapshots
from pxhelm.charttest.suite import load_suites
from pxhelm.errors import PxhelmError
from pxhelm.gotemplate.host import Host

CHART = load(
    {
        "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "templates/a.yaml": b'v: {{ printf "%v %T" .Values.num .Values.num | quote }}\n{{ if .Values.bad }}{{ fail .Values.bad }}{{ end }}',
        "templates/b.yaml": b"r: {{ .Release.Revision }}\nk: {{ .Capabilities.KubeVersion.Version }}\n"
        b"a: {{ .Capabilities.APIVersions | toJson }}\nc: {{ .Chart.Version }}\n",
    }
)


def results(test, head="templates: [a.yaml]"):
    text = f"suite: s\n{head}\ntests:\n  - it: t\n" + "".join(f"    {line}\n" for line in test.strip().split("\n"))
    runner = Runner(World(CHART, Host()), lambda path: {"tests/v.yaml": "num: 7\n"}[path])
    return runner.suite(load_suites(text, "tests/s_test.yaml", "web")[0], Snapshots()).tests[0]


def test_numbers_of_set_are_helms_floats():
    assert results("set: {num: 5}\nasserts: [{equal: {path: v, value: 5 float64}}]").passed


def test_files_stand_beside_the_suite_and_set_wins():
    assert results("values: [v.yaml]\nasserts: [{equal: {path: v, value: 7 float64}}]").passed
    assert results("values: [v.yaml]\nset: {num: x}\nasserts: [{equal: {path: v, value: x string}}]").passed


def test_release_capabilities_and_chart_are_the_tests_over_the_suites():
    head = "templates: [b.yaml]\ncapabilities: {majorVersion: 1, minorVersion: 30, apiVersions: [x/v1]}\nchart: {version: 9.9.9}"
    test = "release: {revision: 4}\ncapabilities: {minorVersion: 31, apiVersions: [y/v1]}\nasserts:\n"
    test += "- equal: {path: r, value: 4}\n- equal: {path: k, value: v1.31.0}\n"
    test += "- equal: {path: a, value: [y/v1, x/v1]}\n- equal: {path: c, value: 9.9.9}"
    assert results(test, head).failures == ()


def test_a_failure_nobody_expects_is_the_tests_error():
    assert "nope" in results("set: {bad: nope}\nasserts: [{exists: {path: v}}]").error
    assert results("set: {bad: nope}\nasserts: [{failedTemplate: {errorMessage: nope}}]").passed
    assert not results("asserts: [{failedTemplate: {}}]").passed


def test_each_test_has_the_limits_of_a_rendering_for_itself():
    held = []

    @contextmanager
    def bounded():
        held.append(None)
        if len(held) == 1:
            raise PxhelmError("rendering took longer than 60 seconds")
        yield

    text = "suite: s\ntemplates: [a.yaml]\ntests:\n" + "".join(
        f"- {{it: {name}, set: {{num: 5}}, asserts: [{{exists: {{path: v}}}}]}}\n" for name in ("slow", "quick")
    )
    runner = Runner(World(CHART, Host()), dict[str, str]().__getitem__, bounded=bounded)
    slow, quick = runner.suite(load_suites(text, "tests/s_test.yaml", "web")[0], Snapshots()).tests
    assert (slow.passed, slow.error, quick.passed) == (False, "rendering took longer than 60 seconds", True)


def test_a_template_that_is_not_selected_is_told():
    found = results("template: none.yaml\nasserts: [{exists: {path: v}}]")
    assert found.failures[0].lines[1] == '\ttemplate "web/templates/none.yaml" not exists or not selected in test suite'


def test_an_index_beyond_the_documents_fails():
    assert "out of range" in results("documentIndex: 3\nasserts: [{exists: {path: v}}]").failures[0].lines[1]


@pytest.mark.parametrize(
    ("key", "built"),
    [
        ("a.b", {"a": {"b": 1}}),
        ("a[1].b", {"a": [None, {"b": 1}]}),
        ("a.[x.y/z]", {"a": {"x.y/z": 1}}),
        ("[x.y].b", {"x.y": {"b": 1}}),
    ],
)
def test_keys_of_set_are_read(key, built):
    assert build(key, 1) == built


def test_a_key_of_set_that_is_none_is_refused():
    with pytest.raises(SuiteError, match="invalid token found"):
        build("a=b", 1)
