"""A rule of the HA manager: on which nodes guests run, or whether they run together. Never touches the guests.

Before Proxmox VE 9 a rule about nodes is a group (``parts.ha_group``), and there are no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Target
from pxhelm.resource.parts import ha_group
from pxhelm.resource.preflight import unknown_node
from pxhelm.resource.references import NOBODY, guest_type
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded


def _same_or_off(path: str, wanted: Leaves, live: Live) -> bool:
    return bool(wanted[path]) == bool(live.intended.get(path))


_WORDS = """
type          where guests run, or whether they run together
guests.names  guests that the rule is about; each needs ha
noFailback    | group nofailback
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "rule", effect=Effect.REPLACE, same=same_id),
    Field("type", "line", "type", effect=Effect.REPLACE, choices=("node-affinity", "resource-affinity")),
    Field("guests.names", "refs", "resources", form="ha-guests", refers=("VirtualMachine", "Container"), kept=True),
    Field("guests.selector.*", "line", help="labels; looked at again for every plan"),
    Field("nodes.*", "int", "nodes", form="priorities", bounds=(0, None), help="node: priority; 0 = no preference"),
    Field("strict", "bool", "strict", default=False, help="never run on another node"),
    Field("affinity", "line", "affinity", choices=("positive", "negative"), help="together, or apart"),
    Field(
        "noFailback",
        "bool",
        default=False,
        same=_same_or_off,
        help="before 9: stay when a better node returns; since then a guest says ha.failback",
    ),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("comment", "line", "comment", effect=Effect.METADATA, marks=True),
)
HOME = natural.Home(
    "/cluster/ha/rules", "rule", needs={"": ("type", "guests.names"), "resource-affinity": ("affinity",)}
)


def observe(target: Target) -> ApiGen[Live]:
    """Read one rule; where this version has none, the group of its name."""
    name = natural.id_of(target)
    try:
        data = yield from call(Request("GET", HOME.path(name)))
    except ApiError as error:
        if error.status == natural.NOT_THERE:
            return (yield from ha_group.observe(name))
        if error.cls is ErrorClass.GONE:
            return ABSENT
        raise
    return natural.live_of(HA_RULE, HOME, name, data if isinstance(data, Mapping) else {})


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all rules; of groups where this version has no rules."""
    try:
        return (yield from natural.listing(HOME))
    except ApiError as error:
        if error.status != natural.NOT_THERE:
            raise
    return (yield from ha_group.listing())


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing; Proxmox wants to know of each guest whether it is a machine or a container."""
    if change.live.existence is Existence.UNKNOWN:
        return ()
    if ha_group.is_before_rules(change.surroundings.version):
        if change.desired is None and change.live.existence is Existence.ABSENT:
            return ()
        natural.raise_unresolved(HA_RULE, change)
        name = HA_RULE.identifier(change.desired) if change.desired is not None else natural.live_id(change)
        return ha_group.steps(name, change)
    return tuple(_typed(step, change) for step in natural.steps(HA_RULE, HOME, change))


def _typed(step: Step, change: Change) -> Step:
    params: dict[str, Param] = dict(step.request.params)
    resources = params.get("resources")
    if isinstance(resources, str):
        params["resources"] = ",".join(_sid(each, change) for each in resources.split(","))
    if step.request.method == "PUT" and change.desired is not None:
        params.setdefault("type", str(change.desired.leaves.get("type") or change.live.intended.get("type") or ""))
    return replace(step, request=replace(step.request, params=params))


def _sid(text_: str, change: Change) -> str:
    if not text_.startswith("vmid:"):
        return text_
    vmid = int(text_[5:])
    return f"{'ct' if guest_type(vmid, change.surroundings) == 'lxc' else 'vm'}:{vmid}"


def refuse(change: Change) -> str:
    """Return why the rule cannot be had."""
    version = change.surroundings.version
    if change.desired is not None and ha_group.is_before_rules(version):
        return ha_group.refuse(change.desired.leaves, version)
    problem = natural.refuse(HA_RULE, HOME, change)
    if problem or change.desired is None:
        return problem
    leaves = change.desired.leaves
    if leaves.get("noFailback"):
        return f"Proxmox VE {version} has no noFailback of rules: write ha.failback: false in the guests"
    if leaves.get("guests.names") == ():
        return NOBODY
    nodes = [path.removeprefix("nodes.") for path in leaves if path.startswith("nodes.")]
    if leaves.get("type") == "node-affinity" and not nodes:
        return "a HARule of type node-affinity needs nodes"
    names = leaves.get("guests.names")
    if leaves.get("type") == "resource-affinity" and isinstance(names, tuple) and len(names) == 1:
        return "a HARule of type resource-affinity is about two guests or more"
    return unknown_node(change.surroundings, nodes)


def carried_off(live: Live, around: Surroundings) -> tuple[str, ...]:
    """Return the guests of a rule: Proxmox removes one from which the last guest went. A group stays without any."""
    names = live.intended.get("guests.names")
    rules = isinstance(names, tuple) and not ha_group.is_before_rules(around.version)
    return tuple(str(name) for name in names) if rules and isinstance(names, tuple) else ()


def _guests(row: Mapping[str, object]) -> str:
    return str(row.get("resources") or "")


_DEFINED = Kind(
    name="HARule",
    plural="harules",
    short=("har",),
    namespaced=True,
    guest=False,
    rank=70,
    fields=worded(_FIELDS, _WORDS),
    columns=(Column("TYPE", text("type")), Column("GUESTS", _guests), Column("NODES", text("nodes"))),
)
HA_RULE = replace(
    natural.natural(_DEFINED, HOME),
    observe=observe,
    listing=listing,
    steps=steps,
    refuse=refuse,
    carried_off=carried_off,
)
