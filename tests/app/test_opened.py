"""What a command is given: keys, leases, files."""

import pytest

from pxhelm.app import open_services
from pxhelm.errors import PxhelmError
from pxhelm.store.clusters import Cluster

FLAGS = {"context": "simulator"}


def test_a_store_without_its_key_is_not_given_another(home):
    with open_services(FLAGS) as services:
        services.store.clusters.put(Cluster("c"))
    key = home / "data" / "pxhelm.key"
    kept = key.read_bytes()
    key.unlink()
    with open_services(FLAGS) as services, pytest.raises(PxhelmError, match=r"its key .*pxhelm.key is not there"):
        assert services.store
    assert not key.exists()
    key.write_bytes(kept)
    with open_services(FLAGS) as services:
        assert services.store.clusters.get("c") == Cluster("c")


def test_the_key_is_its_owners_alone_and_nothing_else_is_left(home):
    with open_services(FLAGS) as services:
        assert services.key.raw == (home / "data" / "pxhelm.key").read_bytes()
    assert [(p.name, p.stat().st_mode & 0o777) for p in (home / "data").iterdir()] == [("pxhelm.key", 0o600)]


@pytest.mark.parametrize("given", ["ab", "zz" * 32, "ab" * 33])
def test_a_key_that_is_none_is_refused_before_anything_is_written(home, monkeypatch, given):
    monkeypatch.setenv("PXHELM_KEY", given)
    with open_services(FLAGS) as services, pytest.raises(PxhelmError, match="cannot use PXHELM_KEY"):
        assert services.store
    assert not (home / "data").exists()


def test_a_folder_that_cannot_be_made_is_told(home):
    home.joinpath("data").write_bytes(b"a file")
    with open_services(FLAGS) as services, pytest.raises(PxhelmError, match="cannot read the store's key"):
        assert services.store


def test_a_secret_that_is_shown_once_is_its_owners_alone_even_over_an_open_file(home):
    from pxhelm.secret import Secret

    place = home / "token"
    place.write_text("old")
    place.chmod(0o644)
    with open_services(FLAGS) as services:
        services.write_secret(str(place), Secret("s3cret"))
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("s3cret\n", 0o600)


ACME = ("acme/web", "https://charts.example.org/web-1.0.0.tgz")


@pytest.mark.parametrize(
    ("listed", "chart", "strange"),
    [
        ("", ACME, True),
        ("acme", ACME, False),
        ("ac", ACME, True),
        ("https://charts.example.org/", ("web", ACME[1]), False),
        ("https://charts.example", ("web", ACME[1]), True),
        ("other,oci://reg.example.org/charts", ("oci://reg.example.org/charts/web", ""), False),
    ],
)
def test_a_chart_from_elsewhere_is_strange_unless_its_source_is_listed(home, monkeypatch, listed, chart, strange):
    monkeypatch.setenv("PXHELM_ALLOW_VALUE_FROM", listed)
    with open_services(FLAGS) as services:
        services.came_from(*chart)
        assert bool(services.stranger) is strange
