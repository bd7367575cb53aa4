"""The network of a node cut off, before and after every request and journal write: no node is left without its address."""

from dataclasses import replace

from pxhelm import kinds, manifest
from pxhelm.apply.engine import apply_plan
from pxhelm.apply.planning import PlanRequest, plan_objects
from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey
from tests.apply.test_crash import crash_at, from_every_point
from tests.apply.test_network_watch import BRIDGE, NODE, SOON, kept_alive
from tests.apply.test_staged_crash import GROUP, SIDES, STEP, left, let_go

GOOD = BRIDGE % (NODE, "cidr: 10.10.0.2/16, mtu: 1400, bridge: {ports: [eno1]}")
WRONG = BRIDGE % (NODE, "cidr: 10.99.0.2/24, mtu: 9000, bridge: {ports: [eno1]}")


def network(lab):
    rows = lab.api("GET", f"/nodes/{NODE}/network")
    found = {}
    lab.simulator.change(lambda world: found.update(world.state.get("network", NODE)))
    return rows, bool(found.get("staged"))


def seen_from(lab):
    """The node answers at its address as long as an interface of it has that; others reach it always."""
    kept_alive(lab)

    def reach(where):
        active = {}
        lab.simulator.change(lambda world: active.update(world.state.get("network", NODE)["active"]))
        return any(entry.get("address") == where.host for entry in active.values())

    return reach


def run(ports, text):

    parsed = kinds.parse(manifest.load_manifests(text, "test.yaml"))
    return apply_plan(ports, plan_objects(ports, parsed, PlanRequest(adopt=True)), SOON)


@SIDES
def test_a_node_is_never_left_without_its_address_from_any_point(lab, after):
    reach = seen_from(lab)
    before, _ = network(lab)

    def try_at(number):
        crashed = crash_at(lab, number, after, lambda ports: run(replace(ports, reach=reach), WRONG))
        let_go(lab)
        run(lab.ports(reach=reach), GROUP)
        assert (network(lab), left(lab)) == ((before, False), {}), number
        assert lab.destroy(ObjectKey("Group", "", "ops")).exit_code is ExitCode.OK
        return crashed

    assert from_every_point(STEP // 3 * int(after), STEP, try_at) > 10


@SIDES
def test_a_network_is_gone_on_with_from_every_point(lab, after):
    reach = seen_from(lab)

    def try_at(number):
        mtu = 1401 + number
        text = GOOD.replace("1400", str(mtu))
        crashed = crash_at(lab, number, after, lambda ports, text=text: run(replace(ports, reach=reach), text))
        let_go(lab)
        assert run(lab.ports(reach=reach), text).exit_code is ExitCode.OK
        rows, open_ = network(lab)
        assert next(row["mtu"] for row in rows if row["iface"] == "vmbr0") == mtu, number
        assert (open_, left(lab)) == (False, {}), number
        return crashed

    assert from_every_point(STEP // 3 * int(after), STEP, try_at) > 10
