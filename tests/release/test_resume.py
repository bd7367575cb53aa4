from copy import deepcopy
from dataclasses import replace

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.release import resume
from pxhelm.release.install import install
from pxhelm.release.options import InstallOptions, RollbackOptions, UninstallOptions, UpgradeOptions
from pxhelm.release.resume import Attempt, Verdict, decide
from pxhelm.release.rollback import rollback
from pxhelm.release.uninstall import uninstall
from pxhelm.release.upgrade import upgrade, upgrade_or_install
from pxhelm.store.leases import Holder
from pxhelm.store.releases import Operation
from tests.release.world import Killed, hook, manifest

HOLDER = Holder("host", "boot", 1, "t")
RECORDED = Operation("op", "install", "sha256:c", "mac", HOLDER)
INSTALL, UPGRADE = InstallOptions(), UpgradeOptions()


def again(gone=True, **change):
    return Attempt(replace(RECORDED, op_id="op2", **{"holder": replace(HOLDER, pid=2), **change}), gone)


@pytest.mark.parametrize(
    ("recorded", "attempt", "verdict"),
    [
        (RECORDED, again(), Verdict.RESUME),
        (RECORDED, again(gone=False, holder=HOLDER), Verdict.RESUME),
        (RECORDED, again(gone=False), Verdict.RUNNING),
        (None, again(), Verdict.FOREIGN),
        (RECORDED, None, Verdict.FOREIGN),
        (RECORDED, again(command="upgrade"), Verdict.OTHER_COMMAND),
        (RECORDED, again(chart_digest="sha256:d"), Verdict.OTHER_INPUT),
        (RECORDED, again(values_digest="other"), Verdict.OTHER_INPUT),
    ],
)
def test_the_decision(recorded, attempt, verdict):
    assert decide(recorded, attempt) is verdict


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.RESUME])
def test_every_refusal_says_what_to_do(verdict):
    text = resume.hint(verdict, "web", RECORDED, again(chart_digest="x"))
    assert text
    assert "{" not in text


def killed_install(world, at="create VirtualMachine/b"):
    world.kill_at(at)
    with pytest.raises(Killed):
        install(world.configuration(world.attempt("install")), "web", world.chart(), {}, INSTALL)
    world.revive()
    assert world.states() == [(1, "pending-install")]


def test_a_killed_install_goes_on_when_repeated(world):
    killed_install(world)
    attempt = world.attempt("install", pid=2, gone=True)
    done = install(world.configuration(attempt), "web", world.chart(), {}, INSTALL)
    assert done.info.status == "deployed"
    assert world.states() == [(1, "deployed")]
    assert world.cluster.calls == ["unchanged VirtualMachine/a", "create VirtualMachine/b"]
    assert sorted(world.cluster.objects) == ["VirtualMachine/prod/a", "VirtualMachine/prod/b"]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"gone": False}, "being worked on by host pid 1"),
        ({"values": "other"}, "an interrupted install with other values"),
        ({"verb": "install replace=True"}, "an interrupted install is pending"),
    ],
)
def test_another_command_gets_helms_error_and_changes_nothing(world, change, hint):
    killed_install(world)
    attempt = world.attempt(**{"verb": "install", "pid": 2, "gone": True, **change})
    with pytest.raises(PxhelmError, match=r"^cannot re-use a name that is still in use$") as refused:
        install(world.configuration(attempt), "web", world.chart(), {}, INSTALL)
    assert hint in refused.value.hint
    assert world.states() == [(1, "pending-install")]
    assert world.cluster.calls == []


def test_another_chart_gets_helms_error(world):
    killed_install(world)
    attempt = world.attempt("install", world.chart("0.2.0"), pid=2, gone=True)
    with pytest.raises(PxhelmError, match="still in use") as refused:
        install(world.configuration(attempt), "web", world.chart("0.2.0"), {}, INSTALL)
    assert "other chart files" in refused.value.hint


def test_a_pending_install_of_somebody_else_is_not_touched(world):
    world.kill_at("create VirtualMachine/b")
    with pytest.raises(Killed):
        install(world.configuration(), "web", world.chart(), {}, INSTALL)
    world.revive()
    attempt = world.attempt("install", pid=2, gone=True)
    with pytest.raises(PxhelmError, match="still in use") as refused:
        install(world.configuration(attempt), "web", world.chart(), {}, INSTALL)
    assert "pxhelm uninstall web" in refused.value.hint


def test_a_killed_upgrade_install_goes_on_with_its_install(world):
    options = UPGRADE
    world.kill_at("create VirtualMachine/b")
    with pytest.raises(Killed):
        upgrade_or_install(world.configuration(world.attempt("upgrade --install")), "web", world.chart(), {}, options)
    world.revive()
    attempt = world.attempt("upgrade --install", pid=2, gone=True)
    _, installed = upgrade_or_install(world.configuration(attempt), "web", world.chart(), {}, options)
    assert installed
    assert world.states() == [(1, "deployed")]


def deployed(world):
    install(world.configuration(), "web", world.chart(), {"a": 1.0}, InstallOptions(labels={"team": "x"}))
    world.revive()


def test_a_killed_upgrade_goes_on_under_its_own_number(world):
    deployed(world)
    world.renderer.manifest = manifest("a", "b", "c", spec="{cores: 2}")
    world.kill_at("create VirtualMachine/c")
    with pytest.raises(Killed):
        upgrade(world.configuration(world.attempt("upgrade")), "web", world.chart(), {}, UPGRADE)
    world.revive()
    assert world.states() == [(1, "deployed"), (2, "pending-upgrade")]
    with pytest.raises(PxhelmError, match=r"another operation .* is in progress"):
        upgrade(world.configuration(), "web", world.chart(), {}, UPGRADE)
    attempt = world.attempt("upgrade", pid=2, gone=True)
    done = upgrade(world.configuration(attempt), "web", world.chart(), {}, UPGRADE)
    assert world.states() == [(1, "superseded"), (2, "deployed")]
    assert (done.config, done.labels) == ({"a": 1.0}, {"team": "x"})
    assert world.renderer.requests[-1].revision == 2
    assert world.cluster.calls == [
        "unchanged VirtualMachine/a",
        "unchanged VirtualMachine/b",
        "create VirtualMachine/c",
    ]


def test_a_killed_rollback_goes_on_under_its_own_number(world):
    deployed(world)
    world.renderer.manifest = manifest("a")
    upgrade(world.configuration(), "web", world.chart(), {}, UPGRADE)
    world.revive()
    options = RollbackOptions(version=1)
    world.kill_at("create VirtualMachine/b")
    with pytest.raises(Killed):
        rollback(world.configuration(world.attempt("rollback")), "web", options)
    world.revive()
    assert world.states()[-1] == (3, "pending-rollback")
    rollback(world.configuration(world.attempt("rollback", pid=2, gone=True)), "web", options)
    assert world.states() == [(1, "superseded"), (2, "superseded"), (3, "deployed")]


def test_hooks_that_succeeded_before_the_kill_do_not_run_again(world):
    world.renderer.hooks = (hook("seed", "pre-install"),)
    killed_install(world)
    assert world.cluster.objects.keys() == {"Task/prod/seed", "VirtualMachine/prod/a"}
    attempt = world.attempt("install", pid=2, gone=True)
    install(world.configuration(attempt), "web", world.chart(), {}, INSTALL)
    assert not [call for call in world.cluster.calls if "seed" in call]


def test_a_hook_that_may_have_half_run_stops_the_resumption(world):
    world.renderer.hooks = (hook("seed", "pre-install"),)
    killed_install(world, "watch [Task/seed]")
    attempt = world.attempt("install", pid=2, gone=True)
    with pytest.raises(PxhelmError, match=r"hook web/templates/seed.yaml was interrupted and may have run"):
        install(world.configuration(attempt), "web", world.chart(), {}, INSTALL)


def test_a_hook_that_allows_it_runs_again(world):
    world.renderer.hooks = (hook("seed", "pre-install", annotations='{"pxhelm.io/hook-retry": "true"}'),)
    killed_install(world, "watch [Task/seed]")
    attempt = world.attempt("install", pid=2, gone=True)
    assert install(world.configuration(attempt), "web", world.chart(), {}, INSTALL).info.status == "deployed"
    assert "create Task/seed" in world.cluster.calls


def test_an_interrupt_is_recorded_as_a_failure(world):
    def interrupted(_items):
        raise KeyboardInterrupt

    world.cluster.create = interrupted
    with pytest.raises(PxhelmError, match=r"^context canceled$") as stopped:
        install(world.configuration(), "web", world.chart(), {}, INSTALL)
    assert stopped.value.code == 130
    assert world.states() == [(1, "failed")]


def test_hooks_of_a_killed_upgrade_do_not_run_again(world):
    deployed(world)
    world.renderer.manifest = manifest("a", "c")
    world.renderer.hooks = (hook("seed", "pre-upgrade"),)
    world.kill_at("create VirtualMachine/c")
    with pytest.raises(Killed):
        upgrade(world.configuration(world.attempt("upgrade")), "web", world.chart(), {}, UPGRADE)
    world.revive()
    upgrade(world.configuration(world.attempt("upgrade", pid=2, gone=True)), "web", world.chart(), {}, UPGRADE)
    assert not [call for call in world.cluster.calls if "seed" in call]
    assert world.storage.last("web").hooks[0].last_run.phase.value == "Succeeded"


BOTH = hook("seed", "pre-install", "post-install", "pre-delete", "post-delete", policies=["hook-succeeded"])


def times(world):
    return sum(call == "create Task/seed" for call in world.cluster.calls)


def test_a_hook_of_several_events_runs_for_each_of_them(world):
    world.renderer.hooks = (deepcopy(BOTH),)
    install(world.configuration(world.attempt("install")), "web", world.chart(), {}, INSTALL)
    assert times(world) == 2
    uninstall(world.configuration(world.attempt("uninstall")), "web", UninstallOptions())
    assert times(world) == 4


def test_a_hook_of_both_events_of_a_killed_install_runs_only_for_the_one_that_is_left(world):
    world.renderer.hooks = (deepcopy(BOTH),)
    killed_install(world)
    install(world.configuration(world.attempt("install", pid=2, gone=True)), "web", world.chart(), {}, INSTALL)
    assert times(world) == 1


def test_a_hook_that_ran_for_the_later_event_has_run_for_the_earlier(world):
    last = hook("zz", "post-install", weight=9, annotations='{"pxhelm.io/hook-retry": "true"}')
    world.renderer.hooks = (deepcopy(BOTH), last)
    killed_install(world, "create Task/zz")
    again = world.configuration(world.attempt("install", pid=2, gone=True))
    install(again, "web", world.chart(), {}, INSTALL)
    assert times(world) == 0
