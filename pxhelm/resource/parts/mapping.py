"""Mappings of devices: an id, a comment, and entries for the nodes that have the device; the same for every sort of device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pxhelm.proxmox.request import Param
from pxhelm.resource import natural
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Mistake
from pxhelm.resource.model import Leaves
from pxhelm.resource.preflight import unknown_node
from pxhelm.resource.step import Step
from pxhelm.resource.types import pairs
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
    return replace(
        made, steps=partial(_steps, made, home), refuse=partial(_refuse, made, home), check=partial(_check, made, home)
    )


def _check(kind: Kind, home: natural.Home, key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what is wrong with the entries on any cluster: what each has to say, and paths of folders that are none."""
    yield from natural.check(kind, home, key, leaves)
    records = leaves.get("map")
    if records == ():
        yield Mistake("map", f"a {kind.name} needs an entry in map", "write node and what the device is there")
    for record in map(pairs, records) if isinstance(records, tuple) else ():
        path = str(record.get("path", "/"))
        if home.collection.endswith("/dir") and not path.startswith("/"):
            yield Mistake("map", f"the path {path!r} is not absolute", "write the folder from / on")
        missing = [name for name in _NEEDED[home.collection.rpartition("/")[2]] if name not in record]
        if missing:
            yield Mistake("map", f"an entry of {kind.name} needs {' and '.join(missing)}")


_NEEDED: Mapping[str, tuple[str, ...]] = {"pci": ("node", "path", "id"), "usb": ("node", "id"), "dir": ("node", "path")}
"""What each entry has to say, by the schema."""


def _refuse(kind: Kind, home: natural.Home, change: Change) -> str:
    """Return why the mapping cannot be had: it is about a node that there is not."""
    problem = natural.refuse(kind, home, change)
    records = change.desired.leaves.get("map") if change.desired is not None else ()
    nodes = [str(pairs(record).get("node")) for record in records] if isinstance(records, tuple) else []
    return problem or unknown_node(change.surroundings, nodes)


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
