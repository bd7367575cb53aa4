"""The seed of a virtual machine: its image uploaded, in its drive, and out of it again."""

from __future__ import annotations

from collections.abc import Iterable

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import Param, Request, Upload
from pxhelm.resource.effect import Effect
from pxhelm.resource.guest import file_storage
from pxhelm.resource.kind import Op
from pxhelm.resource.model import Live, Resource
from pxhelm.resource.parts import seed
from pxhelm.resource.parts.cloudinit import needs_drive
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.writer import Writer

_UPLOADED, _COLLECTED, _LEFT = "cloudInit.seed", "cloudInit.seed.gone", "cloudInit.seed.was "
"""What an upload, a removal and a change of the medium make true: no fields, only remembered until the operation ends."""
COLLECT = "collect"
"""Verb of a removal that may fail without harm: what stays is an image that nobody uses."""


def steps(writer: Writer) -> list[Step]:
    """Return the upload of the image and its way into the drive, or the way out of a drive that nobody fills any more."""
    change = writer.change
    if writer.api.type != "qemu" or change.desired is None:
        return []
    leaves, live = writer.desired.leaves, change.live
    ours = seed.wanted(leaves)
    slot, file = attached(live)
    if not ours:
        gone = [c.path for c in change.changes if c.path in seed.DOCUMENTS and c.op is Op.UNSET]
        if not gone or not slot:
            return _left_before(writer)
        params: dict[str, Param] = {"delete": slot}
        if needs_drive(tuple(live.raw)):
            text = next(iter(cloudinit_drive(writer.desired, dict(live.raw)).values()))
            params = {slot: text}
        request = writer.request("PUT", "config", writer.digested(params))
        reached = (*gone, *_remembered(writer, file))
        out = Step("config", request, Guard.DIGEST, reached, Effect.RESTART, why="the seed leaves its drive")
        return [out, *collected(writer, file)]
    if leaves.get("cloudInit.delivery") == "Snippet":
        raise PxhelmError(
            f"cannot deliver {ours[0]} of {writer.desired.key.address} as a snippet: Proxmox' API uploads none",
            where=writer.desired.locate(ours[0]) if writer.desired.locate else None,
            hint="leave cloudInit.delivery out, or put the file there and name it: {snippet: STORAGE:snippets/FILE}",
        )
    texts = seed.documents(leaves, live, writer.desired.key.name)
    name = f"{seed.PREFIX}{seed.digest(texts)}.iso"
    if file.endswith(f"/{name}"):
        return _left_before(writer)
    storage = file_storage(writer.desired, live.node, change.surroundings, "iso", "cloudInit.seedStorage")
    upload = Upload("", name, content=lambda: seed.image(texts))
    path = f"/nodes/{live.node}/storage/{storage}/upload"
    sent = Request("POST", path, {"content": "iso"}, upload=upload, node=live.node)
    slot = slot or _cloud_drive(live) or str(leaves.get("cloudInit.drive.slot") or "ide2")
    params = {slot: f"{storage}:iso/{name},media=cdrom"}
    attach = writer.request("PUT", "config", writer.digested(params))
    effect = Effect.ONLINE if slot in live.raw else Effect.RESTART
    why = "the guest reads it when it next starts"
    uploaded = _UPLOADED in change.written
    up = [] if uploaded else [Step("upload", sent, Guard.NONE, (_UPLOADED,), Effect.METADATA)]
    reached = (*ours, *_remembered(writer, file))
    return [*up, Step("config", attach, Guard.DIGEST, reached, effect, why=why), *collected(writer, file)]


def _remembered(writer: Writer, file: str) -> tuple[str, ...]:
    """Return what has to be remembered of an image that leaves its drive, for it to be removed afterwards."""
    return (f"{_LEFT}{file}",) if file and _is_left(writer, file) else ()


def _left_before(writer: Writer) -> list[Step]:
    """Return the removal of an image that this operation took out of its drive."""
    before = (path.removeprefix(_LEFT) for path in writer.change.written if path.startswith(_LEFT))
    return [step for each in before for step in collected(writer, each)]


def _is_left(writer: Writer, file: str) -> bool:
    change = writer.change
    return change.surroundings.leftovers.get(change.live.vmid) == file or COLLECT in change.options


def leaves_its_image(desired: Resource, applied: Iterable[str], live: Live) -> bool:
    """Whether the image in a guest's drive is not the one that its manifest wants, or any more wants."""
    file = attached(live)[1]
    if not file or not seed.wanted(desired.leaves):
        return bool(file) and any(path in seed.DOCUMENTS for path in applied)
    try:
        texts = seed.documents(desired.leaves, live, desired.key.name)
    except PxhelmError:
        return False  # the plan of this one object says what is wrong
    return not file.endswith(f"/{seed.PREFIX}{seed.digest(texts)}.iso")


def collected(writer: Writer, file: str = "") -> list[Step]:
    """Return the removal of an image that nobody uses any more: one that left its drive, or that of a guest that goes."""
    change, live = writer.change, writer.change.live
    file = file or attached(live)[1]
    if not file or not _is_left(writer, file) or _COLLECTED in change.written:
        return []
    path = f"/nodes/{live.node}/storage/{file.partition(':')[0]}/content/{file}"
    why = "nobody else has its documents"
    return [Step(COLLECT, Request("DELETE", path, node=live.node), Guard.NONE, (_COLLECTED,), Effect.METADATA, why=why)]


def new_drive(writer: Writer) -> str:
    """Return the slot that a seed makes a CD drive of; empty when it finds one."""
    leaves, live = writer.desired.leaves, writer.change.live
    if not seed.wanted(leaves) or attached(live)[0] or _cloud_drive(live):
        return ""
    slot = str(leaves.get("cloudInit.drive.slot") or "ide2")
    return "" if slot in live.raw else slot


def attached(live: Live) -> tuple[str, str]:
    """Return slot and file of the seed that is in a drive."""
    for slot, text in live.raw.items():
        file = text.partition(",")[0]
        if f"/{seed.PREFIX}" in file:
            return slot, file
    return "", ""


def _cloud_drive(live: Live) -> str:
    drives = (slot for slot, text in live.raw.items() if "cloudinit" in text.partition(",")[0])
    return next((slot for slot in drives if slot.startswith(("ide", "scsi", "sata"))), "")


def cloudinit_drive(desired: Resource, raw: dict[str, str] | object) -> dict[str, Param]:
    """Return the parameter that makes a cloud-init drive, on the storage of the first disk unless told otherwise."""
    leaves = desired.leaves
    slot = str(leaves.get("cloudInit.drive.slot") or "ide2")
    storage = leaves.get("cloudInit.drive.storage")
    if storage is None:
        of_disks = [v for p, v in leaves.items() if p.startswith("disks.") and p.endswith(".storage")]
        of_guest = (
            [t.partition(":")[0] for k, t in raw.items() if k.startswith(_BUSES)] if isinstance(raw, dict) else []
        )
        storage = next((s for s in (*of_disks, *of_guest) if isinstance(s, str) and s not in ("none", "cdrom")), None)
    if storage is None:
        raise PxhelmError(
            f"cannot make a cloud-init drive for {desired.key.address}: no disk says on which storage",
            where=desired.locate("cloudInit") if desired.locate else None,
            hint="add cloudInit: {drive: {storage: NAME}}",
        )
    return {slot: f"{bare(str(storage))}:cloudinit"}


_BUSES = ("scsi", "virtio", "sata", "ide")
