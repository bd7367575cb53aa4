"""The tags by which people find in Proxmox what pxhelm manages, where the context asks for them (engine.md D2.2, kinds.md 2.10).

Never an identity: tags are copied by clones and edited by people. They stand beside the tags of a manifest: they are taken off
whatever is read and put to whatever is written, so that they are no difference, no drift and nobody's to remove by accident.
The one tag ``pxhelm`` is for new and adopted guests; one from which somebody takes it off stays without. Labels' tags are
always brought to what the labels are.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from pxhelm.proxmox.request import Param
from pxhelm.resource.form import split_list
from pxhelm.resource.kind import Change
from pxhelm.resource.model import Leaves, Resource

TAG = "pxhelm"
LEAF = "tags"


def leaves_without(leaves: Leaves, beside: Container[object]) -> Leaves:
    """Return the leaves of a guest without the tags that stand beside the manifest's."""
    tags = leaves.get(LEAF)
    left = tuple(each for each in tags if each not in beside) if isinstance(tags, tuple) else ()
    if tags is None or left == tags:
        return leaves
    return {**leaves, LEAF: left} if left else {path: value for path, value in leaves.items() if path != LEAF}


def wanted_without(resource: Resource, beside: Container[object]) -> Resource:
    """Return a wanted guest that says nothing of such tags: they are there anyway."""
    tags = resource.leaves.get(LEAF)
    left = tuple(each for each in tags if each not in beside) if isinstance(tags, tuple) else ()
    return replace(resource, leaves={**resource.leaves, LEAF: left}) if tags is not None and left != tags else resource


def put(change: Change, params: dict[str, Param], delete: list[str], *, marked: bool) -> None:
    """Put such tags into the parameters of a write: of a guest that becomes ours, and wherever its tags are written."""
    target, have = change.target, _split(change.live.raw.get(LEAF, ""))
    carries = bool(target.tag) and (target.tag in have or change.created or marked)
    beside = [*target.mirrored, *((target.tag,) if carries else ())]
    if LEAF in params or LEAF in delete:
        others = _split(str(params.get(LEAF, "")))
    elif set(beside) <= set(have) and not set(target.stale) & set(have):
        return
    else:
        others = [each for each in have if each not in target.beside]
    if whole := [*others, *beside]:
        params[LEAF] = ";".join(dict.fromkeys(whole))
    if whole and LEAF in delete:
        delete.remove(LEAF)
    elif not whole and LEAF not in delete:
        delete.append(LEAF)


def take_off(change: Change, params: dict[str, Param], delete: list[str]) -> None:
    """Put into the parameters what leaves a guest without such tags, if it has any."""
    beside, have = change.target.beside, _split(change.live.raw.get(LEAF, ""))
    if not beside & set(have):
        return
    if left := ";".join(each for each in have if each not in beside):
        params[LEAF] = left
    else:
        delete.append(LEAF)


def _split(text: str) -> list[str]:
    return split_list(text, ";, ")
