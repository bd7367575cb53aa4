"""A pool of guests and storages. Never touches its members: they leave it, and stay."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.guest_write import pool_request
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Op, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.normal import Normal
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step

_NAMES = "names"
"""Key in ``Live.raw`` that leads from guests' names to their VMIDs."""


def _same_guests(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether all guests named are members: only those named are ours, others stay."""
    return not _missing(wanted[path], live)


def _missing(wanted: Value, live: Live) -> tuple[str, ...]:
    members = live.intended.get("members.guests")
    have = {str(m) for m in members} if isinstance(members, tuple) else set()
    names = dict(pair.split("=", 1) for pair in live.raw.get(_NAMES, "").split() if "=" in pair)
    texts = [str(w) for w in wanted] if isinstance(wanted, tuple) else []
    return tuple(t for t in texts if t not in have and f"vmid:{names.get(bare(t).rpartition('/')[2], '')}" not in have)


def _same_storages(path: str, wanted: Leaves, live: Live) -> bool:
    members, names = live.intended.get("members.storages"), wanted[path]
    have = set(members) if isinstance(members, tuple) else set()
    return isinstance(names, tuple) and {bare(str(n)) for n in names} <= have


_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "poolid", effect=Effect.REPLACE, same=lambda _path, _wanted, _live: True),
    Field("comment", "note", "comment", effect=Effect.METADATA),
    Field("members.guests", "refs", "vms", refers=("VirtualMachine", "Container"), same=_same_guests),
    Field("members.storages", "refs", "storage", refers=("Storage",), same=_same_storages),
)


def identifier(resource: Resource) -> str:
    """Return the pool's id in Proxmox."""
    return str(resource.leaves.get("id", resource.key.name))


def _id_of(change: Change) -> str:
    if change.desired is not None:
        return identifier(change.desired)
    return str(change.live.intended.get("id") or change.applied.get("id") or change.target.key.name)


def observe(target: Target) -> ApiGen[Live]:
    """Read one pool with its members; ``target.row["id"]`` names it when its id is not the object's name."""
    pool = str(target.row.get("id") or target.key.name)
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
    guests = [row for row in members if row.get("type") in ("qemu", "lxc")]
    leaves: dict[str, Value] = {"id": pool}
    if found.get("comment"):
        leaves["comment"] = str(found["comment"]).rstrip("\n")
    if guests:
        leaves["members.guests"] = tuple(sorted(f"vmid:{row['vmid']}" for row in guests))
    storages = sorted({str(row["storage"]) for row in members if row.get("type") == "storage" and "storage" in row})
    if storages:
        leaves["members.storages"] = tuple(storages)
    names = " ".join(sorted(f"{row['name']}={row['vmid']}" for row in guests if row.get("name")))
    return Live(Existence.PRESENT, leaves, leaves, {_NAMES: names})


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: the pool first, then its members; on the way out the members first."""
    pool, live = _id_of(change), change.live
    if change.desired is None:
        return _removal(pool, live) if live.existence is Existence.PRESENT else ()
    if live.existence is Existence.UNKNOWN:
        return ()
    found: list[Step] = []
    wanted = change.desired.leaves
    if live.existence is Existence.ABSENT:
        params: dict[str, Param] = {"poolid": pool}
        if wanted.get("comment"):
            params["comment"] = str(wanted["comment"])
        made = tuple(p for p in ("id", "comment") if p in wanted)
        found.append(Step("create", Request("POST", "/pools", params), Guard.ABSENT, made, Effect.ONLINE))
        join = {p: v for p, v in wanted.items() if p.startswith("members.")}
    else:
        found += [
            Step("update", pool_request("PUT", pool, {"comment": str(c.after or "")}), Guard.NONE, (c.path,), c.effect)
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


def _join(change: Change, pool: str, path: str, value: Value) -> list[Step]:
    if path == "members.storages":
        names = ",".join(bare(str(v)) for v in value) if isinstance(value, tuple) else ""
        params: dict[str, Param] = {"storage": names}
    else:
        vmids = [_vmid(t, change.desired, change.surroundings) for t in _missing(value, change.live)]
        if not vmids:
            return []
        params = {"vms": ",".join(str(v) for v in sorted(vmids))}
        if not change.surroundings.version.startswith("7"):
            params["allow-move"] = True
    return [Step("update", pool_request("PUT", pool, params), Guard.NONE, (path,), Effect.ONLINE)]


def _leave(change: Change, pool: str, path: str) -> list[Step]:
    """Return the step by which members that we put in leave; those of others stay."""
    ours, members = change.applied.get(path), change.live.intended.get(path)
    if not isinstance(ours, (tuple, list)) or not isinstance(members, tuple):
        return []
    params: dict[str, Param] = {"delete": True}
    if path == "members.storages":
        leaving = [name for name in (bare(str(v)) for v in ours) if name in members]
        params["storage"] = ",".join(leaving)
    else:
        vmids = (_vmid(str(v), None, change.surroundings) for v in ours)
        leaving = [str(vmid) for vmid in vmids if f"vmid:{vmid}" in members]
        params["vms"] = ",".join(leaving)
    if not leaving:
        return []
    return [Step("update", pool_request("PUT", pool, params), Guard.NONE, (path,), Effect.ONLINE)]


def _vmid(reference: str, resource: Resource | None, around: Surroundings) -> int:
    if reference.startswith("vmid:"):
        return int(reference[5:])
    namespace, _, name = bare(reference).rpartition("/")
    for kind in ("VirtualMachine", "Container"):
        keys = [ObjectKey(kind, namespace, name)] if namespace else []
        keys += [key for key in around.bound if not namespace and (key.kind, key.name) == (kind, name)]
        found = next((around.bound[key] for key in keys if key in around.bound), 0)
        if found:
            return found
    rows = [vmid for vmid, row in around.guests.items() if row.get("name") == name]
    if len(rows) == 1:
        return rows[0]
    what = "no guest has that name" if not rows else f"several guests have that name: {', '.join(map(str, rows))}"
    where = resource.locate("members.guests") if resource is not None and resource.locate else None
    raise PxhelmError(f"cannot put {reference} into a pool: {what}", where=where, hint="write {vmid: NUMBER}")


def _removal(pool: str, live: Live) -> tuple[Step, ...]:
    """A pool can only be deleted when it is empty, so its members leave first; nothing happens to them."""
    found: list[Step] = []
    guests, storages = live.intended.get("members.guests"), live.intended.get("members.storages")
    params: dict[str, Param] = {"delete": True}
    if isinstance(guests, tuple):
        params["vms"] = ",".join(str(g).removeprefix("vmid:") for g in guests)
    if isinstance(storages, tuple):
        params["storage"] = ",".join(str(s) for s in storages)
    if len(params) > 1:
        found.append(
            Step("update", pool_request("PUT", pool, params), Guard.NONE, (), Effect.ONLINE, why="members leave")
        )
    found.append(Step("delete", pool_request("DELETE", pool, {}), Guard.NONE, (), Effect.ONLINE))
    return tuple(found)


def decode(config: Mapping[str, object]) -> Leaves:
    """Return the leaves of a pool's row."""
    return {"comment": str(config["comment"])} if config.get("comment") else {}


POOL = Kind(
    name="Pool",
    plural="pools",
    short=("pool",),
    namespaced=False,
    guest=False,
    rank=30,
    fields=_FIELDS,
    normalize=Normal,
    observe=observe,
    steps=steps,
    identifier=identifier,
    columns=(
        Column("GUESTS", text("guests")),
        Column("STORAGES", text("storages")),
        Column("COMMENT", text("comment"), wide=True),
    ),
    decode=decode,
    api="/pools",
)
