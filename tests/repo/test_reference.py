"""What a reference to a registry means. The refusals are Helm's (`helm pull oci://… --plain-http`)."""

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.repo.reference import Reference, parse

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("oci://localhost:5000/lab/web", Reference("localhost:5000", "lab/web")),
        ("localhost:5000/web:1.2.3", Reference("localhost:5000", "web", "1.2.3")),
        ("oci://r.example/a/b/c-d__e.f:1.0.0+pve.8", Reference("r.example", "a/b/c-d__e.f", "1.0.0_pve.8")),
        (f"oci://r.example/web@{DIGEST}", Reference("r.example", "web", "", DIGEST)),
        (f"oci://r.example/web:1.0.0@{DIGEST}", Reference("r.example", "web", "1.0.0", DIGEST)),
        ("oci://[::1]:5000/web", Reference("[::1]:5000", "web")),
    ],
)
def test_a_reference_has_host_path_tag_and_digest(text, wanted):
    assert parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oci://localhost:5000", "invalid reference: missing registry or repository"),
        ("oci://localhost:5000/Bad/web", 'invalid reference: invalid repository "Bad/web"'),
        ("oci://localhost:5000/web/", 'invalid reference: invalid repository "web/"'),
        ("oci://localhost:5000/web:-x", 'invalid reference: invalid tag "-x"'),
        ("oci://us er@host/web", "invalid reference: missing registry or repository"),
        ("oci://a b/web", 'invalid reference: invalid registry "a b"'),
        ("oci://localhost/web@sha256:xyz", 'invalid reference: invalid digest "sha256:xyz"'),
    ],
)
def test_what_is_no_reference_is_told_in_helms_words(text, message):
    with pytest.raises(PxhelmError) as found:
        parse(text)
    assert found.value.message == message


def test_the_place_is_without_tag_and_the_name_is_its_last_part():
    found = parse("oci://localhost:5000/lab/web:1.2.3")
    assert (found.place, found.name) == ("localhost:5000/lab/web", "web")
