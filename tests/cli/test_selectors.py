"""Label and field selectors."""

import pytest

from pxhelm.cli.selectors import field_test, label_test, value_at
from pxhelm.errors import ExitCode, PxhelmError

WEB = {
    "metadata": {"name": "web", "namespace": "production"},
    "status": {
        "binding": {"vmid": 101},
        "power": "running",
        "isTemplate": False,
        "lock": "",
        "ha": {"state": "started"},
    },
}


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("", True),
        ("metadata.name=web", True),
        ("metadata.name==web", True),
        ("metadata.name!=web", False),
        ("metadata.name=web,status.power=running", True),
        ("metadata.name=web,status.power=stopped", False),
        ("metadata.name!=db, status.vmid=101", True),
        ("spec.isTemplate=false", True),
        ("spec.isTemplate!=true", True),
        ("status.lock=", True),
        ("spec.pool=", True),
        ("spec.pool=web", False),
        ("status.ha.state=started", True),
    ],
)
def test_field_selectors_compare_live_values(selector, holds):
    assert field_test(selector)(WEB) is holds


def test_a_backslash_takes_the_meaning_from_commas_and_equals_signs():
    odd = {"metadata": {"name": "a,b=c\\d"}}
    assert field_test(r"metadata.name=a\,b\=c\\d")(odd)
    assert not field_test(r"metadata.name=a\,b")(odd)


@pytest.mark.parametrize("selector", ["metadata.name", "=web", "metadata.name=a=b", "!metadata.name"])
def test_what_is_no_term_is_refused_in_kubernetes_words(selector):
    with pytest.raises(PxhelmError) as caught:
        field_test(selector)
    assert caught.value.message == f"invalid selector: '{selector}'; can't understand '{selector}'"
    assert caught.value.code is ExitCode.USAGE


def test_an_unknown_field_names_the_known_ones():
    with pytest.raises(PxhelmError, match="field label not supported") as caught:
        field_test("spec.colour=red")
    assert "metadata.name" in caught.value.hint
    assert "status.ha.state" in caught.value.hint


def test_a_misspelt_field_is_suggested():
    with pytest.raises(PxhelmError) as caught:
        field_test("status.nodes=pve1")
    assert caught.value.hint == "did you mean status.node?"


LABELS = {"app": "shop", "tier": "", "size": "4", "example.com/zone": "a.b", "env": "prod"}


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("", True),
        ("app=shop", True),
        ("app==shop", True),
        ("app = shop", True),
        ("app!=shop", False),
        ("app!=other", True),
        ("app in (shop,db),tier", True),
        ("app in (shop)", True),
        ("app in (db, cache)", False),
        ("app in ( shop , db )", True),
        ("app notin (shop)", False),
        ("app notin (db)", True),
        ("missing notin (db)", True),
        ("missing in (db)", False),
        ("app", True),
        ("missing", False),
        ("!app", False),
        ("!missing", True),
        ("! missing", True),
        ("missing!=x", True),
        ("missing=x", False),
        ("missing=", False),
        ("tier=", True),
        ("tier!=", False),
        ("tier in (,x)", True),
        ("tier", True),
        ("size>3", True),
        ("size<3", False),
        ("size>4", False),
        ("app>3", False),
        ("example.com/zone=a.b", True),
        ("example.com/zone in (a.b,c)", True),
        ("!example.com/zone", False),
        ("app=shop,env=prod", True),
        ("app=shop,env=test", False),
        ("app=shop,env in (prod,test),!gone,size>1", True),
        ("env notin (test),app!=db", True),
    ],
)
def test_label_selectors_follow_kubernetes_grammar(selector, holds):
    assert label_test(selector)(LABELS) is holds


@pytest.mark.parametrize(
    "selector",
    [
        "app in",
        "app in (",
        "app in ()",
        "app notin (a",
        "=x",
        "app=a=b",
        "app==",
        ",",
        "app,,tier",
        "app>x",
        "!",
        "!app=x",
        "(a)",
    ],
)
def test_what_is_no_label_selector_is_refused(selector):
    if selector == "app==":
        assert label_test(selector)({"app": ""})  # nothing is a value, too
        return
    with pytest.raises(PxhelmError) as caught:
        label_test(selector)
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("kind", "field", "known"),
    [
        ("VirtualMachine", "status.power", True),
        ("Container", "status.osType", True),
        ("Storage", "status.power", False),
        ("Storage", "spec.type", True),
        ("Pool", "status.ready", True),
        ("Snapshot", "spec.guest", True),
        ("ReplicationJob", "spec.guest", True),
        ("Image", "spec.content", True),
        ("Node", "status.status", True),
        ("Task", "status.type", True),
        ("Event", "involvedObject.name", True),
        ("VirtualMachine", "involvedObject.name", False),
    ],
)
def test_fields_are_those_of_the_kinds_that_are_asked_for(kind, field, known):
    if known:
        assert not field_test(f"{field}=nothing of that name", (kind,))(WEB)
        return
    with pytest.raises(PxhelmError, match=f"field label not supported: {field}"):
        field_test(f"{field}=x", (kind,))


def test_a_bad_label_selector_is_a_usage_error():
    with pytest.raises(PxhelmError) as caught:
        label_test("app in (")
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize("path", ["status.binding.vmid", ".status.binding.vmid", "{.status.binding.vmid}"])
def test_paths_are_written_as_kubectl_takes_them(path):
    assert value_at(WEB, path) == 101


@pytest.mark.parametrize("path", ["status.nothing", "status.power.more", "spec.cpu"])
def test_a_path_that_leads_nowhere_is_nothing(path):
    assert value_at(WEB, path) is None
