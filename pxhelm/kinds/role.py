"""A role: a set of privileges. Never touches the roles that Proxmox brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.words import worded


def refuse(change: Change) -> str:
    """Return why the role cannot be had, or must stay as it is."""
    if change.live.raw.get("special") == "1":
        return "it is a role of Proxmox itself, which cannot be changed"
    return natural.refuse(ROLE, HOME, change)


def _privileges(row: Mapping[str, object]) -> str:
    return str(row.get("privs") or "").replace(",", " ")


HOME = natural.Home("/access/roles", "roleid", listed=True)
_DEFINED = Kind(
    name="Role",
    plural="roles",
    short=("role",),
    namespaced=False,
    guest=False,
    rank=14,
    fields=worded(
        (
            Field("id", "line", "roleid", effect=Effect.REPLACE, same=same_id),
            Field(
                "privileges",
                "set",
                "privs",
                form="commas",
                help="such as VM.Audit; all that is not listed is taken away",
            ),
        )
    ),
    columns=(Column("PRIVILEGES", _privileges),),
)
ROLE = replace(natural.natural(_DEFINED, HOME), refuse=refuse)
