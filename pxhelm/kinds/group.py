"""A group of users. Its members are declared on the users."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.natural import Home, natural
from pxhelm.resource.words import worded


def _members(row: Mapping[str, object]) -> str:
    return str(len([name for name in str(row.get("users") or "").split(",") if name]))


HOME = Home("/access/groups", "groupid")
GROUP = natural(
    Kind(
        name="Group",
        plural="groups",
        short=("grp",),
        namespaced=False,
        guest=False,
        rank=14,
        fields=worded(
            (
                Field("id", "line", "groupid", effect=Effect.REPLACE, same=same_id),
                Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
            )
        ),
        columns=(Column("MEMBERS", _members),),
    ),
    HOME,
)
