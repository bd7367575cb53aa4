"""The firewall of the cluster, a node, a virtual network, or a guest that others manage: options and rules.

A guest's own firewall is written in the guest (``spec.firewall``). Never switches the cluster's firewall on while no rule
lets the API in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Kind
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.normal import Normal
from pxhelm.resource.parts import firewall, firewall_rules
from pxhelm.resource.references import bare, guest_type
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded

_X = Effect.REPLACE
_OPTIONS = {"cluster": firewall.CLUSTER, "node": firewall.NODE, "vnet": firewall.VNET, "guest": firewall.GUEST}
_ALL_OPTIONS = tuple({f.path: replace(f, default=None) for options in _OPTIONS.values() for f in options}.values())
_PORT = "8006"


def _same_target(path: str, wanted: Leaves, live: Live) -> bool:
    return live.intended.get(path) == wanted[path]


_WORDS = """
target.cluster  true: of the cluster
target.node     of a node
target.vnet     of a virtual network
target.guest    of a guest that others manage; one's own say spec.firewall
"""
_FIELDS: tuple[Field, ...] = (
    Field("target.cluster", "bool", effect=_X, same=_same_target, kept=True),
    Field("target.node", "line", effect=_X, same=_same_target, kept=True),
    Field("target.vnet", "ref", effect=_X, same=_same_target, kept=True, refers=("SDNVNet",)),
    Field("target.guest", "ref", effect=_X, same=_same_target, kept=True, refers=("VirtualMachine", "Container")),
    *firewall.fields(_ALL_OPTIONS),
)


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with its rules by name."""
    normal = Normal(spec)
    firewall_rules.normalize(normal)
    return normal


def identifier(resource: Resource) -> str:
    """Return what the firewall is of: ``cluster``, ``node/pve1``, ``vnet/dmz``, ``guest/101``."""
    leaves = resource.leaves
    for kind in ("node", "vnet", "guest"):
        if leaves.get(f"target.{kind}") is not None:
            return f"{kind}/{bare(str(leaves[f'target.{kind}'])).removeprefix('vmid:')}"
    return "cluster"


def _at(place: str, guest: str = "") -> firewall.Firewall:
    kind, _, name = place.partition("/")
    base = {
        "cluster": "/cluster/firewall",
        "node": f"/nodes/{name}/firewall",
        "vnet": f"/cluster/sdn/vnets/{name}/firewall",
        "guest": f"{guest}/firewall",
    }[kind]
    node = name if kind == "node" else guest.split("/")[2] if guest else ""
    return firewall.Firewall(base, _OPTIONS[kind], node=node)


def observe(target: Target) -> ApiGen[Live]:
    """Read options and rules; a firewall is there as long as what it is of."""
    place = str(target.row.get("id") or "cluster")
    kind, _, name = place.partition("/")
    guest = ""
    if kind == "guest":
        rows = yield from call(Request("GET", "/cluster/resources", {"type": "vm"}))
        row = next((r for r in rows if str(r.get("vmid")) == name), None) if isinstance(rows, list) else None
        if row is None:
            return ABSENT
        guest = f"/nodes/{row['node']}/{row['type']}/{name}"
    leaves, raw = yield from firewall.read(_at(place, guest))
    own: Value = True if kind == "cluster" else f"vmid:{name}" if kind == "guest" else name
    found: dict[str, Value] = {f"target.{kind}": own, **leaves}
    return Live(Existence.PRESENT, found, found, {**raw, "@guest": guest})


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: rules before options, so that what shuts comes after what lets in."""
    if change.live.existence is not Existence.PRESENT:
        return _foreseen(change)
    place = next(
        (
            kind if kind == "cluster" else f"{kind}/{str(value).removeprefix('vmid:')}"
            for kind in _OPTIONS
            if (value := change.live.intended.get(f"target.{kind}")) is not None
        ),
        "cluster",
    )
    return firewall.steps(_at(place, change.live.raw.get("@guest", "")), change)


def _foreseen(change: Change) -> tuple[Step, ...]:
    """Return the writes for a guest that the same plan makes: where it will be is not known yet."""
    vmid = (
        str(change.desired.leaves.get("target.guest", "")).removeprefix("vmid:") if change.desired is not None else ""
    )
    kind = guest_type(int(vmid), change.surroundings) if vmid.isdigit() else ""
    if change.op != "plan" or not kind:
        return ()
    there = replace(change.live, existence=Existence.PRESENT, raw={})
    return firewall.steps(_at(f"guest/{vmid}", f"/nodes/NODE/{kind}/{vmid}"), replace(change, live=there))


def refuse(change: Change) -> str:
    """Return why the firewall cannot be had as it is asked for."""
    if change.desired is None:
        return ""
    leaves = change.desired.leaves
    targets = [kind for kind in _OPTIONS if leaves.get(f"target.{kind}") is not None]
    if len(targets) != 1:
        return "a Firewall needs one target: cluster: true, node, vnet or guest"
    known = {field.path for field in _OPTIONS[targets[0]]}
    foreign = [f.path for f in _ALL_OPTIONS if f.path in leaves and f.path not in known]
    if foreign:
        return f"the firewall of a {targets[0]} has no {foreign[0]}"
    vmid = str(leaves.get("target.guest", "")).removeprefix("vmid:")
    if vmid.isdigit() and not guest_type(int(vmid), change.surroundings):
        return f"there is no guest {vmid}"
    return "" if targets[0] != "cluster" or change.options.get("allow-lockout") else _lockout(leaves, change.live)


def _lockout(leaves: Leaves, live: Live) -> str:
    """Return why the cluster must not be shut: with its firewall on, a policy other than ACCEPT wants a rule for the API."""
    if not leaves.get("enabled") or leaves.get("policyIn", live.intended.get("policyIn", "DROP")) == "ACCEPT":
        return ""
    names = {path.split(".")[1] for path in leaves if path.startswith("rules.")}
    for name in names:
        ports = leaves.get(f"rules.{name}.dport")
        listed = {str(each) for each in ports} if isinstance(ports, tuple) else {str(ports or "")}
        wide = not any(leaves.get(f"rules.{name}.{key}") for key in ("dport", "macro", "proto"))
        lets_in = leaves.get(f"rules.{name}.type") == "in" and leaves.get(f"rules.{name}.action") == "ACCEPT"
        if leaves.get(f"rules.{name}.group") or (lets_in and (wide or _PORT in listed)):
            return ""
    rules = [path for path in live.intended if path.startswith("rules.")]
    if rules or any(key.startswith("@rules") and _PORT in text for key, text in live.raw.items()):
        return ""
    return f"no rule lets anybody in to port {_PORT}: you would lock yourself out (--allow-lockout allows it)"


FIREWALL = replace(
    Kind(
        name="Firewall",
        plural="firewalls",
        short=("fw",),
        namespaced=False,
        guest=False,
        rank=65,
        fields=worded(_FIELDS, _WORDS),
        normalize=normalize,
        always=True,
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    refuse=refuse,
)
