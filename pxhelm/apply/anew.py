"""What refers to a guest by its name refers to the one that the same plan makes in its place.

A guest that is made anew gets another VMID: the old one's is held until the new one is ready, and rests after that. So what a
reference meant at the first look is the guest that goes, and the objects that hold one are looked at once more. Reads only.
"""

from __future__ import annotations

from dataclasses import replace

from pxhelm.apply.gather import Gathered, lives_of, renamed
from pxhelm.apply.ports import Ports
from pxhelm.plan.model import Action, Plan
from pxhelm.plan.replacing import FIRST
from pxhelm.plan.subject import Subject
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import ABSENT, Resource, Target
from pxhelm.resource.references import with_guests


def followed(ports: Ports, found: Gathered, plan: Plan) -> Gathered:
    """Return the subjects with references to the guests that the plan makes anew; the same when nothing refers to one."""
    moved = _moved(found, plan)
    around = replace(found.view.surroundings, bound={**found.view.surroundings.bound, **moved})
    changed = [(s, meant) for s in found.subjects if moved and (meant := _meant(s, found, around)) is not None]
    if not changed:
        return found
    destroyed = {f"vmid:{o.vmid}" for o in plan.objects if o.action is Action.REPLACE}
    targets = {s.key: _target(s, meant) for s, meant in changed}
    lives = lives_of(ports, found.view, targets)
    again = {}
    for s, meant in changed:
        guests = set(s.kind.carried_off(lives[s.key], around))
        live = ABSENT if guests and guests <= destroyed else lives[s.key]
        again[s.key] = replace(s, target=targets[s.key], live=live, desired=renamed(s.kind, meant, live))
    subjects = tuple(again.get(s.key, s) for s in found.subjects)
    return replace(found, subjects=subjects, view=replace(found.view, surroundings=around))


def _moved(found: Gathered, plan: Plan) -> dict[ObjectKey, int]:
    """Return the guests that are made anew, with the VMIDs they will probably get.

    One with a VMID of its manifest gets that again; who refers to a template wants what is there to be cloned.
    """
    anew = {o.key for o in plan.objects if o.way == FIRST or o.action is Action.REPLACE}
    return {
        s.key: s.spare.vmid
        for s in found.subjects
        if s.key in anew and s.desired is not None and s.spare is not None and s.spare.vmid
        if not {"vmid", "isTemplate"} & s.desired.leaves.keys()
    }


def _meant(s: Subject, found: Gathered, around: Surroundings) -> Resource | None:
    """Return what is wanted with its references as they will be; None for what refers to none of the new guests."""
    if s.desired is None or s.key not in found.named:
        return None
    meant = with_guests(s.kind, found.named[s.key], around)
    return None if meant.leaves.items() <= s.desired.leaves.items() else meant


def _target(s: Subject, meant: Resource) -> Target:
    """Return where an object is looked for; what has the guest in its id is another one for another guest."""
    assert s.desired is not None
    same = s.kind.identifier(meant) == s.kind.identifier(s.desired)
    return s.target if same else replace(s.target, row={**s.target.row, "id": s.kind.identifier(meant)})
