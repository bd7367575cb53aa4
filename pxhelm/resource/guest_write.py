"""The writes that bring a guest that exists to what is wanted: configuration, moves, sizes, pool, node, power.

Pure: from what is known now to the steps still missing, in order. Never sends ``STORAGE:SIZE`` for a slot that has a
volume; never writes a description without the marker.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import Param, Request
from pxhelm.proxmox.wire import print_size
from pxhelm.resource import guest_tag
from pxhelm.resource.compare import unsettable
from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import device_of, param_of
from pxhelm.resource.encode import STEERING, Encoded, encode
from pxhelm.resource.guest import firewall_of
from pxhelm.resource.guest_power import migration, power, restart, stopped_for
from pxhelm.resource.guest_seed import cloudinit_drive, new_drive
from pxhelm.resource.guest_seed import steps as seed_steps
from pxhelm.resource.identity import join_description
from pxhelm.resource.kind import Change, LeafChange, Op
from pxhelm.resource.model import Value
from pxhelm.resource.parts import firewall, ha, seed
from pxhelm.resource.parts.cloudinit import needs_drive
from pxhelm.resource.parts.devices import bootable
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step, Undo
from pxhelm.resource.table import table_of
from pxhelm.resource.writer import Writer

ANCHORS = frozenset(("storage", "volume", "cdrom", "importFrom", "bridge", "path", "hostPath", "mapping", "host"))
"""Leaves without which a device is not ours: when they go, the device goes."""


def update_steps(writer: Writer) -> tuple[Step, ...]:
    """Return the writes still missing for a guest that exists and is ours."""
    change = writer.change
    sorted_out = _sort(writer)
    steps: list[Step] = []
    steps += ha.steps(change, writer.api.type) if _leaves_ha(change) else ()
    steps += _free(writer, sorted_out.freed)
    steps += _config(writer, sorted_out)
    steps += seed_steps(writer)
    steps += _reorder(writer, sorted_out.writes)
    steps += [_move(writer, each) for each in sorted_out.moved]
    steps += [_resize(writer, each) for each in sorted_out.resized]
    for each in change.changes:
        if each.path == "pool":
            steps += _pool(writer, each)
    if any(each.path.startswith("firewall.") for each in change.changes):
        steps += firewall.steps(firewall_of(writer.api, change.live.node, change.live.vmid), change)
    steps += migration(writer)
    steps += () if _leaves_ha(change) else ha.steps(change, writer.api.type)
    steps += _convert(writer)
    return (*stopped_for(writer, tuple(steps)), *power(writer), *restart(writer))


def _leaves_ha(change: Change) -> bool:
    return any(each.path == "ha" for each in change.changes)


@dataclass(frozen=True, slots=True)
class _Sorted:
    writes: dict[str, Value]
    removed: tuple[str, ...]
    """Devices that go; their volumes stay."""
    freed: tuple[str, ...]
    """Devices that go with their volumes."""
    moved: tuple[LeafChange, ...]
    resized: tuple[LeafChange, ...]


def _sort(writer: Writer) -> _Sorted:
    """Sort the changes by the request that makes them."""
    change = writer.change
    gone = _devices_gone(writer)
    writes: dict[str, Value] = {}
    moved: list[LeafChange] = []
    resized: list[LeafChange] = []
    table = table_of(writer.kind.fields, writer.kind.slots)
    for each in change.changes:
        device = device_of(writer.kind, each.path)
        place = table.place(each.path)
        outside = each.path.split(".")[0] in writer.kind.beyond
        if (device and device in gone) or outside or place is None or place.param in STEERING or not place.param:
            continue
        if each.op is Op.UNSET and not unsettable(writer.kind, each.path) and not place.field.write_only:
            continue
        if each.effect is Effect.REPLACE:
            continue  # never in place: the plan replaces the whole guest, or refuses
        there = _volume_there(writer, each.path)
        form = place.field.form
        if form == "volume-size" and there:
            if each.op is Op.SET and isinstance(each.before, int) and each.before != each.after:
                resized.append(each)
        elif form in ("storage", "image-format") and there:
            if each.op is Op.SET and each.before is not None:
                moved.append(each)
        else:
            writes[each.path] = each.after if each.op is Op.SET else None
            if each.path == "bootOrder" and each.op is Op.SET:
                writes[each.path] = bootable(each.after, writer.desired.leaves, change.live)
            if device and not there:
                writes |= _rest_of(writer, device)
    freed = tuple(device for device in gone if _frees(writer, device))
    # a format is given with the move of its volume, when there is one
    alone = [m for m in moved if not m.path.endswith(".format") or not any(_twin(m, o) for o in moved)]
    return _Sorted(writes, tuple(d for d in gone if d not in freed), freed, tuple(alone), tuple(resized))


def _twin(one: LeafChange, other: LeafChange) -> bool:
    return other.path.endswith(".storage") and one.path.rpartition(".")[0] == other.path.rpartition(".")[0]


def _volume_there(writer: Writer, path: str) -> bool:
    """Whether the slot of a leaf has a volume already."""
    prefix = path.rpartition(".")[0]
    return f"{prefix}.storage" in writer.change.live.intended


def _rest_of(writer: Writer, device: str) -> dict[str, Value]:
    """Return all that is wanted of a device that has to be made, creation inputs included."""
    live = writer.change.live.intended
    if any(path.startswith(f"{device}.") for path in live):
        return {}
    return {p: v for p, v in writer.desired.leaves.items() if p.startswith(f"{device}.")}


def _devices_gone(writer: Writer) -> tuple[str, ...]:
    """Return the devices that were ours and are no longer wanted."""
    gone: dict[str, None] = {}
    for each in writer.change.changes:
        device = device_of(writer.kind, each.path)
        if each.op is not Op.UNSET or not device or device in writer.kind.beyond:
            continue
        wanted = any(
            path.startswith(f"{device}.") and not path.endswith(".reclaimPolicy") for path in writer.desired.leaves
        )
        if each.path == device or (not wanted and each.path.rpartition(".")[2] in ANCHORS):
            gone[device] = None
    return tuple(gone)


def _frees(writer: Writer, device: str) -> bool:
    """Whether the volume of a device that goes shall cease to exist: only if that was said (engine.md D11.5)."""
    if not device.startswith((f"{writer.api.disks}.", "disks.unused")) and device not in writer.kind.lone:
        return False
    if device.startswith("disks.unused") or writer.change.options.get("free-volumes"):
        return True
    leaf = f"{device}.reclaimPolicy"
    return "Delete" in (writer.desired.leaves.get(leaf), writer.change.applied.get(leaf))


def _free(writer: Writer, devices: tuple[str, ...]) -> list[Step]:
    if not devices:
        return []
    live = writer.change.live
    size = sum(v for d in devices if isinstance(v := live.intended.get(f"{d}.size"), int))
    names = ",".join(param_of(writer.kind, device) for device in devices)
    params: dict[str, Param] = {"delete": names}
    if writer.api.type == "qemu":
        params["force"] = True
    return [
        Step(
            "config",
            writer.request("PUT", "config", writer.digested(params)),
            Guard.DIGEST,
            devices,
            _effect(writer, devices),
            Undo.IRREVERSIBLE,
            frees_bytes=max(size, 1),
            why=f"{names}: the data is destroyed (reclaimPolicy: Delete)",
        )
    ]


def _effect(writer: Writer, paths: tuple[str, ...]) -> Effect:
    found = [
        c.effect for c in writer.change.changes if c.path in paths or c.path.startswith(tuple(f"{p}." for p in paths))
    ]
    return max(found, default=Effect.METADATA)


def _config(writer: Writer, found: _Sorted) -> list[Step]:
    change = writer.change
    encoded = encode(writer.kind, change.live.raw, found.writes, version=change.surroundings.version)
    params, delete = dict(encoded.params), list(encoded.delete)
    for device in found.removed:
        slot = param_of(writer.kind, device)
        delete.append(slot)
        number = slot[len(slot.rstrip("0123456789")) :]
        if slot.startswith("net") and f"ipconfig{number}" in change.live.raw:
            delete.append(f"ipconfig{number}")
    delete = [name for name in dict.fromkeys(delete) if name not in params]
    marked = _describe(writer, params, delete, found.writes)
    guest_tag.put(change, params, delete, marked=marked)
    params |= _cloudinit_drive(writer, tuple(params))
    if not params and not delete:
        return []
    leaves = (*encoded.leaves, *found.removed)
    whole = Encoded(params, tuple(delete))
    return [
        Step(
            "config",
            writer.request("PUT", "config", writer.digested(whole.as_params())),
            Guard.DIGEST,
            leaves,
            _effect(writer, leaves),
            storage=encoded.storages[0] if encoded.storages else "",
            why="" if leaves else "the marker of ownership is written" if marked else "labels are shown as tags",
        )
    ]


def _reorder(writer: Writer, writes: dict[str, Value]) -> list[Step]:
    """Return the write of the boot order that follows a new CD drive: Proxmox appends it to the order by itself."""
    order = writer.desired.leaves.get("bootOrder")
    appended = [p.split(".")[1] for p, v in writes.items() if p.endswith(".cdrom") and v is not None]
    new = [slot for slot in appended if slot not in writer.change.live.raw]
    new += [slot] if (slot := new_drive(writer)) else []
    if order is None or not isinstance(order, tuple) or all(slot in order for slot in new):
        return []
    params = encode(writer.kind, writer.change.live.raw, {"bootOrder": order}).params
    request = writer.request("PUT", "config", writer.digested(dict(params)))
    why = f"Proxmox puts {', '.join(new)} into the order"
    return [Step("config", request, Guard.DIGEST, ("bootOrder",), Effect.RESTART, why=why)]


def _describe(writer: Writer, params: dict[str, Param], delete: list[str], writes: dict[str, Value]) -> bool:
    """Put description and marker into the parameters when either has to be written; return whether the marker had to."""
    change = writer.change
    marker, have = change.target.marker, change.live.marker
    same_marker = marker is None or (
        have is not None
        and (have.installation, have.uid, have.vmid, have.deleting, have.name or marker.name)
        == (marker.installation, marker.uid, marker.vmid, "", marker.name)
    )
    if "description" not in writes and same_marker:
        return False
    text = writes["description"] if "description" in writes else change.live.intended.get("description")
    whole = join_description(str(text or ""), have if same_marker and have is not None else marker)
    if whole:
        params["description"] = whole
        if "description" in delete:
            delete.remove("description")
    return not same_marker


def _cloudinit_drive(writer: Writer, params: tuple[str, ...]) -> dict[str, Param]:
    """Return the drive for cloud-init data, if data is written and the guest has none."""
    raw = writer.change.live.raw
    given = any("cloudinit" in text for text in raw.values()) or seed.wanted(writer.desired.leaves)
    if writer.api.type != "qemu" or not needs_drive(params) or given:
        return {}
    return cloudinit_drive(writer.desired, raw)


def _move(writer: Writer, each: LeafChange) -> Step:
    slot = each.path.split(".")[-2]
    slot = writer.kind.lone.get(slot, slot)
    prefix, _, leaf = each.path.rpartition(".")
    storage = bare(str(each.after)) if leaf == "storage" else str(writer.change.live.intended[f"{prefix}.storage"])
    params: dict[str, Param] = {writer.api.volume: slot, "storage": storage, "delete": True}
    leaves: tuple[str, ...] = (each.path,)
    wanted_format = writer.desired.leaves.get(f"{prefix}.format")
    if wanted_format is not None and writer.api.type == "qemu":
        params["format"] = str(wanted_format)
        leaves = (f"{prefix}.storage", f"{prefix}.format") if leaf == "storage" else leaves
    path = writer.request("POST", writer.api.move, writer.digested(params))
    return Step("move", path, Guard.DIGEST, leaves, each.effect, storage=storage, why=each.why)


def _resize(writer: Writer, each: LeafChange) -> Step:
    assert isinstance(each.after, int)
    slot = each.path.split(".")[-2]
    slot = writer.kind.lone.get(slot, slot)
    if isinstance(each.before, int) and each.after < each.before:
        where = writer.desired.locate(each.path) if writer.desired.locate else None
        raise PxhelmError(
            f"cannot shrink {each.path} from {print_size(each.before)} to {print_size(each.after)}: volumes only grow",
            where=where,
            hint=f"write at least {print_size(each.before)}; if the list of disks was reordered, name the slots: "
            f"disks: {{{slot}: …}}",
        )
    params: dict[str, Param] = {"disk": slot, "size": print_size(each.after)}
    request = writer.request("PUT", "resize", writer.digested(params))
    storage = str(writer.change.live.intended.get(f"{each.path.rpartition('.')[0]}.storage", ""))
    return Step(
        "resize", request, Guard.DIGEST, (each.path,), each.effect, Undo.IRREVERSIBLE, storage=storage,
        why="" if writer.change.created else "a volume cannot be made smaller again",
    )  # fmt: skip


def _pool(writer: Writer, each: LeafChange) -> list[Step]:
    vmid = str(writer.change.live.vmid)
    modern = not writer.change.surroundings.version.startswith("7")
    if each.op is Op.UNSET or each.after is None:
        params: dict[str, Param] = {"vms": vmid, "delete": True}
        pool = str(each.before)
    else:
        params = {"vms": vmid}
        pool = bare(str(each.after))
        if modern and each.before:
            params["allow-move"] = True
    return [Step("pool", pool_request("PUT", pool, params), Guard.IDENTITY, (each.path,), each.effect, why=each.why)]


def pool_request(method: str, pool: str, params: dict[str, Param]) -> Request:
    """Return a request to a pool; nested ones have a slash in their id, which only the newer form of the call takes."""
    assert method in ("PUT", "DELETE")
    if "/" in pool:
        return Request(method, "/pools", {"poolid": pool, **params})  # type: ignore[arg-type]
    return Request(method, f"/pools/{pool}", params)  # type: ignore[arg-type]


def _convert(writer: Writer) -> list[Step]:
    asked = next((c for c in writer.change.changes if c.path == "isTemplate"), None)
    if asked is None or not asked.after:
        return []
    request = writer.request("POST", "template", {})
    return [Step("convert", request, Guard.IDENTITY, ("isTemplate",), asked.effect, Undo.IRREVERSIBLE, why=asked.why)]
