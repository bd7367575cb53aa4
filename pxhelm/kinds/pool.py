"""A pool of guests and storages. Never touches its members: they leave it, and stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.guest_write import pool_request
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, LeafChange, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Reference, Target, Value
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded


def _members(value: Value) -> tuple[str, ...]:
    return tuple(bare(str(each)) for each in value) if isinstance(value, tuple) else ()


def _joined(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether all that are named are members: only those named are ours, others stay."""
    return set(_members(wanted[path])) <= set(_members(live.intended.get(path)))


_WORDS = """
members.guests    guests that pxhelm does not manage; its own say spec.pool
members.storages  storages of the pool
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "poolid", effect=Effect.REPLACE, same=same_id, help="up to three names with / between them"),
    Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
    Field("members.guests", "refs", "vms", "vmids", refers=("VirtualMachine", "Container"), back=True, same=_joined),
    Field("members.storages", "refs", "storage", refers=("Storage",), same=_joined),
)
HOME = natural.Home("/pools", "poolid")


def parent(key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the edge to the pool in which a pool is: ``prod`` of ``prod/web``."""
    above = str(leaves.get("id") or key.name).rpartition("/")[0]
    return (Reference("id", ("Pool",), "", above),) if above else ()


def observe(target: Target) -> ApiGen[Live]:
    """Read one pool with its members."""
    pool = natural.id_of(target)
    asked = Request("GET", "/pools", {"poolid": pool}) if "/" in pool else Request("GET", f"/pools/{pool}")
    try:
        data = yield from call(asked)
    except ApiError as error:
        if error.cls is ErrorClass.GONE:
            return ABSENT
        raise
    if isinstance(data, list):
        data = data[0] if data else {}
    found: Mapping[str, object] = data if isinstance(data, Mapping) else {}
    rows = found.get("members")
    members = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    leaves: dict[str, Value] = {}
    guests = {f"vmid:{row['vmid']}" for row in members if row.get("type") in ("qemu", "lxc")}
    if guests:
        leaves["members.guests"] = tuple(sorted(guests))
    storages = {str(row["storage"]) for row in members if row.get("type") == "storage" and "storage" in row}
    if storages:
        leaves["members.storages"] = tuple(sorted(storages))
    comment = str(found.get("comment") or "").rstrip()
    return natural.live_of(POOL, HOME, pool, {"comment": comment or None}, leaves)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per pool, with how many guests and which storages are in it."""
    found = yield from natural.listing(HOME)
    rows: dict[str, Mapping[str, object]] = {}
    for pool, row in found.items():
        live = yield from observe(Target(ObjectKey("Pool", "", pool), "", row={"id": pool}))
        guests, storages = (_members(live.intended.get(f"members.{each}")) for each in ("guests", "storages"))
        rows[pool] = {**row, "guests": len(guests), "storages": ",".join(storages)}
    return rows


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: the pool first, then its members; on the way out the members first."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    pool = natural.live_id(change)
    if change.desired is None:
        return _removal(pool, live) if live.existence is Existence.PRESENT else ()
    natural.raise_unresolved(POOL, change)
    wanted = change.desired.leaves
    if live.existence is Existence.ABSENT:
        pool = POOL.identifier(change.desired)
        made = {path: value for path, value in wanted.items() if not path.startswith("members.")}
        found = list(natural.creation(POOL, HOME, change, made))
        join = {p: v for p, v in wanted.items() if p.startswith("members.")}
    else:
        found = [
            Step("update", pool_request("PUT", pool, _commented(change, c)), Guard.NONE, (c.path,), c.effect)
            for c in change.changes
            if c.path == "comment"
        ]
        join = {c.path: c.after for c in change.changes if c.path.startswith("members.") and c.op is Op.SET}
    for path, value in join.items():
        found += _join(change, pool, path, value)
    for each in change.changes:
        if each.path.startswith("members.") and each.op is Op.UNSET:
            found += _leave(change, pool, each.path)
    return tuple(found)


def refuse(change: Change) -> str:
    """Return why the pool cannot be had: Proxmox takes the number of a guest that is not there, and forgets it."""
    around, wanted = change.surroundings, change.desired
    if wanted is not None and around.version.startswith("7") and "/" in POOL.identifier(wanted):
        return f"Proxmox VE {around.version} has no pools in pools"
    named = _members(wanted.leaves.get("members.guests")) if wanted is not None else ()
    known = {f"vmid:{vmid}" for vmid in (*around.guests, *around.bound.values())}
    missing = [each.removeprefix("vmid:") for each in named if each.startswith("vmid:") and each not in known]
    if missing:
        return f"there is no guest {missing[0]} to be a member"
    return _unmovable(change, named) or natural.refuse(POOL, HOME, change)


def _unmovable(change: Change, guests: tuple[str, ...]) -> str:
    """Return why a guest cannot join: version 7 knows no ``allow-move``."""
    around = change.surroundings
    if change.desired is None or not around.version.startswith("7"):
        return ""
    pool = POOL.identifier(change.desired)
    rows = {
        each.removeprefix("vmid:"): around.guests.get(int(each.removeprefix("vmid:")), {})
        for each in guests
        if each.startswith("vmid:")
    }
    found = next(((vmid, row["pool"]) for vmid, row in rows.items() if row.get("pool") not in (None, "", pool)), None)
    if found is None:
        return ""
    return f"Proxmox VE {around.version} moves no guest between pools: take guest {found[0]} out of {found[1]} first"


def _commented(change: Change, comment: LeafChange) -> dict[str, Param]:
    return natural.marked(POOL, change, {"comment": str(comment.after or "")})


def _join(change: Change, pool: str, path: str, value: Value) -> list[Step]:
    coming = [each for each in _members(value) if each not in _members(change.live.intended.get(path))]
    if not coming:
        return []
    params = _named(path, coming)
    if path == "members.guests" and not change.surroundings.version.startswith("7"):
        params["allow-move"] = True
    return [Step("update", pool_request("PUT", pool, params), Guard.NONE, (path,), Effect.ONLINE)]


def _leave(change: Change, pool: str, path: str) -> list[Step]:
    """Return the step by which members that we put in leave; those of others stay."""
    ours = change.applied.get(path)
    members = _members(change.live.intended.get(path))
    leaving = [each for each in _members(ours) if each in members]
    if not leaving:
        return []
    params = {"delete": True, **_named(path, leaving)}
    return [Step("update", pool_request("PUT", pool, params), Guard.NONE, (path,), Effect.ONLINE)]


def _named(path: str, members: list[str]) -> dict[str, Param]:
    if path == "members.storages":
        return {"storage": ",".join(sorted(members))}
    return {"vms": ",".join(str(vmid) for vmid in sorted(int(each.removeprefix("vmid:")) for each in members))}


def _removal(pool: str, live: Live) -> tuple[Step, ...]:
    """A pool can only be deleted when it is empty, so its members leave first; nothing happens to them."""
    found: list[Step] = []
    params: dict[str, Param] = {"delete": True}
    for path in ("members.guests", "members.storages"):
        members = _members(live.intended.get(path))
        if members:
            params |= _named(path, list(members))
    if len(params) > 1:
        found.append(
            Step("update", pool_request("PUT", pool, params), Guard.NONE, (), Effect.ONLINE, why="members leave")
        )
    found.append(Step("delete", pool_request("DELETE", pool, {}), Guard.NONE, (), Effect.ONLINE))
    return tuple(found)


_DEFINED = Kind(
    name="Pool",
    plural="pools",
    short=("pool",),
    namespaced=False,
    guest=False,
    rank=30,
    fields=worded(_FIELDS, _WORDS),
    shared=True,
    columns=(
        Column("GUESTS", text("guests")),
        Column("STORAGES", text("storages")),
    ),
)
POOL = replace(
    natural.natural(_DEFINED, HOME),
    more_references=parent,
    observe=observe,
    steps=steps,
    refuse=refuse,
    listing=listing,
)
