"""Indexes of repositories, and the list of those known here. Choices and texts are those of Helm v3.22."""

import pytest
import yaml

from pxhelm.errors import PxhelmError
from pxhelm.repo.index import (
    Entry,
    Index,
    Repository,
    RepositoryError,
    load_index,
    load_repositories,
    repositories_text,
    resolve_url,
)
from pxhelm.secret import Secret


def index(*versions, name="web"):
    found = Index()
    for version in versions:
        found.add(Entry({"name": name, "version": version, "urls": [f"{name}-{version}.tgz"]}))
    found.sort()
    return found


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "2.0.0"),
        ("1.x", "1.10.0"),
        ("^1.9", "1.10.0"),
        ("1.9.0", "1.9.0"),
        (">0.0.0-0", "3.0.0-rc.1"),
        ("3.0.0-rc.1", "3.0.0-rc.1"),
    ],
)
def test_a_range_chooses_the_newest_release_and_pre_releases_only_when_named(wanted, chosen):
    assert index("1.9.0", "3.0.0-rc.1", "1.10.0", "2.0.0").get("web", wanted).version == chosen


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("none", "", "no chart name found"),
        ("web", "9.x", "no chart version found for web-9.x"),
        ("web", "no range", 'improper constraint: "no range"'),
    ],
)
def test_what_is_not_there_is_told_in_helms_words(name, version, message):
    with pytest.raises(RepositoryError) as found:
        index("1.0.0").get(name, version)
    assert found.value.message == message


def test_a_merge_takes_over_only_what_is_not_there_yet():
    ours, theirs = index("2.0.0"), index("1.0.0", "2.0.0")
    theirs.entries["web"][0] = Entry({"name": "web", "version": "2.0.0", "urls": ["old.tgz"]})
    ours.merge(theirs)
    ours.sort()
    assert [(one.version, one.urls) for one in ours.entries["web"]] == [
        ("2.0.0", ("web-2.0.0.tgz",)),
        ("1.0.0", ("web-1.0.0.tgz",)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "empty index.yaml file"),
        (b"entries: {}\n", "no API version specified"),
        (b"- a\n", "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into repo.IndexFile"),
        (
            b"apiVersion: v1\nentries: {web: 5}\n",
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into repo.IndexFile",
        ),
        (b"a: [\n", "error converting YAML to JSON: yaml: line 1: did not find expected node content"),
    ],
)
def test_what_is_no_index_is_refused(text, message):
    with pytest.raises(RepositoryError) as found:
        load_index(text)
    assert found.value.message == message


def test_entries_without_a_name_or_a_version_are_left_out():
    text = b"""
apiVersion: v1
entries:
  web: [{name: web, version: 1.0.0}, {name: web, version: x}, {version: 2.0.0}, null]
"""
    assert [one.version for one in load_index(text).entries["web"]] == ["1.0.0"]


def test_json_and_yaml_hold_the_same():
    written = index("1.0.0", "2.0.0")
    written.generated = "2026-01-01T00:00:00Z"
    assert load_index(written.as_json()).entries == load_index(written.as_yaml()).entries == written.entries


@pytest.mark.parametrize(
    ("base", "reference", "wanted"),
    [
        ("http://h/charts", "web.tgz", "http://h/charts/web.tgz"),
        ("http://h/charts/", "web.tgz", "http://h/charts/web.tgz"),
        ("http://h/charts", "https://cdn/web.tgz", "https://cdn/web.tgz"),
        ("http://h/charts?sig=1", "web.tgz", "http://h/charts/web.tgz?sig=1"),
        ("http://h/charts", "../web.tgz", "http://h/web.tgz"),
    ],
)
def test_an_archive_is_found_beside_its_index(base, reference, wanted):
    assert resolve_url(base, reference) == wanted


def test_the_index_of_a_repository_keeps_the_query_of_its_url():
    assert Repository("a", "http://h/c/?sig=1").index_url == "http://h/c/index.yaml?sig=1"


def test_known_repositories_come_back_as_they_were_written():
    one = Repository("a", "https://h", username="ada", password=Secret("secret"), ca_file="ca", pass_credentials=True)
    text = repositories_text([one, Repository("b", "http://b")])
    assert load_repositories(text)[0] == one
    assert yaml.safe_load(text)["repositories"][0] == {
        "name": "a",
        "url": "https://h",
        "username": "ada",
        "password": "secret",
        "certFile": "",
        "keyFile": "",
        "caFile": "ca",
        "insecure_skip_tls_verify": False,
        "pass_credentials_all": True,
    }


def test_a_password_is_not_shown():
    assert "secret" not in repr(Repository("a", "https://h", password=Secret("secret")))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            b'insecure_skip_tls_verify: "false"',
            "string into Go struct field Entry.repositories.insecure_skip_tls_verify of type bool",
        ),
        (
            b"pass_credentials_all: 1",
            "number into Go struct field Entry.repositories.pass_credentials_all of type bool",
        ),
        (b"url: [http://a]", "array into Go struct field Entry.repositories.url of type string"),
    ],
)
def test_a_field_of_another_type_is_refused_as_helm_refuses_it(field, message):
    with pytest.raises(PxhelmError) as found:
        load_repositories(b"repositories:\n- name: a\n  " + field + b"\n")
    assert found.value.message == f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {message}"


def test_scalars_are_texts_where_texts_are_wanted():
    (one,) = load_repositories(
        b"repositories:\n- {name: 5, url: http://a, username: true, insecure_skip_tls_verify: true}\n"
    )
    assert (one.name, one.username, one.insecure) == ("5", "true", True)
