"""Sets of guests: how many of their members are as the set wants them, and how many there shall be.

A member is updated when it was applied as the set's template says now, and available when it is ready. Changes nothing
itself: a set is scaled by applying its manifest with another number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pxhelm.actions.health import ready
from pxhelm.actions.inspect import Found, Query, find_all, key_of
from pxhelm.actions.metadata import manifest_text, rewritten
from pxhelm.actions.objects import MANAGER, parse_text, plan_resources
from pxhelm.actions.services import Services
from pxhelm.apply.memory import Manifest
from pxhelm.apply.planning import Planned, PlanRequest
from pxhelm.errors import PxhelmError
from pxhelm.manifest import load_manifests
from pxhelm.resource.model import Resource
from pxhelm.resource.sets import KIND, LABEL, expanded

_GUESTS = ("VirtualMachine", "Container")


def counted(services: Services, found: Sequence[Found], query: Query) -> list[Found]:
    """Return the same, each set with ``updatedReplicas`` and ``availableReplicas`` in its row; one list for all of them."""
    if not any(one.kind == KIND and one.stored for one in found):
        return list(found)
    asked = replace(query, kinds=_GUESTS, names=(), all_namespaces=True, templates=False)
    members: dict[tuple[str, str], list[Found]] = {}
    for guest in find_all(services, (asked,)):
        name = guest.stored.labels.get(LABEL) if guest.stored else None
        if name:
            members.setdefault((guest.namespace, name), []).append(guest)
    return [_counted(one, members.get((one.namespace, one.name), [])) for one in found]


def _counted(one: Found, members: Sequence[Found]) -> Found:
    if one.kind != KIND or one.stored is None:
        return one
    wanted = {d.name: d.text for d in expanded(load_manifests(manifest_text(one), one.name))[1:]}
    updated = [m for m in members if _settled(m) and m.name in wanted and _applied(m) == wanted[m.name]]
    available = [m for m in members if m.name in wanted and ready(m) == "True"]
    return replace(one, row={**one.row, "updatedReplicas": len(updated), "availableReplicas": len(available)})


def _settled(member: Found) -> bool:
    return member.stored is not None and member.stored.observed_generation == member.stored.generation


def _applied(member: Found) -> str:
    return Manifest.load(member.stored.manifest).text if member.stored is not None else ""


def plan_scale(services: Services, found: Sequence[Found], replicas: int, current: int | None) -> Planned:
    """Return the plan of sets with another number of members.

    PxhelmError when one is not ours, or does not have as many members as ``current`` says.
    """
    resources, going = list[Resource](), set[tuple[str, str]]()
    for one in found:
        text = manifest_text(one)
        spec: Mapping[str, Any] = one.manifest.get("spec") or {}
        now = spec.get("replicas")
        if current is not None and now != current:
            raise PxhelmError(f"Expected replicas to be {current}, was {now}")
        resources += parse_text(services, rewritten(text, one.name, lambda body: _set(body, replicas)), one.name)
        assert one.stored is not None
        owners = [leaf.manager for leaf in services.store.objects.owned(one.stored.uid)]
        going.add((max(set(owners), key=owners.count) if owners else MANAGER, one.stored.release))
    if len(going) > 1:
        listed = ", ".join(sorted(key_of(one).address for one in found))
        raise PxhelmError(
            f"cannot scale {listed} at once: they are of several releases", hint="scale one after the other"
        )
    manager, release = going.pop()
    return plan_resources(services, resources, PlanRequest(manager=manager, release=release))


def _set(body: Any, replicas: int) -> None:
    body["spec"]["replicas"] = replicas
