"""Conditions of an object (kinds.md 11, engine.md D13), as far as somebody looked, and since when they are so.

Asks nothing of the cluster. What is told for the first time, or is otherwise than it was told last, is written into the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pxhelm.actions.health import unready
from pxhelm.actions.inside import CONNECTED
from pxhelm.actions.inspect import Found
from pxhelm.actions.services import Services
from pxhelm.kinds import KINDS
from pxhelm.store.conditions import ConditionRecord
from pxhelm.store.journal import OpState

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, in kubectl's words."""

    type: str
    status: str
    reason: str = ""
    """CamelCase; empty when there is nothing to explain."""
    message: str = ""


def conditions(one: Found, *, whole: bool = False) -> list[Condition]:
    """Return the conditions of an object of ours; with ``whole`` also those of which nobody knows."""
    if one.stored is None:
        return []
    told = [_ready(one), _synced(one), _yes_or_no("Drifted", one.drifted)]
    if one.past is not None:
        told += _of_operation(one)
    if one.past is not None or KINDS[one.kind].guest:
        told.append(_blocked(one))
    if KINDS[one.kind].guest:
        told += _of_guest(one)
    return [each for each in told if whole or each.status != UNKNOWN]


def _ready(one: Found) -> Condition:
    reason, message = unready(one)
    return Condition("Ready", FALSE if reason else TRUE, reason, message)


def _synced(one: Found) -> Condition:
    assert one.stored is not None
    if one.stored.observed_generation != one.stored.generation:
        return Condition("Synced", FALSE, "NotApplied", "the manifest last accepted is not applied to its end")
    drift = one.closer.drift if one.closer is not None else ()
    if one.drifted:
        return Condition("Synced", FALSE, "Drifted", ", ".join(each.path for each in drift))
    return Condition("Synced", UNKNOWN if one.drifted is None else TRUE)


def _yes_or_no(name: str, value: bool | None) -> Condition:
    return Condition(name, UNKNOWN if value is None else str(value))


def _of_operation(one: Found) -> list[Condition]:
    """Return what the latest operation says: under way, or failed."""
    past = one.past
    assert past is not None
    state = past.last.state if past.last is not None else OpState.DONE
    kind = past.last.kind if past.last is not None else ""
    going = Condition("Reconciling", TRUE, "OperationOpen", f"{kind} is not done") if state is OpState.OPEN else None
    why = past.standing.get("Stalled")
    reason = why.reason if why is not None and why.status == TRUE and why.reason else "OperationFailed"
    failed = Condition("Stalled", TRUE, reason, past.failure or f"{kind} failed")
    return [
        going or Condition("Reconciling", FALSE),
        failed if state is OpState.FAILED else Condition("Stalled", FALSE),
        _remembered(one, "Conflict"),
    ]


def _remembered(one: Found, name: str) -> Condition:
    """Return what the latest run found; what a look shows to be over is over."""
    last = one.past.standing.get(name) if one.past is not None else None
    over = last is None or last.status != TRUE or _is_over(one, last.reason)
    return Condition(name, FALSE) if last is None or over else Condition(name, TRUE, last.reason, last.message)


def _is_over(one: Found, reason: str) -> bool:
    guest = KINDS[one.kind].guest
    if reason == "Lock":
        return guest and not one.row.get("lock")
    return reason == "Window" and one.waits is not None and not one.waits.restart


def _blocked(one: Found) -> Condition:
    lock = str(one.row.get("lock") or "") if KINDS[one.kind].guest else ""
    return Condition("Blocked", TRUE, "Lock", lock) if lock else _remembered(one, "Blocked")


def _of_guest(one: Found) -> list[Condition]:
    waits, anchored = one.waits, one.anchored
    return [
        _waits("NeedsRestart", "OptionsPending", waits.restart if waits is not None else None),
        _waits("GuestActionNeeded", "CloudInitPending", waits.boot if waits is not None else None),
        replace(_waits("Migratable", "HostDevices", anchored), status=_opposite(anchored)),
        _identity(one),
        _yes_or_no("AgentConnected", one.told.get(CONNECTED)),
    ]


def _waits(name: str, reason: str, paths: Sequence[str] | None) -> Condition:
    if paths is None:
        return Condition(name, UNKNOWN)
    return Condition(name, TRUE, reason, ", ".join(paths)) if paths else Condition(name, FALSE)


def _opposite(anchors: Sequence[str] | None) -> str:
    return UNKNOWN if anchors is None else str(not anchors)


def _identity(one: Found) -> Condition:
    if one.closer is None:
        return Condition("IdentityConflict", UNKNOWN)
    if not one.closer.foreign:
        return Condition("IdentityConflict", FALSE)
    message = f"the guest {one.vmid} does not prove that it is this object"
    return Condition("IdentityConflict", TRUE, "ForeignGuest", message)


def dated(services: Services, found: Sequence[Found]) -> list[Found]:
    """Return the same with ``since`` told: when each condition was first seen to be as it is."""
    uids = [one.stored.uid for one in found if one.stored is not None]
    known = {(c.uid, c.type): c for c in services.store.conditions.of(uids)}
    now, news = services.now().timestamp(), list[ConditionRecord]()
    told = []
    for one in found:
        since: dict[str, float] = {}
        for each in conditions(one):
            assert one.stored is not None
            last = known.get((one.stored.uid, each.type))
            if last is None or last.status != each.status:
                last = ConditionRecord(one.stored.uid, each.type, each.status, now, each.reason, each.message)
                news.append(last)
            since[each.type] = last.since
        told.append(replace(one, since=since))
    if news:
        services.store.conditions.put(news)
    return told
