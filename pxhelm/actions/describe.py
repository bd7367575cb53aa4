"""Everything that is known of one object: manifest, live configuration, drift, what is pending, what was done to it.

Reads the cluster and the store; changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pxhelm.actions.asked import with_answers
from pxhelm.actions.conditions import dated
from pxhelm.actions.inspect import Closer, Found, Pending, Query, Waits, id_of, key_of
from pxhelm.actions.past import with_past
from pxhelm.actions.services import Services
from pxhelm.actions.sets import counted
from pxhelm.apply.memory import Memory, recall, target_of
from pxhelm.apply.ports import ports_of
from pxhelm.errors import PxhelmError
from pxhelm.kinds import KINDS
from pxhelm.plan.model import Drift
from pxhelm.plan.observe import Verdict, View, identify, look_round, observe
from pxhelm.plan.subject import Known
from pxhelm.plan.waiting import boot_paths, restart_paths
from pxhelm.resource.compare import comparable, live_value, same
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.mobility import anchors
from pxhelm.resource.model import Existence, Live, Target, Value
from pxhelm.resource.sets import KIND as SET
from pxhelm.resource.stored import APPLIED
from pxhelm.store.events import EventRecord
from pxhelm.store.journal import Op, Step

_OPERATIONS = 5


@dataclass(frozen=True, slots=True)
class Description:
    """All there is to say about one object."""

    found: Found
    managers: tuple[str, ...] = ()
    live: Live | None = None
    """None for what has no configuration of its own (nodes, tasks)."""
    drift: tuple[Drift, ...] = ()
    pending: tuple[Pending, ...] = ()
    operations: tuple[tuple[Op, tuple[Step, ...]], ...] = ()
    """The latest operations with their steps, latest first."""
    events: tuple[EventRecord, ...] = ()
    problem: str = ""
    """Why the live configuration is not known."""


def describe(services: Services, found: Found) -> Description:
    """Gather everything about one object."""
    if found.kind not in KINDS or (KINDS[found.kind].store_only and found.stored is None):
        return Description(found)
    kind = KINDS[found.kind]
    if found.kind == SET:
        (found,) = counted(services, [found], Query((SET,)))
    memory: Memory | None = None
    target = Target(ObjectKey(found.kind, "", found.name), "", str(found.row.get("node") or ""), found.vmid)
    if found.stored is not None:
        ports = ports_of(services)
        key = key_of(found)
        memory = recall(ports, (key,))[key]
        target = target_of(ports, key, memory)
    target = replace(target, row=_row(found, kind))
    view, live, problem = _live(services, kind, target)
    known = memory.known if memory else Known()
    if live and view:
        found = _looked_at(found, known, (target, live, view))
    (found,) = dated(services, with_past(services, with_answers(services, [found])))
    return Description(
        found,
        managers=tuple(sorted(known.bases)),
        live=live,
        drift=found.closer.drift if found.closer else (),
        pending=found.closer.pending if found.closer else (),
        operations=_operations(services, found),
        events=services.store.events.list(services.place.cluster, found.stored.uid, 20) if found.stored else (),
        problem=problem,
    )


def look_closer(services: Services, found: Sequence[Found], *, others: bool = False) -> list[Found]:
    """Return the same with ``drifted``, ``closer`` and ``os_type`` told: one read for each, all at once, beside a look round.

    Guests that are not ours are read only when ``others`` says so: they cannot drift.
    """
    near = [
        n
        for n, one in enumerate(found)
        if one.kind in KINDS and (one.stored is not None or others) and (one.row or not KINDS[one.kind].guest)
    ]
    if not near:
        return list(found)
    ports = ports_of(services)
    memories = recall(ports, [key_of(found[n]) for n in near if found[n].stored])
    view = services.cluster.run(look_round())
    reads, targets = [], []
    for one in (found[n] for n in near):
        key = ObjectKey(one.kind, "", one.name)
        target = Target(key, "", str(one.row.get("node") or ""), one.vmid)
        if one.stored is not None:
            target = target_of(ports, key_of(one), memories[key_of(one)])
        kind = KINDS[one.kind]
        targets.append(replace(target, row=_row(one, kind)))
        reads.append(observe(kind, targets[-1], view))
    looked = list(found)
    for n, target, live in zip(near, targets, services.cluster.run_all(reads), strict=True):
        if isinstance(live, Live) and live.existence is Existence.PRESENT:
            known = memories[key_of(found[n])].known if found[n].stored else Known()
            looked[n] = _looked_at(found[n], known, (target, live, view))
    return looked


def _looked_at(one: Found, known: Known, seen: tuple[Target, Live, View]) -> Found:
    """Return one thing with all that its own configuration tells."""
    target, live, view = seen
    kind = KINDS[one.kind]
    drift = _drift(kind, known.bases, live)
    foreign = kind.guest and known.bound and identify(kind, live, target, known.seen) is Verdict.FOREIGN
    os_type = str(live.intended.get("osType") or "")
    return replace(
        _told(one, kind, known.bases, (live, view)),
        drifted=bool(drift) if one.stored else None,
        closer=Closer(live, drift, _pending(live), foreign),
        os_type=os_type,
        row={**one.row, "osType": os_type} if os_type else one.row,
    )


def _row(found: Found, kind: Kind) -> Mapping[str, object]:
    if kind.guest:
        return found.row
    if kind.store_only:
        return {APPLIED: {path: _value(base) for path, base in found.owned.items()}}
    return {"id": id_of(found)}


def _live(services: Services, kind: Kind, target: Target) -> tuple[View | None, Live | None, str]:
    try:
        view = services.cluster.run(look_round())
        live = services.cluster.run(observe(kind, target, view))
    except PxhelmError as error:
        return None, None, error.message
    if live.existence is Existence.PRESENT:
        return view, live, ""
    return view, None, "it does not exist" if live.existence is Existence.ABSENT else live.reason


def _drift(kind: Kind, bases: Mapping[str, Mapping[str, object]], live: Live) -> tuple[Drift, ...]:
    """Return the leaves that were applied and are otherwise now."""
    found = []
    for remembered in bases.values():
        leaves = {path: _value(base) for path, base in remembered.items() if not isinstance(base, dict)}
        for path, base in leaves.items():
            if comparable(kind, path) and not same(kind, leaves, live, path):
                found.append(Drift(path, base, live_value(live, path)))
    return tuple(sorted(found, key=lambda one: one.path))


def _value(base: object) -> Value:
    """Return a base as a leaf has it: JSON knows no tuples. A secret's fingerprint is no value and never gets here."""
    if isinstance(base, list):
        return tuple(_value(each) for each in base)
    return base  # type: ignore[return-value]  # scalars of JSON are scalars of leaves


def _told(found: Found, kind: Kind, bases: Mapping[str, Mapping[str, object]], seen: tuple[Live, View]) -> Found:
    """Return a guest with what only its configuration tells."""
    live, view = seen
    if not kind.guest:
        return found
    waits = Waits(restart_paths(kind, bases, live), boot_paths(kind, bases, live))
    return replace(found, waits=waits, anchored=anchors(kind, live, view.surroundings))


def _pending(live: Live) -> tuple[Pending, ...]:
    paths = sorted(live.intended.keys() | live.current.keys())
    return tuple(
        Pending(path, live.current.get(path), live.intended.get(path))
        for path in paths
        if live.current.get(path) != live.intended.get(path)
    )


def _operations(services: Services, found: Found) -> tuple[tuple[Op, tuple[Step, ...]], ...]:
    if found.stored is None:
        return ()
    journal = services.store.journal
    latest = journal.ops(found.stored.uid)[-_OPERATIONS:]
    return tuple((op, journal.steps(op.op_id)) for op in reversed(latest))
