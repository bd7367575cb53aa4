"""What is to go, with what it stands on: of one kind, what is made of another goes before that (engine.md D9.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pxhelm.errors import PxhelmError
from pxhelm.plan.graph import strong_edges
from pxhelm.plan.order import ordered
from pxhelm.plan.subject import Subject
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource
from pxhelm.resource.references import bare
from pxhelm.resource.table import table_of

Ids = Mapping[tuple[str, str], ObjectKey]
"""Kind and Proxmox' id → the object."""


def leaving(subjects: Sequence[Subject]) -> list[Resource]:
    """Return what shall go, each with references to those of its kind that it was made of when it was applied last.

    Objects that are made of each other go in any order: that never makes a removal impossible.
    """
    going = [s for s in subjects if s.desired is None]
    ids = {(s.key.kind, str(s.target.row.get("id") or s.key.name)): s.key for s in going if not s.kind.guest}
    found = [
        Resource(s.key, {}, references=(*_below(s, ids), *_beside(s)), called=str(s.target.row.get("id") or ""))
        for s in going
    ]
    try:
        ordered(strong_edges(found))
    except PxhelmError:
        return [Resource(s.key, {}) for s in going]
    return found


def _beside(s: Subject) -> Iterator[Reference]:
    """Yield what no single leaf names, such as the pool in which a pool is."""
    yield from (each for each in s.kind.more_references(s.key, s.known.applied) if s.key.kind in each.kinds)


def _below(s: Subject, ids: Ids) -> Iterator[Reference]:
    table = table_of(s.kind.fields, s.kind.slots)
    for path, base in (item for leaves in s.known.bases.values() for item in leaves.items()):
        place = table.place(path)
        if place is None or s.kind.guest or s.key.kind not in place.field.refers:
            continue
        for text in base if isinstance(base, list) else (base,):
            key = ids.get((s.key.kind, bare(str(text))))
            if key is not None and key != s.key:
                yield Reference(path, (key.kind,), key.namespace, key.name)
