"""Mappings of devices: an id, a comment, and entries for the nodes that have the device; the same for every sort of device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pxhelm.proxmox.request import Param
from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.step import Step
from pxhelm.resource.words import worded

_COMMON: tuple[Field, ...] = (
    Field("id", "line", "id", effect=Effect.REPLACE, same=same_id),
    Field("comment", "note", "description", effect=Effect.METADATA, marks=True),
)


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of device."""

    name: str
    """Of the kind: ``PCIMapping``."""
    path: str
    """Where Proxmox keeps them; its end names the form of an entry, too: ``/cluster/mapping/pci``."""
    short: str
    entry: tuple[Field, ...]
    """What is said of the device on one node."""
    more: tuple[Field, ...] = ()
    """What is said of the device as a whole."""


def mapping(sort: Sort) -> Kind:
    """Return the kind of the mappings of a sort of device."""
    home = natural.Home(sort.path, "id", needs={"": ("map",)})
    form = f"{sort.path.rpartition('/')[2]}-map"
    entries = Field(
        "map",
        "records",
        "map",
        form=form,
        parts=sort.entry,
        help="where the nodes have it, an entry each",
    )
    defined = Kind(
        name=sort.name,
        plural=f"{sort.name.lower()}s",
        short=(sort.short,),
        namespaced=False,
        guest=False,
        rank=16,
        fields=worded((*_COMMON, *sort.more, entries)),
        columns=(Column("NODES", _nodes), Column("DEVICES", _count)),
    )
    made = natural.natural(defined, home)
    return replace(made, steps=partial(_steps, made, home))


def _steps(kind: Kind, home: natural.Home, change: Change) -> tuple[Step, ...]:
    """Return the write still missing; Proxmox wants the entries again with every change, whatever its schema says."""
    return tuple(_with_map(step, change) for step in natural.steps(kind, home, change))


def _with_map(step: Step, change: Change) -> Step:
    if step.request.method != "PUT" or "map" in step.request.params:
        return step
    params: dict[str, Param] = {**step.request.params, "map": change.live.raw["map"].split("\n")}
    return replace(step, request=replace(step.request, params=params))


def _entries(row: Mapping[str, object]) -> list[dict[str, str]]:
    found = row.get("map")
    texts = found if isinstance(found, Sequence) and not isinstance(found, str) else []
    return [dict(part.partition("=")[::2] for part in str(text).split(",")) for text in texts]


def _nodes(row: Mapping[str, object]) -> str:
    return ",".join(sorted({entry.get("node", "") for entry in _entries(row)}))


def _count(row: Mapping[str, object]) -> str:
    return str(len(_entries(row)))
