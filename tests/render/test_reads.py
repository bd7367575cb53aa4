"""Values that templates read are told, and those that nothing reads are found."""

from pxhelm.chart.load import load
from pxhelm.render.engine import render
from pxhelm.render.model import Options, RenderRequest
from pxhelm.values.explain import unread

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: db, version: 0.1.0, condition: db.on}]\n",
    "values.yaml": b"cpu: {cores: 1, sockets: 1}\nlabels: {a: b}\nextra: 1\nglobal: {zone: x, other: y}\ndb: {on: true}\n",
    "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 0.1.0\n",
    "charts/db/values.yaml": b"size: 1\nname: n\n",
    "charts/db/templates/a.yaml": b"s: {{ .Values.size }}\nz: {{ .Values.global.zone }}\n",
    "templates/a.yaml": b"c: {{ .Values.cpu.cores }}\nl: {{ toJson .Values.labels }}\n{{ if .Values.maybe }}m: {{ .Values.maybe.x }}{{ end }}\n",
}


def reads(files=FILES, values=None):
    return render(RenderRequest(load(files), values or {}, options=Options(record_reads=True))).reads


def test_reads_are_told_by_path():
    assert reads() == {
        ("cpu", "cores"),
        ("labels",),
        ("maybe",),
        ("db", "size"),
        ("db", "global", "zone"),
        ("global", "zone"),
        ("db", "on"),
    }


def test_without_asking_nothing_is_recorded():
    assert render(RenderRequest(load(FILES))).reads == frozenset()


def test_misspelt_values_are_found():
    user = {
        "cpu": {"cores": 2, "sokets": 2},
        "labels": {"x": "y"},
        "db": {"sizze": 3},
        "extra": 2,
        "global": {"zone": 1},
    }
    found = unread(user, reads(values=user), {"cpu": {"cores": 1, "sockets": 1}, "db": {"size": 1}})
    assert [(u.path, u.suggestion) for u in found] == [
        (("cpu", "sokets"), "sockets"),
        (("db", "sizze"), "size"),
        (("extra",), ""),
    ]


def test_recording_changes_nothing_of_the_output():
    plain, recorded = (
        render(RenderRequest(load(FILES), options=Options(record_reads=flag))).files for flag in (False, True)
    )
    assert plain == recorded
