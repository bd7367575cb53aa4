"""Two objects that say something of one guest: one of them may, the other is refused, whichever comes first."""

from pxhelm.errors import ExitCode

HEAD = "apiVersion: proxmox.io/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"


def guest(more=""):
    return HEAD.format("VirtualMachine", "web", f"{{vmid: 30001, power: Stopped{more}}}")


POOL_A, POOL_B = HEAD.format("Pool", "a", "{}"), HEAD.format("Pool", "b", "{members: {guests: [web]}}")
FIREWALL = HEAD.format("Firewall", "fw", "{target: {guest: web}, enabled: true}")
OTHER = HEAD.format("Firewall", "other", "{target: {guest: {vmid: 30001}}, enabled: false}")
WALLED = guest(", firewall: {enabled: true}")


def refused(planned):
    return {b.key.address: b.message for b in planned.plan.blocked}


def test_of_a_firewall_and_the_guest_in_one_plan_the_firewall_is_refused(lab):
    assert refused(lab.plan(WALLED, FIREWALL)) == {
        "Firewall/fw": "the firewall of guest 30001 is said by VirtualMachine/default/web already; one of the two may"
    }


def test_what_was_applied_before_counts(lab):
    assert lab.apply(guest(), FIREWALL).exit_code is ExitCode.OK
    assert "is said by Firewall/fw already" in refused(lab.plan(WALLED))["VirtualMachine/default/web"]
    assert lab.plan(guest(), FIREWALL).plan.empty


def test_a_guest_that_was_applied_with_a_firewall_has_no_second_one(lab):
    assert lab.apply(WALLED).exit_code is ExitCode.OK
    assert list(refused(lab.plan(FIREWALL))) == ["Firewall/fw"]


def test_two_firewalls_of_one_guest_are_one_too_many(lab):
    assert list(refused(lab.plan(guest(), FIREWALL, OTHER))) == ["Firewall/other"]


def test_a_firewall_may_be_handed_over(lab):
    assert lab.apply(guest(), FIREWALL).exit_code is ExitCode.OK
    planned = lab.plan(WALLED, delete=tuple(k for k in lab.plan(FIREWALL).resources))
    assert planned.plan.blocked == ()


def test_two_pools_for_one_guest_are_told(lab):
    assert refused(lab.plan(guest(", pool: a"), POOL_A, POOL_B)) == {
        "Pool/b": "guest 30001 is to be in pool b, and VirtualMachine/default/web says a"
    }
    assert lab.apply(guest(), POOL_B).exit_code is ExitCode.OK
    assert refused(lab.plan(guest(", pool: a"), POOL_A)) == {
        "VirtualMachine/default/web": "guest 30001 is to be in pool a, and Pool/b says b"
    }


def test_the_same_pool_may_be_said_twice_once_the_guest_is_there(lab):
    told = refused(lab.plan(guest(", pool: b"), POOL_B))
    assert told == {
        "Pool/b": "guest 30001 is made in pool b by VirtualMachine/default/web: leave it out of members.guests"
    }
    assert lab.apply(guest(), POOL_B).exit_code is ExitCode.OK
    assert lab.apply(guest(", pool: b"), POOL_B).exit_code is ExitCode.OK
    assert lab.plan(guest(", pool: b"), POOL_B).plan.empty
