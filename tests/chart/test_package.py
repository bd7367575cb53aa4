"""Packages are what ``helm package`` makes, and come back as they went in."""

import gzip
import io
import tarfile

import pytest

from pxhelm.chart import archive
from pxhelm.chart.load import load, load_archive
from pxhelm.chart.model import ChartError
from pxhelm.chart.package import file_name, pack

CHART = {
    "Chart.yaml": b"version: 0.1.0+b\nname: web\napiVersion: v2\nannotations: {z: 1, a: x}\n",
    "Chart.lock": b"dependencies:\n- {name: db, repository: '', version: 1.0.0}\ndigest: sha256:1\ngenerated: '2024-01-02T03:04:05Z'\n",
    "README.md": b"read\n",
    "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "templates/a.yaml": b"a: 1\n",
    "values.schema.json": b"{}",
    "values.yaml": b"# kept\na: 1\n",
}


def test_a_package_holds_the_files_in_helms_order():
    with tarfile.open(fileobj=io.BytesIO(pack(load(CHART), 1_700_000_000))) as tar:
        names = tar.getnames()
        assert {(m.mode, m.uid, m.uname, m.mtime) for m in tar} == {(0o644, 0, "", 1_700_000_000)}
    assert names == [
        "web/Chart.yaml",
        "web/Chart.lock",
        "web/values.yaml",
        "web/values.schema.json",
        "web/templates/a.yaml",
        "web/README.md",
        "web/charts/db/Chart.yaml",
    ]


def test_chart_yaml_is_written_anew_with_sorted_keys():
    data = pack(load(CHART), 0)
    text = archive.unpack(data)["Chart.yaml"]
    assert text == b'annotations:\n  a: x\n  z: "1"\napiVersion: v2\nname: web\nversion: 0.1.0+b\n'
    assert file_name(load(CHART)) == "web-0.1.0+b.tgz"


def test_a_package_loads_as_the_same_chart():
    chart = load(CHART)
    again = load_archive(pack(chart, 0))
    assert (again.metadata, again.values, again.templates, again.lock) == (
        chart.metadata,
        chart.values,
        chart.templates,
        chart.lock,
    )
    assert pack(again, 0) == pack(chart, 0)


@pytest.mark.parametrize("name", ["templates/" + "d" * 60 + "/" + "f" * 60, "x/" + "l" * 200, "größe.txt"])
def test_names_of_any_length_and_script_survive(name):
    data = pack(load({**CHART, name: b"x"}), 0)
    again = load_archive(data)
    assert again.raw[name] == b"x"
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert f"web/{name}" in tar.getnames()


def test_the_gzip_header_carries_helms_mark():
    data = pack(load(CHART), 0)
    assert data[3] == 20
    assert b"Helm\0" in data[:80]
    assert gzip.decompress(data)


def test_a_schema_that_is_no_json_is_refused():
    with pytest.raises(ChartError, match=r"Invalid JSON in values\.schema\.json"):
        pack(load({**CHART, "values.schema.json": b"{nope"}), 0)


@pytest.mark.parametrize(("written", "kept"), [("[]", "[]"), ("null", "null")])
def test_a_lock_of_nothing_is_written_as_it_was_read(written, kept):
    files = {**CHART, "Chart.lock": f"dependencies: {written}\ndigest: x\n".encode()}
    text = archive.unpack(pack(load(files), 0))["Chart.lock"]
    assert text == f'dependencies: {kept}\ndigest: x\ngenerated: ""\n'.encode()
