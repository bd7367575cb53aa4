"""Subjects, each with what is wanted, applied and found, to one plan (engine.md D3, D7.3, D11, D12).

Pure. Every reason not to touch an object is found here, before anything is written; an object that cannot be planned is
blocked by name and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pxhelm.errors import PxhelmError
from pxhelm.plan.diff import Diff, Ownership
from pxhelm.plan.domains import Verdicts, ids_of, with_endings
from pxhelm.plan.gate import refused as refused_by_version
from pxhelm.plan.graph import order_of
from pxhelm.plan.leaf import Fingerprint
from pxhelm.plan.leaving import leaving
from pxhelm.plan.model import Action, Blocked, ObjectPlan, Plan
from pxhelm.plan.next_step import change_of, conflict, difference, foreign, steps_of, unmakeable
from pxhelm.plan.observe import Verdict, View, identify
from pxhelm.plan.order import Order, ordered, reversed_edges
from pxhelm.plan.removal import IN_USE, WAYS, locked, protected
from pxhelm.plan.replacing import COLLECTED, FIRST, POLICY, allowed, left_behind, made_first, refusal
from pxhelm.plan.rolling import kept, rolled, sets_of
from pxhelm.plan.situation import Situation
from pxhelm.plan.steering import held_back, postponed, removal_policy
from pxhelm.plan.subject import Subject
from pxhelm.plan.using import after
from pxhelm.proxmox.schema import Schema, load
from pxhelm.resource.aside import is_aside, is_replaced, original, replaced_key
from pxhelm.resource.effect import Effect
from pxhelm.resource.gates import root_only
from pxhelm.resource.guest_remove import RETAIN
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import LeafChange, Surroundings
from pxhelm.resource.model import ABSENT, Existence
from pxhelm.resource.step import Step, Undo

_PREFIX = "pxhelm.io/"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the command allows."""

    cluster: str
    manager: str
    fingerprint: Fingerprint
    force_conflicts: bool = False
    installation: str = ""
    """Id that our marks carry."""
    adopt: bool = False
    """Take what exists under its own id and belongs to nobody (``--take-ownership``). Guests only by their annotation."""
    replace: frozenset[str] = frozenset()
    """Addresses that may be replaced; ``*`` for all."""
    now: float = 0.0
    """Unix seconds."""
    options: Mapping[str, bool] = field(default_factory=dict)
    """Given to the kinds: ``free-volumes``, ``allow-offline``, ``stop-on-delete`` …"""
    keep: frozenset[ObjectKey] = frozenset()
    """Objects to forget without removing them (``helm.sh/resource-policy: keep``)."""
    schema_of: Callable[[str], Schema] = load
    """The API schema of the cluster's version, which every planned request is held to."""


def build(subjects: Sequence[Subject], view: View, policy: Policy) -> Plan:
    """Return the plan; PxhelmError only for what makes the whole of it impossible, such as a cycle."""
    planned: dict[ObjectKey, ObjectPlan] = {}
    blocked: list[Blocked] = []
    order = _order(subjects)
    by_key, sets = {s.key: s for s in subjects}, sets_of(subjects)
    staging = Verdicts(planned, ids_of(subjects))
    for key in ordered(order.all):
        s = by_key[key]
        if s.kind.applies:
            refused = _end_domain(s, staging, (view, policy), planned)
            blocked += refused
            for each in refused[1:]:
                del planned[each.key]
            continue
        why, then = kept(s, sets), after(view, planned) if s.kind.renews else view
        outcome = _object_plan(s, Action.READ, Diff(), (), (why,)) if why else _plan_one(s, then, policy)
        if isinstance(outcome, Blocked):
            blocked.append(_placed(outcome, s))
            continue
        planned[key] = replace(outcome, depends_on=order.needs[key], after=order.after.get(key, ()))
    aside = _stand_aside(subjects, (view, policy), planned)
    order, awaited = rolled(subjects, planned, replace(order, needs={**order.needs, **aside}))
    objects = tuple(planned.values())
    if awaited:
        objects = tuple(
            replace(planned[key], depends_on=order.needs[key]) for key in ordered(order.all) if key in planned
        )
    first = (o.key for o in objects if o.way == FIRST)
    ready = tuple(dict.fromkeys((*awaited, *first, *left_behind(subjects))))
    return Plan(policy.cluster, policy.manager, objects, tuple(blocked), _warnings(subjects, view), order, ready)


def _placed(blocked: Blocked, s: Subject) -> Blocked:
    """Return what stops an object with the place of its manifest, unless a field is named already."""
    where = s.desired.where if s.desired is not None else None
    return blocked if blocked.place or where is None else replace(blocked, place=str(where))


def _stand_aside(
    subjects: Sequence[Subject], by: tuple[View, Policy], planned: dict[ObjectKey, ObjectPlan]
) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    """Plan that the guests go in whose place others are made first, and return what they wait for: all that is wanted."""
    wanted = tuple(s.key for s in subjects if s.desired is not None)
    found = {}
    for s in subjects:
        if s.key in planned and planned[s.key].way == FIRST:
            old = replace(s, key=replaced_key(s.key, s.target.vmid), desired=None)
            steps = _steps_to_remove(situation_of(s, *by))
            gone = _object_plan(old, Action.DELETE, Diff(), steps, (f"{s.key.address} is made in its place first",))
            planned[old.key] = replace(gone, depends_on=wanted)
            found[old.key] = wanted
    return found


def _end_domain(
    s: Subject, staging: Verdicts, by: tuple[View, Policy], planned: dict[ObjectKey, ObjectPlan]
) -> list[Blocked]:
    """Plan the one call that applies what the members stage; they are blocked with it when it must not be made."""
    outcome = staging.refusal(s, by[1].options) or _plan_one(staging.with_pending(s), *by)
    if isinstance(outcome, ObjectPlan):
        if outcome.steps or s.known.uid:
            planned[s.key] = replace(outcome, depends_on=s.members)
        return []
    waiting = [key for key in s.members if key in planned and planned[key].steps]
    if not waiting and outcome.reason == "Pending":
        return []  # nothing of ours is to be applied: what others do is theirs
    why = f"it would be applied by {s.key.address}: {outcome.message}"
    return [outcome, *(Blocked(key, "Dependency", why, outcome.hint) for key in waiting)]


def situation_of(subject: Subject, view: View, policy: Policy) -> Situation:
    """Return what ``next_step`` is asked about a subject."""
    freely = policy.adopt and not subject.kind.guest and not _of_another(subject, policy.installation)
    adopting = adopts(subject, policy.installation) or freely
    return Situation(
        kind=subject.kind,
        target=subject.target,
        live=subject.live,
        desired=subject.desired,
        ownership=Ownership(policy.manager, subject.known.bases),
        fingerprint=policy.fingerprint,
        created=subject.known.creating,
        surroundings=view.surroundings,
        options={**policy.options, **({"adopt": True} if adopting and not subject.known.bound else {})},
        force=policy.force_conflicts,
        op="plan",
        now=policy.now,
        seen=subject.known.seen,
        annotations=subject.known.annotations,
    )


def _order(subjects: Sequence[Subject]) -> Order:
    kinds = {s.key: s.kind for s in subjects}
    wanted = [s.desired for s in subjects if s.desired is not None and not s.kind.applies]
    coming = order_of(wanted, lambda key: kinds[key].rank, lambda key: kinds[key].act)
    going = order_of(leaving(subjects), lambda key: kinds[key].rank)
    needs = dict(coming.needs)
    # What goes, goes after everything else is there, and in the order opposite to that of creation: nothing is taken from
    # under what could not be removed.
    for key, above in reversed_edges(going.all).items():
        needs[key] = (*above, *(r.key for r in wanted))
    return replace(coming, needs=with_endings(needs, subjects)).possible()


def _plan_one(s: Subject, view: View, policy: Policy) -> ObjectPlan | Blocked:
    if s.move is not None and s.move.problem:
        return Blocked(s.key, "Moved", s.move.problem, s.move.hint)
    if s.live.existence is Existence.UNKNOWN and s.desired is None and is_replaced(s.key) and s.kind.renews:
        return _object_plan(s, Action.READ, Diff(), (), (f"it stays: {s.live.reason}",))
    if s.live.existence is Existence.UNKNOWN:
        message = f"cannot tell whether {s.key.address} exists: {s.live.reason}"
        return Blocked(s.key, "ObservationUnknown", message, "nothing of it is touched until it can be seen")
    why = held_back(s)
    if why:
        return _object_plan(s, Action.READ if s.desired is not None else Action.DELETE, Diff(), (), (why,))
    if s.desired is None:
        return _plan_removal(s, view, policy)
    if s.against:
        return Blocked(s.key, "Refused", s.against)
    notes: tuple[str, ...] = ()
    if s.live.existence is Existence.PRESENT:
        refusal = _not_ours(s, policy)
        if refusal is not None:
            if s.known.bound or not s.kind.guest or "vmid" in s.desired.leaves:
                return refusal
            # The VMID was only reserved, and somebody else was quicker: another one will be taken.
            notes = (f"VMID {s.live.vmid} was taken by somebody else: another one will be chosen",)
            s = replace(s, live=ABSENT)
        elif identify(s.kind, s.live, s.target, s.known.seen) is Verdict.BEING_MADE:
            # Its configuration says nothing yet: all steps of a creation are foreseen, those done already fall away.
            notes = (f"its creation at VMID {s.live.vmid} is under way and is gone on with",)
            s = replace(s, live=ABSENT)
    if s.kind.guest and not s.target.vmid and s.live.existence is Existence.ABSENT:
        message = f"cannot create {s.key.address}: no VMID of the range is free"
        return Blocked(
            s.key, "Taken", message, "widen vmidRange in the context; VMIDs of guests that are gone rest a day"
        )
    return _plan_wanted(s, situation_of(s, view, policy), policy, notes)


def _plan_wanted(s: Subject, situation: Situation, policy: Policy, notes: tuple[str, ...]) -> ObjectPlan | Blocked:
    diff = difference(situation)
    if diff.conflicts:
        return conflict(s.kind, s.key, diff)
    stopped = _impossible(s, diff, policy)
    if stopped is not None:
        return stopped
    try:
        steps = steps_of(situation, diff)
    except PxhelmError as error:
        return _unmakeable(s, situation, diff, error)
    replacing = any(c.effect is Effect.REPLACE for c in diff.changes) and s.live.existence is Existence.PRESENT
    refused = s.kind.refuse(change_of(situation, diff)) if steps or replacing else ""
    if refused:
        return Blocked(s.key, "Refused", refused)
    if s.live.lock and steps and not s.known.creating:
        return locked(s)
    action = _action(s, steps)
    if replacing and made_first(s):
        return _made_first(s, situation, policy, diff)
    if replacing:
        try:
            gone = _steps_to_remove(situation)
        except PxhelmError as error:
            return unmakeable(s.key, error)
        fresh = replace(situation, live=ABSENT)
        steps = (*gone, *steps_of(fresh, difference(fresh)))
        action = Action.REPLACE
    wrong = refused_by_version(steps, situation.surroundings.version, policy.schema_of)
    if wrong:
        return Blocked(s.key, "Invalid", f"cannot plan {s.key.address}: {wrong}")
    marks = _marks(steps) if action is not Action.CREATE else ()
    root = root_only(s.kind, diff.changes, s.desired.leaves) if steps and s.desired is not None else ()
    if root:
        marks = (*marks, f"only root@pam with a password may set {', '.join(root)}: Proxmox refuses a token")
    return _object_plan(s, action, diff, steps, (*notes, *marks, *postponed(situation, diff.changes)))


def _unmakeable(s: Subject, situation: Situation, diff: Diff, error: PxhelmError) -> Blocked:
    """Return what stops an object of which no steps can be made; that its version has no such thing says more than they do."""
    try:
        refused = s.kind.refuse(change_of(situation, diff))
    except PxhelmError:
        refused = ""
    return Blocked(s.key, "Refused", refused) if refused else unmakeable(s.key, error)


def _made_first(s: Subject, situation: Situation, policy: Policy, diff: Diff) -> ObjectPlan | Blocked:
    """Plan the guest that takes the place of one that can only be made anew."""
    why = refusal(s)
    if why or s.spare is None:
        hint = f"leave them to Proxmox, or use {POLICY}: Recreate" if s.kind.guest else f"use {POLICY}: Recreate"
        return Blocked(s.key, "Refused", why, hint)
    fresh = replace(situation, live=ABSENT, target=s.spare, ownership=Ownership(policy.manager))
    made = difference(fresh)
    steps = steps_of(fresh, made)
    wrong = refused_by_version(steps, situation.surroundings.version, policy.schema_of)
    if wrong:
        return Blocked(s.key, "Invalid", f"cannot plan {s.key.address}: {wrong}")
    anew = "; ".join(f"{c.path}: {c.why}" for c in diff.changes if c.effect is Effect.REPLACE)
    notes = (f"VMID {s.live.vmid} goes when this one is ready ({anew})",)
    found = _object_plan(replace(s, live=ABSENT, target=s.spare), Action.CREATE, made, steps, notes)
    return replace(found, way=FIRST)


def _action(s: Subject, steps: tuple[Step, ...]) -> Action:
    if s.live.existence is Existence.ABSENT or (s.known.creating and steps and steps[0].verb in ("create", "clone")):
        return Action.CREATE
    if s.kind.store_only:
        return Action.UPDATE if s.live.intended != s.desired.leaves else Action.NOTHING  # type: ignore[union-attr]
    if s.kind.applies:
        return Action.UPDATE if steps else Action.NOTHING
    if not s.known.uid or (s.kind.guest and not s.known.bound and not s.known.creating):
        return Action.UPDATE if s.kind.always and steps else Action.ADOPT
    return Action.UPDATE if steps else Action.NOTHING


def _object_plan(
    s: Subject, action: Action, diff: Diff, steps: tuple[Step, ...], notes: tuple[str, ...] = ()
) -> ObjectPlan:
    text = s.desired.text if s.desired is not None else s.known.text
    renamed = s.move is not None and action not in (Action.READ, Action.DELETE)
    if renamed and action is Action.NOTHING:
        action = Action.UPDATE
    return ObjectPlan(
        key=s.key,
        uid=s.known.uid,
        action=action,
        changes=diff.changes if action is not Action.NOTHING else (),
        steps=steps,
        generation=s.known.generation + (1 if text != s.known.text or not s.known.uid else 0),
        digest=s.live.digest,
        vmid=s.target.vmid,
        node=s.live.node or (steps[0].request.node if steps else ""),
        drift=diff.drift,
        notes=(*notes, *diff.notes),
        moved_from=s.move.source if renamed and s.move is not None else None,
    )


def _marks(steps: Sequence[Step]) -> tuple[str, ...]:
    """Say which steps ``--atomic`` could not take back (engine.md D15)."""
    return tuple(f"irreversible: {s.verb} {', '.join(s.leaves)}".rstrip() for s in steps if s.undo is Undo.IRREVERSIBLE)


def _not_ours(s: Subject, policy: Policy) -> Blocked | None:
    """Return why an object that exists must not be taken for ours; None when it may."""
    situation = situation_of(s, View(Surroundings()), policy)
    adopting = bool(situation.options.get("adopt"))
    if s.kind.guest:
        verdict = identify(s.kind, s.live, s.target, s.known.seen)
        if verdict is Verdict.OURS or (verdict is Verdict.BEING_MADE and s.known.uid) or adopting:
            return None
        if s.known.bound:
            return foreign(situation)
        message = f"cannot create {s.key.address}: VMID {s.live.vmid} is held by a guest that is not ours"
        return Blocked(
            s.key, "Taken", message, f"choose another spec.vmid, or take the guest over with {_PREFIX}adopt-from"
        )
    if s.known.uid or adopting or s.kind.always or s.kind.store_only:
        return None
    if _of_another(s, policy.installation):
        owner = s.live.marker.installation if s.live.marker is not None else ""
        message = f"cannot create {s.key.address}: it exists and belongs to another pxhelm ({owner})"
        hint = f"let the other one go of it, or take it with the annotation {_PREFIX}adoption-policy: AdoptAll"
        return Blocked(s.key, "Exists", message, hint)
    message = f"cannot create {s.key.address}: it exists and is not managed by pxhelm"
    return Blocked(
        s.key,
        "Exists",
        message,
        f"take it over with the annotation {_PREFIX}adoption-policy: AdoptIfUnowned, or give yours another name",
    )


def _of_another(s: Subject, installation: str) -> bool:
    """Whether an object with an id of its own says that it is somebody else's; what says that it is ours may be taken back."""
    marker = s.live.marker
    return not s.kind.guest and marker is not None and marker.installation != installation


def adopts(s: Subject, installation: str) -> bool:
    """Tell whether the manifest says that what exists already is to be taken over; ``installation`` is ours."""
    annotations = s.desired.annotations if s.desired is not None else {}
    given = s.desired is not None and s.kind.given(s.desired.leaves)
    policy = annotations.get(f"{_PREFIX}adoption-policy", "AdoptIfUnowned" if given else "MustMatch")
    marked = s.live.marker is not None and s.live.marker.vmid == s.live.vmid
    if not s.kind.guest:
        marked = _of_another(s, installation)
    source = annotations.get(f"{_PREFIX}adopt-from", "")
    wanted = policy == "AdoptIfUnowned" or (source == f"vmid:{s.live.vmid}" and s.live.vmid != 0)
    return policy == "AdoptAll" or (wanted and not marked)


def _impossible(s: Subject, diff: Diff, policy: Policy) -> Blocked | None:
    """Return the refusal of changes that cannot be made, or only by making the object anew."""
    if s.live.existence is not Existence.PRESENT:
        return None
    never = [c for c in diff.changes if c.effect is Effect.REFUSED]
    if never:
        listed = "; ".join(f"{c.path}: {c.why}" for c in never)
        return Blocked(s.key, "Refused", f"cannot change {s.key.address}: {listed}")
    anew = [c for c in diff.changes if c.effect is Effect.REPLACE]
    if not anew:
        return None
    assert s.desired is not None
    if allowed(s.desired, policy.replace):
        forbidden = s.known.annotations.get(f"{_PREFIX}prevent-destroy") == "true"
        return protected(s) if forbidden else None
    listed = "; ".join(f"{c.path}: {c.why}" for c in anew)
    said = f"cannot change {s.key.address} without replacing it: {listed}"
    return Blocked(s.key, "Refused", said, _instead(s, anew))


def _instead(s: Subject, anew: Sequence[LeafChange]) -> str:
    """Return what can be done about changes that need the object to be made anew."""
    allow = f"allow it with --replace {s.key.address}"
    if s.kind.renews:
        return f"give the new file another filename, or {allow}"
    if s.move is not None and all(c.path == "id" for c in anew):
        return (
            f"write spec.id: {anew[0].before}, and Proxmox goes on calling it so; or leave moved-from out: then the new one is "
            "made first, what refers to it follows, and a release removes the old one last"
        )
    return f"{allow}; what is on its disks is then lost" if s.kind.guest else allow


def _plan_removal(s: Subject, view: View, policy: Policy) -> ObjectPlan | Blocked:
    """Plan that an object goes; every gate of engine.md D11.1 is looked at first."""
    annotations = s.known.annotations
    if s.live.existence is Existence.ABSENT:
        return _object_plan(s, Action.DELETE, Diff(), (), ("it is gone already: only the store's memory of it goes",))
    others = sorted(manager for manager, leaves in s.known.bases.items() if manager != policy.manager and leaves)
    if s.kind.shared and others:
        note = f"it stays: {', '.join(others)} declares it as well"
        return _object_plan(s, Action.READ if is_replaced(s.key) else Action.DELETE, Diff(), (), (note,))
    if annotations.get(f"{_PREFIX}prevent-destroy") == "true":
        return protected(s)
    situation = situation_of(s, view, policy)
    said = "Delete" if is_aside(s.key) else removal_policy(s.kind.name, annotations)
    if not s.known.uid:
        return _object_plan(s, Action.NOTHING, Diff(), (), ("it is not managed by pxhelm: it stays as it is",))
    if s.key in policy.keep or said == "Retain":
        stays = "it stays in Proxmox: pxhelm forgets it"
        if not s.kind.guest or identify(s.kind, s.live, s.target, s.known.seen) is not Verdict.OURS or s.live.lock:
            return _object_plan(s, Action.DELETE, Diff(), (), (stays,))
        return _on_its_way(s, situation, RETAIN, stays)
    way, note = ("", "") if is_aside(s.key) else WAYS.get(said.partition("(")[0], ("", ""))
    if said not in ("Delete", "Retain") and not s.kind.guest:  # accepted by an older version
        hint = "apply the manifest with Delete or Retain first"
        return Blocked(s.key, "Refused", f"cannot delete {s.key.address}: {said} is for guests", hint)
    verdict = identify(s.kind, s.live, s.target, s.known.seen)
    if verdict is Verdict.BEING_MADE and s.known.creating:
        return locked(s)  # once it is made it says whose it is, and can go
    if verdict is not Verdict.OURS:
        if s.known.bound:
            return foreign(situation)
        return _object_plan(s, Action.DELETE, Diff(), (), ("nothing of it was made: only its VMID is given back",))
    refused = s.kind.refuse(change_of(situation, Diff()))
    if refused and is_replaced(s.key):
        return _object_plan(s, Action.READ, Diff(), (), (refused,))
    if refused:
        return Blocked(s.key, "Refused", refused, IN_USE if s.kind.renews else "")
    try:
        steps = _steps_to_remove(situation)
        if s.live.lock and steps:
            return locked(s)
        if way:
            return _on_its_way(s, situation, way, note.format(said))
        if s.kind.renews and is_replaced(s.key):
            gone = f"{s.target.row['id']}: {original(s.key).address} has another file, and nobody else has this one"
            return replace(_object_plan(s, Action.DELETE, Diff(), steps, (gone,)), way=COLLECTED)
        return _object_plan(s, Action.DELETE, Diff(), steps)
    except PxhelmError as error:
        return unmakeable(s.key, error)


def _on_its_way(s: Subject, situation: Situation, way: str, note: str) -> ObjectPlan:
    going = replace(situation, options={**situation.options, way: True})
    return replace(_object_plan(s, Action.DELETE, Diff(), _steps_to_remove(going), (note,)), way=way)


def _steps_to_remove(situation: Situation) -> tuple[Step, ...]:
    return steps_of(replace(situation, desired=None, created=False), Diff())


def _warnings(subjects: Sequence[Subject], view: View) -> tuple[str, ...]:
    """Say which new guests will share their name with one of somebody else's: Proxmox allows it, people are confused."""
    found = []
    ours = {s.target.vmid for s in subjects if s.known.bound}
    named: dict[object, list[int]] = {}
    for vmid, row in view.surroundings.guests.items():
        if vmid not in ours:
            named.setdefault(row.get("name"), []).append(vmid)
    for s in subjects:
        if not s.kind.guest or s.desired is None or s.live.existence is not Existence.ABSENT:
            continue
        twins = [vmid for vmid in named.get(s.kind.identifier(s.desired), ()) if vmid != s.target.vmid]
        if twins:
            found.append(f"{s.key.address}: the guest {twins[0]} has the same name and is not managed by pxhelm")
    return tuple(found)
