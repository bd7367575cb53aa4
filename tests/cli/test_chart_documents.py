"""The chart commands give programs documents instead of texts."""

import json

import pytest

from pxhelm.cli import main
from pxhelm.golang import yaml

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\n"
    "dependencies: [{name: db, version: 1.x, repository: 'https://example.invalid'}]\n",
    "values.yaml": "size: 3\n",
    "README.md": "# Shop\n",
    "templates/a.yaml": "kind: Pool\nmetadata: {name: {{ .Release.Name }}}\nspec: {size: {{ .Values.size }}}\n---\nkind: X\n",
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"PXHELM_{kind}_HOME", str(tmp_path / kind.lower()))
    for name, text in FILES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)

    def answer(*arguments, status=0):
        assert main(list(arguments)) == status
        return capsys.readouterr().out

    return answer


def test_template_gives_objects_with_their_sources(run):
    found = json.loads(run("template", "web", "shop", "-o", "json"))
    pool = {"kind": "Pool", "metadata": {"name": "web"}, "spec": {"size": 3}}
    assert found == [{"source": "shop/templates/a.yaml", "object": one} for one in (pool, {"kind": "X"})]
    assert yaml.load(run("template", "web", "shop", "-o", "yaml"))[0]["source"] == "shop/templates/a.yaml"


def test_lint_gives_findings(run):
    (found,) = json.loads(run("lint", "shop", "-o", "json"))
    assert (found["chart"], found["failed"]) == ("shop", False)
    assert {"severity": "INFO", "path": "Chart.yaml", "message": "icon is recommended"} in found["findings"]


def test_a_chart_that_fails_lint_fails_the_command_too(run):
    (found,) = json.loads(run("lint", "nowhere", "-o", "json", status=1))
    assert found["failed"]
    assert "no such file or directory" in found["error"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [("values", {"size": 3}), ("readme", "# Shop\n\n"), ("crds", [])],
)
def test_show_gives_what_it_shows(run, part, expected):
    assert json.loads(run("show", part, "shop", "-o", "json")) == expected


def test_show_all_gives_parts_by_name(run):
    found = json.loads(run("show", "all", "shop", "-o", "json"))
    assert sorted(found) == ["chart", "crds", "readme", "values"]
    assert found["chart"]["version"] == "1.2.3"


def test_dependencies_are_listed(run):
    assert json.loads(run("dependency", "list", "shop", "-o", "json")) == [
        {"name": "db", "version": "1.x", "repository": "https://example.invalid", "status": "unpacked"}
    ]


def test_package_and_create_tell_what_they_wrote(run, tmp_path):
    (packed,) = json.loads(run("package", "shop", "-d", str(tmp_path), "-o", "json"))
    assert packed == {"chart": "shop", "path": str(tmp_path / "shop-1.2.3.tgz")}
    made = json.loads(run("create", "demo", "-o", "json"))
    assert (made["name"], made["path"]) == ("demo", str(tmp_path / "demo"))
    assert "Chart.yaml" in made["files"]


def test_an_expression_and_the_environment_are_documents(run, tmp_path):
    assert json.loads(run("tpl", "-e", "{{ .Values.size }}", "shop", "-o", "json")) == {"output": "3"}
    assert json.loads(run("env", "PXHELM_DATA_HOME", "-o", "json")) == {"PXHELM_DATA_HOME": str(tmp_path / "data")}
