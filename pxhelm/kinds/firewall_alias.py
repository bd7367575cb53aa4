"""A name for an address, for firewall rules and sets of addresses of the whole cluster."""

from __future__ import annotations

from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.natural import Home, natural
from pxhelm.resource.words import worded

_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "name", effect=Effect.REPLACE, same=same_id),
    Field(
        "cidr", "network", "cidr", effect=Effect.ONLINE, kept=True, help="an address, or a range such as 10.0.0.0/24"
    ),
    Field("comment", "line", "comment", effect=Effect.METADATA, marks=True),
)
FIREWALL_ALIAS = natural(
    Kind(
        name="FirewallAlias",
        plural="firewallaliases",
        short=("fwa",),
        namespaced=False,
        guest=False,
        rank=16,
        fields=worded(_FIELDS),
        shared=True,
        columns=(Column("CIDR", text("cidr")),),
    ),
    Home("/cluster/firewall/aliases", "name", needs={"": ("cidr",)}),
)
