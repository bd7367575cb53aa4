"""A plan of objects: what is asked for, and looking at everything concerned.

Reads only, neither writes to the cluster nor to the store. Never prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pxhelm.apply.anew import followed
from pxhelm.apply.gather import gather
from pxhelm.apply.memory import stored_key
from pxhelm.apply.ports import Ports
from pxhelm.apply.renaming import moves_of
from pxhelm.apply.selecting import with_members, with_replaced
from pxhelm.plan.build import Policy, build
from pxhelm.plan.graph import dependencies
from pxhelm.plan.model import Plan
from pxhelm.plan.rights import judged
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.domain import DOMAINS, wish
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource
from pxhelm.resource.moved import former


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is asked for, and what is allowed."""

    manager: str = "kubectl:pxhelm"
    """Field manager: ``helm:ns/release`` or ``kubectl:<name>`` (engine.md D5.1)."""
    release: str = ""
    """``namespace/name`` of the release that the objects belong to; empty for ``apply -f``."""
    delete: tuple[ObjectKey, ...] = ()
    """Objects that shall go."""
    keep: frozenset[ObjectKey] = frozenset()
    """Of those, the ones to forget and leave in Proxmox."""
    force_conflicts: bool = False
    adopt: bool = False
    """Take over what exists and belongs to nobody (``--take-ownership``)."""
    replace: frozenset[str] = frozenset()
    """Addresses that may be destroyed and made anew; ``*`` for all."""
    options: Mapping[str, bool] = field(default_factory=dict)
    """Given to the kinds: ``free-volumes``, ``allow-offline``, ``stop-on-delete``, ``purge`` …"""
    moved: Mapping[ObjectKey, ObjectKey] = field(default_factory=dict)
    """Objects that get a name → the one they have, beside what the manifests say of themselves."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what it was made from."""

    plan: Plan
    resources: Mapping[ObjectKey, Resource]
    """As parsed; secrets unread."""
    request: PlanRequest
    strict: bool = False
    """A saved plan: objects that changed since are refused one by one."""


def plan_objects(ports: Ports, resources: Sequence[Resource], request: PlanRequest) -> Planned:
    """Look at everything concerned and return the plan; writes nothing.

    Raises ApiError when the cluster cannot be asked, PxhelmError for a cycle, a secret that cannot be read, or an object
    that the manifests hold twice.
    """
    request = replace(request, delete=with_replaced(ports, resources, with_members(ports, resources, request.delete)))
    moves = moves_of(ports, resources, request.release, request.moved)
    former_names = {key for r in resources for key in former(r.key, r.annotations)}.union(request.moved.values())
    going = tuple(key for key in request.delete if key not in former_names)
    found = gather(ports, resources, going, request.replace, moves)
    plan = build(found.subjects, found.view, policy_of(ports, request))
    with_new = followed(ports, found, plan)
    if with_new is not found:
        found, plan = with_new, build(with_new.subjects, with_new.view, policy_of(ports, request))
    plan = _by_rights(ports, plan, found.view.surroundings.version)
    plan = replace(plan, warnings=(*plan.warnings, *_unmet(ports, resources)))
    return Planned(plan, {**{r.key: r for r in resources}, **wishes(plan)}, request)


def _unmet(ports: Ports, resources: Sequence[Resource]) -> Iterator[str]:
    """Yield what objects depend on by their annotation that nobody has ever applied: there is nothing to wait for."""
    here = {r.key for r in resources}
    for resource in resources:
        for key in dependencies(resource):
            if key not in here and ports.store.objects.get(stored_key(ports, key)) is None:
                told = "is neither in the manifests nor known to pxhelm: it is not waited for"
                yield f"{resource.key.address} depends on {key.address}, which {told}"


def _by_rights(ports: Ports, plan: Plan, version: str) -> Plan:
    """Return the plan as the token may carry it out; a plan that writes nothing asks nothing."""
    if not any(o.steps for o in plan.objects):
        return plan
    try:
        granted = ports.cluster.run(call(Request("GET", "/access/permissions")))
    except ApiError:
        return plan
    return judged(plan, granted, ports.schema_of(version)) if isinstance(granted, Mapping) else plan


def wishes(plan: Plan) -> dict[ObjectKey, Resource]:
    """Return what is wanted of the objects that end a domain: nobody writes them in a manifest."""
    found = {
        o.key: [key for key in o.depends_on if key.kind not in DOMAINS] for o in plan.objects if o.key.kind in DOMAINS
    }
    return {key: wish(key, members) for key, members in found.items()}


def policy_of(ports: Ports, request: PlanRequest) -> Policy:
    """Return the request as ``build`` wants it."""
    return Policy(
        cluster=ports.cluster_name,
        manager=request.manager,
        fingerprint=ports.fingerprint,
        installation=ports.installation,
        force_conflicts=request.force_conflicts,
        adopt=request.adopt,
        replace=request.replace,
        options={**ports.permits, **request.options},
        now=ports.now(),
        keep=request.keep,
        schema_of=ports.schema_of,
    )
