"""A network of a zone. Changes are staged; the plan's end applies them."""

from __future__ import annotations

from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.natural import Home, natural

_D = Effect.ONLINE_DISRUPTIVE
_X = Effect.REPLACE
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "vnet", effect=_X, same=same_id, help="at most 8 letters and digits"),
    Field("zone", "ref", "zone", effect=_D, refers=("SDNZone",), kept=True),
    Field("tag", "int", "tag", effect=_D, bounds=(1, 16777215)),
    Field("alias", "line", "alias", effect=_D),
    Field("vlanAware", "bool", "vlanaware", effect=_D, default=False),
    Field("isolatePorts", "bool", "isolate-ports", effect=_D, default=False),
)
SDN_VNET = natural(
    Kind(
        name="SDNVNet",
        plural="sdnvnets",
        short=("vnet",),
        namespaced=False,
        guest=False,
        rank=24,
        fields=_FIELDS,
        domain="SDNChanges",
        columns=(Column("ZONE", text("zone")), Column("TAG", text("tag")), Column("STATE", text("state"))),
    ),
    Home("/cluster/sdn/vnets", "vnet", needs={"": ("zone",)}),
)
