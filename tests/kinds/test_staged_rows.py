"""What lists say of changes that are staged and not applied yet (kinds.md 3)."""

import pytest

from pxhelm.kinds import KINDS
from tests.apply.lab import Lab

NODE = "pve-node1"
ZONES, VNETS = "/cluster/sdn/zones", "/cluster/sdn/vnets"


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    made.api("POST", ZONES, zone="one", type="simple", mtu=1400)
    made.api("POST", VNETS, vnet="lan", zone="one")
    made.api("POST", f"{VNETS}/lan/subnets", subnet="10.9.0.0/24", type="subnet", gateway="10.9.0.1")
    made.api("PUT", "/cluster/sdn")
    yield made
    made.close()


def rows(lab, kind):
    return lab.client().run(KINDS[kind].listing())


def cells(kind, row):
    return {column.title: column.value(row) for column in KINDS[kind].columns}


def test_nothing_is_pending_of_what_runs(lab):
    for kind in ("SDNZone", "SDNVNet", "SDNSubnet", "SDNController", "SDNFabric", "Network"):
        assert all("staged" not in row and not row.get("state") for row in rows(lab, kind).values()), kind
    assert rows(lab, "SDNZone")["one"]["mtu"] == 1400


def test_a_changed_zone_is_shown_as_it_will_be_with_what_runs(lab):
    lab.api("PUT", f"{ZONES}/one", mtu=1450, nodes=NODE)
    row = rows(lab, "SDNZone")["one"]
    assert (row["mtu"], cells("SDNZone", row)["STATE"]) == (1450, "changed")
    assert row["staged"] == [
        {"path": "mtu", "current": 1400, "desired": 1450},
        {"path": "nodes", "current": None, "desired": NODE},
    ]


def test_a_value_that_goes_is_gone_and_told(lab):
    lab.api("PUT", f"{ZONES}/one", delete="mtu")
    row = rows(lab, "SDNZone")["one"]
    assert "mtu" not in row
    assert row["staged"] == [{"path": "mtu", "current": 1400, "desired": None}]


def test_what_is_new_has_its_values_and_what_goes_is_not_listed(lab):
    lab.api("POST", VNETS, vnet="dmz", zone="one", tag=7)
    lab.api("POST", f"{VNETS}/dmz/subnets", subnet="10.8.0.0/24", type="subnet")
    lab.api("DELETE", f"{VNETS}/lan/subnets/one-10.9.0.0-24")
    found = rows(lab, "SDNVNet")["dmz"]
    assert {title: str(value) for title, value in cells("SDNVNet", found).items()} == {
        "ZONE": "one",
        "TAG": "7",
        "STATE": "new",
    }
    assert list(rows(lab, "SDNSubnet")) == ["dmz/10.8.0.0/24"]


def test_a_fabric_is_changed_by_its_nodes(lab):
    base = "/cluster/sdn/fabrics"
    lab.api("POST", f"{base}/fabric", id="under", protocol="openfabric", ip_prefix="192.0.2.0/24")
    assert rows(lab, "SDNFabric")["under"]["state"] == "new"
    lab.api("PUT", "/cluster/sdn")
    lab.api("POST", f"{base}/node/under", node_id=NODE, protocol="openfabric", ip="192.0.2.1", interfaces="name=eno1")
    row = rows(lab, "SDNFabric")["under"]
    assert (row["state"], row["nodes"]) == ("changed", NODE)


def test_an_interface_names_the_nodes_where_it_is_staged(lab):
    lab.api("POST", f"/nodes/{NODE}/network", iface="vmbr7", type="bridge", cidr="10.7.0.1/24")
    found = rows(lab, "Network")
    assert found["vmbr7"]["staged"] == [{"node": NODE}]
    assert cells("Network", found["vmbr7"])["PENDING"] == NODE
    assert "staged" not in found["vmbr0"]
