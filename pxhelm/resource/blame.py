"""Proxmox' complaints about parameters, told in the words of the manifest: which field, in which file and line.

Never changes what Proxmox said, and never guesses: a parameter that no field of the manifest stands behind keeps its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from pxhelm.proxmox.errors import ApiError
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Resource
from pxhelm.resource.table import table_of


def told(kind: Kind, desired: Resource | None, error: ApiError) -> str:
    """Return what Proxmox said, each parameter after the field it was made from."""
    if not error.errors:
        return error.text or error.message
    return "; ".join(
        f"{_field(kind, desired, name)}: {' '.join(text.split())}" for name, text in sorted(error.errors.items())
    )


def _field(kind: Kind, desired: Resource | None, param: str) -> str:
    leaves = desired.leaves if desired is not None else {}
    places = table_of(kind.fields, kind.slots).places_of(param.partition(".")[0])
    paths = [place.path for place in places if place.path in leaves]
    if desired is None or not paths:
        return param
    where = desired.locate(paths[0]) if desired.locate else None
    place = f"{where.file}:{where.line}: " if where is not None and where.line else ""
    return f"{place}spec.{_shared(paths)} ({param})"


def _shared(paths: Sequence[str]) -> str:
    """Return the names that all paths begin with; the first path when there are none."""
    first = paths[0].split(".")
    for each in paths[1:]:
        names = each.split(".")
        first = [name for name, other in zip(first, names, strict=False) if name == other]
    return ".".join(first) or paths[0]
