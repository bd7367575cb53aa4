"""A snippet of cloud-init data or a hook script. Proxmox' API cannot put one on a storage: it says what is missing, and where."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import quote

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.request import ApiGen, Request
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import Existence, Leaves, Live, Resource, Target
from pxhelm.resource.parts.volume import observe_volume
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step


def identifier(resource: Resource) -> str:
    """Return the volume; the hash of the content is part of its name, so that new content is a new file."""
    leaves = resource.leaves
    name = str(leaves.get("filename") or resource.key.name)
    if "content" in leaves:
        digest = hashlib.sha256(str(leaves["content"]).encode()).hexdigest()[:8]
        stem, dot, end = name.rpartition(".")
        name = f"{stem}-{digest}.{end}" if dot else f"{name}-{digest}"
    return f"{bare(str(leaves.get('storage', '')))}:snippets/{name}"


def observe(target: Target) -> ApiGen[Live]:
    """Look for the file on every node that has its storage."""
    live = yield from observe_volume(target)
    leaves = {path: value for path, value in live.intended.items() if path != "content"}
    return replace(live, intended=leaves, current=leaves)


def _same(_path: str, _wanted: Leaves, _live: Live) -> bool:
    return True  # part of the id, or a word about how it comes


def steps(change: Change) -> tuple[Step, ...]:
    """Return the removal of one that goes; one that is not there cannot be made by the API."""
    live = change.live
    if change.desired is None and live.existence is Existence.PRESENT:
        volume, nodes = natural.live_id(change), live.intended.get("nodes")
        found = [str(node) for node in nodes] if isinstance(nodes, tuple) else []
        storage = volume.partition(":")[0]
        path = f"storage/{quote(storage)}/content/{quote(volume, safe=':')}"
        return tuple(
            Step("delete", Request("DELETE", f"/nodes/{n}/{path}", node=n), Guard.NONE, (f"nodes {n}",), Effect.ONLINE)
            for n in (found[:1] if live.raw.get("shared") == "1" else found)
        )
    if change.desired is not None and live.existence is Existence.ABSENT:
        volume = identifier(change.desired)
        storage, _, name = volume.partition(":")
        raise PxhelmError(
            f"cannot make {change.desired.key.address}: Proxmox' API takes no snippets",
            code=ExitCode.REFUSED,
            where=change.desired.where,
            hint=f"put the file {name} on storage {storage} by hand, or give the guest cloudInit.delivery: SeedISO",
        )
    return ()


SNIPPET = Kind(
    name="Snippet",
    plural="snippets",
    short=("snip", "snippet"),
    namespaced=False,
    guest=False,
    rank=41,
    fields=(
        Field("storage", "ref", same=_same, refers=("Storage",), effect=Effect.REPLACE),
        Field("nodes", "set", same=_same, kept=True),
        Field("filename", "line", same=_same, help="the object's name unless given"),
        Field("content", "json", same=_same, help="its hash is part of the file's name"),
        Field("delivery", "line", same=_same, choices=("SSH", "SharedPath")),
    ),
    observe=observe,
    steps=steps,
    identifier=identifier,
    shared=True,
    renews=True,
    always=True,
    columns=(Column("STORAGE", text("storage")), Column("FILENAME", text("filename"))),
)
