"""What a machine is told about its object before it begins: secrets read, sources found, references resolved.

Made in the worker, when the turn of the object has come: what the plan made meanwhile is there to be referred to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxhelm.apply import secrets
from pxhelm.apply.files import Scene, who_has
from pxhelm.apply.gather import look_again, sources_missing, with_templates
from pxhelm.apply.ids import ids_of, row_of
from pxhelm.apply.job import Job, Patience
from pxhelm.apply.machine import stopped_for_a_step
from pxhelm.apply.memory import Memory, bound_vmids, open_steps_of, target_of, with_tags
from pxhelm.apply.planning import Planned
from pxhelm.apply.ports import Ports
from pxhelm.apply.users import Census
from pxhelm.events import Warned
from pxhelm.plan.diff import Ownership
from pxhelm.plan.model import Action, ObjectPlan
from pxhelm.plan.observe import View
from pxhelm.plan.situation import Situation
from pxhelm.plan.steering import ARTIFACTS
from pxhelm.proxmox.errors import ApiError
from pxhelm.resource.annotations import seconds
from pxhelm.resource.aside import is_replaced
from pxhelm.resource.guest_power import HELD, WAS_RUNNING
from pxhelm.resource.guest_seed import COLLECT
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import Existence, Live, Resource, Target
from pxhelm.resource.references import with_guests
from pxhelm.resource.uses import told
from pxhelm.store.journal import DONE_STATES


@dataclass(frozen=True, slots=True)
class Common:
    """What the jobs of one plan have in common."""

    ports: Ports
    planned: Planned
    resources: Mapping[ObjectKey, Resource]
    """As wanted, secrets read where that was possible before anything was made."""
    view: View
    patience: Patience
    census: Census


def job_of(common: Common, o: ObjectPlan, memory: Memory) -> Job:
    """Return the job of an object whose operation is open. PxhelmError when a secret cannot be read."""
    assert memory.op is not None
    kind = common.ports.kind_of(o.key.kind)
    desired, around = _wanted(common, o, kind)
    request = common.planned.request
    stopped = any(stopped_for_a_step(s.kind, desired) for s in memory.steps)
    steering = {
        "adopt": o.action is Action.ADOPT,
        WAS_RUNNING: stopped,
        HELD: not any(s.verb in ("restart", "shutdown") for s in o.steps),
        COLLECT: any(s.verb == COLLECT for s in o.steps),
        o.way: bool(o.way),
    }
    target = _target(common.ports, o, memory, desired)
    if kind.renews and o.action in (Action.DELETE, Action.REPLACE):
        around = _with_users(common, o, target, around)
    situation = Situation(
        kind=kind,
        target=target,
        live=_NOT_SEEN,
        desired=desired,
        ownership=Ownership(request.manager, memory.known.bases),
        fingerprint=common.ports.fingerprint,
        created=memory.known.creating,
        surroundings=around,
        options={
            **common.ports.permits,
            **request.options,
            **{name: True for name, value in steering.items() if value},
        },
        force=request.force_conflicts,
        op=memory.op.op_id,
        seen=memory.known.seen,
        annotations=memory.known.annotations,
        artifacts=frozenset(s.kind for s in memory.steps if s.kind in ARTIFACTS and s.state in DONE_STATES),
    )
    return Job(
        situation=situation,
        bound=o,
        next_seq=len(memory.steps) + 1,
        open_steps=open_steps_of(memory),
        is_bound=memory.known.bound,
        strict=common.planned.strict,
        patience=_patience(common.patience, memory.known.annotations),
    )


def _with_users(common: Common, o: ObjectPlan, target: Target, around: Surroundings) -> Surroundings:
    """Return the surroundings with who has the file that is to go, asked once more: the plan only foresaw it."""
    ports, file = common.ports, str(target.row["id"])
    now = look_again(ports, around).surroundings
    uses = who_has(ports, {o.key: file}, Scene(now, (o.key, *common.planned.request.delete), census=common.census))
    if uses[file] and is_replaced(o.key):
        ports.listen(Warned(f"{o.key.address} stays: {told(uses[file])}"))
    return replace(around, uses=uses)


def _wanted(common: Common, o: ObjectPlan, kind: Kind) -> tuple[Resource | None, Surroundings]:
    """Return what is wanted now that it is the object's turn, and the surroundings to judge it by."""
    ports, around = common.ports, common.view.surroundings
    if o.action is Action.DELETE:
        return None, around
    desired = common.resources[o.key]
    if any(v == secrets.LATER for v in desired.leaves.values()):
        known = secrets.readied(ports, common.planned.resources[o.key], {}, planning=False)
        read = {path: known.leaves[path] for path, v in desired.leaves.items() if v == secrets.LATER}
        desired = replace(desired, leaves={**desired.leaves, **read})
    if not kind.guest:
        around = replace(around, bound=bound_vmids(ports))  # a guest may have got another VMID meanwhile
        desired = with_guests(kind, desired, around)
    if o.action in (Action.CREATE, Action.REPLACE) or not kind.guest:
        view = look_again(ports, around) if sources_missing(ports, desired, around) else common.view
        around = with_templates(ports, (desired,), view)
    return desired, around


def _target(ports: Ports, o: ObjectPlan, memory: Memory, desired: Resource | None) -> Target:
    target = target_of(ports, o.key, memory, memory.op.op_id if memory.op is not None else "")
    kind = ports.kind_of(o.key.kind)
    if kind.guest:
        return with_tags(ports, target, memory, desired)
    if desired is not None and o.action in (Action.CREATE, Action.ADOPT):
        return replace(target, row=row_of(kind.identifier(desired), memory, desired))
    *before, last = (replace(target, row=row_of(each, memory, desired)) for each in ids_of(kind, desired, memory))
    return next((each for each in before if _is_there(ports, kind, each)), last)


def _is_there(ports: Ports, kind: Kind, target: Target) -> bool:
    """Whether an object may be under one of its ids; what cannot be asked may."""
    try:
        return ports.cluster.run(kind.observe(target)).existence is not Existence.ABSENT
    except ApiError:
        return True


def _patience(patience: Patience, annotations: Mapping[str, str]) -> Patience:
    """Return how long to wait for one object, by its ``apply-timeout``."""
    whole = seconds(annotations, "apply-timeout")
    return replace(patience, whole=min(patience.whole, whole)) if whole else patience


_NOT_SEEN = Live(Existence.UNKNOWN, reason="not looked at yet")
