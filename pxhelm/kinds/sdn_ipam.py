"""A manager of addresses for networks of the SDN; the one called pve is built in."""

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
type         pve, netbox or phpipam
url          where the server's API is
token        token of that API
section      section of phpIPAM
fingerprint  SHA-256 of the server's certificate
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "ipam", effect=_X, same=same_id),
    Field("type", "line", "type", effect=_X, choices=("netbox", "phpipam", "pve")),
    Field("url", "line", "url", effect=_D),
    Field("token", "secret", "token", write_only=True, effect=_D),
    Field("section", "int", "section", effect=_D),
    Field("fingerprint", "line", "fingerprint", effect=_D),
)
SDN_IPAM = natural(
    Kind(
        name="SDNIPAM",
        plural="sdnipams",
        short=("ipam",),
        namespaced=False,
        guest=False,
        rank=18,
        fields=worded(_FIELDS, _WORDS),
        columns=(Column("TYPE", text("type")),),
    ),
    Home("/cluster/sdn/ipams", "ipam", needs={"": ("type",)}),
)
