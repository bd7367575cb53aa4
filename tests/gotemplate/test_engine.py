"""What the engine promises beside Helm's output: places of errors, spans, budgets, reads, order."""

import pytest

from pxhelm.gotemplate.budget import Budget
from pxhelm.gotemplate.engine import Engine, RenderFailedError, Template
from pxhelm.gotemplate.errors import BudgetError
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.objects import Values


def render(files, values=None, **engine):
    root = {"Values": values if isinstance(values, Values) else Values(values or {})}
    return Engine(**engine).render({name: Template(text, root, "t/templates") for name, text in files.items()})


def one(text, values=None, **engine):
    return render({"t/templates/a": text}, values, **engine)["t/templates/a"]


def failure(text, values=None, **engine):
    with pytest.raises(RenderFailedError) as found:
        one(text, values, **engine)
    return found.value


def test_an_error_names_line_byte_column_and_the_line_itself():
    error = failure("a: 1\nü: {{ .Values.a.b.c }}\n", {"a": {}})
    assert "t/templates/a:2:14: executing" in str(error)
    assert (error.place.line, error.place.column, error.place.text) == (2, 14, "ü: {{ .Values.a.b.c }}")


def test_the_place_of_a_nested_error_is_the_innermost():
    files = {"t/templates/_h.tpl": '{{ define "h" }}\n{{ fail "no" }}{{ end }}', "t/templates/a": '{{ include "h" . }}'}
    with pytest.raises(RenderFailedError) as found:
        render(files)
    assert str(found.value) == "execution error at (t/templates/a:1:3): no"
    assert (found.value.place.name, found.value.place.line) == ("t/templates/_h.tpl", 2)


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ("{{ (.Values.a) upper 1 }}", "1:3|<(.Values.a) upper 1>", ".Values.a"),
        ("{{ if (.Values.a) and .Values.b }}{{ end }}", "1:6|<(.Values.a) and .Values.b>", ".Values.a"),
        ("{{ ((.Values.a) and) 1 }}", "1:3|<((.Values.a) and) 1>", "(.Values.a) and"),
        ("{{ upper ((.Values.a) 1) }}", "1:10|<(.Values.a) 1>", ".Values.a"),
        ('{{ "q" | (.Values.a) }}', '1:3|<"q">', ".Values.a"),
        ('{{ printf "%s" (upper .Values.a) | (lower "x") }}', "1:29|<.Values.a>", 'lower "x"'),
        ("{{ $x := (.Values.a | upper) 1 }}", "1:3|<$x := (.Values.a | upper) 1>", ".Values.a | upper"),
        ('{{ printf "x" | upper | (1) }}', "1:16|<upper>", "1"),
    ],
)
def test_parentheses_given_an_argument_are_told_where_go_tells_it(text, place, shown):
    at = place.replace("|", ': executing "t/templates/a" at ', 1)
    found = str(failure(text, {"a": "x", "b": {}}))
    assert found == f"template: t/templates/a:{at}: can't give argument to non-function {shown}"


def test_each_line_of_output_leads_back_to_its_template_line():
    output = one(
        "a\n{{ .Values.x }}\n{{ range .Values.l }}- {{ . }}\n{{ end }}z\n", {"x": "X", "l": [1, 2]}, spans=True
    )
    lines = {output.text[s.offset :].split("\n")[0]: s.line for s in output.spans}
    assert lines["X"] == 2
    assert lines["1"] == lines["2"] == 3


def test_spans_count_from_the_text_without_no_value():
    output = one("{{ .Values.none }}{{ .Values.x }}", {"x": "X"}, spans=True)
    assert output.text == "X"
    assert output.spans[-1].offset == 0


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}", Budget(steps=10_000)),
        ('{{ range until 1000 }}{{ repeat 1000 "x" }}{{ end }}', Budget(output=100_000)),
        ("{{ range until 3000 }}{{ range until 100 }}xxxx{{ end }}{{ end }}", Budget(output=100_000)),
    ],
)
def test_a_budget_ends_a_rendering(text, budget):
    assert isinstance(failure(text, budget=budget).cause, BudgetError)


def test_time_is_limited_by_the_hosts_clock():
    ticks = iter(range(10**9))
    host = Host(elapsed=lambda: float(next(ticks)))
    error = failure("{{ range until 100000 }}{{ end }}", host=host, budget=Budget(seconds=5))
    assert isinstance(error.cause, BudgetError)


def test_endless_recursion_is_helms_error():
    error = failure('{{ define "h" }}{{ include "h" . }}{{ end }}{{ include "h" . }}')
    assert "rendering template has a nested reference name: h: unable to execute template" in str(error)
    error = failure('{{ define "h" }}{{ template "h" . }}{{ end }}{{ include "h" . }}')
    assert "exceeded maximum template depth (100000)" in str(error)


def test_many_names_including_each_other_do_not_end_python():
    defines = "".join(f'{{{{ define "h{i}" }}}}{{{{ include "h{(i + 1) % 60}" . }}}}{{{{ end }}}}' for i in range(60))
    assert "nested reference name" in str(failure(defines + '{{ include "h0" . }}'))


def test_a_variable_declared_in_parentheses_stays_known():
    # Go keeps it until the end of the block that the pipeline stands in.
    source = '{{ if and true (($x := "a") | empty | not) }}{{ $x }}{{ ($y := 1) }}{{ $y }}{{ end }}'
    assert Engine().render({"c/templates/a": Template(source, {})})["c/templates/a"].text == "a11"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{{ $x := "out" }}{{ if false }}{{ $x := "in" }}{{ else }}{{ $x }}{{ end }}', "out"),
        ('{{ $x := "out" }}{{ with "" }}{{ $x := "in" }}{{ else with 1 }}{{ $x }}{{ $x := 2 }}{{ end }}', "out"),
        ('{{ $x := "out" }}{{ range list }}{{ $x := "in" }}{{ else }}{{ $x }}{{ end }}', "out"),
        ('{{ $x := "out" }}{{ if true }}{{ $x = "set" }}{{ $x := "in" }}{{ else }}{{ end }}{{ $x }}', "set"),
        ('{{ with $x := "" }}{{ else }}{{ $x | quote }}{{ end }}', '""'),
    ],
)
def test_what_a_branch_declares_is_not_there_in_its_else(text, written):
    assert one(text).text == written


def test_a_variable_of_the_other_branch_is_known_to_the_parser_and_missing_when_run():
    found = failure("{{ if false }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}")
    assert str(found) == 'template: t/templates/a:1:40: executing "t/templates/a" at <$x>: undefined variable: $x'
