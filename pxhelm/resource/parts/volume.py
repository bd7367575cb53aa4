"""Files on storages: on which nodes one is, and why one has to stay, whatever its kind. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.aside import is_replaced
from pxhelm.resource.effect import Effect
from pxhelm.resource.kind import Change
from pxhelm.resource.model import ABSENT, Existence, Live, Target, Value
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.uses import told

GOING = "going"
"""What a target says of a file that shall go: it is not gone where nobody can look."""
_AWAY = "away"
SIZE = "size"
"""What a target says of a file that we made: its bytes; 0 = nobody knows how many."""


def held(change: Change) -> str:
    """Return why a file must not be removed: who has it, or what cannot be told; empty when it may go."""
    if change.live.existence is not Existence.PRESENT:
        return ""
    made, now = str(change.target.row.get(SIZE) or ""), change.live.raw.get("size")
    if made and now != made:
        return f"somebody changed it: it has {now} bytes, and had {made}"
    if change.live.raw.get(_AWAY):
        return _unseen(natural.live_id(change), change.live.raw[_AWAY])
    uses = change.surroundings.uses.get(natural.live_id(change))
    return "nobody looked who has it" if uses is None else told(uses)


def _unseen(volume: str, away: str) -> str:
    return f"storage {volume.partition(':')[0]} is not available on {away}"


def in_use(change: Change) -> str:
    """Return the refusal of a removal; empty when the file may go."""
    why = held(change)
    return f"cannot remove {natural.live_id(change)}: {why}" if why else ""


def removal(change: Change) -> tuple[Step, ...]:
    """Return the removal of a file from the nodes that have it, once from a shared storage.

    One that somebody has stays: PxhelmError (REFUSED), except for a file that stands aside, which a later plan collects.
    """
    if change.live.existence is not Existence.PRESENT:
        return ()
    volume, refused = natural.live_id(change), in_use(change)
    if refused and is_replaced(change.target.key):
        return ()
    if refused:
        raise PxhelmError(refused, code=ExitCode.REFUSED)
    now = change.live.intended.get("nodes")
    nodes = [str(node) for node in now] if isinstance(now, tuple) else []
    below = f"storage/{quote(volume.partition(':')[0])}/content/{quote(volume, safe=':')}"
    size = int(change.live.raw.get("size") or 0)
    return tuple(
        Step(
            "delete",
            Request("DELETE", f"/nodes/{node}/{below}", node=node),
            Guard.NONE,
            (f"nodes {node}",),
            Effect.ONLINE,
            frees_bytes=size,
        )
        for node in (nodes[:1] if change.live.raw.get("shared") == "1" else nodes)
    )


def observe_volume(target: Target) -> ApiGen[Live]:
    """Look for the file on every node that has its storage."""
    volume = natural.id_of(target)
    storage, _, rest = volume.partition(":")
    content = rest.partition("/")[0]
    rows = yield from call(Request("GET", "/cluster/resources", {"type": "storage"}))
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    having = [row for row in found if row.get("storage") == storage]
    places = [row for row in having if row.get("status") == "available"]
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
    shared = "1" if any(row.get("shared") for row in places) else ""
    away = "" if shared else ", ".join(sorted(str(row["node"]) for row in having if row not in places))
    if not nodes and away and target.row.get(GOING):
        return Live(Existence.UNKNOWN, reason=_unseen(volume, away))
    if not having and target.row.get(GOING) and (why := (yield from _hidden(storage))):
        return Live(Existence.UNKNOWN, reason=why)
    if not nodes:
        return ABSENT
    leaves: dict[str, Value] = {"nodes": tuple(sorted(nodes)), "id": volume, "storage": storage, "content": content}
    leaves["filename"] = rest.partition("/")[2]
    return Live(Existence.PRESENT, leaves, leaves, {"shared": shared, "size": str(size or ""), _AWAY: away})


def _hidden(storage: str) -> ApiGen[str]:
    """Return why a storage that no node lists may be there all the same; empty when there is none."""
    try:
        yield from call(Request("GET", f"/storage/{quote(storage)}"))
    except ApiError as error:
        return "" if error.cls is ErrorClass.GONE else f"no node shows storage {storage}: {error.message}"
    return f"no node shows storage {storage}: is it disabled, or does the token lack Datastore.Audit on it?"


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
