"""A zone of the software defined network. Changes are staged; the plan's end applies them."""

from __future__ import annotations

from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.natural import Home, natural
from pxhelm.resource.words import worded

_D = Effect.ONLINE_DISRUPTIVE
_TYPES = ("simple", "vlan", "qinq", "vxlan", "evpn")


def _line(path: str, wire: str, refers: tuple[str, ...] = ()) -> Field:
    return Field(path, "ref" if refers else "line", wire, effect=_D, refers=refers)


_WORDS = """
type                      what separates its networks; says which of the fields it takes
mtu                       largest packet
ipam                      SDNIPAM that knows its addresses
dns                       SDNDNS that gets the names of guests
reverseDNS                SDNDNS that gets the names of addresses
dnsZone                   domain of the names
dhcp                      what gives addresses to guests: dnsmasq
bridge                    bridge that carries its VLANs
tag                       outer VLAN of QinQ
vlanProtocol              how the outer VLAN is marked
peers                     addresses of the nodes in VXLAN
vxlanPort                 port of VXLAN
fabric                    SDNFabric that it runs over
controller                SDNController of EVPN
vrfVXLAN                  number of the zone in EVPN
mac                       hardware address of its gateways on all nodes
exitNodes                 nodes where it meets the world
exitNodesPrimary          the one that is preferred
exitNodesLocalRouting     such a node itself can reach the guests
advertiseSubnets          tell whole subnets, not single guests
disableArpNdSuppression   let ARP and neighbour discovery through
rtImport                  routes of others that are taken in
bridgeDisableMacLearning  bridges learn no addresses by watching
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "zone", effect=Effect.REPLACE, same=same_id, help="at most 8 letters and digits"),
    Field("type", "line", "type", effect=Effect.REPLACE, choices=_TYPES),
    Field("nodes", "set", "nodes", form="commas", effect=_D),
    Field("mtu", "int", "mtu", effect=_D),
    _line("ipam", "ipam", ("SDNIPAM",)),
    _line("dns", "dns", ("SDNDNS",)),
    _line("reverseDNS", "reversedns", ("SDNDNS",)),
    _line("dnsZone", "dnszone"),
    Field("dhcp", "line", "dhcp", effect=_D, choices=("dnsmasq",)),
    _line("bridge", "bridge", ("Network",)),
    Field("tag", "int", "tag", effect=_D, bounds=(1, None)),
    Field("vlanProtocol", "line", "vlan-protocol", effect=_D, choices=("802.1q", "802.1ad"), default="802.1q"),
    Field("peers", "set", "peers", form="commas", effect=_D),
    Field("vxlanPort", "int", "vxlan-port", effect=_D, bounds=(1, 65536)),
    _line("fabric", "fabric", ("SDNFabric",)),
    _line("controller", "controller", ("SDNController",)),
    Field("vrfVXLAN", "int", "vrf-vxlan", effect=_D, bounds=(1, 16777215)),
    Field("mac", "mac", "mac", effect=_D),
    Field("exitNodes", "set", "exitnodes", form="commas", effect=_D),
    _line("exitNodesPrimary", "exitnodes-primary"),
    Field("exitNodesLocalRouting", "bool", "exitnodes-local-routing", effect=_D),
    Field("advertiseSubnets", "bool", "advertise-subnets", effect=_D),
    Field("disableArpNdSuppression", "bool", "disable-arp-nd-suppression", effect=_D),
    Field("rtImport", "set", "rt-import", form="commas", effect=_D),
    Field("bridgeDisableMacLearning", "bool", "bridge-disable-mac-learning", effect=_D),
)
HOME = Home(
    "/cluster/sdn/zones",
    "zone",
    staged=True,
    needs={"": ("type",), "vlan": ("bridge",), "qinq": ("bridge", "tag"), "evpn": ("controller", "vrfVXLAN")},
)
SDN_ZONE = natural(
    Kind(
        name="SDNZone",
        plural="sdnzones",
        short=("zone", "zones"),
        namespaced=False,
        guest=False,
        rank=22,
        fields=worded(_FIELDS, _WORDS),
        domain="SDNChanges",
        columns=(Column("TYPE", text("type")), Column("NODES", text("nodes")), Column("STATE", text("state"))),
    ),
    HOME,
)
