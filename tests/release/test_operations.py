"""What the recorded stories do not reach."""

from datetime import datetime

import pytest

from pxhelm.errors import ExitCode, PxhelmError, StageError, Where
from pxhelm.events import HookStarted
from pxhelm.release import history
from pxhelm.release.failure import ReleaseFailedError, wrapped
from pxhelm.release.install import install
from pxhelm.release.model import Status
from pxhelm.release.objects import AlreadyExistsError
from pxhelm.release.options import InstallOptions, RollbackOptions, TestOptions, UninstallOptions, UpgradeOptions
from pxhelm.release.ownership import to_adopt
from pxhelm.release.rollback import rollback
from pxhelm.release.test import run_tests
from pxhelm.release.uninstall import uninstall
from pxhelm.release.upgrade import upgrade, upgrade_or_install
from tests.release.world import hook, manifest


def installed(world, **over):
    done = install(world.configuration(), "web", world.chart(), {}, InstallOptions(**over))
    world.revive()
    return done


def with_crds(world):
    files = {
        "crds/a.yaml": b"kind: CustomResourceDefinition\nmetadata: {name: a}\n",
        "crds/b.yaml": b"kind: CustomResourceDefinition\nmetadata: {name: b}\n",
    }
    chart = world.chart()
    return type(chart)(chart.metadata, chart.path, files=files)


def test_crds_come_first_and_are_awaited(world):
    install(world.configuration(), "web", with_crds(world), {}, InstallOptions())
    assert world.cluster.calls[:3] == [
        "create CustomResourceDefinition/a",
        "create CustomResourceDefinition/b",
        "wait [CustomResourceDefinition/a CustomResourceDefinition/b]",
    ]


@pytest.mark.parametrize("options", [InstallOptions(skip_crds=True), InstallOptions(dry_run="client")])
def test_crds_are_skipped_on_demand_and_on_a_dry_run(world, options):
    install(world.configuration(), "web", with_crds(world), {}, options)
    assert not [call for call in world.cluster.calls if "CustomResourceDefinition" in call]


def test_a_crd_or_namespace_that_exists_is_no_error(world):
    create = world.cluster.create

    def existing(items):
        if items[0].kind in ("CustomResourceDefinition", "Namespace"):
            raise AlreadyExistsError("it exists")
        create(items)

    world.cluster.create = existing
    done = install(world.configuration(), "web", with_crds(world), {}, InstallOptions(create_namespace=True))
    assert done.info.status is Status.DEPLOYED


def test_a_dry_run_stores_and_writes_nothing(world):
    done = install(world.configuration(), "web", world.chart(), {}, InstallOptions(dry_run="server"))
    assert (done.info.description, world.cluster.calls) == ("Dry run complete", [])
    assert world.renderer.requests[-1].live
    with pytest.raises(PxhelmError, match="release: not found"):
        history.get(world.configuration(), "web")
    installed(world)
    world.renderer.manifest = manifest("a", spec="{x: 1}")
    tried = upgrade(world.configuration(), "web", world.chart(), {}, UpgradeOptions(dry_run="client"))
    assert (tried.version, tried.info.description) == (2, "Dry run complete")
    assert not world.renderer.requests[-1].live
    assert (world.states(), world.cluster.calls) == ([(1, "deployed")], [])


def test_the_ownership_of_what_cannot_be_read_is_not_guessed(world):
    def denied(_item):
        raise PxhelmError("permission denied", code=ExitCode.REFUSED)

    world.cluster.existing = denied
    items = world.cluster.build(manifest("a"), validate=False)
    with pytest.raises(PxhelmError) as unknown:
        to_adopt(world.cluster, items, ("web", "prod"))
    assert unknown.value.message == (
        'could not get information about the resource VirtualMachine "a" in namespace "prod": permission denied'
    )
    assert unknown.value.code is ExitCode.REFUSED


def test_taking_ownership_updates_what_is_there(world):
    world.cluster.objects["VirtualMachine/prod/a"] = {"kind": "VirtualMachine", "metadata": {"name": "a"}}
    installed(world, take_ownership=True)
    marks = world.cluster.objects["VirtualMachine/prod/a"]["metadata"]
    assert marks["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    assert marks["annotations"] == {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "prod"}


def test_hooks_are_told_as_they_start(world):
    world.renderer.hooks = (hook("b", "pre-install"), hook("a", "pre-install"), hook("first", "pre-install", weight=-1))
    told = []
    install(world.configuration(listen=told.append), "web", world.chart(), {}, InstallOptions())
    assert told == [HookStarted("pre-install", f"Task/{name}") for name in ("first", "a", "b")]


def test_a_problem_keeps_code_place_and_hint_under_helms_prefix(world):
    where = Where("web/templates/a.yaml", 3)

    def refused(_manifest, *, validate):
        raise StageError("2 problems", (PxhelmError("bad", code=ExitCode.CONFLICT, where=where),))

    world.cluster.build = refused
    with pytest.raises(
        StageError, match=r"^unable to build kubernetes objects from release manifest: 2 problems$"
    ) as bad:
        install(world.configuration(), "web", world.chart(), {}, InstallOptions())
    assert (bad.value.code, bad.value.errors[0].where) == (ExitCode.CONFLICT, where)
    plain = wrapped("x", PxhelmError("y", code=ExitCode.LOCKED, where=where, hint="z"))
    assert (plain.message, plain.code, plain.where, plain.hint) == ("x: y", ExitCode.LOCKED, where, "z")


def test_an_interrupted_atomic_upgrade_is_rolled_back(world):
    installed(world)
    update, times = world.cluster.update, []

    def interrupted(original, target, *, force):
        times.append(1)
        if len(times) == 1:
            raise KeyboardInterrupt
        return update(original, target, force=force)

    world.cluster.update = interrupted
    with pytest.raises(ReleaseFailedError, match="rolled back due to atomic being set: context canceled") as stopped:
        upgrade(world.configuration(), "web", world.chart(), {}, UpgradeOptions(atomic=True))
    assert stopped.value.code is ExitCode.INTERRUPTED
    assert world.states() == [(1, "superseded"), (2, "failed"), (3, "deployed")]


def test_a_missing_release_may_be_ignored_by_uninstall(world):
    assert uninstall(world.configuration(), "web", UninstallOptions(ignore_not_found=True)) is None


def test_a_dry_uninstall_only_looks(world):
    installed(world)
    assert uninstall(world.configuration(), "web", UninstallOptions(dry_run=True)).release.version == 1
    assert (world.states(), world.cluster.calls) == ([(1, "deployed")], [])


def test_two_operations_cannot_write_the_same_revision(world):
    installed(world)
    storage = world.storage

    def overtaken(items, target, *, force):
        raise AssertionError("nothing may be changed")

    world.cluster.update = overtaken
    rival = storage.last("web")
    rival.version, rival.info.status = 2, Status.PENDING_UPGRADE
    prepare = world.renderer.prepare

    def slow(request):
        storage.create(rival)
        return prepare(request)

    world.renderer.prepare = slow
    with pytest.raises(PxhelmError, match=r"^release: already exists$"):
        upgrade(world.configuration(), "web", world.chart(), {}, UpgradeOptions())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda c: history.get(c, "Bad!"), "releaseContent: Release name is invalid: Bad!"),
        (lambda c: history.history(c, "Bad!"), "release name is invalid: Bad!"),
        (lambda c: uninstall(c, "Bad!", UninstallOptions()), "uninstall: Release name is invalid: Bad!"),
    ],
)
def test_bad_names_have_each_operations_text(world, call, text):
    with pytest.raises(PxhelmError) as bad:
        call(world.configuration())
    assert bad.value.message == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2024-01-02T03:04:05.120000+00:00", "2024-01-02 03:04:05.12 +0000 UTC"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02 03:04:05 +0200 +0200"),
    ],
)
def test_lists_print_times_as_go_does(world, text, printed):
    release = installed(world)
    release.info.last_deployed = datetime.fromisoformat(text)
    assert history.list_json(release)["updated"] == printed


def test_metadata_is_helms(world):
    release = installed(world)
    assert history.metadata(release) == {
        "name": "web",
        "chart": "web",
        "version": "0.1.0",
        "appVersion": "",
        "namespace": "prod",
        "revision": 1,
        "status": "deployed",
        "deployedAt": "2024-01-02T00:00:00Z",
    }
    assert history.history_json(release)["chart"] == "web-0.1.0"


def test_options_of_upgrade_reach_the_install():
    upgrading = UpgradeOptions(atomic=True, timeout=7.0, labels={"a": "b"}, description="x", create_namespace=True)
    assert upgrading.as_install(replace=True) == InstallOptions(
        atomic=True, timeout=7.0, labels={"a": "b"}, description="x", create_namespace=True, replace=True
    )
    assert RollbackOptions().timeout == 300.0


@pytest.mark.parametrize(
    ("status", "way"),
    [
        (Status.DEPLOYED, "pxhelm upgrade web CHART"),
        (Status.FAILED, "--replace"),
        (Status.UNINSTALLED, "--replace"),
        (Status.UNINSTALLING, "pxhelm uninstall web"),
        (Status.SUPERSEDED, "pxhelm upgrade web CHART"),
    ],
)
def test_a_name_in_use_comes_with_a_way_on(world, status, way):
    done = installed(world)
    done.info.status = status
    world.storage.update(done)
    with pytest.raises(PxhelmError, match="cannot re-use a name that is still in use") as used:
        installed(world)
    assert way in used.value.hint


def test_an_unreachable_cluster_stops_every_operation_before_it_begins(world):
    installed(world)

    def unreachable():
        raise PxhelmError("no route to host")

    world.cluster.reach = unreachable
    configuration = world.configuration()
    operations = (
        lambda: install(configuration, "new", world.chart(), {}, InstallOptions()),
        lambda: upgrade(configuration, "web", world.chart(), {}, UpgradeOptions()),
        lambda: upgrade_or_install(configuration, "new", world.chart(), {}, UpgradeOptions()),
        lambda: rollback(configuration, "web", RollbackOptions()),
        lambda: uninstall(configuration, "web", UninstallOptions()),
        lambda: run_tests(configuration, "web", TestOptions()),
        lambda: history.get(configuration, "web"),
        lambda: history.history(configuration, "web"),
        lambda: history.list_releases(configuration, history.ListOptions()),
    )
    for operation in operations:
        with pytest.raises(PxhelmError, match=r"^no route to host$"):
            operation()
    assert world.states() == [(1, "deployed")]


class Patience:
    """Remembers with what the cluster was asked to update and to wait."""

    def __init__(self, world):
        self.told = []
        update, wait = world.cluster.update, world.cluster.wait

        def updating(original, target, *, force):
            self.told.append(("force", force))
            return update(original, target, force=force)

        def waiting(items, timeout, *, jobs):
            self.told.append(("wait", timeout, jobs))
            wait(items, timeout, jobs=jobs)

        world.cluster.update, world.cluster.wait = updating, waiting


def test_force_timeout_and_jobs_reach_the_cluster(world):
    installed(world)
    patience = Patience(world)
    asked = {"force": True, "wait": True, "wait_for_jobs": True, "timeout": 7.0}
    upgrade(world.configuration(), "web", world.chart(), {}, UpgradeOptions(**asked))
    world.revive()
    rollback(world.configuration(), "web", RollbackOptions(version=1, **asked))
    assert patience.told == [("force", True), ("wait", 7.0, True)] * 2
    upgrade(world.configuration(), "web", world.chart(), {}, UpgradeOptions(wait=True))
    assert patience.told[-2:] == [("force", False), ("wait", 300.0, False)]


def test_dns_and_schema_wishes_reach_the_renderer(world):
    installed(world, enable_dns=True, skip_schema_validation=True, sub_notes=True)
    upgrade(
        world.configuration(), "web", world.chart(), {}, UpgradeOptions(enable_dns=True, skip_schema_validation=True)
    )
    assert [(one.enable_dns, one.skip_schema_validation, one.sub_notes) for one in world.renderer.requests] == [
        (True, True, True),
        (True, True, False),
    ]


def test_an_atomic_install_without_hooks_is_undone_without_hooks(world):
    world.renderer.hooks = (hook("h", "pre-install", "pre-delete"),)
    world.cluster.begin({"namespace": "prod", "faults": [{"on": "wait", "error": "too late"}]})
    with pytest.raises(ReleaseFailedError, match="uninstalled due to atomic being set: too late"):
        install(world.configuration(), "web", world.chart(), {}, InstallOptions(atomic=True, disable_hooks=True))
    assert not [call for call in world.cluster.calls if "Task/h" in call]


def test_a_failed_filtered_test_keeps_the_other_hooks(world):
    world.renderer.hooks = (hook("one", "test"), hook("two", "test"))
    installed(world)
    world.cluster.begin({"namespace": "prod", "faults": [{"on": "watch", "error": "no"}]})
    with pytest.raises(ReleaseFailedError, match=r"^no$"):
        run_tests(world.configuration(), "web", TestOptions(names=("one",)))
    assert [(one.name, one.last_run.phase.value) for one in world.storage.last("web").hooks] == [
        ("two", ""),
        ("one", "Failed"),
    ]
