"""How changes roll through the members of a set of guests (kinds.md 10): few at a time, or none until they are deleted.

Of the members that a plan would restart, stop or make anew, at most ``maxUnavailable`` (1 unless said) are worked on at once,
the highest ordinal first, and one begins when another is ready again; when one fails, those behind it stay as they are. What
disrupts nobody is not held up. With ``OnDelete`` a member that is there is left as it was applied. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pxhelm.errors import PxhelmError
from pxhelm.plan.model import Action, ObjectPlan
from pxhelm.plan.order import Edges, Order, ordered
from pxhelm.plan.subject import Subject
from pxhelm.resource.effect import Effect
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Leaves
from pxhelm.resource.sets import KIND, LABEL, ordinal

ON_DELETE = "OnDelete"


def sets_of(subjects: Iterable[Subject]) -> dict[ObjectKey, Leaves]:
    """Return what is wanted of the sets of a plan."""
    return {s.key: s.desired.leaves for s in subjects if s.key.kind == KIND and s.desired is not None}


def kept(s: Subject, sets: Mapping[ObjectKey, Leaves]) -> str:
    """Return why a member stays as it was applied; empty when it does not."""
    of = sets.get(_set_of(s))
    if of is None or of.get("updateStrategy.type") != ON_DELETE or s.desired is None or not s.known.bound:
        return ""
    if s.live.existence is not Existence.PRESENT or s.known.text in ("", s.desired.text):
        return ""
    return f"it stays as it is until it is deleted (updateStrategy {ON_DELETE} of {_set_of(s).address})"


def _set_of(s: Subject) -> ObjectKey:
    labels = s.desired.labels if s.desired is not None else {}
    return ObjectKey(KIND, s.key.namespace, labels.get(LABEL, ""))


def rolled(
    subjects: Iterable[Subject], planned: Mapping[ObjectKey, ObjectPlan], order: Order
) -> tuple[Order, tuple[ObjectKey, ...]]:
    """Return the order that lets few members of a set be disrupted at once, and the members to be ready again."""
    wanted = tuple(subjects)
    awaited = list[ObjectKey]()
    for key, leaves in sets_of(wanted).items():
        members = [s.key for s in wanted if _set_of(s) == key and _disrupts(planned.get(s.key))]
        most = leaves.get("updateStrategy.maxUnavailable")
        down = sorted(members, key=ordinal, reverse=True)
        for chain in (
            down,
            down[::-1],
        ):  # a template may say that low members wait for high ones, or the other way round
            merged = replace(order, needs=_chained(order.needs, chain, most if isinstance(most, int) else 1))
            if _possible(merged):
                order = merged
                awaited += members
                break
    return order, tuple(awaited)


def _disrupts(o: ObjectPlan | None) -> bool:
    """Whether a guest that is there would be away for a while."""
    if o is None or o.action not in (Action.UPDATE, Action.REPLACE, Action.ADOPT):
        return False
    return o.action is Action.REPLACE or any(
        step.verb in ("restart", "shutdown", "stop") or step.effect >= Effect.OFFLINE_OP for step in o.steps
    )


def _chained(edges: Edges, members: Sequence[ObjectKey], most: int) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    found = dict(edges)
    for before, after in zip(members, members[most:], strict=False):
        found[after] = tuple(dict.fromkeys((*found.get(after, ()), before)))
    return found


def _possible(order: Order) -> bool:
    try:
        ordered(order.all)
    except PxhelmError:
        return False
    return True
