"""The tag by which people find in Proxmox what pxhelm manages, where the context asks for it (engine.md D2.2).

Never an identity: tags are copied by clones and edited by people. It stands beside the tags of a manifest: it is taken off
whatever is read and put to whatever is written, so that it is no difference, no drift and nobody's to remove by accident. New
and adopted guests get it; one from which somebody takes it off stays without.
"""

from __future__ import annotations

from dataclasses import replace

from pxhelm.proxmox.request import Param
from pxhelm.resource.form import split_list
from pxhelm.resource.kind import Change
from pxhelm.resource.model import Leaves, Resource

TAG = "pxhelm"
LEAF = "tags"


def leaves_without(leaves: Leaves, tag: str) -> Leaves:
    """Return the leaves of a guest without the tag."""
    tags = leaves.get(LEAF)
    if not tag or not isinstance(tags, tuple) or tag not in tags:
        return leaves
    left = tuple(each for each in tags if each != tag)
    return {**leaves, LEAF: left} if left else {path: value for path, value in leaves.items() if path != LEAF}


def wanted_without(resource: Resource, tag: str) -> Resource:
    """Return a wanted guest that says nothing of the tag: it is there anyway."""
    tags = resource.leaves.get(LEAF)
    if not tag or not isinstance(tags, tuple) or tag not in tags:
        return resource
    return replace(resource, leaves={**resource.leaves, LEAF: tuple(each for each in tags if each != tag)})


def put(change: Change, params: dict[str, Param], delete: list[str], *, marked: bool) -> None:
    """Put the tag into the parameters of a write: of a guest that becomes ours, and wherever its tags are written."""
    tag, have = change.target.tag, _split(change.live.raw.get(LEAF, ""))
    stays = tag in have
    if not tag or not (stays or change.created or marked):
        return
    if LEAF in params or LEAF in delete:
        others = _split(str(params.get(LEAF, "")))
    elif stays:
        return
    else:
        others = have
    params[LEAF] = ";".join([*others, tag])
    if LEAF in delete:
        delete.remove(LEAF)


def take_off(change: Change, params: dict[str, Param], delete: list[str]) -> None:
    """Put into the parameters what leaves a guest without the tag, if it has it."""
    tag, have = change.target.tag, _split(change.live.raw.get(LEAF, ""))
    if not tag or tag not in have:
        return
    if left := ";".join(each for each in have if each != tag):
        params[LEAF] = left
    else:
        delete.append(LEAF)


def _split(text: str) -> list[str]:
    return split_list(text, ";, ")
