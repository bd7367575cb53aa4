"""Indexes of repositories as they are fetched and read again. Texts are those of ``helm`` v3.22."""

import time
from dataclasses import replace

import pytest

from pxhelm.actions.indexes import download_index, read_index, refresh_all
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Warned
from pxhelm.render.sandbox import bounded
from pxhelm.repo.index import Repository
from tests.actions.fake_sources import Web, services

URL = "http://charts.example"
MAIN = Repository("main", URL)
ODD = b"""apiVersion: v1
entries:
  web:
  - {name: web, version: x}
  -
  - {version: 1.0.0}
  - {name: ../web, version: 1.0.0}
  - {name: web, version: 2.0.0, urls: [web.tgz]}
"""


def world(index):
    return services(web=Web({f"{URL}/index.yaml": index}))


def test_entries_that_cannot_be_used_are_told_last_first_as_helm_does():
    asked = world(ODD)
    index = download_index(asked, MAIN)
    assert [entry.version for entry in index.entries["web"]] == ["2.0.0"]
    told = f"skipping loading invalid entry for chart {{}} from {URL}: {{}}".format
    assert asked.heard == [
        Warned(told('"web" "1.0.0"', 'validation: chart.metadata.name "../web" is invalid')),
        Warned(told('"web" "1.0.0"', "validation: chart.metadata.name is required")),
        Warned(told('"web"', "empty entry")),
        Warned(told('"web" "x"', 'validation: chart.metadata.version "x" is invalid')),
    ]


def test_what_was_fetched_is_read_again_and_a_broken_one_named():
    asked = world(ODD)
    download_index(asked, MAIN)
    assert read_index(asked, "cache/main-index.yaml").get("web").version == "2.0.0"
    asked.sources.disk.files["cache/main-index.yaml"] = b""
    with pytest.raises(PxhelmError, match=r"^error loading cache/main-index\.yaml: empty index\.yaml file$"):
        read_index(asked, "cache/main-index.yaml")


def test_a_registry_has_no_index():
    with pytest.raises(PxhelmError, match=r'^failed to perform "FetchReference" on source: invalid reference$'):
        download_index(world(ODD), replace(MAIN, url="oci://charts.example/web"))


def test_a_repository_without_an_answer_is_told_and_the_others_are_asked():
    said = []
    gone = Repository("gone", "http://gone.example/charts/..")
    assert refresh_all(world(ODD), [gone, MAIN], said.append) == [gone.url]
    assert said[1].startswith(
        '...Unable to get an update from the "gone" chart repository (http://gone.example/charts/..)'
    )
    assert said[2] == '...Successfully got an update from the "main" chart repository'


def test_an_index_that_takes_too_long_ends_in_time():
    entries = "".join(f"  - {{name: web, version: 1.{number}.0, urls: [web.tgz]}}\n" for number in range(60_000))
    asked = world(f"apiVersion: v1\nentries:\n  web:\n{entries}".encode())
    asked.bounded = lambda doing, _memory: bounded(0.3, 4 << 30, doing)
    began = time.monotonic()
    with pytest.raises(PxhelmError) as caught:
        download_index(asked, MAIN)
    assert time.monotonic() - began < 10
    assert caught.value.code is ExitCode.REFUSED
    assert caught.value.message == "reading the index of a repository took more than 0.3 seconds"
    assert caught.value.hint == "if the repository is to be trusted, raise the limit: PXHELM_LIMITS=seconds=3"
