"""Paths of helm-unittest: what they find, and what is no path."""

import pytest

from pxhelm.charttest.path import PathError, find

DOCUMENT = {
    "kind": "Web",
    "metadata": {"name": "a", "labels": {"x.y/z": "1", "app": "web"}},
    "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}, {"name": "other"}],
    "list": [1, 2, 3, 4],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("kind", ["Web"]),
        ("$.kind", ["Web"]),
        ("metadata.labels['x.y/z']", ["1"]),
        ('metadata.labels["x.y/z"]', ["1"]),
        (r"metadata.labels.x\.y/z", ["1"]),
        ("nothing.at.all", []),
        ("$.metadata.name~", ["name"]),
        ("metadata.gone~", []),
        ("ports[0].name", ["http"]),
        ("ports[-1].name", ["other"]),
        ("ports[9]", []),
        ("ports[*].name", ["http", "https", "other"]),
        ("metadata.labels.*", ["1", "web"]),
        ("list[1:3]", [2, 3]),
        ("list[0,2]", [1, 3]),
        ("..port", [80, 443]),
        ('ports[?(@.name == "https")].port', [443]),
        ("ports[?(@.port > 80 && @.name =~ /^http/)].name", ["https"]),
        ("ports[?(!@.port)].name", ["other"]),
        ("ports[?(@.port == 80 || @.name == 'other')].name", ["http", "other"]),
        ('$[?(@.kind == "Web")].metadata.name', ["a"]),
        ('$[?(@.kind == "Db")].metadata.name', []),
    ],
)
def test_a_path_finds(path, found):
    assert find(DOCUMENT, path) == found


def test_an_empty_path_is_the_document():
    assert find(DOCUMENT, "") == [DOCUMENT]


@pytest.mark.parametrize("path", ["a[", "a[x]", "a[?(@.b == )]", "a[?(@.b]", "a[0:1:0]", "a[?(@.b =~ /(/)]"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(PathError, match="cannot read path"):
        find(DOCUMENT, path)
