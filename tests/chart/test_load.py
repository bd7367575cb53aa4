"""Loading charts: what Helm refuses, in its words (``load_errors.json`` holds what Helm v3.22 said), and what it keeps."""

import json
from pathlib import Path

import pytest

from pxhelm.chart.load import load
from pxhelm.chart.model import ChartError
from pxhelm.repo.local import read_chart

CHART = b"apiVersion: v2\nname: web\nversion: 0.1.0\n"
RECORDED = json.loads(Path(__file__).with_name("load_errors.json").read_text("utf-8"))


@pytest.mark.parametrize("name", RECORDED)
def test_a_chart_is_refused_with_helms_text_or_taken_as_helm_takes_it(name, tmp_path):
    for path, text in RECORDED[name]["files"].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    try:
        load(read_chart(str(tmp_path)).files)
        error = ""
    except ChartError as e:
        error = e.message
    assert error == RECORDED[name]["error"]


def test_files_find_their_places():
    chart = load(
        {
            "Chart.yaml": CHART,
            "values.yaml": b"a: 1 # one\n",
            "values.schema.json": b"{}",
            "templates/a.yaml": b"a",
            "templates/sub/_b.tpl": b"b",
            "crds/c.yaml": b"c",
            "README.md": b"r",
            "charts/x-1.tgz.prov": b"p",
            "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 1.0.0\n",
            "charts/db/crds/d.YML": b"d",
            "charts/_old/Chart.yaml": b"broken: [",
        }
    )
    assert (chart.name, chart.path, chart.is_root) == ("web", "web", True)
    assert list(chart.templates) == ["templates/a.yaml", "templates/sub/_b.tpl"]
    assert list(chart.files) == ["crds/c.yaml", "README.md", "charts/x-1.tgz.prov"]
    assert (chart.values, chart.schema, chart.values_text) == ({"a": 1.0}, b"{}", b"a: 1 # one\n")
    assert [sub.path for sub in chart.walk()] == ["web", "web/charts/db"]
    assert [crd.source for crd in chart.crds()] == ["web/crds/c.yaml", "web/charts/db/crds/d.YML"]


def test_scalars_become_texts_as_in_helm():
    chart = load(
        {"Chart.yaml": b"apiVersion: v2\nname: web\nversion: 1.20\nappVersion: 1e6\nkeywords: [1, yes, 1.50]\n"}
    )
    assert chart.metadata.version == "1.2"
    assert chart.metadata.app_version == "1e+06"
    assert chart.metadata.keywords == ("1", "true", "1.5")


def test_what_cannot_be_printed_is_taken_out():
    chart = load({"Chart.yaml": CHART + b'description: "a\\u200bb\\tc\\u00a0d"\n'})
    assert chart.metadata.description == "ab c d"


def test_version_1_charts_take_their_dependencies_from_requirements_yaml():
    chart = load(
        {
            "Chart.yaml": b"name: web\nversion: 0.1.0\n",
            "requirements.yaml": b"dependencies:\n- {name: db, version: 1.x.x, tags: [back], import-values: [data]}\n",
        }
    )
    (dependency,) = chart.metadata.dependencies
    assert (dependency.name, dependency.tags, dependency.import_values) == ("db", ("back",), ("data",))
    assert chart.warnings == ()
    assert "requirements.yaml" in chart.files


def test_version_2_charts_are_warned_of_requirements_yaml():
    chart = load({"Chart.yaml": CHART, "requirements.yaml": b"dependencies: []\n"})
    assert chart.warnings[0].startswith("Warning: Dependencies are handled in Chart.yaml since apiVersion")


def test_an_error_in_values_yaml_names_the_line():
    with pytest.raises(ChartError) as caught:
        load({"Chart.yaml": CHART, "values.yaml": b"a: 1\nb: 2\n  c: 3\n"})
    where = caught.value.where
    assert (where.file, where.line, where.text) == ("values.yaml", 3, "  c: 3")
