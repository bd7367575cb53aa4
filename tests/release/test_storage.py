from datetime import UTC, datetime

import pytest

from pxhelm.chart.model import Chart, Dependency, Lock, Maintainer, Metadata
from pxhelm.release.failure import NoDeployedError, ReleaseExistsError, ReleaseNotFoundError
from pxhelm.release.model import HookPhase, HookRun, Info, Release, Status
from pxhelm.release.record import decode, encode, release_json, time_text
from pxhelm.release.storage import Storage
from pxhelm.store.fence import fenced
from pxhelm.store.leases import Holder
from pxhelm.store.outcome import LeaseLost
from tests.release.world import hook

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 120000, UTC)


def release(world, version=1, status=Status.DEPLOYED, **over):
    defaults = {"name": "web", "namespace": "prod", "chart": world.chart(), "info": Info(status, first_deployed=MOMENT)}
    return Release(version=version, **{**defaults, **over})


def full_release():
    metadata = Metadata(
        name="web",
        version="1.0.0",
        api_version="v2",
        app_version="2",
        keywords=("a", "b"),
        maintainers=(Maintainer("m", "m@x"),),
        annotations={"k": "v"},
        dependencies=(Dependency("db", "1.x", "http://r", "db.on", ("t",), True, ({"child": "a"}, "b"), "x"),),
    )
    chart = Chart(
        metadata,
        "web",
        values={"n": 1.0, "t": None, "s": "\udcff"},
        schema=b"{}",
        templates={"templates/a": b"\xff"},
        files={"f": b"x"},
        lock=Lock("2024", "sha256:1", (Dependency("db", "1.2.3", "http://r"),)),
    )
    ran = hook("h", "pre-install", "test", weight=-3, policies=["hook-succeeded"])
    ran.last_run = HookRun(MOMENT, None, HookPhase.UNKNOWN)
    info = Info(Status.FAILED, "it <broke> é", MOMENT, MOMENT, None, "notes\n")
    return Release("web", "prod", 7, chart, {"big": 1e20, "n": None, "l": [True]}, "---\nx", [ran], info, {"team": "x"})


def test_a_record_comes_back_as_it_was():
    before = full_release()
    assert decode(encode(before), before.labels) == before


def test_the_json_form_is_helms(world):
    short = release_json(release(world, config={}, hooks=[hook("h", "test")]), chart=False)
    assert list(short) == ["name", "info", "hooks", "version", "namespace"]
    assert short["info"] == {
        "first_deployed": "2024-01-02T03:04:05.12Z",
        "last_deployed": "",
        "deleted": "",
        "status": "deployed",
    }
    assert short["hooks"][0]["last_run"] == {"started_at": "", "completed_at": "", "phase": ""}
    full = release_json(full_release())
    assert full["chart"]["metadata"]["dependencies"][0]["import-values"] == [{"child": "a"}, "b"]
    assert "condition" not in full["chart"]["lock"]["dependencies"][0]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.000100+05:30", "2024-01-02T03:04:05.0001+05:30"),
    ],
)
def test_times_print_as_go_prints_them(text, printed):
    assert time_text(datetime.fromisoformat(text)) == printed


def test_records_are_copies(world):
    world.storage.create(release(world))
    world.storage.last("web").info.status = Status.FAILED
    assert world.storage.last("web").info.status is Status.DEPLOYED


def test_missing_releases_have_helms_texts(world):
    for read in (world.storage.last, world.storage.history, lambda n: world.storage.get(n, 3)):
        with pytest.raises(ReleaseNotFoundError, match=r"^release: not found$"):
            read("web")
    with pytest.raises(NoDeployedError, match=r'^"web" has no deployed releases$'):
        world.storage.deployed("web")


def test_a_version_is_written_once(world):
    world.storage.create(release(world))
    with pytest.raises(ReleaseExistsError, match=r"^release: already exists$"):
        world.storage.create(release(world))


def test_the_latest_of_two_deployed_counts(world):
    for version in (1, 2):
        world.storage.create(release(world, version))
    assert world.storage.deployed("web").version == 2


@pytest.mark.parametrize(
    ("most", "deployed", "left"),
    [
        (0, 1, [1, 2, 3, 4, 5]),
        (3, 4, [3, 4, 5]),
        (3, 1, [1, 4, 5]),
        (1, 4, [4, 5]),
        (1, 0, [5]),
        (9, 4, [1, 2, 3, 4, 5]),
    ],
)
def test_retention_keeps_the_newest_and_the_deployed_one(world, most, deployed, left):
    for version in (1, 2, 3, 4):
        status = Status.DEPLOYED if version == deployed else Status.SUPERSEDED
        world.storage.create(release(world, version, status))
    world.storage.create(release(world, 5, Status.PENDING_UPGRADE), max_history=most)
    assert [one.version for one in world.storage.history("web")] == left


def test_the_operations_facts_survive_updates(world):
    operation = world.attempt("install").operation
    world.storage.create(release(world), operation=operation)
    world.storage.update(release(world, status=Status.FAILED))
    assert world.storage.operation("web", 1) == operation


def test_who_lost_the_lease_writes_nothing(world):
    lease = world.store.leases.acquire("release:x", Holder("h", "b", 1, "t"), 15, 0.0)
    storage = Storage(world.store.releases, "lab", "prod", world.clock, lambda: fenced(world.store, lease))
    storage.create(release(world))
    world.store.leases.acquire("release:x", Holder("h", "b", 2, "t"), 15, 100.0)
    writes = (
        lambda: storage.update(release(world, status=Status.FAILED)),
        lambda: storage.create(release(world, 2)),
        lambda: storage.delete("web", 1),
    )
    for write in writes:
        with pytest.raises(LeaseLost):
            write()
    assert world.states() == [(1, "deployed")]
