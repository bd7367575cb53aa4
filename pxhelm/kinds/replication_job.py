"""Replication of a guest's volumes to another node. Its source follows the guest; ZFS only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen, Param
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_value
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Leaves, Live, Resource, Target
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded

_X = Effect.REPLACE
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
    Field("schedule", "schedule", "schedule", default="*/15"),
    Field("rate", "rate", "rate", form="mbps"),
    Field("enabled", "bool", "disable", form="not", default=True),
    Field("source", "line", "source", help="for a job whose guest is gone: Proxmox sets it by itself"),
    Field("removeJob", "line", "remove_job", choices=("local", "full"), write_only=True),
    Field("comment", "note", "comment", effect=Effect.METADATA, marks=True),
)
HOME = natural.Home("/cluster/replication", "id", also={"type": "local"}, needs={"": ("guest", "target")})


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
    return natural.live_of(REPLICATION_JOB, HOME, name, data, more)


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing; Proxmox removes a job by itself once it has been marked."""
    found = natural.steps(REPLICATION_JOB, HOME, change)
    return tuple(_without_type(step) if step.request.method == "PUT" else step for step in found)


def _without_type(step: Step) -> Step:
    params: dict[str, Param] = {k: v for k, v in step.request.params.items() if k != "type"}
    return replace(step, request=replace(step.request, params=params))


def _last(row: Mapping[str, object]) -> str:
    return str(row.get("last_sync") or "")


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
        Column("SCHEDULE", text("schedule")),
        Column("LASTSYNC", _last),
    ),
)
REPLICATION_JOB = replace(natural.natural(_DEFINED, HOME), identifier=identifier, observe=observe, steps=steps)
