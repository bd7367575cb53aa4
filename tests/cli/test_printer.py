"""kubectl's output formats: cases of kubectl's own documentation and tests (customcolumn, sorter, go-template)."""

import pytest

from pxhelm.cli.views.printer import Output, ordered_by, parse_output, printer_of
from pxhelm.errors import ExitCode, PxhelmError

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "fake", "namespace": "there", "labels": {"a.b/c": "x"}},
    "spec": {"containers": [{"name": f"fake{n}", "ports": [n, n + 1]} for n in range(4)], "empty": None, "on": True},
}
LIST = {"kind": "List", "items": [{"metadata": {"name": name}} for name in ("foo", "bar")]}


def printed(spec, document, *, template="", files=None, headers=True):
    return printer_of(parse_output(spec, template, (files or {}).__getitem__), headers=headers)(document)


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        (".spec.containers[0].name", "fake0"),
        (".spec.containers[3].name", "fake3"),
        (".spec.containers[-1].name", "fake3"),
        (".spec.containers[-2].name", "fake2"),
        (".spec.containers[-4].name", "fake0"),
        (".spec.containers[0:0].name", "<none>"),
        (".spec.containers[0:3].name", "fake0,fake1,fake2"),
        (".spec.containers[1:].name", "fake1,fake2,fake3"),
        (".spec.containers[0:-1].name", "fake0,fake1,fake2"),
        (".spec.containers[-1:].name", "fake3"),
        (".spec.containers[-4:].name", "fake0,fake1,fake2,fake3"),
        (".spec.containers[-3:-1].name", "fake1,fake2"),
        (".spec.containers[4:4].name", "<none>"),
        (".spec.containers[-5:-5].name", "<none>"),
        ("metadata.name", "fake"),
        ("{metadata.name}", "fake"),
        ("{.metadata.name}", "fake"),
        (".metadata.labels.a\\.b/c", "x"),
        (".metadata.labels['a\\.b/c']", "x"),
        (".metadata.labels", "map[a.b/c:x]"),
        (".spec.containers[0].ports", "[0 1]"),
        (".spec.containers[*].name", "fake0,fake1,fake2,fake3"),
        ('.spec.containers[?(@.name=="fake2")].ports[1]', "3"),
        (".spec.empty", "<nil>"),
        (".spec.on", "true"),
        (".nowhere", "<none>"),
        (".nowhere.at.all", "<none>"),
    ],
)
def test_a_column_shows_what_its_path_finds(path, cell):
    assert printed(f"custom-columns=X:{path}", POD) == f"X\n{cell}\n"


@pytest.mark.parametrize(
    "path", [".spec.containers[5].name", ".spec.containers[-5].name", ".spec.containers[3:1].name"]
)
def test_a_column_that_points_past_the_end_is_an_error(path):
    with pytest.raises(PxhelmError, match="index"):
        printed(f"custom-columns=X:{path}", POD)


def test_columns_are_aligned_and_a_list_has_a_row_for_each():
    spec = "custom-columns=NAME:metadata.name,LONG COLUMN NAME:.metadata.name,API:.apiVersion"
    assert printed(spec, LIST) == (
        "NAME   LONG COLUMN NAME   API\nfoo    foo                <none>\nbar    bar                <none>\n"
    )
    assert printed("custom-columns=NAME:metadata.name", LIST, headers=False) == "foo\nbar\n"


@pytest.mark.parametrize(
    "text", ["NAME  API\n{metadata.name}  {apiVersion}", "NAME \t\tAPI\n\t\t{metadata.name} {apiVersion}"]
)
def test_columns_may_stand_in_a_file(text):
    assert printed("custom-columns-file=c", POD, files={"c": text}) == "NAME   API\nfake   v1\n"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("custom-columns", "custom-columns format specified but no custom columns given"),
        ("custom-columns=", "custom-columns format specified but no custom columns given"),
        ("custom-columns=invalid", "unexpected custom-columns spec: invalid, expected <header>:<json-path-expr>"),
        ("custom-columns=invalid,foobar:blah", "unexpected custom-columns spec: invalid, expected"),
        ("custom-columns=A:{a", "unexpected path string, expected a 'name1.name2'"),
        ("custom-columns-file=none", "invalid template, missing header line."),
        ("custom-columns-file=one", "invalid template, missing spec line."),
        ("custom-columns-file=uneven", "number of headers (2) and field specifications (1) don't match"),
        ("jsonpath", "jsonpath format specified but no template given"),
        ("jsonpath={.a", "error parsing jsonpath {.a, unclosed action"),
        ("jsonpath={.a[b]}", "error parsing jsonpath {.a[b]}, invalid array index b"),
        ("go-template={{.a", "error parsing template {{.a, template: output:1: unclosed action"),
        ("go-template={{upper .a}}", 'function "upper" not defined'),
        ("nosuch", 'unable to match a printer suitable for the output format "nosuch", allowed formats are: custom-'),
        ("=json", 'unable to match a printer suitable for the output format "=json"'),
        ("json=x", 'unable to match a printer suitable for the output format "json=x"'),
    ],
)
def test_a_format_that_cannot_be_is_a_usage_error_in_kubectls_words(spec, said):
    files = {"none": "", "one": "A B", "uneven": "A B\n.a"}
    with pytest.raises(PxhelmError) as caught:
        printed(spec, POD, files=files)
    assert said in caught.value.message
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("jsonpath={.metadata.name}", "fake"),
        ("jsonpath={.spec.containers[*].name}", "fake0 fake1 fake2 fake3"),
        ("jsonpath={.metadata.labels}", '{"a.b/c":"x"}'),
        ("jsonpath={.spec.empty}", "null"),
        ("jsonpath={.nowhere}", ""),
        ("jsonpath-as-json={.spec.containers[0].ports}", "[\n    [\n        0,\n        1\n    ]\n]\n"),
        ("jsonpath-file=f", "fake\n"),
        ("go-template={{.metadata.name}}", "fake"),
        ("template={{.metadata.name}}", "fake"),
        ("go-template={{.metadata.nowhere}}", "<no value>"),
        ("go-template={{range .spec.containers}}{{.name}},{{end}}", "fake0,fake1,fake2,fake3,"),
        ('go-template={{index .metadata.labels "a.b/c"}}', "x"),
        ('go-template={{if exists . "spec" "on"}}y{{end}}{{if exists . "spec" "x"}}n{{end}}', "y"),
        ('go-template={{"aGVsbG8=" | base64decode}}', "hello"),
        ("go-template={{len .spec.containers}}", "4"),
        ("go-template-file=g", "Pod"),
        ("templatefile=g", "Pod"),
    ],
)
def test_templates_print_as_kubectl_prints_them(spec, text):
    files = {"f": '{.metadata.name}{"\\n"}', "g": "{{.kind}}"}
    assert printed(spec, POD, files=files) == text


def test_the_template_flag_goes_with_a_format_or_means_a_go_template():
    assert parse_output("jsonpath", "{.a}", str) == Output("jsonpath", "{.a}")
    assert parse_output("", "{{.a}}", str) == Output("go-template", "{{.a}}")
    assert parse_output("", "", str) == Output("table")


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["b", "a", "c"], [1, 0, 2]),
        (["web-10", "web-9", "web-1"], [2, 1, 0]),
        (["a2", "a10", "a1", "a"], [3, 2, 0, 1]),
        (["x", "9", "10"], [1, 2, 0]),
        (["500m", "1", "2Gi", "1G"], [0, 1, 3, 2]),
        (["1Mi", "2k", "1e3"], [2, 1, 0]),
        ([100, 20, 3], [2, 1, 0]),
        ([2, 1.5, 10], [1, 0, 2]),
        (["b", None, "a"], [1, 2, 0]),
        ([True, False], [1, 0]),
        ([[2, 1], [1, 9]], [1, 0]),
        (["same", "same", "same"], [0, 1, 2]),
        (["a01", "a1"], [1, 0]),
    ],
)
def test_sort_by_orders_numbers_quantities_and_names_naturally(values, order):
    documents = [{"v": value} if value is not None else {} for value in values]
    assert ordered_by(documents, ".v") == order
    assert ordered_by(documents, "{.v}") == order


def test_sorting_by_a_field_that_nobody_has_is_a_mistake():
    with pytest.raises(PxhelmError, match=r"couldn't find any field with path \"\{.status.colour\}\" in the list"):
        ordered_by([POD], "status.colour")


@pytest.mark.parametrize("path", ["{a", ".metadata"])
def test_a_path_that_cannot_be_sorted_by_is_a_usage_error(path):
    with pytest.raises(PxhelmError, match="cannot sort by") as caught:
        ordered_by([POD, POD], path)
    assert caught.value.code is ExitCode.USAGE
