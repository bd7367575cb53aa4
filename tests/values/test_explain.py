"""Who set a value, and which values nobody reads."""

import pytest

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.values.explain import ABSENT, explain, file_layer, flag_layer, parse_key, unread
from pxhelm.values.set import set_values

CHART = load(
    {
        "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "values.yaml": b"cpu: 1\nlist: [a, b]\ndb:\n  size: 2\n",
        "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 0.1.0\n",
        "charts/db/values.yaml": b"# defaults\nsize: 1\nname: db\n",
    }
)


def test_the_last_layer_that_changes_a_value_wins():
    layers = [
        file_layer("a.yaml", "cpu: 2\n"),
        file_layer("b.yaml", "x: 1\n"),
        flag_layer("--set", "cpu=4", set_values),
    ]
    found = explain(CHART, layers, ("cpu",))
    assert [(s.layer, s.value, s.changed) for s in found.steps] == [
        ("web/values.yaml", 1, True),
        ("-f a.yaml", 2, True),
        ("-f b.yaml", 2, False),
        ("--set cpu=4", 4, True),
    ]
    assert found.winner.layer == "--set cpu=4"
    assert str(found.steps[1].where) == "a.yaml:1:1"


def test_a_parents_value_wins_over_its_subcharts():
    found = explain(CHART, [], ("db", "size"))
    assert [(s.layer, s.value) for s in found.steps] == [("web/charts/db/values.yaml", 1), ("web/values.yaml", 2)]
    assert (found.steps[0].where.line, found.steps[1].where.line) == (2, 4)


def test_null_deletes_and_the_explanation_says_so():
    found = explain(CHART, [file_layer("a.yaml", "cpu: null\n")], ("cpu",))
    assert found.value is ABSENT
    assert found.winner.layer == "-f a.yaml"


def test_a_list_that_is_replaced_takes_its_items_with_it():
    found = explain(CHART, [flag_layer("--set", "list[0]=x", set_values)], ("list", 1))
    assert (found.steps[0].value, found.value) == ("b", ABSENT)


@pytest.mark.parametrize(
    ("text", "path"),
    [("a.b", ("a", "b")), ("a[0].b", ("a", 0, "b")), (r"a\.b.c", ("a.b", "c")), ("a[1][2]", ("a", 1, 2))],
)
def test_keys_are_read(text, path):
    assert parse_key(text) == path


def test_a_key_with_a_bad_index_is_refused():
    with pytest.raises(PxhelmError, match=r"cannot read key a\[x\]: \[x\] is no index"):
        parse_key("a[x]")


def test_values_that_nothing_reads_are_found_with_what_was_meant():
    user = {"cpus": 4, "db": {"size": 3, "sise": 3}, "all": {"x": 1}}
    reads = frozenset({("cpu",), ("db", "size"), ("all",)})
    found = unread(user, reads, {"cpu": 1, "db": {"size": 1}, "all": {}})
    assert [(u.path, u.suggestion) for u in found] == [(("cpus",), "cpu"), (("db", "sise"), "size")]
