"""What cannot be unset becomes again what it was before it was applied first; entries of sets are really written."""

from pxhelm.errors import ExitCode
from pxhelm.resource.identity import ObjectKey

NODE = "apiVersion: proxmox.io/v1\nkind: NodeConfig\nmetadata: {name: pve-node1}\nspec: {%s}\n"
KEY = ObjectKey("NodeConfig", "", "pve-node1")
DNS, TIME, HOSTS = "/nodes/pve-node1/dns", "/nodes/pve-node1/time", "/nodes/pve-node1/hosts"
ALL = 'timezone: Europe/Berlin, dns: {servers: [10.0.0.53], search: example.net}, hosts: "127.0.0.1 here"'


def state(lab):
    dns = lab.api("GET", DNS)
    return (dns.get("dns1"), dns.get("search"), lab.api("GET", TIME)["timezone"], lab.api("GET", HOSTS)["data"])


def test_they_are_written_and_the_next_plan_is_empty(lab):
    assert lab.apply(NODE % ALL).exit_code is ExitCode.OK
    assert state(lab) == ("10.0.0.53", "example.net", "Europe/Berlin", "127.0.0.1 here\n")
    assert lab.plan(NODE % ALL).plan.empty


def test_what_is_no_longer_named_becomes_what_it_was(lab):
    before = state(lab)
    lab.apply(NODE % ALL)
    planned = lab.plan(NODE % "timezone: Europe/Paris")
    changes = {c.path: c.after for c in planned.plan.objects[0].changes}
    assert changes["timezone"] == "Europe/Paris"
    assert changes["dns.search"] == before[1]
    lab.apply(NODE % "timezone: Europe/Paris")
    assert state(lab) == (*before[:2], "Europe/Paris", before[3])
    assert lab.plan(NODE % "timezone: Europe/Paris").plan.empty
    lab.apply(NODE % "")
    assert state(lab) == before
    assert lab.plan(NODE % "").plan.empty


def test_an_object_that_goes_leaves_what_was_there_before(lab):
    before = state(lab)
    lab.apply(NODE % f"startAllDelay: 20s, {ALL}")
    assert lab.destroy(KEY).exit_code is ExitCode.OK
    assert state(lab) == before
    assert "startall-onboot-delay" not in lab.api("GET", "/nodes/pve-node1/config")


def test_what_somebody_else_changed_since_stays(lab):
    lab.apply(NODE % "timezone: Europe/Berlin")
    lab.api("PUT", TIME, timezone="Asia/Tokyo")
    lab.apply(NODE % "")
    assert state(lab)[2] == "Asia/Tokyo"


def test_the_entries_of_a_set_are_written_and_read_back(lab):
    sets = "apiVersion: proxmox.io/v1\nkind: IPSet\nmetadata: {name: admins}\nspec: {entries: [%s]}\n"
    lab.apply(sets % "{cidr: 10.0.0.0/24, comment: lan}, {cidr: 10.0.0.66, noMatch: true}")
    rows = {row["cidr"]: row for row in lab.api("GET", "/cluster/firewall/ipset/admins")}
    assert rows["10.0.0.0/24"]["comment"] == "lan"
    assert rows["10.0.0.66"]["nomatch"] == 1
    lab.apply(sets % "{cidr: 10.0.0.0/24}, {cidr: 10.0.0.7}")
    rows = {row["cidr"]: row for row in lab.api("GET", "/cluster/firewall/ipset/admins")}
    assert set(rows) == {"10.0.0.0/24", "10.0.0.7"}
    assert not rows["10.0.0.0/24"].get("comment")


def test_groups_of_one_plan_are_written_without_getting_in_each_others_way(lab):
    group = "apiVersion: proxmox.io/v1\nkind: SecurityGroup\nmetadata: {name: g%d}\nspec: {rules: [%s]}\n"
    rules = ", ".join(f"{{name: r{n}, type: in, action: ACCEPT, macro: SSH}}" for n in range(4))
    texts = [group % (n, rules) for n in range(5)]
    mark = lab.mark
    assert lab.apply(*texts).exit_code is ExitCode.OK
    written = [e for e in lab.writes(mark) if "/firewall/groups" in e.path]
    assert len(written) == 5 + 20
    assert {e.status for e in written} == {200}


def test_rights_that_move_are_granted_on_the_new_path_before_they_go_from_the_old(lab):
    rights = "apiVersion: proxmox.io/v1\nkind: ACL\nmetadata: {name: ops}\nspec: {path: %s, roles: [PVEAuditor], subjects: [{group: ops}]}\n"
    lab.api("POST", "/access/groups", groupid="ops")
    lab.apply(rights % "/storage")
    planned = lab.plan(rights % "/nodes")
    (acl,) = planned.plan.objects
    told = [(step.verb, *step.detail.items()) for step in acl.steps]
    assert told == [
        ("grant", ("PVEAuditor", "on /nodes to group ops")),
        ("revoke", ("PVEAuditor", "on /storage from group ops")),
    ]
    assert lab.apply(rights % "/nodes").exit_code is ExitCode.OK
    rows = [row["path"] for row in lab.api("GET", "/access/acl") if row["ugid"] == "ops"]
    assert rows == ["/nodes"]


def test_an_interface_that_moves_to_another_node_goes_from_the_first(lab):
    bridge = "apiVersion: proxmox.io/v1\nkind: Network\nmetadata: {name: vmbr7}\nspec: {type: bridge, nodes: [%s]}\n"
    lab.apply(bridge % "pve-node1")
    assert lab.apply(bridge % "pve-node2").exit_code is ExitCode.OK
    there = {
        node: any(row["iface"] == "vmbr7" for row in lab.api("GET", f"/nodes/{node}/network"))
        for node in ("pve-node1", "pve-node2")
    }
    assert there == {"pve-node1": False, "pve-node2": True}
    assert lab.plan(bridge % "pve-node2").plan.empty
