"""An account at a certificate authority. Registering it means to accept the terms of service that are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.model import ABSENT, Existence, Live, Target, Value
from pxhelm.resource.words import worded

_X = Effect.REPLACE
_WORDS = """
directory   where the authority's API begins; of Let's Encrypt unless given
eabKID      key that the authority knows its customer by
eabHMACKey  secret of that key
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "name", effect=_X, same=same_id),
    Field("contact", "set", "contact", form="commas", kept=True, help="mail addresses"),
    Field("directory", "line", "directory", effect=_X, default="https://acme-v02.api.letsencrypt.org/directory"),
    Field("termsOfService", "line", "tos_url", effect=_X, help="the URL of the terms that are accepted"),
    Field("eabKID", "line", "eab-kid", creation_only=True),
    Field("eabHMACKey", "secret", "eab-hmac-key", write_only=True, creation_only=True),
)
HOME = natural.Home("/cluster/acme/account", "name", needs={"": ("contact",)})


def observe(target: Target) -> ApiGen[Live]:
    """Read one account."""
    name = natural.id_of(target)
    try:
        data = yield from call(Request("GET", HOME.path(name)))
    except ApiError as error:
        if "does not exist" in error.message:
            return ABSENT
        raise
    found: Mapping[str, object] = data if isinstance(data, Mapping) else {}
    account = found.get("account")
    contact = account.get("contact") if isinstance(account, Mapping) else None
    leaves: dict[str, Value] = {"id": name}
    if isinstance(contact, list):
        leaves["contact"] = tuple(sorted(str(each).removeprefix("mailto:") for each in contact))
    for path, key in (("directory", "directory"), ("termsOfService", "tos")):
        if found.get(key):
            leaves[path] = str(found[key])
    raw = {"contact": ",".join(leaves["contact"])} if isinstance(leaves.get("contact"), tuple) else {}  # type: ignore[arg-type]
    return Live(Existence.PRESENT, leaves, leaves, raw)


_DEFINED = Kind(
    name="ACMEAccount",
    plural="acmeaccounts",
    short=("acme",),
    namespaced=False,
    guest=False,
    rank=16,
    fields=worded(_FIELDS, _WORDS),
    columns=(Column("TYPE", lambda _row: "ACME"),),
)
ACME_ACCOUNT = replace(natural.natural(_DEFINED, HOME), observe=observe)
