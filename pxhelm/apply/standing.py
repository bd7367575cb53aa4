"""What a run found in the way of objects, kept for those who look later: the conditions that no look at a cluster tells.

Written are ``Conflict``, ``Blocked`` and the reason of ``Stalled`` (kinds.md 11), by what became of an object in the latest run
that concerned it; a plan alone writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.memory import stored_key
from pxhelm.plan.steering import WINDOW
from pxhelm.store.conditions import ConditionRecord

if TYPE_CHECKING:
    from pxhelm.apply.ports import Ports
    from pxhelm.apply.result import ApplyResult
    from pxhelm.resource.identity import ObjectKey

CONFLICT, BLOCKED, STALLED = "Conflict", "Blocked", "Stalled"
_TYPES = (CONFLICT, BLOCKED, STALLED)
Standing = Mapping[str, tuple[str, str]]
"""Condition that holds → reason and message."""


def standing(outcome: Outcome, notes: Iterable[str] = ()) -> Standing:
    """Return the conditions that hold of an object after a run, by its end and what its plan noted."""
    if outcome.result is Result.BLOCKED:
        kind = CONFLICT if outcome.reason == CONFLICT else BLOCKED
        return {kind: (outcome.reason, outcome.message)}
    if outcome.result is Result.FAILED:
        return {STALLED: (outcome.reason, outcome.message)}
    waits = next((note for note in notes if note.startswith(WINDOW)), "")
    return {BLOCKED: ("Window", waits)} if waits else {}


def guarded(message: str) -> Standing:
    """Return what holds of an object that would have gone, had not too many gone with it (engine.md D11.4)."""
    return {BLOCKED: ("PruneGuard", message)}


def remember(ports: Ports, result: ApplyResult) -> None:
    """Keep what a run found; an interrupted object stays as it was known."""
    notes = {o.key: o.notes for o in result.plan.objects}
    ended = (each for each in result.objects if each.outcome.result is not Result.INTERRUPTED)
    keep(ports, {each.key: standing(each.outcome, notes.get(each.key, ())) for each in ended})


def keep(ports: Ports, found: Mapping[ObjectKey, Standing]) -> None:
    """Write what holds of objects and did not, or no longer does; those that the store does not know are left out."""
    known = ((ports.store.objects.get(stored_key(ports, key)), key) for key in found)
    uids = {stored.uid: key for stored, key in known if stored is not None}
    before = {(record.uid, record.type): record for record in ports.store.conditions.of(list(uids))}
    news = [
        record
        for uid, key in uids.items()
        for name in _TYPES
        if (record := _record(uid, name, found[key].get(name), before.get((uid, name)), ports.now())) is not None
    ]
    if news:
        ports.store.conditions.put(news)


def _record(
    uid: str, name: str, holds: tuple[str, str] | None, last: ConditionRecord | None, now: float
) -> ConditionRecord | None:
    """Return what has to be written; None when all is as it was, or was never otherwise."""
    status, (reason, message) = ("True", holds) if holds is not None else ("False", ("", ""))
    if last is None:
        return ConditionRecord(uid, name, status, now, reason, message) if holds is not None else None
    if (last.status, last.reason, last.message) == (status, reason, message):
        return None
    return ConditionRecord(uid, name, status, last.since if last.status == status else now, reason, message)
