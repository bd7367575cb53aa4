"""The firewall of the cluster, a node, a virtual network, or a guest that others manage: options and rules.

A guest's own firewall is written in the guest (``spec.firewall``). Never switches the cluster's firewall on while no rule
lets the API in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.proxmox.schema import load
from pxhelm.resource.allowed import unfit_values
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.gates import version_problem
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Mistake
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.normal import Normal
from pxhelm.resource.parts import firewall, firewall_rules
from pxhelm.resource.parts.lockout import locked_out
from pxhelm.resource.preflight import unknown_node
from pxhelm.resource.references import bare, guest_type
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded

_X = Effect.REPLACE
_OPTIONS = {"cluster": firewall.CLUSTER, "node": firewall.NODE, "vnet": firewall.VNET, "guest": firewall.GUEST}
_OPTION_PATHS = frozenset(f.path for options in _OPTIONS.values() for f in options)
_ALL_OPTIONS = tuple({f.path: replace(f, default=None) for options in _OPTIONS.values() for f in options}.values())
_SETS = ("ipsets.", "aliases.")


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
    *firewall.fields(_ALL_OPTIONS, sets=True),
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
    return firewall.Firewall(base, _OPTIONS[kind], node=node, sets=kind == "guest")


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


def check(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what no firewall takes: no target or several, options that those of the target do not have."""
    targets = [kind for kind in _OPTIONS if leaves.get(f"target.{kind}") not in (None, False)]
    if len(targets) != 1:
        yield Mistake("target", "a Firewall needs one target", "one of cluster: true, node, vnet, guest")
        return
    (target,) = targets
    known = {each.path for each in _OPTIONS[target]}
    for path in leaves:
        if path in _OPTION_PATHS - known or (path.startswith(_SETS) and target != "guest"):
            yield Mistake(path, f"the firewall of a {target} has no {path}", f"it has {', '.join(sorted(known))}")
    yield from unfit_values(_at(f"{target}/x", "/nodes/x/qemu/100").table, leaves)


def refuse(change: Change) -> str:
    """Return why the firewall cannot be had as it is asked for."""
    if change.desired is None:
        return ""
    leaves, around = change.desired.leaves, change.surroundings
    target = identifier(change.desired).partition("/")[0]
    lacked = _lacked(target, leaves, around.version)
    if lacked:
        return lacked
    vmid = str(leaves.get("target.guest", "")).removeprefix("vmid:")
    if vmid.isdigit() and not guest_type(int(vmid), around):
        return f"there is no guest {vmid}"
    nowhere = unknown_node(around, [leaves["target.node"]]) if "target.node" in leaves else ""
    if nowhere:
        return nowhere
    if target != "cluster" or change.options.get("allow-lockout"):
        return ""
    return locked_out(leaves, change.live)


def _lacked(target: str, leaves: Leaves, version: str) -> str:
    """Return what a version lacks of the firewall of a target."""
    table = _at(f"{target}/x", "/nodes/x/qemu/100").table
    if not load(version).methods(table.api):
        return f"Proxmox VE {version} has no firewall of a {target}"
    return version_problem(table, leaves, version)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row for the cluster, each node and each virtual network; those of guests would cost a question each."""
    answer = yield from call(Request("GET", "/nodes"))
    rows = [row for row in answer if isinstance(row, Mapping)] if isinstance(answer, list) else []
    found: dict[str, Mapping[str, object]] = {}
    for place in ("cluster", *(f"node/{row['node']}" for row in rows if row.get("status") == "online")):
        leaves, texts = yield from firewall.read(_at(place))
        kind, _, name = place.partition("/")
        found[place] = {**leaves, f"target.{kind}": name or True, "rules": len(json.loads(texts["@rules"]))}
    return found


def _kind(row: Mapping[str, object]) -> str:
    return next((kind for kind in _OPTIONS if row.get(f"target.{kind}")), "cluster")


def _target(row: Mapping[str, object]) -> str:
    kind = _kind(row)
    return kind if kind == "cluster" else f"{kind}/{str(row[f'target.{kind}']).removeprefix('vmid:')}"


def _option(row: Mapping[str, object], path: str) -> str:
    """Return an option, or what it is when nobody says it; empty where there is no such option."""
    default = next((each.default for each in _OPTIONS[_kind(row)] if each.path == path), None)
    return str(row.get(path, default) or "")


def _rules(row: Mapping[str, object]) -> str:
    """Return how many rules there are; of what no list shows, how many are ours."""
    names = {path.split(".")[1] for path in row if path.startswith("rules.")}
    return str(row.get("rules", len(names)))


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
        columns=(
            Column("TARGET", _target),
            Column("ENABLED", lambda row: "yes" if _option(row, "enabled") else "no"),
            Column("IN", lambda row: _option(row, "policyIn")),
            Column("OUT", lambda row: _option(row, "policyOut")),
            Column("RULES", _rules),
        ),
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    refuse=refuse,
    check=check,
    listing=listing,
)
