"""What to do next with one object: the only place that decides it (engine.md D3).

Pure. ``diff``, ``plan``, ``apply`` and the reconciler all ask here; an accepted plan is a bound: a step that it does not
hold is refused and named, never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.diff import Comparison, Diff, Rivals, compare, field_of, originals
from pxhelm.plan.leaf import as_leaf, flow, shown
from pxhelm.plan.model import Blocked, ObjectPlan
from pxhelm.plan.observe import Verdict, identify
from pxhelm.plan.situation import Situation
from pxhelm.plan.steering import safeguarded
from pxhelm.plan.waiting import restart_paths
from pxhelm.resource.effect import Effect
from pxhelm.resource.guest_remove import WAYS, let_go
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Kind
from pxhelm.resource.model import Existence, Live, Resource
from pxhelm.resource.step import Step
from pxhelm.resource.types import shown as shown_as


@dataclass(frozen=True, slots=True)
class Go:
    """Send this step next."""

    step: Step
    diff: Diff


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later."""

    reason: str
    """Machine word: ``Lock``, ``BeingMade``."""
    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""

    diff: Diff


Decision = Go | Wait | Blocked | Done


def difference(s: Situation) -> Diff:
    """Return the three-way difference of the situation; empty when the object shall go."""
    if s.desired is None:
        return Diff()
    return compare(
        Comparison(
            s.kind,
            s.desired,
            s.live,
            s.ownership,
            s.fingerprint,
            created=s.created,
            force=s.force,
            rivals=Rivals.of(s.options),
            written=s.written,
            unseen=s.unseen,
            mirrored=s.target.mirrored,
        )
    )


def steps_of(s: Situation, diff: Diff) -> tuple[Step, ...]:
    """Return the writes still missing; PxhelmError when the kind cannot make them of what is there."""
    return safeguarded(s, s.kind.steps(change_of(s, diff)))


def change_of(s: Situation, diff: Diff) -> Change:
    """Return what the kind is asked about."""
    return Change(
        target=s.target,
        live=s.live,
        desired=s.desired,
        changes=diff.changes,
        created=s.created,
        surroundings=s.surroundings,
        options=s.options,
        op=s.op,
        written=s.written,
        restart=restart_paths(s.kind, s.ownership.bases, s.live) if s.kind.guest else (),
        now=s.now,
        applied={path: as_leaf(base) for path, base in s.ownership.mine.items()},
        originals=originals(s.ownership.mine),
    )


def next_step(s: Situation, bound: ObjectPlan | None) -> Decision:
    """Return the next step, a reason to wait or to stop, or that all is done. ``bound``: the accepted plan, if any."""
    address = s.target.key.address
    if s.live.existence is Existence.UNKNOWN:
        return Blocked(s.target.key, "ObservationUnknown", f"cannot tell whether {address} exists: {s.live.reason}")
    if s.live.existence is Existence.ABSENT and s.desired is None:
        return Done(Diff())
    if s.desired is None and any(s.options.get(way) and let_go(s.live, way) for way in WAYS):
        return Done(Diff())
    if s.live.existence is Existence.PRESENT:
        verdict = identify(s.kind, s.live, s.target, s.seen)
        if verdict is Verdict.FOREIGN and not s.options.get("adopt"):
            return foreign(s)
        if verdict is Verdict.BEING_MADE:
            return Wait("BeingMade", f"VMID {s.live.vmid} is being made")
    diff = difference(s)
    if diff.conflicts:
        return conflict(s.kind, s.target.key, diff)
    try:
        steps = steps_of(s, diff)
    except PxhelmError as error:
        return unmakeable(s.target.key, error)
    if not steps:
        return Done(diff)
    if s.live.lock:
        return Wait("Lock", s.live.held)
    step = steps[0]
    if bound is not None and not holds(bound, step):
        return Blocked(
            s.target.key,
            "NotInPlan",
            f"cannot {step.verb} {address}: the accepted plan does not hold this step"
            + (f" ({', '.join(step.leaves)})" if step.leaves else ""),
            "make a new plan and look at it",
        )
    return Go(step, diff)


def wants_of(kind: Kind, desired: Resource | None, bases: Mapping[str, Mapping[str, object]]) -> frozenset[str]:
    """Return what has to be read of an object besides its configuration: what is, or was, spoken of."""
    if not kind.beyond:
        return frozenset()
    paths = {path for leaves in bases.values() for path in leaves}
    if desired is not None:
        paths |= {*desired.leaves, *desired.unset, *desired.absent}
    return frozenset(kind.beyond) & {path.split(".", 1)[0] for path in paths}


def unmakeable(key: ObjectKey, error: PxhelmError) -> Blocked:
    """Return what stops an object whose kind cannot, or will not, make steps of what is wanted."""
    refused = error.code is ExitCode.REFUSED
    place = str(error.where) if error.where is not None else ""
    return Blocked(key, "Refused" if refused else "Invalid", error.message, error.hint, place)


def foreign(s: Situation) -> Blocked:
    """Return the refusal for a guest at our VMID that is not ours."""
    whose = f"it carries the marker of {s.live.marker.uid}" if s.live.marker else "it carries no marker of ours"
    reason = s.live.reason or whose
    return Blocked(
        s.target.key,
        "IdentityConflict",
        f"cannot touch VMID {s.live.vmid} on {s.live.node or 'its node'}: it is not {s.target.key.address}: {reason}",
        "if it was replaced on purpose, import it; else remove it, and apply again to make a new one",
    )


def conflict(kind: Kind, key: ObjectKey, diff: Diff) -> Blocked:
    """Return the refusal that lists every leaf that somebody else owns."""
    lines = [
        f"{c.path}: {c.owner} has {_spelt(kind, c.path, c.theirs)}, wanted is {_spelt(kind, c.path, c.ours)}"
        for c in diff.conflicts
    ]
    return Blocked(
        key,
        "Conflict",
        f"cannot change {key.address}: {len(lines)} of its leaves belong to others: {'; '.join(lines)}",
        "take them over with --force-conflicts, apply the rest with --skip-conflicts, leave them out of the manifest, or"
        " write the same value",
    )


def _spelt(kind: Kind, path: str, value: object) -> str:
    """Return a base value as a manifest spells it; secrets as ``***``."""
    each, plain = field_of(kind, path), shown(value)
    return flow(shown_as(each.type, as_leaf(value)) if each is not None and plain == value else plain)


def holds(bound: ObjectPlan, step: Step) -> bool:
    """Whether the accepted plan allows a step: same verb, no further leaf, no worse effect, no more data freed."""
    allowed = [s for s in bound.steps if s.verb == step.verb]
    if not allowed:
        return False
    leaves = {leaf for s in bound.steps for leaf in s.leaves} | {c.path for c in bound.changes}
    effect = max((s.effect for s in bound.steps), default=Effect.NONE)
    freed = max(s.frees_bytes for s in allowed)
    return set(step.leaves) <= leaves and step.effect <= effect and step.frees_bytes <= freed


def with_live(s: Situation, live: Live) -> Situation:
    """Return the situation after another look; the target follows the guest to its node."""
    target = replace(s.target, node=live.node) if live.node and live.existence is Existence.PRESENT else s.target
    return replace(s, live=live, target=target)
