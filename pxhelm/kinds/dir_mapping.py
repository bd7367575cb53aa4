"""A directory of the nodes by name, for virtiofs of guests."""

from __future__ import annotations

from dataclasses import replace

from pxhelm.proxmox.request import Param
from pxhelm.resource import natural
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.parts import mapping
from pxhelm.resource.step import Step

_PARTS: tuple[Field, ...] = (
    Field("node", "line"),
    Field("path", "line"),
)
_FIELDS: tuple[Field, ...] = (
    *mapping.COMMON,
    Field("map", "records", "map", form="dir-map", parts=_PARTS, help="where the nodes have it, an entry each"),
)
HOME = natural.Home("/cluster/mapping/dir", "id", needs={"": ("map",)})


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing; Proxmox wants the entries again with every change, whatever its schema says."""
    return tuple(_with_map(step, change) for step in natural.steps(DIR_MAPPING, HOME, change))


def _with_map(step: Step, change: Change) -> Step:
    if step.request.method != "PUT" or "map" in step.request.params:
        return step
    params: dict[str, Param] = {**step.request.params, "map": change.live.raw["map"].split("\n")}
    return replace(step, request=replace(step.request, params=params))


_DEFINED = Kind(
    name="DirMapping",
    plural="dirmappings",
    short=("dirmap",),
    namespaced=False,
    guest=False,
    rank=16,
    fields=_FIELDS,
    columns=(Column("NODES", mapping.nodes), Column("DEVICES", mapping.count)),
)
DIR_MAPPING = replace(natural.natural(_DEFINED, HOME), steps=steps)
