"""A controller of routing between networks. Changes are staged; the plan's end applies them."""

from __future__ import annotations

from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.natural import Home, natural
from pxhelm.resource.words import worded

_D = Effect.ONLINE_DISRUPTIVE
_X = Effect.REPLACE
_WORDS = """
type                     evpn, bgp, isis
asn                      number of the autonomous system
peers                    addresses of its neighbours
node                     node that it runs on
ebgp                     the neighbours are of another autonomous system
ebgpMultihop             how many hops away they may be
loopback                 interface whose address is the router's
bgpMultipathAsPathRelax  use several ways of equal length at once
isisDomain               domain of IS-IS
isisIfaces               interfaces with IS-IS
isisNet                  name of the node in IS-IS
fabric                   SDNFabric that it runs over
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "controller", effect=_X, same=same_id),
    Field("type", "line", "type", effect=_X, choices=("evpn", "bgp", "isis")),
    Field("asn", "int", "asn", effect=_D, bounds=(0, 4294967295)),
    Field("peers", "set", "peers", form="commas", effect=_D),
    Field("node", "line", "node", effect=_D),
    Field("ebgp", "bool", "ebgp", effect=_D, default=False),
    Field("ebgpMultihop", "int", "ebgp-multihop", effect=_D),
    Field("loopback", "line", "loopback", effect=_D),
    Field("bgpMultipathAsPathRelax", "bool", "bgp-multipath-as-path-relax", effect=_D, default=False),
    Field("isisDomain", "line", "isis-domain", effect=_D),
    Field("isisIfaces", "set", "isis-ifaces", form="commas", effect=_D),
    Field("isisNet", "line", "isis-net", effect=_D),
    Field("fabric", "ref", "fabric", effect=_D, refers=("SDNFabric",)),
)
SDN_CONTROLLER = natural(
    Kind(
        name="SDNController",
        plural="sdncontrollers",
        short=("sdnc",),
        namespaced=False,
        guest=False,
        rank=20,
        fields=worded(_FIELDS, _WORDS),
        domain="SDNChanges",
        columns=(Column("TYPE", text("type")), Column("STATE", text("state"))),
    ),
    Home("/cluster/sdn/controllers", "controller", staged=True, needs={"": ("type",)}),
)
