"""A crash at every point of what gives an object another id of its own: it is found under the one that it has by then."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.test_crash import crash_at, free_leases, from_every_point

POOL = """
apiVersion: proxmox.io/v1
kind: Pool
metadata: {name: team, annotations: {pxhelm.io/replace-policy: Recreate}}
spec: {id: %s}
"""
KEY = ObjectKey("Pool", "", "team")
both = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


def pools(lab):
    return {row["poolid"] for row in lab.api("GET", "/pools")}


@pytest.fixture
def others(lab):
    """Pools of somebody else, one of them called as ours would be without an id of its own."""
    lab.api("POST", "/pools", poolid="team")
    return pools(lab)


def ends_well(lab, result, number):
    assert result.exit_code is ExitCode.OK, (number, [o.outcome for o in result.failed])


@both
def test_an_object_gets_another_id_from_every_point(lab, others, after):
    def try_at(number):
        lab.apply(POOL % "one")
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, POOL % "two"))
        free_leases(lab)
        ends_well(lab, lab.apply(POOL % "two"), number)
        assert pools(lab) == {*others, "two"}, number
        assert lab.plan(POOL % "two").plan.empty, number
        ends_well(lab, lab.destroy(KEY), number)
        return crashed

    assert from_every_point(0, 1, try_at) > 15


@both
def test_an_object_is_removed_wherever_its_change_of_id_was_cut_off(lab, others, after):
    def try_at(number):
        lab.apply(POOL % "one")
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, POOL % "two"))
        free_leases(lab)
        ends_well(lab, lab.destroy(KEY), number)
        assert pools(lab) == others, number
        assert lab.store.objects.list(ObjectQuery("lab")) == (), number
        return crashed

    assert from_every_point(0, 1, try_at) > 15


@both
def test_an_object_is_removed_wherever_its_creation_was_cut_off(lab, others, after):
    def try_at(number):
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, POOL % "one"))
        free_leases(lab)
        ends_well(lab, lab.destroy(KEY), number)
        assert pools(lab) == others, number
        return crashed

    assert from_every_point(0, 1, try_at) > 8
