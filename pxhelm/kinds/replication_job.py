"""Replication of a guest's volumes to another node. Its source follows the guest; ZFS only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import moment, text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_value
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target
from pxhelm.resource.preflight import unknown_node
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded

_X = Effect.REPLACE
_ALWAYS = "*/15"
"""When a job runs that does not say when."""
_WORDS = """
guest      guest whose volumes are copied | create id
schedule   calendar event, such as */15
rate       upper limit of a copy
removeJob  Proxmox takes the job away: its snapshots here, or with full the copies as well
number   | create id
"""
_FIELDS: tuple[Field, ...] = (
    Field("guest", "ref", refers=("VirtualMachine", "Container"), effect=_X, same=same_value, kept=True),
    Field(
        "number",
        "int",
        effect=_X,
        default=0,
        bounds=(0, None),
        same=same_value,
        kept=True,
        help="tells several jobs of one guest apart",
    ),
    Field("target", "line", "target", effect=_X, help="the node that gets the copies"),
    Field("schedule", "schedule", "schedule", default=_ALWAYS),
    Field("rate", "rate", "rate", form="mbps"),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("source", "line", "source", help="for a job whose guest is gone: Proxmox sets it by itself"),
    Field("removeJob", "line", "remove_job", choices=("local", "full"), write_only=True),
    Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
)
HOME = natural.Home("/cluster/replication", "id", also={"type": "local"}, needs={"": ("guest", "target")})


_LEAVING = "its node removes it, with its copies, within a minute or so"


def identifier(resource: Resource) -> str:
    """Return the job's id: the guest's VMID and the job's number."""
    return _id(resource.leaves)


def _id(leaves: Leaves) -> str:
    return f"{str(leaves.get('guest', '')).removeprefix('vmid:')}-{leaves.get('number', 0)}"


def observe(target: Target) -> ApiGen[Live]:
    """Read one job."""
    name = natural.id_of(target)
    if not name.partition("-")[0].isdigit():
        return ABSENT  # its guest is nowhere to be found: that is said when it is to be written
    data = yield from natural.read(HOME, name)
    if data is None:
        return ABSENT
    vmid, _, number = name.partition("-")
    more: Leaves = {"guest": f"vmid:{vmid}", "number": int(number) if number.isdigit() else 0}
    live = natural.live_of(REPLICATION_JOB, HOME, name, data, more)
    return replace(live, lock=_LEAVING) if data.get("remove_job") else live


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing; a job that is marked goes by itself, when its node looks (each minute)."""
    if change.desired is None and change.live.lock:
        return ()
    found = natural.steps(REPLICATION_JOB, HOME, change)
    return tuple(_without_type(step) if step.request.method == "PUT" else step for step in found)


def refuse(change: Change) -> str:
    """Return why the job cannot be had: one that is to be removed is not made."""
    if (
        change.desired is not None
        and change.live.existence is Existence.ABSENT
        and "removeJob" in change.desired.leaves
    ):
        return "there is no such job any more, as its removeJob wants: take it out of the manifest"
    return natural.refuse(REPLICATION_JOB, HOME, change) or _misdirected(change)


def _misdirected(change: Change) -> str:
    """Return why the copies cannot go to the target: there is no such node, or the guest is there."""
    if change.desired is None or "target" not in change.desired.leaves:
        return ""
    around, target = change.surroundings, str(change.desired.leaves["target"])
    vmid = str(change.desired.leaves.get("guest", "")).removeprefix("vmid:")
    here = around.guests.get(int(vmid), {}).get("node") if vmid.isdigit() else None
    return unknown_node(around, [target]) or (f"the guest {vmid} is on {target} itself" if here == target else "")


def _without_type(step: Step) -> Step:
    params: dict[str, Param] = {k: v for k, v in step.request.params.items() if k != "type"}
    return replace(step, request=replace(step.request, params=params))


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return the rows of all jobs, with what the node of each guest tells of its runs: one question for each node.

    A node that does not answer leaves its jobs without.
    """
    rows = yield from natural.listing(HOME)
    found = dict(rows)
    for node in sorted({str(row["source"]) for row in rows.values() if row.get("source")}):
        for told in (yield from _on(node)):
            name = str(told.get("id"))
            if name in rows:
                found[name] = {**rows[name], **{key: told[key] for key in _TOLD if key in told}}
    return found


def _on(node: str) -> ApiGen[list[Mapping[str, object]]]:
    try:
        data = yield from call(Request("GET", f"/nodes/{node}/replication", node=node))
    except ApiError:
        return []
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


_TOLD = ("last_sync", "last_try", "next_sync", "fail_count", "error", "duration")
"""What a node alone knows of a job: PVE::API2::Replication's ``status``; times are Unix seconds, 0 = never."""

_DEFINED = Kind(
    name="ReplicationJob",
    plural="replicationjobs",
    short=("repl",),
    namespaced=True,
    guest=False,
    rank=70,
    fields=worded(_FIELDS, _WORDS),
    columns=(
        Column("GUEST", text("guest")),
        Column("TARGET", text("target")),
        Column("SCHEDULE", lambda row: str(row.get("schedule") or _ALWAYS) if row else ""),
        Column("LASTSYNC", moment("last_sync")),
    ),
)
REPLICATION_JOB = replace(
    natural.natural(_DEFINED, HOME), identifier=identifier, observe=observe, steps=steps, listing=listing, refuse=refuse
)
