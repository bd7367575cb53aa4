"""Which domains of staged changes a plan ends, and what waits for that (engine.md D9.5).

Pure. One call per domain and plan; a second one only where objects of the domain go after others, which are still to be
changed, have stopped using them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pxhelm.errors import PxhelmError
from pxhelm.plan.graph import strong_edges
from pxhelm.plan.model import Blocked, ObjectPlan
from pxhelm.plan.order import Edges
from pxhelm.plan.subject import Subject
from pxhelm.resource.domain import DOMAINS, REMOVAL, foreseen, of_others, wish
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import Leaves, Resource

ALLOW = "apply-pending"
"""The option that lets a plan apply what others have staged."""


@dataclass(frozen=True, slots=True)
class Member:
    """An object whose changes are staged."""

    key: ObjectKey
    kind: Kind
    leaves: Leaves
    """What is wanted; of one that goes, what was applied last."""
    going: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """The object that ends a domain at one place."""

    key: ObjectKey
    members: tuple[ObjectKey, ...]

    @property
    def kind(self) -> Kind:
        """Return the internal kind that applies."""
        return DOMAINS[self.key.kind]

    @property
    def resource(self) -> Resource:
        """Return the wish that nothing is pending."""
        return wish(self.key, self.members)


def endings(members: Iterable[Member], wanted: Sequence[Resource], around: Surroundings) -> tuple[Ending, ...]:
    """Return what has to be applied after the members are staged: one object per place, two where some leave late."""
    coming: dict[ObjectKey, list[ObjectKey]] = {}
    leaving: dict[ObjectKey, list[ObjectKey]] = {}
    for member in members:
        for place in member.kind.staged_in(member.leaves, around):
            key = ObjectKey(member.kind.domain, "", place)
            (leaving if member.going else coming).setdefault(key, []).append(member.key)
    users = _users(wanted)
    found = []
    for key in dict.fromkeys((*coming, *leaving)):
        staying, going = coming.get(key, []), leaving.get(key, [])
        used = any(user for each in staying for user in users.get(each, ()) if user not in staying)
        if going and used:
            found += [Ending(key, tuple(staying)), Ending(replace(key, name=f"{key.name}{REMOVAL}"), tuple(going))]
        else:
            found.append(Ending(key, (*staying, *going)))
    return tuple(found)


def _users(wanted: Sequence[Resource]) -> Mapping[ObjectKey, list[ObjectKey]]:
    found: dict[ObjectKey, list[ObjectKey]] = {}
    for key, below in strong_edges(wanted).items():
        for each in below:
            found.setdefault(each, []).append(key)
    return found


def with_endings(edges: Edges, subjects: Sequence[Subject]) -> Edges:
    """Return the edges with the endings in their places: after their members, before those that use them.

    The second ending of a place comes after the first, so that it never applies what that one could not.
    """
    found = dict(edges)
    wanted = [s.desired for s in subjects if s.desired is not None and not s.kind.applies]
    users = _users(wanted)
    going = {s.key for s in subjects if s.desired is None}
    endings = {s.key for s in subjects if s.kind.applies}
    for s in subjects:
        if not s.kind.applies:
            continue
        first = replace(s.key, name=s.key.name.removesuffix(REMOVAL))
        found[s.key] = (*s.members, *((first,) if first in endings and first != s.key else ()))
        for member in s.members:
            for user in users.get(member, ()) if member not in going else ():
                if user not in s.members and s.key not in found[user]:
                    found[user] = (*found[user], s.key)
    return found


@dataclass(slots=True)
class Verdicts:
    """What was planned so far, for the endings to look at."""

    planned: Mapping[ObjectKey, ObjectPlan]
    ids: Mapping[ObjectKey, str] = field(default_factory=dict)
    """Proxmox' ids of the objects of the plan."""

    def with_pending(self, s: Subject) -> Subject:
        """Return the subject of an ending as it will be when its members are staged."""
        staged = [self.ids[key] for key in s.members if self._writes(key)]
        return replace(s, live=foreseen(s.live, staged))

    def _writes(self, key: ObjectKey) -> bool:
        return key in self.planned and bool(self.planned[key].steps)

    def refusal(self, s: Subject, options: Mapping[str, bool]) -> Blocked | None:
        """Return why an ending must not apply what is staged: some of it belongs to others."""
        others = of_others(s.live, [self.ids[key] for key in s.members])
        if not others or options.get(ALLOW):
            return None
        what = "the SDN" if s.kind.name == "SDNChanges" else f"the network of node {s.key.name.removesuffix(REMOVAL)}"
        return Blocked(
            s.key,
            "Pending",
            f"cannot apply the changes of {what}: others have staged changes of {', '.join(others)}",
            "apply or revert those first, or apply them together with yours with --apply-pending",
        )


def ids_of(subjects: Sequence[Subject]) -> dict[ObjectKey, str]:
    """Return Proxmox' ids of the subjects; empty for one that cannot tell."""
    found = {}
    for s in subjects:
        try:
            found[s.key] = s.kind.identifier(s.desired) if s.desired is not None else str(s.target.row.get("id", ""))
        except PxhelmError:
            found[s.key] = ""
    return found
