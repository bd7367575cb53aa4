"""Files on storages: on which nodes one is, whatever its kind. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.model import ABSENT, Existence, Live, Target, Value


def observe_volume(target: Target) -> ApiGen[Live]:
    """Look for the file on every node that has its storage."""
    volume = natural.id_of(target)
    storage, _, rest = volume.partition(":")
    content = rest.partition("/")[0]
    rows = yield from call(Request("GET", "/cluster/resources", {"type": "storage"}))
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    places = [row for row in found if row.get("storage") == storage and row.get("status") == "available"]
    nodes: list[str] = []
    size: object = None
    for row in places:
        node = str(row["node"])
        entry = yield from _entry(node, storage, content, volume)
        if entry is None:
            continue
        nodes.append(node)
        size = entry.get("size", size)
        if row.get("shared"):
            nodes = [str(each["node"]) for each in places]
            break
    if not nodes:
        return ABSENT
    leaves: dict[str, Value] = {"nodes": tuple(sorted(nodes)), "id": volume, "storage": storage, "content": content}
    leaves["filename"] = rest.partition("/")[2]
    shared = "1" if any(row.get("shared") for row in places) else ""
    return Live(Existence.PRESENT, leaves, leaves, {"shared": shared, "size": str(size or "")})


def _entry(node: str, storage: str, content: str, volume: str) -> ApiGen[Mapping[str, object] | None]:
    path = f"/nodes/{node}/storage/{quote(storage)}/content"
    try:
        rows = yield from call(Request("GET", path, {"content": content}, node=node))
    except ApiError as error:
        if error.cls in (ErrorClass.GONE, ErrorClass.RESOURCE):
            return None
        raise
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return next((row for row in found if row.get("volid") == volume), None)
