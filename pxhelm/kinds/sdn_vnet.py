"""A network of a zone. Changes are staged; the plan's end applies them. Its firewall is written once it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.proxmox.schema import load
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Existence, Live, Target
from pxhelm.resource.normal import Normal
from pxhelm.resource.parts import firewall, firewall_rules
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded

_D = Effect.ONLINE_DISRUPTIVE
_X = Effect.REPLACE
_FIREWALL = "firewall"
_PREFIX = f"{_FIREWALL}."
_WORDS = """
zone          SDNZone that it is in
tag           VLAN or VXLAN number
alias         a longer name
vlanAware     guests may have VLANs of their own in it
isolatePorts  guests cannot reach each other
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "vnet", effect=_X, same=same_id, help="at most 8 letters and digits"),
    Field("zone", "ref", "zone", effect=_D, refers=("SDNZone",), kept=True),
    Field("tag", "int", "tag", effect=_D, bounds=(1, 16777215)),
    Field("alias", "line", "alias", effect=_D),
    Field("vlanAware", "bool", "vlanaware", effect=_D, default=False),
    Field("isolatePorts", "bool", "isolate-ports", effect=_D, default=False),
    *firewall.fields(firewall.VNET, _PREFIX),
)
HOME = natural.Home("/cluster/sdn/vnets", "vnet", staged=True, needs={"": ("zone",)})


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with the rules of its firewall by name."""
    normal = Normal(spec)
    firewall_rules.normalize(normal, (_FIREWALL,))
    return normal


def _firewall(name: str) -> firewall.Firewall:
    return firewall.Firewall(f"{HOME.path(name)}/firewall", firewall.VNET, _PREFIX)


def observe(target: Target) -> ApiGen[Live]:
    """Read one network; its firewall only when a manifest speaks of it, and only if the network runs."""
    name = natural.id_of(target)
    data = yield from natural.read(HOME, name)
    if data is None:
        return ABSENT
    live = natural.live_of(SDN_VNET, HOME, name, data)
    if _FIREWALL not in target.wants:
        return live
    rows = yield from call(Request("GET", HOME.collection, {"running": True}))
    running = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    if not any(row.get("vnet") == name for row in running):
        return live
    leaves, raw = yield from firewall.read_if_any(_firewall(name))
    intended = {**live.intended, **leaves}
    return replace(live, intended=intended, current=intended, raw={**live.raw, **raw, "@runs": "1"})


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: what is staged, and the firewall as soon as the network runs."""
    if change.desired is None or change.live.existence is Existence.UNKNOWN:
        return natural.steps(SDN_VNET, HOME, change)
    own = {path: value for path, value in change.desired.leaves.items() if not path.startswith(_PREFIX)}
    if change.live.existence is Existence.ABSENT:
        staged = natural.creation(SDN_VNET, HOME, change, own)
    else:
        staged = natural.update(SDN_VNET, HOME, change, [c for c in change.changes if not c.path.startswith(_PREFIX)])
    return (*staged, *_firewall_steps(change))


def _firewall_steps(change: Change) -> Iterator[Step]:
    """Yield the writes of the firewall; before the network runs, only when it is asked what will be."""
    assert change.desired is not None
    if any(path.startswith(_PREFIX) for path in (*change.desired.leaves, *change.applied)) and (
        change.live.raw.get("@runs") or change.op == "plan"
    ):
        yield from firewall.steps(_firewall(SDN_VNET.identifier(change.desired)), change)


def refuse(change: Change) -> str:
    """Return why the network cannot be had on this cluster."""
    problem = natural.refuse(SDN_VNET, HOME, change)
    if problem or change.desired is None:
        return problem
    version = change.surroundings.version
    walled = any(path.startswith(_PREFIX) for path in change.desired.leaves)
    if walled and not load(version).methods("/cluster/sdn/vnets/x/firewall/options"):
        return f"Proxmox VE {version} does not have {_FIREWALL}"
    return ""


_DEFINED = Kind(
    name="SDNVNet",
    plural="sdnvnets",
    short=("vnet",),
    namespaced=False,
    guest=False,
    rank=24,
    fields=worded(_FIELDS, _WORDS),
    normalize=normalize,
    domain="SDNChanges",
    beyond=(_FIREWALL,),
    late=(_FIREWALL,),
    columns=(Column("ZONE", text("zone")), Column("TAG", text("tag")), Column("STATE", text("state"))),
)
SDN_VNET = replace(natural.natural(_DEFINED, HOME), observe=observe, steps=steps, refuse=refuse)
