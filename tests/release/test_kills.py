"""A process killed at every single moment of an operation, then the same command again (engine.md D8.2a, D18)."""

import itertools

import pytest

from pxhelm.release.install import install
from pxhelm.release.options import InstallOptions, RollbackOptions, UninstallOptions, UpgradeOptions
from pxhelm.release.rollback import rollback
from pxhelm.release.uninstall import uninstall
from pxhelm.release.upgrade import upgrade, upgrade_or_install
from tests.release.world import Killed, World, hook, manifest

RETRY = '{"pxhelm.io/hook-retry": "true"}'
MOMENTS = ("create", "update", "delete", "wait", "wait_deleted", "watch")


def prepared():
    world = World()
    world.renderer.hooks = tuple(
        hook(f"{event}-hook", event, annotations=RETRY, policies=policies)
        for event, policies in (
            ("pre-install", ()),
            ("post-install", ("hook-succeeded", "before-hook-creation")),
            ("pre-upgrade", ()),
            ("post-rollback", ()),
        )
    )
    return world


def deployed():
    world = prepared()
    install(world.configuration(), "web", world.chart(), {"x": 1.0}, InstallOptions())
    world.renderer.manifest = manifest("b", "c", spec="{cores: 2}")
    world.revive()
    return world


def upgraded():
    world = deployed()
    upgrade(world.configuration(), "web", world.chart(), {}, UpgradeOptions())
    world.revive()
    return world


COMMANDS = {
    "install": (
        prepared,
        lambda w, a: install(w.configuration(a), "web", w.chart(), {"x": 1.0}, InstallOptions(wait=True)),
    ),
    "upgrade --install": (
        prepared,
        lambda w, a: upgrade_or_install(w.configuration(a), "web", w.chart(), {"x": 1.0}, UpgradeOptions()),
    ),
    "upgrade": (
        deployed,
        lambda w, a: upgrade(w.configuration(a), "web", w.chart(), {}, UpgradeOptions(wait=True, max_history=2)),
    ),
    "rollback": (upgraded, lambda w, a: rollback(w.configuration(a), "web", RollbackOptions(version=1))),
}


def armed(world, moment):
    """Let the process die at a moment: before (even) or after (odd) the n-th call of the cluster or write of the store."""
    counter = itertools.count()

    def deadly(call):
        def wrapped(*arguments, **keywords):
            if next(counter) == moment:
                raise Killed
            result = call(*arguments, **keywords)
            if next(counter) == moment:
                raise Killed
            return result

        return wrapped

    originals = [(world.cluster, name, getattr(world.cluster, name)) for name in (*MOMENTS, "create_one")]
    originals += [(world.store.releases, name, getattr(world.store.releases, name)) for name in MOMENTS[:3]]
    for owner, name, call in originals:
        setattr(owner, name, deadly(call))
    return originals


def outcome(world):
    release = world.storage.last("web")
    hooks = [(one.name, one.last_run.phase.value) for one in release.hooks]
    return world.states(), world.cluster.objects, release.config, release.manifest, release.info.description, hooks


@pytest.mark.parametrize("verb", COMMANDS)
def test_whenever_it_is_killed_the_same_command_brings_it_to_the_same_end(verb):
    start, run = COMMANDS[verb]
    world = start()
    run(world, world.attempt(verb))
    wanted = outcome(world)
    killed = 0
    for moment in itertools.count():
        world = start()
        originals = armed(world, moment)
        try:
            run(world, world.attempt(verb))
        except Killed:
            killed += 1
        else:
            break
        for owner, name, call in originals:
            setattr(owner, name, call)
        world.revive()
        if world.storage.operation("web", wanted[0][-1][0]) is None or world.states() != wanted[0]:
            run(world, world.attempt(verb, pid=2, gone=True))
        assert outcome(world) == wanted, f"killed at moment {moment}"
    assert killed > 20


def test_whenever_an_uninstall_is_killed_the_same_command_ends_it():
    for moment in itertools.count():
        world = upgraded()
        originals = armed(world, moment)
        try:
            uninstall(world.configuration(world.attempt("uninstall")), "web", UninstallOptions())
        except Killed:
            pass
        else:
            break
        for owner, name, call in originals:
            setattr(owner, name, call)
        world.revive()
        uninstall(
            world.configuration(world.attempt("uninstall", pid=2, gone=True)),
            "web",
            UninstallOptions(ignore_not_found=True),
        )
        assert world.storage.list() == []
        assert not [place for place in world.cluster.objects if place.startswith("VirtualMachine")]
    assert moment > 5
