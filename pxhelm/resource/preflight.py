"""What a cluster has to have for an object to be of use, as far as its nodes and storages are known. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pxhelm.resource.kind import Surroundings
from pxhelm.resource.references import bare


def unknown_node(around: Surroundings, names: Iterable[object]) -> str:
    """Return why nodes cannot be meant; empty when all are there, or none is known."""
    gone = next((str(name) for name in names if around.nodes and name not in around.nodes), "")
    return f"there is no node {gone}; nodes: {', '.join(sorted(around.nodes))}" if gone else ""


def unfit_storage(around: Surroundings, reference: object, content: str = "") -> str:
    """Return why a storage cannot be used, for a content such as ``backup``; empty when it can, or the plan makes it."""
    name = bare(str(reference))
    if around.coming is None or not around.storages or ("Storage", name) in around.coming:
        return ""
    rows = [row for (_, each), row in around.storages.items() if each == name]
    if not rows:
        known = sorted({each for _, each in around.storages})
        return f"there is no storage {name}, or it is switched off; storages: {', '.join(known)}"
    takes = {part for row in rows for part in str(row.get("content") or "").split(",")}
    if not content or content in takes:
        return ""
    return f"storage {name} does not take {content} (content: {', '.join(sorted(takes))})"
