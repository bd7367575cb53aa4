"""Which notifications go to which targets."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Column, Kind
from pxhelm.resource.words import worded

_WORDS = """
targets      NotificationTargets that are told
mode         all of the matches must fit, or any
invertMatch  tell what does not fit
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "name", effect=Effect.REPLACE, same=same_id),
    Field("targets", "refs", "target", form="array-set", refers=("NotificationTarget",)),
    Field("matchSeverity", "set", "match-severity", form="array-set", help="info, notice, warning, error, unknown"),
    Field("matchField", "set", "match-field", form="array-set", help="such as exact:type=vzdump"),
    Field("matchCalendar", "set", "match-calendar", form="array-set", help="such as mon..fri 8-18"),
    Field("mode", "line", "mode", choices=("all", "any"), default="all"),
    Field("invertMatch", "bool", "invert-match", default=False),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("comment", "line", "comment", effect=Effect.METADATA, marks=True),
)


def _targets(row: Mapping[str, object]) -> str:
    found = row.get("target")
    return ",".join(str(each) for each in found) if isinstance(found, list) else str(found or "")


NOTIFICATION_MATCHER = natural.natural(
    Kind(
        name="NotificationMatcher",
        plural="notificationmatchers",
        short=("nm",),
        namespaced=False,
        guest=False,
        rank=18,
        fields=worded(_FIELDS, _WORDS),
        columns=(Column("TARGETS", _targets),),
    ),
    natural.Home("/cluster/notifications/matchers", "name"),
)
