"""Rules about nodes as Proxmox VE before 9 keeps them: a group of nodes, which the HA entries of guests name.

A rule is then two things: the group, and for each of its guests the ``group`` of the guest's entry. Rules that keep guests
together or apart there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.proxmox.schema import load
from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Kind
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Value
from pxhelm.resource.parts import ha
from pxhelm.resource.references import guest_type
from pxhelm.resource.step import Guard, Step

GUESTS = "guests.names"
HOME = natural.Home("/cluster/ha/groups", "group")
_KIND = Kind(
    name="HAGroup",
    plural="hagroups",
    short=(),
    namespaced=False,
    guest=False,
    rank=0,
    fields=(
        Field("nodes.*", "int", "nodes", form="priorities"),
        Field("strict", "bool", "restricted", default=False),
        Field("noFailback", "bool", "nofailback", default=False),
        Field("comment", "line", "comment"),
    ),
    api=HOME.collection,
)
"""The fields of a rule that a group has."""
_OWN = ("nodes.", "strict", "noFailback", "comment")


def is_before_rules(version: str) -> bool:
    """Whether a version has groups and no rules."""
    return not load(version).methods("/cluster/ha/rules")


def observe(name: str) -> ApiGen[Live]:
    """Read one group and the guests that are in it, as the rule they are."""
    data = yield from natural.read(HOME, name)
    if data is None:
        return ABSENT
    inside = tuple(f"vmid:{sid.partition(':')[2]}" for sid in sorted((yield from _members()).get(name, [])))
    leaves: dict[str, Value] = {"type": "node-affinity", **({GUESTS: inside} if inside else {})}
    return natural.live_of(_KIND, HOME, name, data, leaves)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per group, as the rule it is."""
    rows, members = (yield from natural.listing(HOME)), (yield from _members())
    return {
        name: {**row, "type": "node-affinity", "resources": ",".join(members.get(name, []))}
        for name, row in rows.items()
    }


def _members() -> ApiGen[Mapping[str, list[str]]]:
    """Return the guests of each group, as the HA manager calls them."""
    rows = yield from call(Request("GET", "/cluster/ha/resources"))
    found: dict[str, list[str]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and row.get("group"):
            found.setdefault(str(row["group"]), []).append(str(row["sid"]))
    return found


def steps(name: str, change: Change) -> tuple[Step, ...]:
    """Return the writes by which the group and its guests become what the rule wants."""
    live = change.live
    there = _guests(live.intended)
    if change.desired is None:
        ours = [guest for guest in there if guest in _guests(change.applied)]
        left = [guest for guest in there if guest not in ours]
        gone = () if left else natural.deletion(HOME, change)
        return (*_leave(ours, change), *gone)
    wanted = _guests(change.desired.leaves)
    if live.existence is Existence.ABSENT:
        own = {path: value for path, value in change.desired.leaves.items() if path.startswith(_OWN)}
        group = natural.creation(_as_group(name), HOME, change, own)
    else:
        about = [c for c in change.changes if c.path.startswith(_OWN)]
        group = natural.update(_KIND, HOME, change, about, HOME.path(name))
    stale = [guest for guest in _guests(change.applied) if guest in there and guest not in wanted]
    return (*group, *_join(name, [guest for guest in wanted if guest not in there], change), *_leave(stale, change))


def _as_group(name: str) -> Kind:
    return replace(_KIND, identifier=lambda _resource: name)


def _guests(leaves: Leaves) -> list[str]:
    names = leaves.get(GUESTS)
    return [str(each) for each in names] if isinstance(names, tuple) else []


def _join(name: str, guests: Iterable[str], change: Change) -> Iterator[Step]:
    for guest in guests:
        yield _write(guest, change, Request("PUT", "", {"group": name}), name)


def _leave(guests: Iterable[str], change: Change) -> Iterator[Step]:
    for guest in guests:
        yield _write(guest, change, Request("PUT", "", {"delete": "group"}), "no group")


def _write(guest: str, change: Change, request: Request, where: str) -> Step:
    vmid = int(guest.removeprefix("vmid:"))
    sid = ha.sid(guest_type(vmid, change.surroundings), vmid)
    asked = Request(request.method, f"/cluster/ha/resources/{sid}", request.params)
    leaves = (GUESTS, f"{GUESTS} {guest} {where}")
    return Step("update", asked, Guard.NONE, leaves, Effect.ONLINE, detail={sid: f"to {where}"})


def refuse(leaves: Leaves, version: str) -> str:
    """Return why a rule cannot be had as a group."""
    if leaves.get("type") == "resource-affinity":
        return f"Proxmox VE {version} has HA groups only: rules that keep guests together or apart came with 9"
    if leaves.get("enabled") is False:
        return f"Proxmox VE {version} has HA groups, which cannot be switched off: leave enabled out"
    if not any(path.startswith("nodes.") for path in leaves):
        return "a HARule of type node-affinity needs nodes"
    return ""
