"""Search in known repositories. What is found, and in which order, is what ``helm search repo`` v3.22 found."""

import pytest

from pxhelm.actions.search import SearchRequest, search
from pxhelm.errors import PxhelmError
from tests.actions.fake_sources import Web, repository, services

URL = "http://charts.example"
CHARTS = (
    ("one", "1.3.0-rc.1", {}),
    ("one", "1.2.0", {"description": "the one and only"}),
    ("one", "1.0.0", {"description": "the one and only", "appVersion": "5"}),
    ("two", "0.1.0+b.1", {"keywords": ["keyw", "one"]}),
    ("three", "2.0.0", {"description": "all but ONE"}),
)


def found(*words, known=(("main", URL),), **options):
    asked = services(web=Web(repository(URL, *CHARTS)), known=known)
    return [(hit.name, hit.version) for hit in search(asked, SearchRequest(words, **options))]


def test_the_newest_release_of_each_chart_is_found_the_best_match_first():
    assert found("one") == [("main/one", "1.2.0"), ("main/three", "2.0.0"), ("main/two", "0.1.0+b.1")]


def test_every_version_or_pre_releases_only_when_asked():
    assert found("main/one", versions=True) == [("main/one", "1.2.0"), ("main/one", "1.0.0")]
    assert found("main/one", devel=True) == [("main/one", "1.3.0-rc.1")]
    assert found("main/one", version="<1.1") == [("main/one", "1.0.0")]


def test_a_pattern_is_held_against_name_full_name_description_and_keywords():
    assert found("o.e$", regexp=True) == [("main/two", "0.1.0+b.1")]
    assert found("^main/t", regexp=True) == []
    assert found("^t", regexp=True) == [("main/three", "2.0.0"), ("main/two", "0.1.0+b.1")]


def test_words_are_one_text():
    assert found("one", "and") == [("main/one", "1.2.0")]
    assert found("and", "one") == []


def test_a_broken_pattern_or_range_is_told():
    with pytest.raises(PxhelmError, match=r"error parsing regexp: missing closing \]"):
        found("([", regexp=True)
    with pytest.raises(PxhelmError, match='an invalid version/constraint format: improper constraint: "bad"'):
        found("one", version="bad")


def test_without_repositories_that_is_told():
    with pytest.raises(PxhelmError, match="no repositories configured"):
        found("one", known=())


def test_a_repository_without_an_index_is_warned_about_and_left_out():
    asked = services(web=Web(repository(URL, *CHARTS)), known=(("gone", "http://gone.example"), ("main", URL)))
    assert [hit.name for hit in search(asked, SearchRequest(("three",)))] == ["main/three"]
    assert [warned.message for warned in asked.heard] == [
        "Repo \"gone\" is corrupt or missing. Try 'pxhelm repo update'.",
        "open cache/gone-index.yaml: no such file or directory",
    ]
