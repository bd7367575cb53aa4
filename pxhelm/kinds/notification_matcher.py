"""Which notifications go to which targets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Column, Kind, Mistake
from pxhelm.resource.model import Leaves
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


HOME = natural.Home("/cluster/notifications/matchers", "name")
_SEVERITIES = ("info", "notice", "warning", "error", "unknown")
_FIELD = re.compile(r"(exact|regex):[^=]+=.+")


def check(key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield matches that are none."""
    yield from natural.check(NOTIFICATION_MATCHER, HOME, key, leaves)
    for text in _each(leaves, "matchSeverity"):
        if not {word.strip() for word in text.split(",")} <= {*_SEVERITIES}:
            yield Mistake("matchSeverity", f"{text!r} is no severity", f"one of {', '.join(_SEVERITIES)}")
    for text in _each(leaves, "matchField"):
        if not _FIELD.fullmatch(text):
            yield Mistake("matchField", f"{text!r} matches no field", "write exact:FIELD=VALUE or regex:FIELD=PATTERN")


def _each(leaves: Leaves, path: str) -> list[str]:
    found = leaves.get(path)
    return [str(each) for each in found] if isinstance(found, tuple) else []


_DEFINED = Kind(
    name="NotificationMatcher",
    plural="notificationmatchers",
    short=("nm",),
    namespaced=False,
    guest=False,
    rank=18,
    fields=worded(_FIELDS, _WORDS),
    columns=(Column("TARGETS", _targets),),
)
NOTIFICATION_MATCHER = replace(natural.natural(_DEFINED, HOME), check=check)
