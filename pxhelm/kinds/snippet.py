"""A snippet of cloud-init data or a hook script. Proxmox' API takes none, so it gets to its storage by another way.

``delivery: SSH`` puts it on every node that has the storage, by the system's ``sftp``; ``SharedPath`` puts it where the storage
is mounted on the machine that pxhelm runs on. Both need a word in the context. Without ``delivery`` it is looked for, and neither made nor removed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.cluster import cluster_status
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import Existence, Leaves, Live, Resource, Target
from pxhelm.resource.parts.volume import SIZE, in_use, observe_volume, removal
from pxhelm.resource.references import bare
from pxhelm.resource.step import Delivery, Guard, Step
from pxhelm.resource.words import worded

_NAME = re.compile(r"[A-Za-z0-9_][\w.+-]{0,200}", re.ASCII)
_SNIPPETS = "snippets"
_NOTHING = Request("GET", "/version")
"""What stands in the plan where Proxmox is asked for nothing."""


_WORDS = """
storage  where it is kept
"""


def identifier(resource: Resource) -> str:
    """Return the volume; the hash of the content is part of its name, so that new content is a new file."""
    leaves = resource.leaves
    name = str(leaves.get("filename") or resource.key.name)
    if "content" in leaves:
        digest = hashlib.sha256(str(leaves["content"]).encode()).hexdigest()[:8]
        stem, dot, end = name.rpartition(".")
        name = f"{stem}-{digest}.{end}" if dot else f"{name}-{digest}"
    return f"{bare(str(leaves.get('storage', '')))}:{_SNIPPETS}/{name}"


def observe(target: Target) -> ApiGen[Live]:
    """Look for the file on every node that has its storage; where files of the storage are, when it is to be delivered."""
    live = yield from observe_volume(target)
    leaves = {path: value for path, value in live.intended.items() if path != "content"}
    raw = dict(live.raw)
    if "delivery" in target.wants:
        raw |= yield from _places(natural.id_of(target).partition(":")[0])
    return replace(live, intended=leaves, current=leaves, raw=raw)


def _places(storage: str) -> ApiGen[dict[str, str]]:
    """Return ``folder`` and ``below`` (the storage's own, and the one of snippets in it) and the nodes' ``addresses``."""
    try:
        found = yield from call(Request("GET", f"/storage/{quote(storage)}"))
    except ApiError as error:
        return {"problem": error.message}
    row: Mapping[str, object] = found if isinstance(found, Mapping) else {}
    named = (pair.partition("=") for pair in str(row.get("content-dirs") or "").split(","))
    below = next((folder for content, _, folder in named if content == _SNIPPETS and folder), _SNIPPETS)
    members = yield from cluster_status()
    addresses = json.dumps(members.addresses)
    shared = "1" if row.get("shared") or row.get("type") in ("nfs", "cifs", "cephfs") else ""
    return {"folder": str(row.get("path") or ""), "below": below, "addresses": addresses, "shared": shared}


def _same(_path: str, _wanted: Leaves, _live: Live) -> bool:
    return True  # part of the id, or a word about how it comes


def _made(change: Change) -> bool:
    """Whether we put the file there; one that was only looked for is its owner's, and stays."""
    return SIZE in change.target.row


def refuse(change: Change) -> str:
    """Return why a file that we put there has to stay."""
    return in_use(change) if change.desired is None and _made(change) else ""


def steps(change: Change) -> tuple[Step, ...]:
    """Return the removal of one that goes, the delivery of one that is missing somewhere."""
    if change.desired is None:
        return removal(change) if _made(change) else ()
    missing = _missing(change)
    if not missing and change.live.existence is Existence.PRESENT:
        return ()
    how = change.desired.leaves.get("delivery")
    if how is None:
        return () if change.live.existence is Existence.PRESENT else _nobody_delivers(change)
    content = _content(change)
    if how == "SharedPath":
        return (_to_mount(change, content),)
    return tuple(_to_node(change, content, node) for node in missing)


def _missing(change: Change) -> list[str]:
    """Return the nodes that lack the file: of those that are named, else of all that have the storage; one of a shared one."""
    assert change.desired is not None
    there, wanted = change.live.intended.get("nodes"), change.desired.leaves.get("nodes")
    have = set(there) if isinstance(there, tuple) else set()
    around, storage = change.surroundings, identifier(change.desired).partition(":")[0]
    with_it = [node for node, up in sorted(around.nodes.items()) if up and (node, storage) in around.storages]
    nodes = [str(node) for node in wanted] if isinstance(wanted, tuple) and wanted else with_it
    if change.live.raw.get("shared") == "1":
        return [] if have else nodes[:1]
    return [node for node in nodes if node not in have]


def _content(change: Change) -> bytes:
    """Return the file: a text as it is, a map as JSON, which is YAML, under the line that cloud-init wants to see."""
    wanted = change.desired
    assert wanted is not None
    if "content" not in wanted.leaves:
        raise PxhelmError(f"cannot deliver {wanted.key.address}: it has no content", where=wanted.where)
    found = json.loads(str(wanted.leaves["content"]))
    if isinstance(found, str):
        return found.encode()
    return f"#cloud-config\n{json.dumps(found, indent=2, ensure_ascii=False)}\n".encode()


def _nobody_delivers(change: Change) -> tuple[Step, ...]:
    assert change.desired is not None
    storage, _, name = identifier(change.desired).partition(":")
    raise PxhelmError(
        f"cannot make {change.desired.key.address}: Proxmox' API takes no snippets",
        code=ExitCode.REFUSED,
        where=change.desired.where,
        hint=f"give it delivery: SSH or SharedPath, put the file {name} on storage {storage} by hand, or give the guest "
        "cloudInit.delivery: SeedISO",
    )


def _file(change: Change) -> tuple[str, str]:
    """Return storage and file name; PxhelmError for a name that is a path, or more."""
    assert change.desired is not None
    storage, _, path = identifier(change.desired).partition(":")
    name = path.partition("/")[2]
    if not _NAME.fullmatch(name):
        raise PxhelmError(
            f"cannot deliver {change.desired.key.address}: {name} is no name of a file",
            where=change.desired.where,
            hint="letters, digits and . _ + - are",
        )
    return storage, name


def _to_mount(change: Change, content: bytes) -> Step:
    storage, name = _file(change)
    if not change.options.get(f"allow-path:{storage}"):
        raise PxhelmError(
            f"cannot deliver it to storage {storage}: the context does not say where that is mounted on this machine",
            code=ExitCode.REFUSED,
            hint=f"sharedPaths: {{{storage}: /mnt/{storage}}} in the context, or PXHELM_SHARED_PATHS={storage}=/mnt/{storage}",
        )
    below = change.live.raw.get("below") or _SNIPPETS
    return _step(change, Delivery(storage, name, content, below), "this machine")


def _to_node(change: Change, content: bytes, node: str) -> Step:
    storage, name = _file(change)
    raw = change.live.raw
    if not change.options.get("allow-ssh"):
        raise PxhelmError(
            f"cannot deliver it to {node}: the context does not say how to get there",
            code=ExitCode.REFUSED,
            hint="ssh: {host: root@{address}} in the context, or PXHELM_SSH='root@{address}'",
        )
    if not raw.get("folder"):
        why = raw.get("problem") or f"storage {storage} has no folder"
        raise PxhelmError(f"cannot deliver it to {node}: {why}", hint="a storage of type dir, nfs or cifs has one")
    folder = f"{raw['folder'].rstrip('/')}/{raw.get('below') or _SNIPPETS}"
    address = json.loads(raw.get("addresses") or "{}").get(node, "")
    return _step(change, Delivery(storage, name, content, folder, node, address), node)


def _step(change: Change, delivery: Delivery, to: str) -> Step:
    assert change.desired is not None
    what = (*change.desired.leaves, f"nodes {delivery.node}".strip())
    unseen = f"{to} has the file now, and storage {delivery.storage} does not show it: is that its folder, and does it take snippets?"
    return Step("deliver", _NOTHING, Guard.NONE, what, Effect.ONLINE, errand=delivery, detail={"to": to}, unseen=unseen)


SNIPPET = Kind(
    name="Snippet",
    plural="snippets",
    short=("snip", "snippet"),
    namespaced=False,
    guest=False,
    rank=41,
    fields=worded(
        (
            Field("storage", "ref", same=_same, refers=("Storage",), effect=Effect.REPLACE),
            Field("nodes", "set", same=_same, kept=True, help="all that have the storage unless given"),
            Field("filename", "line", same=_same, help="the object's name unless given"),
            Field(
                "content",
                "json",
                same=_same,
                help="a text as it is, a map as cloud-init data; its hash is part of the file's name",
            ),
            Field("delivery", "line", same=_same, choices=("SSH", "SharedPath"), help="how it gets to the storage"),
        ),
        _WORDS,
    ),
    observe=observe,
    steps=steps,
    refuse=refuse,
    identifier=identifier,
    shared=True,
    renews=True,
    always=True,
    beyond=("delivery",),
    columns=(Column("STORAGE", text("storage")), Column("FILENAME", text("filename"))),
)
