"""A number of guests of one template, called ``NAME-0``, ``NAME-1`` and so on; it becomes them before planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.resource.columns import text
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.sets import MOST, kind_of_members, members_of
from pxhelm.resource.stored import own, stored


def _members(row: Mapping[str, object]) -> str:
    return kind_of_members({"template": str(row.get("template", "{}"))})


GUEST_SET = replace(
    stored(
        Kind(
            name="GuestSet",
            plural="guestsets",
            short=("gs",),
            namespaced=True,
            guest=False,
            rank=75,
            fields=(
                own("replicas", "int", bounds=(0, MOST), help="how many guests there are"),
                own(
                    "updateStrategy.type",
                    "line",
                    choices=("Rolling", "OnDelete"),
                    help="whether members that are there are changed; OnDelete: only those made anew are",
                ),
                own(
                    "updateStrategy.maxUnavailable",
                    "int",
                    bounds=(1, None),
                    help="members that may be restarted, stopped or made anew at once; 1 unless said",
                ),
                own("template", "json", help="kind, metadata and spec of each; $(ordinal) and $(name) are filled in"),
            ),
            columns=(
                Column("REPLICAS", text("replicas")),
                Column("UPDATED", text("updatedReplicas")),
                Column("AVAILABLE", text("availableReplicas")),
                Column("KIND", _members, wide=True),
            ),
        )
    ),
    more_references=members_of,
)
