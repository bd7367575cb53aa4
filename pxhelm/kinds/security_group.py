"""A security group: rules that firewalls take in by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind, Op
from pxhelm.resource.model import ABSENT, Existence, Live, Target
from pxhelm.resource.normal import Normal
from pxhelm.resource.parts import firewall_rules
from pxhelm.resource.parts.firewall_rules import RuleList
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded

_USED = "usedBy"
"""Cell of a row: how many firewalls take the group in; those of guests the store adds."""
HOME = natural.Home("/cluster/firewall/groups", "group", listed=True)


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with its rules by name."""
    normal = Normal(spec)
    firewall_rules.normalize(normal)
    return normal


def observe(target: Target) -> ApiGen[Live]:
    """Read one group with its rules."""
    name = natural.id_of(target)
    row = yield from natural.read(HOME, name)
    if row is None:
        return ABSENT
    leaves, texts = yield from firewall_rules.read(RuleList(HOME.path(name)))
    live = natural.live_of(SECURITY_GROUP, HOME, name, row, leaves)
    return replace(live, raw={**live.raw, **texts})


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per group: how many rules it has, and how many firewalls of the cluster and the nodes take it in."""
    found = yield from natural.listing(HOME)
    if not found:
        return found
    nodes = yield from call(Request("GET", "/nodes"))
    online = [n["node"] for n in nodes if n.get("status") == "online"] if isinstance(nodes, list) else []
    users: Counter[str] = Counter()
    for place in ("/cluster/firewall", *(f"/nodes/{node}/firewall" for node in online)):
        rules = yield from call(Request("GET", f"{place}/rules"))
        users.update({str(r["action"]) for r in rules if r.get("type") == "group"} if isinstance(rules, list) else ())
    rows: dict[str, Mapping[str, object]] = {}
    for name, row in found.items():
        rules = yield from call(Request("GET", HOME.path(name)))
        rows[name] = {**row, "rules": len(rules) if isinstance(rules, list) else 0, _USED: users[name]}
    return rows


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: the group, then its rules; of one that goes its rules first, whosever they are."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        if live.existence is not Existence.PRESENT:
            return ()
        rules = firewall_rules.steps(
            RuleList(HOME.path(natural.live_id(change))), replace(change, options={**change.options, "all-rules": True})
        )
        return (*rules, *natural.deletion(HOME, change))
    wanted = change.desired.leaves
    if live.existence is Existence.ABSENT:
        own = {path: value for path, value in wanted.items() if path in ("id", "comment")}
        made = natural.creation(SECURITY_GROUP, HOME, change, own)
        return (*made, *firewall_rules.steps(RuleList(HOME.path(SECURITY_GROUP.identifier(change.desired))), change))
    name = natural.live_id(change)
    renamed = [
        Step(
            "update",
            # without a call of its own, a comment is changed by renaming the group to what it is called
            Request(
                "POST",
                HOME.collection,
                natural.marked(
                    SECURITY_GROUP,
                    change,
                    {"group": name, "rename": name, "comment": str(c.after or "") if c.op is Op.SET else ""},
                ),
            ),
            Guard.NONE,
            (c.path,),
            c.effect,
        )
        for c in change.changes
        if c.path == "comment"
    ]
    return (*renamed, *firewall_rules.steps(RuleList(HOME.path(name)), change))


_DEFINED = Kind(
    name="SecurityGroup",
    plural="securitygroups",
    short=("sg", "sgs"),
    namespaced=False,
    guest=False,
    rank=20,
    fields=worded(
        (
            Field("id", "line", "group", effect=Effect.REPLACE, same=same_id, help="at most 18 characters"),
            Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
            *firewall_rules.fields(),
        )
    ),
    normalize=normalize,
    shared=True,
    columns=(Column("RULES", text("rules")), Column("USEDBY", text(_USED))),
)
SECURITY_GROUP = replace(natural.natural(_DEFINED, HOME), observe=observe, steps=steps, listing=listing)
