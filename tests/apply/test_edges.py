"""What waits for what, though no field of the one names the other by its name."""

import pytest

HEAD = "apiVersion: proxmox.io/v1\nkind: {}\nmetadata: {{name: {}}}\nspec: {}\n"


def waits_for(lab, first, *others):
    """Addresses that the first object waits for by reference, among all of the plan."""
    from pxhelm.plan.graph import strong_edges

    resources = lab.resources(first, *others)
    return [key.address for key in strong_edges(resources)[resources[0].key]]


GUEST = HEAD.format("VirtualMachine", "web", "{vmid: 30001, power: Stopped}")
ALIAS = HEAD.format("FirewallAlias", "nas", "{id: nas1, cidr: 10.0.0.9}")
RULE = "{{rules: [{{name: a, type: in, action: ACCEPT, source: '{}'}}]}}"


@pytest.mark.parametrize(
    ("first", "other", "below"),
    [
        (HEAD.format("Pool", "a", "{id: prod/web}"), HEAD.format("Pool", "b", "{id: prod}"), "Pool/b"),
        (HEAD.format("Pool", "a", "{members: {guests: [web]}}"), GUEST, "VirtualMachine/default/web"),
        (HEAD.format("Firewall", "a", "{target: {guest: web}}"), GUEST, "VirtualMachine/default/web"),
        (
            HEAD.format("User", "eve@corp", "{}"),
            HEAD.format("Realm", "ldap", "{id: corp, type: ldap}"),
            "Realm/ldap",
        ),
        (
            HEAD.format("Storage", "vg", "{type: lvm, vgName: vg, base: 'san:0.0.1.scsi-1'}"),
            HEAD.format("Storage", "disks", "{id: san, type: iscsi}"),
            "Storage/disks",
        ),
        (HEAD.format("IPSet", "a1", "{entries: [{cidr: nas1}]}"), ALIAS, "FirewallAlias/nas"),
        (
            HEAD.format("Network", "int0", "{type: OVSIntPort, nodes: all, ovs: {bridge: vmbr1}}"),
            HEAD.format("Network", "vmbr1", "{type: OVSBridge, nodes: all, ovs: {ports: [int0]}}"),
            "Network/vmbr1",
        ),
        (
            HEAD.format("Network", "v100", "{iface: bond0.100, type: vlan, nodes: all}"),
            HEAD.format("Network", "trunk", "{iface: bond0, type: bond, nodes: all}"),
            "Network/trunk",
        ),
        (HEAD.format("SecurityGroup", "a1", RULE.format("dc/nas")), ALIAS, "FirewallAlias/nas"),
        (
            HEAD.format("SecurityGroup", "a1", RULE.format("+sdn/shop-all")),
            HEAD.format("SDNVNet", "shop-net", "{id: shop, zone: z}"),
            "SDNVNet/shop-net",
        ),
    ],
)
def test_one_waits_for_the_other(lab, first, other, below):
    assert waits_for(lab, first, other) == [below]
    assert waits_for(lab, other, first) == []


@pytest.mark.parametrize("source", ["guest/nas", "+guest/nas"])
def test_what_is_a_guest_s_own_is_nobody_elses(lab, source):
    rule = HEAD.format("SecurityGroup", "a1", RULE.format(source))
    assert waits_for(lab, rule, ALIAS, HEAD.format("IPSet", "nas", "{}")) == []
    planned = lab.plan(rule, ALIAS)
    (group,) = [o for o in planned.plan.objects if o.key.kind == "SecurityGroup"]
    assert [c.after for c in group.changes if c.path == "rules.a.source"] == [(source,)]


def test_a_storage_waits_for_the_interface_over_which_its_server_is_reached(lab):
    bridge = "{type: bridge, nodes: all, perNode: {pve-node1: {cidr: 10.9.0.1/24}}}"
    plan = lab.plan(
        HEAD.format("Storage", "nas", "{type: nfs, server: 10.9.0.9, export: /a}"),
        HEAD.format("Storage", "far", "{type: nfs, server: 192.0.2.9, export: /a}"),
        HEAD.format("Network", "vmbr9", bridge),
    ).plan
    waiting = {o.key.address: {key.address for key in o.depends_on} for o in plan.objects}
    assert waiting["Storage/nas"] >= {"Network/vmbr9", "NetworkChanges/pve-node1"}
    assert "Network/vmbr9" not in waiting["Storage/far"]


def test_pools_in_pools_come_from_above_and_go_from_below(lab):
    inner, outer = HEAD.format("Pool", "a", "{id: prod/web}"), HEAD.format("Pool", "b", "{id: prod}")
    applied = lab.apply(inner, outer)
    assert applied.failed == ()
    gone = lab.destroy(*(r.key for r in lab.resources(inner, outer)))
    assert gone.failed == ()
    assert lab.api("GET", "/pools") == []
