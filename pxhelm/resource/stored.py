"""Kinds that only the store knows: what is there is what was applied. Never asks a cluster for anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.request import ApiGen
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value

APPLIED = "applied"
"""Key of ``Target.row`` under which the leaves that were applied last are handed to ``observe``."""


def stored(kind: Kind) -> Kind:
    """Return the kind with functions that look at the store alone."""
    fields = tuple(each if each.wire or each.same else replace(each, same=same) for each in kind.fields)
    return replace(
        kind, fields=fields, store_only=True, observe=observe, steps=lambda _change: (), identifier=identifier
    )


def same(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether a leaf is as it was applied."""
    return live.intended.get(path) == wanted[path]


def identifier(resource: Resource) -> str:
    """Return a name that no other object of the kind has."""
    return "/".join(part for part in (resource.key.namespace, resource.key.name) if part)


def observe(target: Target) -> ApiGen[Live]:
    """Return the object as it was applied."""
    yield from ()
    if not target.uid:
        return ABSENT
    applied = target.row.get(APPLIED)
    leaves: dict[str, Value] = dict(applied) if isinstance(applied, Mapping) else {}
    return Live(Existence.PRESENT, leaves, leaves)


def own(path: str, type_name: str, **more: object) -> Field:
    """Return a field of pxhelm's own."""
    return replace(Field(path, type_name, same=same), **more)  # type: ignore[arg-type]
