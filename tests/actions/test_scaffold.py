"""New charts from starters."""

from types import SimpleNamespace

import pytest

from pxhelm.actions.scaffold import lacking, scaffold
from pxhelm.errors import PxhelmError


def services(**files):
    found = {"Chart.yaml": b"apiVersion: v2\nname: starter\nversion: 1.2.3\n"}
    found |= {name.replace("__", "/"): text.encode() for name, text in files.items()}
    return SimpleNamespace(starter=lambda _name: found)


def test_the_placeholder_becomes_the_name_everywhere():
    made = scaffold(services(templates__vm='{{ include "<CHARTNAME>.name" . }}'), "shop", "blank")
    assert made["templates/vm"] == b'{{ include "shop.name" . }}'


def test_a_starter_with_a_name_of_its_own_gets_the_new_one_and_keeps_the_rest():
    assert scaffold(services(), "shop", "x")["Chart.yaml"] == b"apiVersion: v2\nname: shop\nversion: 1.2.3\n"


@pytest.mark.parametrize("name", ["a b", "a/b", "ä", "x\n", "*"])
def test_names_are_checked_in_helms_words(name):
    with pytest.raises(PxhelmError) as caught:
        scaffold(services(), name, "blank")
    assert caught.value.message == 'chart name must match the regular expression "^[a-zA-Z0-9._-]+$"'


@pytest.mark.parametrize("name", ["", "x" * 251])
def test_names_are_neither_empty_nor_endless(name):
    with pytest.raises(PxhelmError) as caught:
        scaffold(services(), name, "blank")
    assert caught.value.message == "chart name must be between 1 and 250 characters"


def test_dependencies_that_a_starter_does_not_bring_along_are_named():
    chart = b"apiVersion: v2\nname: x\nversion: 1.0.0\ndependencies:\n- {name: a, version: 1.x, repository: '@r'}\n"
    assert lacking({"Chart.yaml": chart}) == ["a"]
    sub = {"charts/a/Chart.yaml": b"apiVersion: v2\nname: a\nversion: 1.0.0\n"}
    assert lacking({"Chart.yaml": chart, **sub}) == []
    assert lacking({"Chart.yaml": b"{"}) == []
