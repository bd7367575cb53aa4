"""Two managers of one guest, and the four ways when they want different things (engine.md D5.3, D14)."""

import pytest

from pxhelm.errors import ExitCode
from tests.apply.lab import vm

TEAM, ME = "kubectl:team", "kubectl:me"


def wanted(limit, extra=""):
    return vm(spec=f"  power: Stopped\n{extra}").replace("sockets: 1", f"sockets: 1, limit: {limit}")


@pytest.fixture
def shared(lab):
    """A guest whose ``cpu.limit`` the team owns."""
    assert lab.apply(wanted(2), manager=TEAM).exit_code is ExitCode.OK
    return lab


def config(lab):
    (row,) = lab.guests().values()
    return lab.api("GET", f"/nodes/{row['node']}/{row['id']}/config")


def owners(lab, path):
    (key,) = (r.key for r in lab.resources(wanted(2)))
    from pxhelm.apply.memory import recall

    bases = recall(lab.ports(), (key,))[key].known.bases
    return {manager: leaves[path] for manager, leaves in bases.items() if path in leaves}


MINE = wanted(1, "  tags: [mine]\n")


def test_without_a_word_nothing_is_written_and_everything_is_named(shared):
    mark = shared.mark
    result = shared.apply(MINE, manager=ME)
    (failed,) = result.failed
    assert result.exit_code is ExitCode.CONFLICT
    assert failed.outcome.message.endswith(f"cpu.limit: {TEAM} has 2, wanted is 1")
    assert shared.writes(mark) == []


def test_by_force_the_leaf_is_taken_over(shared):
    assert shared.apply(MINE, manager=ME, force_conflicts=True).exit_code is ExitCode.OK
    assert (config(shared)["cpulimit"], config(shared)["tags"]) == ("1", "mine")


def test_skipped_the_leaf_stays_its_owners_and_the_rest_is_applied(shared):
    result = shared.apply(MINE, manager=ME, options={"skip-conflicts": True})
    assert result.exit_code is ExitCode.OK
    assert (config(shared)["cpulimit"], config(shared)["tags"]) == ("2", "mine")
    assert owners(shared, "cpu.limit") == {TEAM: 2}
    (planned,) = result.plan.objects
    assert f"cpu.limit belongs to {TEAM}, and stays as it is" in planned.notes
    mark = shared.mark
    assert shared.apply(MINE, manager=ME, options={"skip-conflicts": True}).exit_code is ExitCode.OK
    assert shared.writes(mark) == []


def test_adopted_the_live_value_is_owned_by_both_and_the_rest_is_applied(shared):
    result = shared.apply(MINE, manager=ME, options={"adopt-live": True})
    assert result.exit_code is ExitCode.OK
    assert (config(shared)["cpulimit"], config(shared)["tags"]) == ("2", "mine")
    assert owners(shared, "cpu.limit") == {TEAM: 2, ME: 2}
    assert shared.apply(wanted(2, "  tags: [mine]\n"), manager=ME).exit_code is ExitCode.OK


def test_what_nobody_else_owns_is_no_conflict_to_skip(shared):
    result = shared.apply(wanted(1), manager=TEAM, options={"skip-conflicts": True})
    assert result.exit_code is ExitCode.OK
    assert config(shared)["cpulimit"] == "1"


def test_values_in_conflict_are_spelt_as_in_a_manifest(shared):
    text = wanted(2).replace("memory: 8192", "memory: 1024")
    (failed,) = shared.apply(text, manager=ME).failed
    assert failed.outcome.message.endswith(f"memory.size: {TEAM} has 8G, wanted is 1G")
