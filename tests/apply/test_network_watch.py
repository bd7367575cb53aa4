"""Contact with a node after its network was reloaded: kept, lost and restored, lost for good, not asked for."""

from dataclasses import replace

import pytest

from pxhelm.apply.runner import Settings
from pxhelm.errors import ExitCode
from tests.apply.lab import QUICK

BRIDGE = "apiVersion: proxmox.io/v1\nkind: Network\nmetadata: {name: vmbr0}\nspec: {type: bridge, nodes: [%s], %s}\n"
OTHER = "apiVersion: proxmox.io/v1\nkind: Network\nmetadata: {name: vmbr5}\nspec: {type: bridge, nodes: [%s]%s}\n"
NODE = "pve-node2"
SOON = replace(
    QUICK, settings=replace(QUICK.settings, contact=0.05, polling=replace(QUICK.settings.polling, patience=0.5))
)


def address_of(lab):
    rows = lab.api("GET", f"/nodes/{NODE}/network")
    return next((row.get("address") for row in rows if row["iface"] == "vmbr0"), None)


def applied(lab, text, **request):
    """Apply with a view of the network: the node answers at its address as long as an interface of it has that."""
    from pxhelm.apply.engine import apply_plan
    from pxhelm.apply.planning import PlanRequest, plan_objects

    asked = []

    def reach(where):
        asked.append(where.host)
        active = {}
        lab.simulator.change(lambda world: active.update(world.state.get("network", NODE)["active"]))
        return any(entry.get("address") == where.host for entry in active.values())

    ports = lab.ports(reach=reach)
    planned = plan_objects(ports, lab.resources(text), PlanRequest(adopt=True, **request))
    return apply_plan(ports, planned, SOON), asked


def kept_alive(lab):
    """Let the other nodes still reach the node, as over a network of their own."""

    def online(world):
        world.state.edit("node", NODE)["online"] = True

    send = lab.simulator.send

    def still_there(*request):
        answer = send(*request)
        lab.simulator.change(online)
        return answer

    lab.simulator.send = still_there


def test_a_node_that_answers_keeps_its_new_network(lab):
    result, asked = applied(lab, BRIDGE % (NODE, "cidr: 10.10.0.2/16, bridge: {ports: [eno1]}"))
    assert result.exit_code is ExitCode.OK
    assert asked == ["10.10.0.2", "10.10.0.2"]
    assert address_of(lab) == "10.10.0.2"


def test_lost_contact_makes_the_network_what_it_was(lab):
    kept_alive(lab)
    before = lab.api("GET", f"/nodes/{NODE}/network")
    result, _ = applied(lab, BRIDGE % (NODE, "cidr: 10.99.0.2/24, mtu: 9000, bridge: {ports: [eno1]}"))
    member, failed = result.failed
    assert (member.key.kind, failed.key.kind) == ("Network", "NetworkChanges")
    assert member.outcome.message == failed.outcome.message
    assert failed.outcome.reason == "LostContact"
    assert "its interfaces are again what they were before" in failed.outcome.message
    assert lab.api("GET", f"/nodes/{NODE}/network") == before


def test_where_nobody_gets_through_the_console_is_named(lab):
    result, _ = applied(lab, BRIDGE % (NODE, "cidr: 10.99.0.2/24, bridge: {ports: [eno1]}"))
    member, failed = result.failed
    assert (member.key.kind, failed.key.kind) == ("Network", "NetworkChanges")
    assert member.outcome.message == failed.outcome.message
    assert failed.outcome.reason == "LostContact"
    assert "could not be restored" in failed.outcome.message
    assert f"on the console of {NODE}" in failed.outcome.hint


def test_who_asks_for_it_keeps_the_new_network(lab):
    kept_alive(lab)
    options = {"keep-network": True}
    result, asked = applied(lab, BRIDGE % (NODE, "cidr: 10.99.0.2/24, bridge: {ports: [eno1]}"), options=options)
    assert result.exit_code is ExitCode.OK
    assert asked == []
    assert address_of(lab) == "10.99.0.2"


@pytest.mark.parametrize(("more", "watched"), [("", False), (", bridge: {ports: [eno1]}", True)])
def test_only_what_may_cost_the_node_its_address_is_watched(lab, more, watched):
    result, asked = applied(lab, OTHER % (NODE, more))
    assert result.exit_code is ExitCode.OK
    assert bool(asked) is watched


def test_a_minute_is_given_unless_somebody_says_otherwise():
    assert Settings().contact == 60.0
