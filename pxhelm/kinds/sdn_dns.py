"""A DNS server that is told the names of guests in networks of the SDN."""

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
type           powerdns
url            where the server's API is
key            key of that API
ttl            seconds that a name may be remembered
reverseMaskV6  prefix of IPv6 zones of addresses
fingerprint    SHA-256 of the server's certificate
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "dns", effect=_X, same=same_id),
    Field("type", "line", "type", effect=_X, choices=("powerdns",)),
    Field("url", "line", "url", effect=_D, kept=True),
    Field("key", "secret", "key", write_only=True, kept=True, effect=_D),
    Field("ttl", "int", "ttl", effect=_D),
    Field("reverseMaskV6", "int", "reversemaskv6", effect=_D),
    Field("fingerprint", "line", "fingerprint", effect=_D),
)
SDN_DNS = natural(
    Kind(
        name="SDNDNS",
        plural="sdndnses",
        short=("sdndns",),
        namespaced=False,
        guest=False,
        rank=18,
        fields=worded(_FIELDS, _WORDS),
        columns=(Column("TYPE", text("type")),),
    ),
    Home("/cluster/sdn/dns", "dns", needs={"": ("type", "url", "key")}),
)
