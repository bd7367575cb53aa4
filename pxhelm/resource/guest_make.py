"""The making of guests: clone, blank creation, restore.

Pure. A create carries name, marker and pool in one request, so that whatever happens next the guest can be found again
(engine.md D1, I3).
"""

from __future__ import annotations

from dataclasses import replace

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import Param, Request
from pxhelm.resource import guest_tag
from pxhelm.resource.compare import wanted_changes
from pxhelm.resource.decode import Rows
from pxhelm.resource.effect import Effect
from pxhelm.resource.effects import classify
from pxhelm.resource.encode import encode
from pxhelm.resource.gates import version_problem
from pxhelm.resource.guest import (
    Situated,
    check_storages,
    choose_node,
    clone_source,
    live_of,
    template_slots,
)
from pxhelm.resource.guest_power import may_restart
from pxhelm.resource.guest_remove import removal_steps
from pxhelm.resource.guest_seed import cloudinit_drive
from pxhelm.resource.guest_write import update_steps
from pxhelm.resource.identity import join_description
from pxhelm.resource.kind import LeafChange, Op
from pxhelm.resource.model import Existence, Live, Value
from pxhelm.resource.parts import ha, seed
from pxhelm.resource.parts.cloudinit import needs_drive
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.table import table_of
from pxhelm.resource.writer import Writer


def guest_steps(writer: Writer) -> tuple[Step, ...]:
    """Return the writes still missing for one guest, whatever its state."""
    change = writer.change
    if change.live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        return removal_steps(writer) if change.live.existence is Existence.PRESENT else ()
    if change.live.existence is Existence.PRESENT:
        return update_steps(writer)
    first, predicted = creation(writer)
    follow = replace(
        change,
        live=predicted,
        created=True,
        changes=(*wanted_changes(writer.kind, change.desired, predicted), *_unreadable(writer, predicted)),
    )
    return (first, *update_steps(replace(writer, change=follow)))


def _unreadable(writer: Writer, predicted: Live) -> tuple[LeafChange, ...]:
    """Return the leaves that nobody can compare and that a clone has to be given."""
    table = table_of(writer.kind.fields, writer.kind.slots)
    found = []
    for path, value in writer.desired.leaves.items():
        place = table.place(path)
        if place is None or not place.field.write_only or place.field.creation_only or path in predicted.intended:
            continue
        found.append(classify(writer.kind, LeafChange(path, Op.SET, None, value), predicted))
    return tuple(found)


def creation(writer: Writer) -> tuple[Step, Live]:
    """Return the step that makes the guest, and the guest as it will then probably be."""
    source = clone_source(writer.desired, writer.change.surroundings, writer.api)
    if source:
        return _clone(writer, source)
    return _blank(writer)


def _name_and_marker(writer: Writer) -> dict[str, Param]:
    leaves = writer.desired.leaves
    params: dict[str, Param] = {writer.api.name: str(leaves.get("hostname", writer.desired.key.name))}
    text = join_description(str(leaves.get("description") or ""), writer.change.target.marker)
    if text:
        params["description"] = text
    if isinstance(pool := leaves.get("pool"), str):
        params["pool"] = bare(pool)
    return params


def _first_disk(writer: Writer) -> tuple[str, str]:
    """Return slot and storage of the first disk that is wanted; empty texts when none is."""
    family = writer.api.disks
    if writer.api.type == "lxc":
        return "rootfs", bare(str(writer.desired.leaves.get("rootfs.storage", "")))
    for slot in writer.kind.slots[family]:
        storage = writer.desired.leaves.get(f"{family}.{slot}.storage")
        if isinstance(storage, str):
            return slot, bare(storage)
    return "", ""


def _clone(writer: Writer, source: int) -> tuple[Step, Live]:
    change, leaves = writer.change, writer.desired.leaves
    around = change.surroundings
    template = around.templates.get(source)
    from_node = template.node if template is not None else str(around.guests.get(source, {}).get("node", ""))
    node = choose_node(writer.desired, change.target, around, from_node)
    check_storages(writer.desired, node, around)
    from_node = from_node or node  # a template that the same plan makes: where it will be is known when it is there
    linked = leaves.get("source.clone.mode") == "Linked"
    slot, disk_storage = _first_disk(writer)
    _check_slots(writer, template, slot)
    storage = bare(str(leaves.get("source.clone.storage") or ("" if linked else disk_storage)))
    if linked and leaves.get("source.clone.storage") is not None:
        raise PxhelmError(
            f"cannot clone {writer.desired.key.address}: a linked clone stays on its template's storage",
            where=writer.desired.locate("source.clone.storage") if writer.desired.locate else None,
            hint="leave source.clone.storage out, or write mode: Full",
        )
    params: dict[str, Param] = {"newid": change.target.vmid, **_name_and_marker(writer), "full": not linked}
    lands = from_node
    if node != from_node and _all_shared(writer, source, from_node):
        params["target"] = lands = node
        if storage and not _shared(writer, node, storage):
            storage = ""  # Proxmox clones to another node on shared storage only; the disk is moved afterwards
    if storage:
        params["storage"] = storage
    if isinstance(snapshot := leaves.get("source.clone.snapshot"), str):
        params["snapname"] = snapshot
    if isinstance(kind_of_image := leaves.get("source.clone.format"), str) and writer.api.type == "qemu":
        params["format"] = kind_of_image
    if isinstance(rate := leaves.get("source.clone.bandwidth"), (int, float)):
        params["bwlimit"] = int(rate // 1024)
    name = str(around.guests.get(source, {}).get("name", "") or source)
    step = Step(
        "clone",
        Request("POST", writer.api.path(from_node, source, "clone"), params, node=from_node),
        Guard.ABSENT,
        tuple(p for p in ("source.clone.name", "hostname", "description", "pool") if p in leaves),
        Effect.ONLINE,
        source=source,
        storage=storage,
        detail={"from": f"{name} ({source})", "node": lands},
    )
    return step, _predicted_clone(writer, template, lands, storage)


def _all_shared(writer: Writer, source: int, node: str) -> bool:
    """Whether all disks of a template are on shared storage; not known counts as no."""
    template = writer.change.surroundings.templates.get(source)
    if template is None:
        return False
    used = {str(v) for p, v in template.intended.items() if p.endswith(".storage") and p.split(".")[0] != "placement"}
    return bool(used) and all(_shared(writer, node, storage) for storage in used)


def _shared(writer: Writer, node: str, storage: str) -> bool:
    return bool(writer.change.surroundings.storages.get((node, storage), {}).get("shared"))


def _check_slots(writer: Writer, template: Live | None, slot: str) -> None:
    """Stop when a list of disks would give the clone a second first disk by accident (kinds.md 2.5)."""
    if template is None or writer.api.type != "qemu" or not slot.endswith("0"):
        return
    have = template_slots(template, "disks")
    numbered_zero = slot.rstrip("0123456789") + "0" == slot
    if not have or slot in have or not numbered_zero:
        return
    boot = next((s for s in have if s.endswith("0")), have[0])
    where = writer.desired.locate(f"disks.{slot}") if writer.desired.locate else None
    raise PxhelmError(
        f"cannot clone {writer.desired.key.address}: the template's disk is {boot}, the manifest speaks of {slot}",
        where=where,
        hint=f"write disks: {{{boot}: {{storage: …, size: …}}}}, or bus: {boot.rstrip('0123456789')} in the first item",
    )


def _predicted_clone(writer: Writer, template: Live | None, node: str, storage: str) -> Live:
    """Return what the clone will probably be: its template with fresh volumes, MACs and identity."""
    change = writer.change
    raw: dict[str, str] = {}
    if template is not None:
        for key, text in template.raw.items():
            if key in ("template", "lock", "smbios1", "vmgenid", "digest", "meta") or key.startswith("unused"):
                continue
            volume, comma, rest = text.partition(",")
            if storage and ":" in volume and key.startswith(_VOLUMES) and "iso/" not in volume:
                text = f"{storage}:{volume.partition(':')[2]}{comma}{rest}"  # noqa: PLW2901 - the clone's own
            raw[key] = text
    else:
        slot, disk_storage = _first_disk(writer)
        if slot and (disk_storage or storage):
            raw[slot] = f"{storage or disk_storage}:clone,size=0"
    raw |= {k: str(v) for k, v in _name_and_marker(writer).items() if k != "pool"}
    pool = writer.desired.leaves.get("pool")
    at = Situated(
        node,
        change.target.vmid,
        "stopped",
        bare(str(pool)) if isinstance(pool, str) else "",
        beside=writer.change.target.beside,
    )
    return live_of(writer.kind, Rows(raw, raw, ""), at)


_VOLUMES = ("scsi", "virtio", "sata", "ide", "efidisk", "tpmstate", "rootfs", "mp")


def _blank(writer: Writer) -> tuple[Step, Live]:
    change, leaves = writer.change, writer.desired.leaves
    node = choose_node(writer.desired, change.target, change.surroundings)
    check_storages(writer.desired, node, change.surroundings)
    backup = leaves.get("source.backup.volume")
    params: dict[str, Param] = {"vmid": change.target.vmid}
    if backup is not None:
        params |= _restore(writer, str(backup))
        encoded_leaves: tuple[str, ...] = ("source.backup.volume",)
        defaults: tuple[str, ...] = ()
        storages: tuple[str, ...] = tuple(str(params[k]) for k in ("storage",) if k in params)
    else:
        apart = ("description", "hostname", "pool", *writer.kind.beyond)
        writes: dict[str, Value] = {p: v for p, v in leaves.items() if p.split(".")[0] not in apart}
        encoded = encode(writer.kind, {}, writes, version=change.surroundings.version, blank=True)
        params |= encoded.params
        encoded_leaves, storages, defaults = encoded.leaves, encoded.storages, encoded.defaults
        params |= _firmware_identity(writer, params)
        if writer.api.type == "qemu" and needs_drive(tuple(params)) and not seed.wanted(leaves):
            params |= cloudinit_drive(writer.desired, {})
    params |= _name_and_marker(writer)
    if backup is None:
        guest_tag.put(change, params, [], marked=True)
    named = tuple(p for p in ("hostname", "description", "pool") if p in leaves)
    step = Step(
        "create",
        Request("POST", f"/nodes/{node}/{writer.api.type}", params, node=node),
        Guard.ABSENT,
        (*encoded_leaves, *named),
        Effect.ONLINE,
        storage=storages[0] if storages else "",
        detail={"node": node, **({"defaults": ", ".join(defaults)} if defaults else {})},
    )
    return step, _predicted_blank(writer, params, node)


def _firmware_identity(writer: Writer, params: dict[str, Param]) -> dict[str, Param]:
    """Choose the SMBIOS UUID of a new virtual machine, so that its identity is known before it exists (D2.2)."""
    uuid = writer.change.target.uuid
    if writer.api.type != "qemu" or not uuid or "uuid=" in str(params.get("smbios1", "")):
        return {}
    given = params.get("smbios1")
    return {"smbios1": f"uuid={uuid}" + (f",{given}" if given else "")}


def _restore(writer: Writer, volume: str) -> dict[str, Param]:
    leaves = writer.desired.leaves
    params: dict[str, Param] = (
        {"archive": volume} if writer.api.type == "qemu" else {"ostemplate": volume, "restore": True}
    )
    if isinstance(storage := leaves.get("source.backup.storage"), str):
        params["storage"] = bare(storage)
    if isinstance(rate := leaves.get("source.backup.bandwidth"), (int, float)):
        params["bwlimit"] = int(rate // 1024)
    params["unique"] = bool(leaves.get("source.backup.unique", True))
    for leaf, name in (("liveRestore", "live-restore"), ("ignoreUnpackErrors", "ignore-unpack-errors")):
        if (value := leaves.get(f"source.backup.{leaf}")) is not None:
            params[name] = bool(value)
    if isinstance(working := leaves.get("source.backup.workingStorage"), str):
        params["import-working-storage"] = bare(working)
    return params


def _predicted_blank(writer: Writer, params: dict[str, Param], node: str) -> Live:
    """Return the guest as the create will leave it: all that was sent, with volumes where ``STORAGE:SIZE`` stood."""
    leaves = writer.desired.leaves
    raw = {
        k: ("1" if v else "0") if isinstance(v, bool) else str(v)
        for k, v in params.items()
        if k not in ("vmid", "pool")
    }
    pool = leaves.get("pool")
    at = Situated(
        node,
        writer.change.target.vmid,
        "stopped",
        bare(str(pool)) if isinstance(pool, str) else "",
        beside=writer.change.target.beside,
    )
    live = live_of(writer.kind, Rows(raw, raw, ""), at)
    # what was sent is there, in whatever words; what cannot be sent is not asked again
    later = ("isTemplate", "power", *writer.kind.beyond)
    sent = {p: v for p, v in leaves.items() if p.split(".")[0] not in later}
    sent |= {p.replace(".importFrom", ".size"): 0 for p in leaves if p.endswith(".importFrom")}  # grown afterwards
    intended = {**live.intended, **sent} if "archive" not in params else live.intended
    return replace(live, intended=intended, current=intended)


def refuse_guest(writer: Writer) -> str:
    """Return why a guest must not be touched as asked (engine.md D11.1, D7.3); empty when it may be."""
    change = writer.change
    live = change.live
    if change.desired is not None:
        changed = {c.path: c.after for c in change.changes if c.op is Op.SET}
        leaves = changed if live.existence is Existence.PRESENT else change.desired.leaves
        contradiction = ha.disagreement(change.desired.leaves)
        if contradiction:
            return contradiction
        problem = version_problem(writer.kind, leaves, change.surroundings.version)
        if problem:
            return problem
    if live.existence is not Existence.PRESENT:
        return ""
    if change.desired is None:
        if live.intended.get("protection") and not change.options.get("retain"):
            return f"guest {live.vmid} is protected (protection: true); lift it with an apply of its own first"
        if live.power == "running" and change.options.get("stop-on-delete") is False:
            return f"guest {live.vmid} is running"
        return ""
    for each in change.changes:
        if each.effect is Effect.REFUSED:
            return f"{each.path}: {each.why}"
    offline = [c for c in change.changes if c.effect is Effect.OFFLINE_OP]
    if offline and live.power == "running" and not (change.options.get("allow-offline") or may_restart(writer)):
        policy = change.desired.leaves.get("power.restart")
        how = "wait for its window" if policy == "Window" else "allow it with power: {restart: IfRequired}"
        return f"{offline[0].path}: {offline[0].why}; stop it, or {how}"
    return ""
