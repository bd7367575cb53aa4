"""Dependencies fetched and locked. Texts and digests are those of ``helm dependency`` v3.22 on the same charts."""

import pytest
import yaml

from pxhelm.actions.dependency import DependencyRequest, build, list_dependencies, update
from pxhelm.errors import PxhelmError
from tests.actions.fake_sources import Registry, Web, packed, repository, services

URL = "http://charts.example"
CHARTS = (("one", "1.3.0-rc.1", {}), ("one", "1.2.0", {}), ("one", "1.0.0", {}), ("two", "0.1.0+b.1", {}))


NONE_FITS = (
    f'can\'t get a valid version for 1 subchart(s): "one" (repository "{URL}", version "9.x"). Make sure a '
    "matching chart version exists in the repo, or change the version constraint in Chart.yaml"
)


def chart(*dependencies):
    lines = "".join(f"- {{{', '.join(f'{k}: {v}' for k, v in one.items())}}}\n" for one in dependencies)
    return {"par/Chart.yaml": f"apiVersion: v2\nname: par\nversion: 0.1.0\ndependencies:\n{lines}".encode()}


def one(version="1.x", repository='"@main"', **rest):
    return {"name": "one", "version": f'"{version}"', "repository": repository, **rest}


def world(*dependencies, known=(("main", URL),), **rest):
    return services(chart(*dependencies), web=Web(repository(URL, *CHARTS)), known=known, **rest)


def run(verb, asked, **options):
    said = []
    verb(asked, DependencyRequest("par", said=said.append, told=said.append, **options))
    return said


def refusal(verb, asked, **options):
    with pytest.raises(PxhelmError) as found:
        run(verb, asked, **options)
    return found.value.message


def lock(asked):
    return yaml.safe_load(asked.sources.disk.files["par/Chart.lock"])


def test_an_update_fetches_and_locks_the_newest_that_fits():
    asked = world(one(alias="first"), {"name": "two", "version": "0.x.x", "repository": URL})
    assert run(update, asked) == [
        "Hang tight while we grab the latest from your chart repositories...",
        '...Successfully got an update from the "main" chart repository',
        "Update Complete. ⎈Happy Helming!⎈",
        "Saving 2 charts",
        f"Downloading one from repo {URL}",
        f"Downloading two from repo {URL}",
        "Deleting outdated charts",
    ]
    assert lock(asked)["dependencies"] == [
        {"name": "one", "repository": URL, "version": "1.2.0"},
        {"name": "two", "repository": URL, "version": "0.1.0+b.1"},
    ]
    assert asked.sources.disk.names("par/charts") == ["one-1.2.0.tgz", "two-0.1.0+b.1.tgz"]
    assert [row[3] for row in list_dependencies(asked, "par").rows] == ["ok", "ok"]


def test_a_chart_that_is_asked_for_twice_is_fetched_once():
    asked = world(one(), one(alias="again"))
    assert f"Already downloaded one from repo {URL}" in run(update, asked)


def test_a_build_wants_the_lock_to_fit():
    asked = world(one())
    run(update, asked)
    asked.sources.disk.files.update(chart(one("1.0.0")))
    assert refusal(build, asked) == (
        "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
        "Please update the dependencies"
    )


def test_a_build_fetches_what_is_locked_though_newer_is_there():
    asked = world(one())
    run(update, asked)
    asked.sources.web.answers |= repository(URL, ("one", "1.9.0", {}), *CHARTS)
    asked.sources.disk.remove("par/charts/one-1.2.0.tgz")
    run(build, asked)
    assert asked.sources.disk.names("par/charts") == ["one-1.2.0.tgz"]


def test_what_is_not_wanted_any_more_is_deleted():
    asked = world(one())
    name, data = packed("old", "1.0.0")
    asked.sources.disk.files[f"par/charts/{name}"] = data
    run(update, asked)
    assert asked.sources.disk.names("par/charts") == ["one-1.2.0.tgz"]


def test_nothing_is_changed_when_one_cannot_be_fetched():
    asked = world(one(), {"name": "two", "version": "0.x.x", "repository": '"@main"'})
    before = dict(asked.sources.disk.files)
    del asked.sources.web.answers[f"{URL}/two-0.1.0+b.1.tgz"]
    told = refusal(update, asked)
    assert (
        told == f"could not download {URL}/two-0.1.0+b.1.tgz: failed to fetch {URL}/two-0.1.0+b.1.tgz : 404 Not Found"
    )
    assert set(asked.sources.disk.files) == set(before)


@pytest.mark.parametrize(
    ("dependency", "message"),
    [
        (
            one("9.x"),
            NONE_FITS,
        ),
        ({**one(), "name": "nope"}, f"nope chart not found in repo {URL}"),
        (
            one("not a range"),
            'dependency "one" has an invalid version/constraint format: improper constraint: "not a range"',
        ),
        (
            one(repository='"@unknown"'),
            "no repository definition for @unknown. Please add them via 'pxhelm repo add'",
        ),
        (one(repository="file://../nowhere"), "directory nowhere not found"),
    ],
)
def test_what_cannot_be_had_is_told_in_helms_words(dependency, message):
    assert refusal(update, world(dependency)) == message


def test_a_repository_that_was_never_added_does_for_an_update_but_not_for_a_build():
    asked = world(one(repository=URL), known=())
    assert run(update, asked)[:2] == [
        "Getting updates for unmanaged Helm repositories...",
        f'...Successfully got an update from the "{URL}" chart repository',
    ]
    wanted = f"no repository definition for {URL}. Please add the missing repos via 'pxhelm repo add'"
    assert refusal(build, asked) == wanted


def test_skip_refresh_asks_no_index():
    asked = world(one())
    run(update, asked, skip_refresh=True)
    assert [url for url, _ in asked.sources.web.asked] == [f"{URL}/one-1.2.0.tgz"]


def test_a_folder_is_packed_into_the_chart():
    asked = world({"name": "loc", "version": '"~1"', "repository": "file://../loc"})
    asked.sources.disk.files["loc/Chart.yaml"] = b"apiVersion: v2\nname: loc\nversion: 1.5.0\n"
    run(update, asked)
    assert asked.sources.disk.names("par/charts") == ["loc-1.5.0.tgz"]
    assert lock(asked)["dependencies"] == [{"name": "loc", "repository": "file://../loc", "version": "1.5.0"}]


def test_a_registrys_tags_are_searched_for_a_range():
    data = packed("web", "1.2.3")[1]
    charts = {("r.example/lab/web", tag): data for tag in ("1.2.3", "1.2.2", "2.0.0", "latest")}
    wanted = {"name": "web", "version": '"1.2.x"', "repository": "oci://r.example/lab"}
    asked = world(wanted, known=(), registry=Registry(charts))
    assert "Pulled: r.example/lab/web:1.2.3" in run(update, asked)
    assert lock(asked)["dependencies"] == [{"name": "web", "repository": "oci://r.example/lab", "version": "1.2.3"}]
    assert asked.sources.disk.names("par/charts") == ["web-1.2.3.tgz"]
