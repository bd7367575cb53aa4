"""Jinja templates: in a process of their own, with limits, sharing the Go templates' functions."""

import json
import time

import pytest

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.render.engine import render
from pxhelm.render.jinja import answer, decode
from pxhelm.render.model import JinjaItem, JinjaJob, RenderError, RenderRequest
from pxhelm.render.sandbox import Limits, post_render, render_jinja, template_functions

CHART = {
    "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: '2'\n",
    "values.yaml": b"cores: 4\nname: Web Server\ndisks: [{size: 10}, {size: 20}]\n",
}


def inside(text, context=None, **partials):
    """Render one template in this process, as the child does."""
    sources = {"web/templates/a.yaml.j2": text, **{f"web/templates/{n}": t for n, t in partials.items()}}
    items = [{"name": "web/templates/a.yaml.j2", "scope": "web", "context": context or {}}]
    reply = answer(json.dumps({"items": items, "sources": sources}).encode(), template_functions())
    return decode(reply)["web/templates/a.yaml.j2"]


def rendered(template):
    return render(RenderRequest(load({**CHART, "templates/a.yaml.j2": template.encode()}), jinja=render_jinja))


def test_a_chart_with_a_jinja_template_renders_in_a_child_process():
    found = rendered(
        "kind: VirtualMachine\nmetadata: {name: {{ Values.name | lower | replace(' ', '-') }}}\n"
        "spec:\n  cores: {{ values.cores }}\n{% for disk in Values.disks %}\n  d{{ loop.index0 }}: {{ disk.size }}G\n{% endfor %}\n"
        "  of: {{ Chart.Name }}-{{ Release.Name }}\n"
    )
    (machine,) = found.manifests
    assert machine.name == "web-server"
    assert machine.body["spec"] == {"cores": 4, "d0": "10G", "d1": "20G", "of": "web-release-name"}
    assert machine.file == "web/templates/a.yaml.j2"


def test_go_template_functions_are_filters_and_functions():
    assert (
        inside("{{ 'a b' | kebabcase }} {{ trunc(3, 'abcdef') }} {{ 'x' | b64enc }} {{ 'abc' | trunc(2) }}")
        == "a-b abc eA== ab"
    )


def test_partials_are_found_beside_the_template():
    text = "{% from '_m.j2' import disk %}{{ disk(5) }} {% include '_p.j2' %}"
    found = inside(text, **{"_m.j2": "{% macro disk(n) %}{{ n }}G{% endmacro %}", "_p.j2": "part"})
    assert found == "5G part"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n{{ nope }}", 2, "'nope' is undefined"),
        ("a\n\n{% if %}", 3, "Expected an expression"),
        ("{{ fail('stop here') }}", 1, "stop here"),
        ("{{ required('need x', None) }}", 1, "need x"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("{% include 'gone.j2' %}", 1, "gone.j2"),
    ],
)
def test_errors_name_template_line_and_text(text, line, message):
    with pytest.raises(RenderError) as caught:
        inside(text)
    where = caught.value.where
    assert message in caught.value.message
    assert (where.file, where.line, where.text) == ("web/templates/a.yaml.j2", line, text.split("\n")[line - 1])


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ().__class__.__bases__[0].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self._TemplateReference__context }}",
        "{{ trunc.__globals__ }}",
        "{{ '%s'.__mod__.__self__ }}",
        "{{ [].append(1) }}",
    ],
)
def test_templates_do_not_get_at_python(text):
    with pytest.raises(RenderError):
        inside(text)


def job(text):
    return JinjaJob((JinjaItem("web/templates/a.j2", "web", {}),), {"web/templates/a.j2": text})


def test_an_endless_template_ends():
    loops = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"
    start = time.monotonic()
    with pytest.raises(RenderError, match=r"cannot render web/templates/a\.j2: it used more than 1 seconds of CPU"):
        render_jinja(job(loops), Limits(cpu_seconds=1))
    assert time.monotonic() - start < 10


def test_a_template_that_eats_memory_ends():
    with pytest.raises(RenderError, match=r"memory|MemoryError|larger than"):
        render_jinja(job("{{ 'x' * 3000000000 }}"), Limits(memory_bytes=300 * 1024 * 1024))


def test_a_range_without_end_is_refused():
    with pytest.raises(RenderError, match="range of 1000000000 is longer than 100000"):
        inside("{% for a in range(1000000000) %}{% endfor %}")


def test_without_a_child_process_jinja_is_refused():
    with pytest.raises(RenderError, match="Jinja templates need a process of their own"):
        render(RenderRequest(load({**CHART, "templates/a.yaml.j2": b"x"})))


def test_a_post_renderer_is_given_the_text():
    assert post_render("tr", ("a-z", "A-Z"), "kind: x\n") == "KIND: X\n"


@pytest.mark.parametrize(
    ("program", "arguments", "message"),
    [
        ("no-such-program", (), r'unable to find binary at no-such-program: exec: "no-such-program": executable file'),
        (
            "sh",
            ("-c", "echo oops >&2; exit 3"),
            r"error while running command .*/sh\. error output:\noops\n: exit status 3",
        ),
    ],
)
def test_post_renderers_fail_in_helms_words(program, arguments, message):
    with pytest.raises(PxhelmError, match=message):
        post_render(program, arguments, "x")
