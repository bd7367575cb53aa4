"""What a chart argument means."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.repo.reference import Kind, Reference, parse


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("web", {"exists": True}, Reference(Kind.PATH, "web")),
        ("stable/web", {"version": "^1"}, Reference(Kind.REPOSITORY, "web", "stable", "^1")),
        ("stable/web", {"exists": True}, Reference(Kind.PATH, "stable/web")),
        ("web", {"repo_url": "https://x/r/"}, Reference(Kind.REPOSITORY_URL, "web", "https://x/r")),
        ("https://x/web-1.tgz", {}, Reference(Kind.URL, "https://x/web-1.tgz")),
        ("oci://h:5000/c/web", {"version": "1.0.0"}, Reference(Kind.REGISTRY, "oci://h:5000/c/web", "", "1.0.0")),
        ("oci://h:5000/c/web:1.0.0_b", {}, Reference(Kind.REGISTRY, "oci://h:5000/c/web", "", "1.0.0+b")),
    ],
)
def test_references_are_understood(text, options, expected):
    assert parse(text, **options) == expected


@pytest.mark.parametrize("text", ["./web", "/charts/web"])
def test_a_path_that_is_not_there_is_told_so(text):
    with pytest.raises(PxhelmError, match=f'path "{text}" not found'):
        parse(text)


def test_a_bare_name_is_no_reference():
    with pytest.raises(PxhelmError, match="non-absolute URLs should be in form of repo_name/path_to_chart, got: web"):
        parse("web")
