"""What is pulled is looked at before it is unpacked, as ``helm pull --untar --verify`` does."""

import pytest

from pxhelm.actions.pull import PullRequest, pull
from pxhelm.actions.sources import ChartFlags
from pxhelm.errors import PxhelmError
from tests.actions.fake_sources import Web, packed, repository, services

URL = "http://charts.example"


def world(**answers):
    name, _ = packed("one", "1.0.0")
    web = Web({**repository(URL, ("one", "1.0.0", {})), **{f"{URL}/{name}.prov": p for p in answers.values()}})
    return services({"pubring.gpg": b""}, web=web, known=[("main", URL)])


def silent(_text):
    """Say nothing."""


def unpacked(asked):
    return sorted(name for name in asked.sources.disk.files if name.startswith("here/"))


def request(**flags):
    return PullRequest("main/one", ChartFlags(keyring="pubring.gpg", **flags), untar=True, untar_folder="here")


def test_a_chart_is_unpacked_into_its_folder():
    asked = world()
    pull(asked, request(), silent, silent)
    assert unpacked(asked) == ["here/one/Chart.yaml"]


@pytest.mark.parametrize("answers", [{}, {"signature": b"no signature at all"}])
def test_nothing_is_unpacked_that_nobody_vouches_for(answers):
    asked = world(**answers)
    with pytest.raises(PxhelmError):
        pull(asked, request(verify=True), silent, silent)
    assert unpacked(asked) == []
