"""What a chart from a stranger may try ends with a clear error, in bounded time and memory, and gets nothing.

Archives: ``tests/chart/test_archive.py``; what readers of YAML, JSON, versions and patterns are fed:
``tests/golang/test_hostile_input.py``; Jinja: ``test_jinja.py``.
"""

import json
import resource
import signal
import time

import pytest

from pxhelm.chart.load import load
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.gotemplate.budget import Budget
from pxhelm.gotemplate.host import Host
from pxhelm.render.engine import render
from pxhelm.render.model import RenderError, RenderRequest
from pxhelm.render.sandbox import bounded

SECONDS, MEMORY = 0.4, 192 << 20
"""Small, so that the tests are quick; the defaults are in ``settings.Limits``."""
GRACE = 5.0
"""Seconds for one call that cannot be interrupted, on a busy machine."""
GROWN = "{{- $d := dict }}{{- range until 60 }}{{- $d = dict `a` $d `b` $d }}{{- end }}"

ATTACKS = {
    "a string that doubles": "{{- $s := `x` }}{{- range until 60 }}{{- $s = print $s $s }}{{- end }}",
    "a list that doubles": "{{- $s := list 1 }}{{- range until 60 }}{{- $s = concat $s $s }}{{- end }}",
    "many large strings": "{{- $s := repeat 9000000 `x` }}{{ $l := list }}"
    "{{- range $i, $_ := until 1000 }}{{- $l = append $l (print $s $i) }}{{- end }}",
    "a small tree that is large as YAML": GROWN + "{{ toYaml $d }}",
    "a small tree that is large as JSON": GROWN + "{{ toJson $d }}",
    "a small tree that is large in print": GROWN + "{{ printf `%v` $d }}",
    "a small tree that is large when copied": GROWN + "{{ deepCopy $d }}",
    "a map in itself as text": "{{- $d := dict }}{{- $_ := set $d `a` $d }}{{ $d }}",
    "a map in itself copied": "{{- $d := dict }}{{- $_ := set $d `a` $d }}{{ deepCopy $d }}",
    "a map without a bottom": "{{- $d := dict }}{{- range until 100000 }}{{- $d = dict `a` $d }}{{- end }}{{ toJson $d }}",
    "keys made without end": "{{ range until 100000 }}{{ genPrivateKey `rsa` }}{{ end }}",
    "passwords hashed without end": "{{ range until 100000 }}{{ bcrypt `x` }}{{ end }}",
    "a text quoted again and again": '{{- $s := `"` }}{{- range until 60 }}{{- $s = quote $s }}{{- end }}',
    "a replacement that explodes": "{{ repeat 1000000 `a` | replace `a` (repeat 100000 `b`) }}",
    "matches of nothing everywhere": "{{ regexFindAll `` (repeat 9000000 `a`) -1 }}",
    "a list compared with itself": "{{ until 30000 | uniq }}",
    "loops in loops": "{{ range until 9999 }}{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}{{ end }}",
    "parentheses without end": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "a text that gives itself to tpl": "{{- $t := `{{ tpl .t . }}` }}{{ tpl $t (dict `t` $t `Template` .Template) }}",
    "a text in a block that gives itself to tpl": "{{- $t := `{{ if true }}{{ with . }}{{ tpl .t . | quote }}{{ end }}{{ end }}` }}"
    "{{ tpl $t (dict `t` $t `Template` .Template) }}",
    "conditions without end": "{{ if 1 }}" * 5_000 + "{{ end }}" * 5_000,
}


def chart(template="", **files):
    found = {"Chart.yaml": "apiVersion: v2\nname: evil\nversion: 0.1.0\n", "templates/a.yaml": template, **files}
    return load({name: text.encode() for name, text in found.items()})


def rendered(template="", values=None, **files):
    return render(RenderRequest(chart(template, **files), values or {}, host=Host(random_bytes=bytes))).files


@pytest.mark.parametrize("template", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_ends_in_time(template):
    began = time.monotonic()
    with pytest.raises(RenderError) as caught, bounded(SECONDS, MEMORY):
        rendered(template)
    assert time.monotonic() - began < SECONDS + GRACE
    assert caught.value.code is ExitCode.REFUSED
    assert "took more than" in caught.value.message or "nested" in caught.value.message


def test_a_map_in_itself_is_no_yaml():
    with bounded(SECONDS, MEMORY):
        found = rendered("{{- $d := dict }}{{- $_ := set $d `a` $d }}a: [{{ toYaml $d }}]")
    assert found == {"evil/templates/a.yaml": "a: []"}


def test_what_is_refused_says_how_to_allow_it():
    with pytest.raises(RenderError) as caught, bounded(0.05, MEMORY):
        rendered(GROWN + "{{ toYaml $d }}")
    assert caught.value.hint.endswith("PXHELM_LIMITS=seconds=0.5")


def test_limits_end_with_the_block():
    before = signal.getsignal(signal.SIGALRM), resource.getrlimit(resource.RLIMIT_AS)
    with bounded(5.0, MEMORY):
        assert rendered("a: {{ .Chart.Name }}") == {"evil/templates/a.yaml": "a: evil"}
    assert (signal.getsignal(signal.SIGALRM), resource.getrlimit(resource.RLIMIT_AS)) == before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_block_in_another_changes_nothing():
    with pytest.raises(RenderError, match=r"more than 0\.3 seconds"), bounded(0.3, MEMORY), bounded(60.0, 4 << 30):
        rendered(GROWN + "{{ toYaml $d }}")


def test_a_schema_that_branches_without_end_ends():
    steps = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}, {"$ref": f"#/$defs/a{i + 1}"}]} for i in range(60)}
    schema = {"$defs": {**steps, "a60": {"type": "object"}}, "$ref": "#/$defs/a0"}
    with pytest.raises(RenderError, match="took more than"), bounded(SECONDS, MEMORY):
        rendered(**{"values.schema.json": json.dumps(schema)})


def test_a_schema_does_not_make_us_call_anybody():
    for reference in ("http://127.0.0.1:9/x.json", "https://example.invalid/x.json", "file:///etc/hostname"):
        with pytest.raises(PxhelmError, match="schemas are not fetched over the network"):
            rendered(**{"values.schema.json": f'{{"$ref": "{reference}"}}'})


@pytest.mark.parametrize("function", ["env", "expandenv", "osEnv", "readFile", "exec"])
def test_no_function_reads_the_environment_or_the_machine(function):
    with pytest.raises(RenderError, match=f'function "{function}" not defined'):
        rendered(f"{{{{ {function} `HOME` }}}}")


@pytest.mark.parametrize("path", ["../../../etc/hostname", "/etc/hostname", "./../x", "templates/../../x"])
def test_files_outside_the_chart_are_not_there(path):
    assert rendered(f"a: [{{{{ .Files.Get `{path}` }}}}]") == {"evil/templates/a.yaml": "a: []"}
    assert rendered(f"a: {{{{ len (.Files.Glob `{path}`) }}}}") == {"evil/templates/a.yaml": "a: 0"}


def test_names_are_not_looked_up_unless_asked_for():
    assert rendered("a: [{{ getHostByName `localhost` }}]") == {"evil/templates/a.yaml": "a: []"}


@pytest.mark.parametrize(
    ("template", "budget", "message"),
    [
        ("{{ range until 1000 }}{{ end }}", Budget(steps=100), "more than 100 steps"),
        ("{{ range until 3000 }}0123456789{{ end }}", Budget(output=1000), "more than 1000 characters"),
        ("{{ define `a` }}{{ template `a` }}{{ end }}{{ template `a` }}", Budget(depth=20), "maximum template depth"),
    ],
)
def test_budgets_are_settings(template, budget, message):
    with pytest.raises(RenderError, match=message):
        render(RenderRequest(chart(template), {}, host=Host(budget=budget)))
