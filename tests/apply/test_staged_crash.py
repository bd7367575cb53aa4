"""What is staged, and cut off, before and after every request and journal write: the next run goes on with it, or takes it back."""

import pytest

from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.objects import ObjectQuery
from tests.apply.test_crash import crash_at, free_leases, from_every_point
from tests.apply.test_domains import LAN, LOCK, is_locked, pending
from tests.apply.test_network_watch import NODE

GROUP = "apiVersion: proxmox.io/v1\nkind: Group\nmetadata: {name: ops}\nspec: {}\n"
NET = LAN % "[]"
NET_KEYS = tuple(
    ObjectKey(kind, "", name) for kind, name in (("SDNZone", "lab"), ("SDNVNet", "lan"), ("SDNSubnet", "lan-v4"))
)
STEP = 3
"""Of the points of a crash every third is tried, another third on each side; 1 tries all of them."""
SIDES = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


def let_go(lab):
    """A dead process releases nothing; its leases run out."""
    free_leases(lab)
    for name in ("sdn", f"network/{NODE}"):
        lease = lab.store.leases.get(f"domain:lab/{name}")
        if lease is not None:
            lab.store.leases.release(lease)


def left(lab):
    row = lab.store.clusters.get("lab")
    return dict(row.settings) if row is not None else {}


def break_lock(lab):
    lab.api("DELETE", LOCK, force=1)


def staged(lab):
    found = lab.api("GET", "/cluster/sdn/vnets", pending=1), lab.api("GET", "/cluster/sdn/vnets/lan/subnets", pending=1)
    return [row for rows in found for row in rows if row.get("state")]


def finished(lab, again):
    """Give the same command until it goes through; a lock of which nobody knows the token is broken as its hint says."""
    for _ in range(2):
        let_go(lab)
        result = again()
        if result.exit_code is ExitCode.OK:
            return
        hints = " ".join(o.outcome.hint for o in result.failed)
        assert "pxhelm api delete /cluster/sdn/lock force=1" in hints, [o.outcome for o in result.failed]
        break_lock(lab)
    raise AssertionError(result.failed)


@SIDES
def test_staged_networks_of_the_sdn_are_gone_on_with_from_every_point(lab, after):
    def try_at(number):
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, NET))
        finished(lab, lambda: lab.apply(NET))
        assert lab.plan(NET).plan.empty, number
        assert (pending(lab), staged(lab), is_locked(lab)) == ({}, [], False), number
        assert left(lab) == {}
        assert lab.destroy(*NET_KEYS).exit_code is ExitCode.OK
        assert lab.store.objects.list(ObjectQuery("lab")) == ()
        return crashed

    assert from_every_point(STEP // 3 * int(after), STEP, try_at) > 25


@SIDES
def test_a_staged_removal_is_gone_on_with_from_every_point(lab, after):
    def try_at(number):
        assert lab.apply(NET).exit_code is ExitCode.OK
        crashed = crash_at(lab, number, after, lambda ports: lab.destroy_with(ports, *NET_KEYS))
        finished(lab, lambda: lab.destroy(*NET_KEYS))
        assert (pending(lab), is_locked(lab), left(lab)) == ({}, False, {}), number
        assert lab.api("GET", "/cluster/sdn/zones") == [], number
        assert lab.store.objects.list(ObjectQuery("lab")) == ()
        return crashed

    assert from_every_point(STEP // 3 * int(after), STEP, try_at) > 20


@SIDES
def test_what_another_command_finds_staged_is_taken_back_from_every_point(lab, after):
    def try_at(number):
        crashed = crash_at(lab, number, after, lambda ports: lab.apply_with(ports, NET))
        applied = lab.api("GET", "/cluster/sdn/zones", running=1)
        let_go(lab)
        assert lab.apply(GROUP).exit_code is ExitCode.OK
        if left(lab):  # killed while it asked for the lock: nothing can be staged by then
            assert set(left(lab)["sdn-lock"]) == {"asking"}
            break_lock(lab)
        assert (pending(lab), is_locked(lab)) == ({}, False), number
        assert lab.api("GET", "/cluster/sdn/zones") == applied, number
        finished(lab, lambda: lab.apply(NET))
        assert lab.destroy(*NET_KEYS, ObjectKey("Group", "", "ops")).exit_code is ExitCode.OK
        return crashed

    assert from_every_point(STEP // 3 * int(after), STEP, try_at) > 25
