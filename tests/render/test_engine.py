"""Charts rendered as Helm renders them: ``recorded_*.json`` hold what ``helm template`` v3.22 printed."""

import json
from pathlib import Path

import pytest

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.render.capabilities import capabilities
from pxhelm.render.engine import render
from pxhelm.render.model import Options, ReleaseInfo, RenderError, RenderRequest
from pxhelm.render.output import Show, output_files, template_text, written
from pxhelm.values.merge import merge_files

HERE = Path(__file__).parent
CHARTS = json.loads((HERE / "recorded_charts.json").read_text("utf-8"))
FLAGS = json.loads((HERE / "recorded_flags.json").read_text("utf-8"))
SHOWS = {
    "plain": Show(),
    "crds": Show(include_crds=True),
    "notests": Show(skip_tests=True),
    "nohooks": Show(hooks=False),
    "only": Show(only=("templates/svc.yaml",)),
    "only2": Show(only=("templates/*.yaml", "charts/db/templates/vm.yaml")),
    "onlygone": Show(only=("templates/gone.yaml",)),
    "onlycrd": Show(include_crds=True, only=("crds/w.yaml",)),
    "onlytests": Show(only=("templates/tests/*",)),
    "dir": Show(),
    "dircrds": Show(include_crds=True),
    "dirname": Show(include_crds=True, skip_tests=True),
}


def chart(files):
    return load({path: text.encode() for path, text in files.items()})


def web(template, **files):
    base = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n", "templates/a.yaml": template}
    return chart({**base, **{f"templates/{n}": t for n, t in files.items()}})


def attempt(request, show):
    """Return what ``helm template`` prints and its error."""
    try:
        return template_text(render(request), show), ""
    except PxhelmError as e:
        return "", e.message


@pytest.mark.parametrize("number", range(len(CHARTS)))
def test_a_chart_renders_as_in_helm(number):
    """Subcharts with aliases, conditions, tags, imports, globals, hooks, libraries; templates that change values."""
    case = CHARTS[number]
    values = {}
    for text in case["values"]:
        values = merge_files(values, yaml.load_map(text))
    got = attempt(RenderRequest(chart(case["files"]), values, ReleaseInfo("x")), Show(include_crds=True))
    assert got == (case["stdout"], case["error"])


@pytest.mark.parametrize("name", [n for n in FLAGS["runs"] if not n.startswith("dir")])
def test_flags_show_what_helm_shows(name):
    want = FLAGS["runs"][name]
    got = attempt(RenderRequest(chart(FLAGS["files"]), release=ReleaseInfo("rel")), SHOWS[name])
    assert got == (want["stdout"], want["error"])


@pytest.mark.parametrize("name", ["dir", "dircrds", "dirname"])
def test_an_output_folder_holds_what_helm_writes(name):
    rendered = render(RenderRequest(chart(FLAGS["files"]), release=ReleaseInfo("rel")))
    want = FLAGS["runs"][name]
    release = "rel" if name == "dirname" else ""
    assert output_files(rendered, SHOWS[name], release) == want["written"]
    told = [line.removeprefix("wrote out/") for line in want["stdout"].splitlines() if line.startswith("wrote ")]
    assert written(rendered, SHOWS[name], release) == told


def test_notes_are_the_roots_or_everybodys():
    files = chart(FLAGS["files"])
    assert render(RenderRequest(files, release=ReleaseInfo("rel"))).notes == "notes rel\n"
    joined = render(RenderRequest(files, release=ReleaseInfo("rel"), options=Options(sub_notes=True))).notes
    assert joined == "notes rel\n\ndb notes"


def test_a_broken_document_names_the_template_line_that_wrote_it():
    template = 'a: 1\n{{- range list 1 2 }}\n---\nkind: X\n  {{ printf "bad: %d" . }}\n{{- end }}\n'
    with pytest.raises(RenderError) as caught:
        render(RenderRequest(web(template)))
    where = caught.value.where
    assert caught.value.message.startswith("YAML parse error on web/templates/a.yaml: error converting YAML to JSON")
    assert (where.file, where.line, where.text) == ("web/templates/a.yaml", 5, '  {{ printf "bad: %d" . }}')


def test_a_line_from_an_include_is_the_includers():
    template = 'kind: X\n{{ include "spec" . }}\n'
    rendered = render(RenderRequest(web(template, **{"_s.tpl": '{{ define "spec" }}spec:\n  cores: 4{{ end }}'})))
    (manifest,) = rendered.manifests
    assert manifest.template_where(("kind",)).line == 1
    assert manifest.template_where(("spec", "cores")).line == 2


def test_a_failing_template_shows_its_line_and_column():
    with pytest.raises(RenderError) as caught:
        render(RenderRequest(web("kind: X\nnäme: {{ .Values.a.b }}\n")))
    where = caught.value.where
    assert (where.line, where.column, where.text) == (2, 17, "näme: {{ .Values.a.b }}")


def test_rendering_twice_gives_the_same_and_leaves_the_chart_alone():
    files = web('{{- $_ := set .Values "n" (add 1 (.Values.n | default 0)) }}n: {{ .Values.n }}\n')
    first, second = (render(RenderRequest(files)).manifests[0].text for _ in range(2))
    assert first == second == "n: 1"


def test_a_chart_for_another_kubernetes_is_refused():
    files = chart({"Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\nkubeVersion: '>=1.30'\n"})
    with pytest.raises(
        RenderError, match=r"chart requires kubeVersion: >=1\.30 which is incompatible with Kubernetes v1\.20\.0"
    ):
        render(RenderRequest(files))
    assert render(RenderRequest(files, capabilities=capabilities("1.31"))).manifests == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "invalid kube version 'abc': could not parse \"abc\" as version"),
        ("1", "invalid kube version '1': illegal version string \"1\""),
        ("01.2", 'invalid kube version \'01.2\': illegal zero-prefixed version component "01" in "01.2"'),
    ],
)
def test_kube_versions_are_read_as_kubernetes_reads_them(text, message):
    with pytest.raises(RenderError) as caught:
        capabilities(text)
    assert caught.value.message == message


def test_a_vendors_suffix_is_dropped_from_a_kube_version():
    assert capabilities("v1.30.2-eks-x").kube_version.version == "v1.30.2"


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        ('{{ include "shop.label" . }}', "did you mean shop.labels?"),
        ('{{ template "shop.lables" . }}', "did you mean shop.labels?"),
        ('{{ include "nothing.like.it" . }}', ""),
    ],
)
def test_the_name_of_a_template_that_is_not_there_is_answered_with_a_near_one(call, meant):
    files = {"Chart.yaml": "apiVersion: v2\nname: t\nversion: 0.1.0\n", "templates/a.yaml": call}
    files["templates/_h.tpl"] = '{{- define "shop.labels" -}}a: b{{ end }}'
    with pytest.raises(RenderError) as caught:
        render(RenderRequest(load({name: text.encode() for name, text in files.items()})))
    assert caught.value.hint == meant
