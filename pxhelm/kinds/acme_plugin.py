"""A way of proving to a certificate authority that a domain is ours: by HTTP (standalone) or by DNS."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.words import worded

_WORDS = """
type  dns, or standalone: by HTTP on port 80 of the node
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "id", effect=Effect.REPLACE, same=same_id),
    Field("type", "line", "type", effect=Effect.REPLACE, choices=("dns", "standalone")),
    Field("api", "line", "api", help="the provider of the domain, such as cf"),
    Field("data", "secret", "data", write_only=True, help="the provider's credentials, lines of KEY=VALUE in base64"),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("nodes", "set", "nodes", form="commas"),
    Field("validationDelay", "int", "validation-delay", default=30, help="seconds until a new record is looked for"),
)
HOME = natural.Home("/cluster/acme/plugins", "id", needs={"": ("type",), "dns": ("api",)})
_DEFINED = Kind(
    name="ACMEPlugin",
    plural="acmeplugins",
    short=("acmep",),
    namespaced=False,
    guest=False,
    rank=16,
    fields=worded(_FIELDS, _WORDS),
    columns=(Column("TYPE", text("type")), Column("API", text("api"), wide=True)),
)
# an answer calls the id "plugin"
ACME_PLUGIN = replace(
    natural.natural(_DEFINED, HOME), listing=partial(natural.listing, replace(HOME, parameter="plugin"))
)
