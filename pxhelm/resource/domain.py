"""Staged changes and the one call that applies them: SDN for the whole cluster, the network of each node (engine.md D9.5).

A plan that changes objects of such a domain ends it with one more object, which nobody writes in a manifest: its wish is
that nothing is pending. It is read anew like any other, so an apply that was cut off between staging and applying is gone
on with. What others have staged is told apart by name, since the one call would apply it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Kind
from pxhelm.resource.model import Existence, Leaves, Live, Reference, Resource, Target
from pxhelm.resource.step import Guard, Step

PENDING = "pending"
BEFORE = "before"
"""Key in a target's row for the interfaces of a node as they were before we staged anything there, by name."""
REMOVAL = "-removal"
"""End of the name of the second call, where objects leave a domain after others stopped using them."""

_LISTS = (
    ("/cluster/sdn/zones", "zone"),
    ("/cluster/sdn/vnets", "vnet"),
    ("/cluster/sdn/controllers", "controller"),
    ("/cluster/sdn/fabrics/fabric", "id"),
    ("/cluster/sdn/fabrics/node", "fabric_id"),
)
"""Lists with a state of their own, and the parameter that names the object of a kind which the row belongs to."""


def _nothing_pending(_path: str, _wanted: Leaves, live: Live) -> bool:
    return not live.intended.get(PENDING)


_FIELDS = (
    Field(
        PENDING,
        "set",
        "",
        effect=Effect.ONLINE_DISRUPTIVE,
        same=_nothing_pending,
        help="what is staged and not applied yet",
    ),
)


def _staged(path: str, parameter: str) -> ApiGen[list[str]]:
    """Return the ids of what is staged in a list; empty where this version has no such list."""
    try:
        rows = yield from call(Request("GET", path, {PENDING: True}))
    except ApiError as error:
        if error.cls is ErrorClass.GONE or error.status == 501:
            return []
        raise
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [_named(row, parameter) for row in found if row.get("state")]


def _named(row: Mapping[str, object], parameter: str) -> str:
    """Return the name of what a row is about; of something new a fabric shows it only among what is pending."""
    fresh = row.get("pending")
    names = (row.get(parameter), fresh.get(parameter) if isinstance(fresh, Mapping) else None, row.get("id"))
    return str(next((name for name in names if name), ""))


def pending_of_sdn() -> ApiGen[list[str]]:
    """Return the ids of what is staged in the SDN configuration, as the kinds name it; some of them more than once."""
    pending: list[str] = []
    for path, parameter in _LISTS:
        pending += yield from _staged(path, parameter)
    vnets = yield from call(Request("GET", "/cluster/sdn/vnets"))
    for row in vnets if isinstance(vnets, list) else []:
        found = yield from _staged(f"/cluster/sdn/vnets/{row['vnet']}/subnets", "subnet")
        pending += [f"{row['vnet']}/{_range(each)}" for each in found]
    return pending


def _range(subnet: str) -> str:
    """Return the range in Proxmox' id of a subnet, ``zone-10.9.0.0-24``."""
    return "/".join(subnet.rsplit("-", 2)[1:])


def observe_sdn(_target: Target) -> ApiGen[Live]:
    """Read what is staged in the SDN configuration."""
    return _live((yield from pending_of_sdn()))


def observe_network(target: Target) -> ApiGen[Live]:
    """Read whether the network configuration of a node has staged changes: Proxmox shows them as one difference."""
    node = place_of(target.key)
    before = target.row.get(BEFORE)
    _, pending = yield from network_of(node, before if isinstance(before, Mapping) else None)
    return replace(_live(pending), node=node)


def network_of(
    node: str, before: Mapping[str, Mapping[str, object]] | None = None
) -> ApiGen[tuple[dict[str, Mapping[str, object]], list[str]]]:
    """Return the interfaces of a node as they are staged, by name, and the names of those of which something is staged.

    ``before`` are the interfaces as they run, if somebody knows; else the names are those that Proxmox' difference shows.
    """
    answer = yield Request("GET", f"/nodes/{node}/network", node=node)
    assert answer is not None
    data = answer.data if isinstance(answer.data, list) else []
    rows: dict[str, Mapping[str, object]] = {str(row["iface"]): row for row in data if isinstance(row, Mapping)}
    changes = str(answer.extra.get("changes") or "")
    if not changes:
        return rows, []
    differing = [
        name for name in {**(before or {}), **rows} if _said(rows.get(name)) != _said((before or {}).get(name))
    ]
    return rows, (differing or ["changes"]) if before else interfaces(changes)


def _said(row: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Return what the configuration says of an interface, without what Proxmox adds of its own."""
    if row is None:
        return None
    return {key: value for key, value in row.items() if key not in ("active", "exists", "priority") and value != ""}


def interfaces(difference: str) -> list[str]:
    """Return the interfaces whose lines a difference of ``/etc/network/interfaces`` changes; at least its existence."""
    if not difference:
        return []
    found: list[str] = []
    current = ""
    for line in difference.splitlines():
        words = line[1:].split()
        if line[:1] in " +-" and words[:1] in (["iface"], ["auto"]) and len(words) > 1:
            current = words[1]
        changed = line[:1] in ("+", "-") and line[:3] not in ("+++", "---") and bool(words)
        if changed and current and current not in found:
            found.append(current)
    return found or ["changes"]


def _live(pending: Iterable[str]) -> Live:
    leaves = {PENDING: tuple(sorted(set(pending)))}
    return Live(Existence.PRESENT, leaves, leaves)


def place_of(key: ObjectKey) -> str:
    """Return the node (or ``cluster``) of the key of a domain's object."""
    return key.name.removesuffix(REMOVAL)


def _steps(request: Callable[[str], Request], why: str) -> Callable[[Change], tuple[Step, ...]]:
    def steps(change: Change) -> tuple[Step, ...]:
        if change.desired is None or not change.live.intended.get(PENDING):
            return ()
        asked = request(place_of(change.target.key))
        return (Step("apply", asked, Guard.NONE, (PENDING,), Effect.ONLINE_DISRUPTIVE, why=why),)

    return steps


def _domain(name: str, observe: Callable[[Target], ApiGen[Live]], request: Callable[[str], Request], why: str) -> Kind:
    return Kind(
        name=name,
        plural=name.lower(),
        short=(),
        namespaced=False,
        guest=False,
        rank=0,
        fields=_FIELDS,
        observe=observe,
        steps=_steps(request, why),
        always=True,
        applies=True,
    )


SDN_CHANGES = _domain(
    "SDNChanges",
    observe_sdn,
    lambda _place: Request("PUT", "/cluster/sdn"),
    "applies all staged SDN changes at once",
)
NETWORK_CHANGES = _domain(
    "NetworkChanges",
    observe_network,
    lambda node: Request("PUT", f"/nodes/{node}/network", node=node),
    "reloads the network of the node once",
)
DOMAINS: Mapping[str, Kind] = {kind.name: kind for kind in (SDN_CHANGES, NETWORK_CHANGES)}


def wish(key: ObjectKey, members: Iterable[ObjectKey]) -> Resource:
    """Return what is wanted of a domain once its members are staged: that nothing is pending."""
    references = tuple(Reference(PENDING, (m.kind,), m.namespace, m.name) for m in members)
    return Resource(key, {PENDING: ()}, references=references)


def foreseen(live: Live, staged: Iterable[str]) -> Live:
    """Return the domain as it will be when these were staged."""
    now = live.intended.get(PENDING)
    pending = {*(now if isinstance(now, tuple) else ()), *staged}
    leaves = {**live.intended, PENDING: tuple(sorted(str(each) for each in pending))}
    return replace(live, intended=leaves)


def of_others(live: Live, ids: Iterable[str]) -> tuple[str, ...]:
    """Return what is staged and is none of these objects, each named by its id in Proxmox."""
    ours = set(ids)
    now = live.intended.get(PENDING)
    return tuple(str(each) for each in now if each not in ours) if isinstance(now, tuple) else ()
