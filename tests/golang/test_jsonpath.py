"""kubectl's JSONPath: what real Helm (client-go) printed, and the cases of client-go's own documentation of it."""

import json
from pathlib import Path

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.golang.jsonpath import JsonPath, JsonPathError, evaluate, relaxed
from pxhelm.golang.yaml import load

RECORDED = json.loads((Path(__file__).parent / "jsonpath_helm.json").read_text())
"""``helm show values CHART --jsonpath TEMPLATE`` of Helm v3.22.0: template, standard output, standard error."""


@pytest.mark.parametrize(("template", "printed", "said"), RECORDED["cases"])
def test_prints_what_helm_prints(template, printed, said):
    values = load(RECORDED["values"])
    if not said:
        assert evaluate(template, values) == printed
        return
    with pytest.raises(PxhelmError) as caught:
        evaluate(template, values)
    assert f"Error: {caught.value.message}" == said


LIST = {
    "kind": "List",
    "items": [
        {
            "kind": "None",
            "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "127.0.0.1"}},
            "status": {"capacity": {"cpu": "4"}, "ready": True, "addresses": [{"type": "x", "address": "127.0.0.1"}]},
        },
        {
            "kind": "None",
            "metadata": {"name": "127.0.0.2"},
            "status": {
                "capacity": {"cpu": "8"},
                "ready": False,
                "cpus": 8,
                "addresses": [{"type": "x", "address": "127.0.0.2"}, {"type": "y", "address": "127.0.0.3"}],
            },
        },
    ],
    "users": [{"name": "myself", "user": {}}, {"name": "e2e", "user": {"username": "admin", "password": "secret"}}],
}
DOCUMENTED = [
    ("{range .items[*]}{.metadata.name}, {end}{.kind}", "127.0.0.1, 127.0.0.2, List"),
    ('{range .items[*]}{.metadata.name}{"\\t"}{end}', "127.0.0.1\t127.0.0.2\t"),
    ("{.items[*].status.addresses[*].address}", "127.0.0.1 127.0.0.2 127.0.0.3"),
    ("{range .items[*]}{range .status.addresses[*]}{.address}, {end}{end}", "127.0.0.1, 127.0.0.2, 127.0.0.3, "),
    ("{.items[*]['metadata.name', 'status.capacity']}", '127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}'),
    (
        "{range .items[*]}[{.metadata.name}, {.status.capacity}] {end}",
        '[127.0.0.1, {"cpu":"4"}] [127.0.0.2, {"cpu":"8"}] ',
    ),
    ('{.users[?(@.name=="e2e")].user.password}', "secret"),
    ("{.items[0].metadata.labels.kubernetes\\.io/hostname}", "127.0.0.1"),
    ('{.items[?(@.metadata.labels.kubernetes\\.io/hostname=="127.0.0.1")].kind}', "None"),
    ("{.items[?(@..ready==true)].metadata.name}", "127.0.0.1"),
    ("{..name}", "127.0.0.1 127.0.0.2 myself e2e"),
    ('{range .items[?(.status.ready==true)]}{.metadata.name}{" is ready\\n"}{end}', "127.0.0.1 is ready\n"),
    ("{.items[?(@.status.cpus>4)].metadata.name}", "127.0.0.2"),
    ("{.items[?(@.status.cpus>7.5)].metadata.name}", "127.0.0.2"),
    ("before-{.hello}after", "before-after"),
    ('{range .none[*]}{.a}{":"}{range @.b[*]}{.c}{","}{end}{"+"}{end}rest', "rest"),
    ("{end of story", JsonPathError),
    ("{............................................................name}", JsonPathError),
    ("{range .items[*]}{@}{end}{end}", JsonPathError),
    ("{.items[0:2:0]}", JsonPathError),
    ("{.items[1:0]}", JsonPathError),
]


@pytest.mark.parametrize(("template", "printed"), DOCUMENTED)
def test_reads_the_templates_of_kubectls_documentation(template, printed):
    if isinstance(printed, str):
        assert JsonPath(template).text(LIST) == printed
        return
    with pytest.raises(printed):
        JsonPath(template).text(LIST)


def test_a_template_can_be_used_again_after_it_failed():
    path = JsonPath("{range .items[*]}{.status.cpus[0]}{end}")
    with pytest.raises(JsonPathError):
        path.text(LIST)
    assert path.text({"items": []}) == ""


def test_as_json_is_one_list_for_every_action():
    assert JsonPath("{.kind}{.users[*].name}").as_json(LIST) == '[\n    "List"\n]\n[\n    "myself",\n    "e2e"\n]\n'


@pytest.mark.parametrize(
    ("written", "meant"),
    [("foo.bar", "{.foo.bar}"), ("{foo.bar}", "{.foo.bar}"), (".foo.bar", "{.foo.bar}"), ("{.foo.bar}", "{.foo.bar}")],
)
def test_paths_of_columns_may_lack_dot_and_braces(written, meant):
    assert relaxed(written) == meant


@pytest.mark.parametrize("written", ["{foo.bar", "foo.bar}", "{foo.bar}}", "{{foo.bar}"])
def test_a_path_with_one_brace_is_an_error(written):
    with pytest.raises(JsonPathError, match="unexpected path string"):
        relaxed(written)
