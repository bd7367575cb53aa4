"""A job that brings the users and groups of a realm over, by the calendar."""

from __future__ import annotations

from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.natural import Home, natural
from pxhelm.resource.words import worded

_WORDS = """
realm      realm whose users and groups are fetched
schedule   calendar event, such as 02:30
scope      what is fetched
enableNew  new users may log in at once
"""
HOME = Home("/cluster/jobs/realm-sync", "id", made_at_item=True, needs={"": ("realm", "schedule")})
REALM_SYNC = natural(
    Kind(
        name="RealmSync",
        plural="realmsyncs",
        short=("rsync",),
        namespaced=False,
        guest=False,
        rank=70,
        fields=worded(
            (
                Field("id", "line", "id", effect=Effect.REPLACE, same=same_id),
                Field("realm", "ref", "realm", effect=Effect.REPLACE, refers=("Realm",)),
                Field("schedule", "schedule", "schedule", kept=True),
                Field("enabled", "bool", "enabled", default=True),
                Field("scope", "line", "scope", choices=("users", "groups", "both")),
                Field("removeVanished", "line", "remove-vanished", default="none", help="such as acl;entry;properties"),
                Field("enableNew", "bool", "enable-new", default=True),
                Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
            ),
            _WORDS,
        ),
        columns=(
            Column("REALM", text("realm")),
            Column("SCHEDULE", text("schedule")),
            Column("ENABLED", lambda row: "no" if row.get("enabled") in (0, False) else "yes"),
        ),
    ),
    HOME,
)
