"""Equal sources under several names are compiled once, and each still errs under its own name."""

import pytest

from pxhelm.gotemplate import compiler
from pxhelm.gotemplate.engine import Engine, RenderFailedError, Template, forget

HELPERS = '{{ define "NAME" }}{{ .x.y.z }}{{ end }}'
PAGE = '{{ if .stop }}{{ include "called" . }}{{ else }}{{ .name }}{{ end }}'


def chart(*names, **dots):
    """Return the same page for each name; ``called`` is defined once, in a file of its own."""
    files = {f"{name}/templates/a.yaml": Template(PAGE, {"name": name, **dots.get(name, {})}) for name in names}
    return files | {"x/templates/_h.tpl": Template('{{ define "called" }}{{ .gone.deep }}{{ end }}', {})}


def test_equal_sources_are_compiled_once(monkeypatch):
    forget()
    made = []
    real = compiler.Compiler.__init__

    def counted(self, program):
        made.append(program.tree.name)
        real(self, program)

    monkeypatch.setattr(compiler.Compiler, "__init__", counted)
    rendered = Engine().render(chart("a", "b", "c"))
    assert {name: one.text for name, one in rendered.items()} == {f"{n}/templates/a.yaml": n for n in "abc"}
    assert len(made) == 1


@pytest.mark.parametrize("failing", ["a", "b", "c"])
def test_an_error_has_the_name_of_the_file_that_ran(failing):
    """Helm v3.22 says so of the file and of the template it includes."""
    with pytest.raises(RenderFailedError) as caught:
        Engine().render(chart("a", "b", "c", **{failing: {"stop": True}}))
    assert str(caught.value) == (
        f'template: {failing}/templates/a.yaml:1:17: executing "{failing}/templates/a.yaml" at <include "called" .>: '
        'error calling include: template: x/templates/_h.tpl:1:29: executing "called" at <.gone.deep>: '
        "nil pointer evaluating interface {}.deep"
    )
    assert caught.value.place.name == "x/templates/_h.tpl"


@pytest.mark.parametrize("failing", ["a", "b"])
def test_an_error_in_the_shared_code_itself_has_its_line_and_name(failing):
    page = "first\n{{ .x.y }}"
    files = {f"{n}/templates/a.yaml": Template(page, {"x": {} if n == failing else {"y": 1}}) for n in "ab"}
    files[f"{failing}/templates/a.yaml"].data["x"] = 5
    with pytest.raises(RenderFailedError) as caught:
        Engine().render(files)
    assert caught.value.place.name == f"{failing}/templates/a.yaml"
    assert f'{failing}/templates/a.yaml:2:5: executing "{failing}/templates/a.yaml" at <.x.y>' in str(caught.value)


def test_the_same_helpers_in_two_files_err_as_the_file_that_won():
    source = HELPERS.replace("NAME", "helper")
    files = {
        "z/templates/_h.tpl": Template(source, {}),
        "b/templates/_h.tpl": Template(source, {}),
        "a/templates/a.yaml": Template('{{ template "helper" . }}', {"x": {}}),
    }
    with pytest.raises(RenderFailedError) as caught:
        Engine().render(files)
    assert caught.value.place.name == "b/templates/_h.tpl"
    assert str(caught.value).startswith("template: b/templates/_h.tpl:1:")
