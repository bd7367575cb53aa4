"""The ways out for a guest: destroyed, put into the trash, left as a shell that holds its disks, or only let go.

Pure. What destroys first proves once more, by a write with a digest, that the guest is ours (engine.md D11.2). What keeps
something ends with one write that says so in the guest's name, by which the end of the way is seen.
"""

from __future__ import annotations

from pxhelm.proxmox.request import Param
from pxhelm.resource import guest_tag
from pxhelm.resource.aside import TAG, guest_name
from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import param_of
from pxhelm.resource.encode import Encoded
from pxhelm.resource.guest import volumes_bytes
from pxhelm.resource.guest_power import shutdown
from pxhelm.resource.guest_seed import collected
from pxhelm.resource.identity import join_description
from pxhelm.resource.kind import Change
from pxhelm.resource.model import Live
from pxhelm.resource.parts import ha
from pxhelm.resource.step import Guard, Step, Undo
from pxhelm.resource.writer import Writer

RETAIN, DETACH, TRASH = "retain", "detach", "trash"
WAYS = (RETAIN, DETACH, TRASH)
"""Options of a change that takes an object away otherwise than by destroying it."""
_SHELL = "detached-"


def let_go(live: Live, way: str) -> bool:
    """Whether a guest that stays is as its way out leaves it: nothing of ours is in it any more."""
    return live.marker is None and (way == RETAIN or (way == DETACH and _name(live).startswith(_SHELL)))


def _name(live: Live) -> str:
    return str(live.intended.get("hostname") or live.vmid)


def removal_steps(writer: Writer) -> tuple[Step, ...]:
    """Return the steps still missing of the way out that the change's options name."""
    options = writer.change.options
    if options.get(RETAIN):
        return _released(writer)
    steps: list[Step] = []
    if not (options.get(DETACH) or options.get(TRASH)):
        steps += _tombstone(writer)
    if ha.managed(writer.change.live):
        steps.append(ha.removal(writer.change.live, writer.api.type))
    steps += _stopped(writer)
    if options.get(DETACH):
        return (*steps, *_shell(writer))
    if options.get(TRASH):
        return (*steps, *_trashed(writer))
    return (*steps, *collected(writer), _destroyed(writer))


def _released(writer: Writer) -> tuple[Step, ...]:
    live = writer.change.live
    if live.marker is None:
        return ()
    request = writer.request("PUT", "config", writer.digested(_unmarked(writer.change)))
    return (Step("release", request, Guard.DIGEST, (), Effect.METADATA, why="the guest stays, only the marker goes"),)


def _unmarked(change: Change) -> dict[str, Param]:
    """Return the parameters that take marker and tag away and leave the user's own words."""
    text = str(change.live.intended.get("description") or "")
    params: dict[str, Param] = {"description": text} if text else {}
    delete = [] if text else ["description"]
    guest_tag.take_off(change, params, delete)
    return Encoded(params, tuple(delete)).as_params()


def _tombstone(writer: Writer) -> list[Step]:
    change = writer.change
    marker, op = change.live.marker or change.target.marker, change.op or "delete"
    if marker is None or marker.deleting == op:
        return []
    text = str(change.live.intended.get("description") or "")
    params: dict[str, Param] = {"description": join_description(text, marker.buried_by(op))}
    request = writer.request("PUT", "config", writer.digested(params))
    return [Step("tombstone", request, Guard.DIGEST, (), Effect.METADATA, why="proves once more whose it is")]


def _stopped(writer: Writer) -> list[Step]:
    change = writer.change
    if change.live.power not in ("running", "paused"):
        return []
    if change.options.get("force-stop") or change.live.power == "paused":
        request = writer.request("POST", "status/stop", {})
        return [Step("stop", request, Guard.IDENTITY, (), Effect.ONLINE_DISRUPTIVE)]
    return [shutdown(writer, "it is removed")]


def _destroyed(writer: Writer) -> Step:
    params: dict[str, Param] = {"purge": True, "destroy-unreferenced-disks": False}
    request = writer.request("DELETE", "", params)
    freed = max(volumes_bytes(writer.change.live), 1)
    effect, undo = Effect.ONLINE_DISRUPTIVE, Undo.IRREVERSIBLE
    return Step("destroy", request, Guard.IDENTITY, (), effect, undo, frees_bytes=freed)


def _trashed(writer: Writer) -> tuple[Step, ...]:
    live = writer.change.live
    name = guest_name(_name(live))
    if name == _name(live):
        return ()
    tags = live.intended.get("tags")
    listed = [str(tag) for tag in tags] if isinstance(tags, tuple) else []
    params: dict[str, Param] = {writer.api.name: name, "tags": ";".join(dict.fromkeys((*listed, TAG))), "onboot": False}
    guest_tag.put(writer.change, params, [], marked=False)
    request = writer.request("PUT", "config", writer.digested(params))
    leaves = ("hostname", "tags", "startup.onBoot")
    return (Step(TRASH, request, Guard.DIGEST, leaves, Effect.METADATA, why="`pxhelm undelete` brings it back"),)


def _shell(writer: Writer) -> tuple[Step, ...]:
    """Return the write that leaves a shell with the disks as unused; the root of a container cannot be taken out of it."""
    live = writer.change.live
    if _name(live).startswith(_SHELL):
        return _released(writer)
    disks = [
        param_of(writer.kind, path.rpartition(".")[0])
        for path in live.intended
        if path.endswith(".storage") and path.split(".")[0] in ("disks", "mounts", "efiDisk", "tpm")
    ]
    held = [disk for disk in disks if not disk.startswith("unused") and "cloudinit" not in live.raw.get(disk, "")]
    own = _unmarked(writer.change)
    gone = [*held, *([str(own.pop("delete"))] if "delete" in own else [])]
    params: dict[str, Param] = {writer.api.name: f"{_SHELL}{_name(live)}"[:63].rstrip("-."), "onboot": False, **own}
    if gone:
        params["delete"] = ",".join(gone)
    request = writer.request("PUT", "config", writer.digested(params))
    why = f"{', '.join(held)} stay as unused disks of it" if held else "its root stays in it"
    return (Step(DETACH, request, Guard.DIGEST, (), Effect.METADATA, Undo.IRREVERSIBLE, why=why),)
