"""Taking back an apply that failed, for ``--atomic`` (engine.md D15): the inverse of what *this* apply did.

What was created is destroyed, identity verified as ever; what was changed gets back the leaves that we changed, unless
somebody changed them after us. What cannot be taken back was said in the plan, and is said again. The way back is a plan
that is applied like any other: journaled, resumable. A release's ``--atomic`` is Helm's own: rollback or uninstall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pxhelm.apply.engine import ApplyRequest, apply_plan
from pxhelm.apply.files import give_back
from pxhelm.apply.gather import gather
from pxhelm.apply.memory import Memory, address_of
from pxhelm.apply.planning import Planned, plan_objects
from pxhelm.apply.ports import Ports
from pxhelm.apply.renaming import known_as
from pxhelm.apply.result import ApplyResult, ObjectResult
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.diff import IGNORE
from pxhelm.plan.leaf import base_of
from pxhelm.plan.model import Action
from pxhelm.plan.replacing import FIRST
from pxhelm.resource.domain import DOMAINS
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Live, Resource, Value
from pxhelm.resource.step import Undo
from pxhelm.secret import REDACTED
from pxhelm.store.journal import StepState

_DONE = (StepState.DONE, StepState.WARN)


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of taking an apply back."""

    results: tuple[ApplyResult, ...] = ()
    left: tuple[str, ...] = ()
    """What could not be taken back, in words."""

    @property
    def complete(self) -> bool:
        """Whether everything is as it was."""
        return not self.left and all(not r.failed for r in self.results)


@dataclass(frozen=True, slots=True)
class Before:
    """What the store knew before an apply; taken with ``remember``."""

    memories: Mapping[ObjectKey, Memory] = field(default_factory=dict)


def check_atomic(planned: Planned, *, allow_irreversible: bool) -> None:
    """Refuse ``--atomic`` for a plan that could not be taken back; PxhelmError (REFUSED) names the steps."""
    if allow_irreversible:
        return
    found = [
        f"{o.key.address}: {s.verb} {', '.join(s.leaves)}".strip()
        for o in planned.plan.objects
        if o.action is not Action.CREATE
        for s in o.steps
        if s.undo is Undo.IRREVERSIBLE
    ]
    if found:
        raise PxhelmError(
            f"cannot apply atomically: this could not be taken back: {'; '.join(found)}",
            code=ExitCode.REFUSED,
            hint="leave --atomic out, or give --allow-irreversible",
        )


def remember(ports: Ports, planned: Planned) -> Before:
    """Return what has to be known to take the plan back; call it before ``apply_plan``."""
    return Before(known_as(ports, [o.key for o in planned.plan.objects], _moves(planned)))


def _moves(planned: Planned) -> dict[ObjectKey, ObjectKey]:
    return {o.key: o.moved_from for o in planned.plan.objects if o.moved_from is not None}


def undo(
    ports: Ports, planned: Planned, result: ApplyResult, before: Before, how: ApplyRequest | None = None
) -> Undone:
    """Take back what an apply did; its own failures are in the results, and nothing is hidden."""
    mine = [o for o in result.objects if o.key.kind not in DOMAINS]  # staging the way back ends its domain again
    made = [o for o in mine if o.action is Action.CREATE and _touched(o)]
    changed = [o for o in mine if o.action in (Action.UPDATE, Action.ADOPT) and _touched(o)]
    lost = [o for o in result.objects if o.action in (Action.DELETE, Action.REPLACE) and _touched(o)]
    left = [f"{o.key.address}: what was deleted cannot be brought back" for o in lost]
    results: list[ApplyResult] = []
    restoring: list[Resource] = []
    for each in changed:
        resource, reasons = _restoration(ports, planned, each, before.memories[each.key])
        left += reasons
        if resource is not None:
            restoring.append(resource)
    if restoring:
        results.append(_apply(ports, restoring, planned, how))
    if made:
        going = (give_back(ports, o.key, before.memories[o.key]) for o in made)
        request = replace(planned.request, delete=tuple(going), keep=frozenset())
        # A guest that this apply made is removed whatever its policies say of guests that are in use.
        results.append(apply_plan(ports, plan_objects(ports, (), request), how))
    rewritten = {each.key for each in changed}
    for o in planned.plan.objects:
        renamed = o.moved_from is not None and o.key not in rewritten
        if o.way == FIRST or renamed:
            _bring_back(ports, before.memories[o.key])
        if renamed or o.key in rewritten:
            _forget(ports, planned, before.memories[o.key])
    return Undone(tuple(results), tuple(left))


def _touched(o: ObjectResult) -> bool:
    return o.outcome.steps > 0


def _apply(ports: Ports, resources: list[Resource], planned: Planned, how: ApplyRequest | None) -> ApplyResult:
    back = {source: key for key, source in _moves(planned).items()}
    request = replace(planned.request, delete=(), force_conflicts=True, moved=back)
    return apply_plan(ports, plan_objects(ports, resources, request), how)


def _restoration(
    ports: Ports, planned: Planned, o: ObjectResult, before: Memory
) -> tuple[Resource | None, tuple[str, ...]]:
    """Return the object as it was, as far as we changed it and nobody else did since."""
    images = _pre_images(ports, before)
    wanted = planned.resources[o.key]
    subject = next(s for s in gather(ports, (wanted,), ()).subjects if s.key == wanted.key)
    live: Live = subject.live
    if live.existence is not Existence.PRESENT:
        return None, (f"{o.key.address}: it cannot be seen: {live.reason or 'it is gone'}",)
    meant = subject.desired.leaves if subject.desired is not None else wanted.leaves
    leaves: dict[str, Value] = dict(_before_leaves(before, planned.request.manager))
    unset: list[str] = []
    left: dict[str, str] = {}
    for path, image in images.items():
        now = base_of(live.intended.get(path), ports.fingerprint)
        if now == image:
            continue
        if image == REDACTED:
            left[path] = "cannot be read back, so it stays"
        elif path in meant and now != base_of(meant[path], ports.fingerprint):
            left[path] = "was changed by somebody else after us, so it stays"
        elif image is None:
            unset.append(path)
            leaves.pop(path, None)
        else:
            leaves[path] = _leaf(image)
    kept = ", ".join((*before.known.annotations.get(IGNORE, "").split(","), *left)).strip(", ")
    resource = replace(
        wanted,
        key=address_of(before.stored) if before.stored is not None else wanted.key,
        leaves=leaves,
        labels=before.stored.labels if before.stored is not None else wanted.labels,
        unset=tuple(unset),
        text=before.known.text or wanted.text,
        annotations={**(before.known.annotations or wanted.annotations), IGNORE: kept},
    )
    return resource, tuple(f"{o.key.address}: {path} {why}" for path, why in left.items())


def _pre_images(ports: Ports, before: Memory) -> dict[str, object]:
    """Return leaf → value before the first write of the last operation."""
    ops = ports.store.journal.ops(before.known.uid)
    found: dict[str, object] = {}
    if not ops:
        return found
    for step in ports.store.journal.steps(ops[-1].op_id):
        if step.state in _DONE:
            for path, value in step.pre_image.items():
                found.setdefault(path, value)
    return found


def _before_leaves(before: Memory, manager: str) -> Mapping[str, Value]:
    return {
        path: _leaf(base) for path, base in before.known.bases.get(manager, {}).items() if not isinstance(base, dict)
    }


def _leaf(value: object) -> Value:
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, (bool, int, float, str)) else None


def _bring_back(ports: Ports, before: Memory) -> None:
    """Give a guest its name back that stood aside for one that is gone again."""
    if before.stored is None:
        return
    objects = ports.store.objects
    with ports.store.transaction():
        if objects.by_uid(before.known.uid) is not None and objects.get(before.stored.key) is None:
            objects.put(before.stored)


def _forget(ports: Ports, planned: Planned, before: Memory) -> None:
    """Give the object's row and base back what they were, so that the next plan sees the old manifest."""
    if before.stored is None:
        return
    with ports.store.transaction():
        stored = ports.store.objects.by_uid(before.known.uid)
        if stored is None:
            return
        ports.store.objects.put(replace(stored, manifest=before.stored.manifest, labels=before.stored.labels))
        bases = before.known.bases.get(planned.request.manager, {})
        ports.store.objects.set_owned(before.known.uid, planned.request.manager, bases)
