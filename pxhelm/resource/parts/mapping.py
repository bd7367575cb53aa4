"""What device mappings share: an id, a comment, and entries for the nodes that have the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id

COMMON: tuple[Field, ...] = (
    Field("id", "line", "id", effect=Effect.REPLACE, same=same_id),
    Field("comment", "note", "description", effect=Effect.METADATA),
)


def entries(row: Mapping[str, object]) -> list[dict[str, str]]:
    """Return the entries of a row of the list, each as its keys."""
    found = row.get("map")
    texts = found if isinstance(found, Sequence) and not isinstance(found, str) else []
    return [dict(part.partition("=")[::2] for part in str(text).split(",")) for text in texts]


def nodes(row: Mapping[str, object]) -> str:
    """Return the nodes that have the device."""
    return ",".join(sorted({entry.get("node", "") for entry in entries(row)}))


def count(row: Mapping[str, object]) -> str:
    """Return how many devices there are on all nodes."""
    return str(len(entries(row)))
