"""A snapshot of a guest. Deleting it merges its disks; going back to it is a verb, not a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.allowed import unfit_id
from pxhelm.resource.columns import moment, text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_value
from pxhelm.resource.identity import ObjectKey, split_comment, unmarked
from pxhelm.resource.kind import Change, Column, Kind, Mistake, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.references import guest_type
from pxhelm.resource.step import Guard, Step, Undo
from pxhelm.resource.words import worded


def _name(text: object) -> str:
    """Return a snapshot's own name; where it is found, the guest's VMID stands before it."""
    return str(text).rpartition("/")[2]


def _same_name(path: str, wanted: Leaves, live: Live) -> bool:
    found = str(live.intended.get(path, ""))
    return found == wanted[path] or ("/" not in str(wanted[path]) and _name(found) == wanted[path])


_API = "/nodes/x/qemu/100/snapshot"
_WORDS = """
guest        guest that is kept as it is | create vmid
description  a remark
"""
_FIELDS: tuple[Field, ...] = (
    Field("guest", "ref", refers=("VirtualMachine", "Container"), effect=Effect.REPLACE, same=same_value, kept=True),
    Field(
        "id", "line", "snapname", effect=Effect.REPLACE, same=_same_name, help="name in Proxmox; default: metadata.name"
    ),
    Field("description", "note", "description", effect=Effect.METADATA, marks=True),
    Field(
        "includeRAM", "bool", "vmstate", creation_only=True, default=False, help="keep the state of a running machine"
    ),
)


def identifier(resource: Resource) -> str:
    """Return where the snapshot is found: VMID and name."""
    vmid = str(resource.leaves.get("guest", "")).removeprefix("vmid:")
    return f"{vmid}/{_name(resource.leaves.get('id', resource.key.name))}"


def observe(target: Target) -> ApiGen[Live]:
    """Read one snapshot, on whichever node its guest is."""
    place = str(target.row.get("id") or "")
    vmid, _, name = place.partition("/")
    rows = yield from call(Request("GET", "/cluster/resources", {"type": "vm"}))
    guests = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    guest = next((row for row in guests if str(row.get("vmid")) == vmid), None)
    if guest is None:
        return ABSENT
    path = f"/nodes/{guest['node']}/{guest['type']}/{vmid}/snapshot"
    try:
        found = yield from call(Request("GET", path))
    except ApiError as error:
        if error.cls is ErrorClass.GONE:
            return ABSENT
        raise
    rows = [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
    row = next((row for row in rows if row.get("name") == name), None)
    lock = f"guest {vmid} has the lock {guest['lock']}" if guest.get("lock") else ""
    if row is None:
        return replace(ABSENT, raw={"path": path}, node=str(guest["node"]), lock=lock)
    leaves: dict[str, Value] = {"guest": f"vmid:{vmid}", "id": f"{vmid}/{name}"}
    description, marker = split_comment(str(row.get("description") or "").rstrip("\n"))
    if description.strip():
        leaves["description"] = description
    if row.get("vmstate"):
        leaves["includeRAM"] = True
    return Live(Existence.PRESENT, leaves, leaves, {"path": path}, node=str(guest["node"]), lock=lock, marker=marker)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per snapshot: one question for each guest, since nothing lists them all."""
    guests = yield from call(Request("GET", "/cluster/resources", {"type": "vm"}))
    found: dict[str, Mapping[str, object]] = {}
    for guest in guests if isinstance(guests, list) else []:
        rows = yield from call(Request("GET", f"/nodes/{guest['node']}/{guest['type']}/{guest['vmid']}/snapshot"))
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, Mapping) and row.get("name") != "current":
                found[f"{guest['vmid']}/{row['name']}"] = {**unmarked(row), "guest": guest.get("name") or guest["vmid"]}
    return found


def _ram(row: Mapping[str, object]) -> str:
    return "" if not row else "yes" if row.get("vmstate") else "no"


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        if live.existence is Existence.ABSENT:
            return ()
        path = f"{live.raw['path']}/{_name(live.intended['id'])}"
        why = "its state is given up, the guest stays as it is"
        return (Step("delete", Request("DELETE", path), Guard.NONE, (), Effect.ONLINE, Undo.IRREVERSIBLE, why=why),)
    natural.raise_unresolved(SNAPSHOT, change)
    if live.existence is Existence.ABSENT:
        return _creation(change)
    texts = [c for c in change.changes if c.path == "description"]
    if not texts:
        return ()
    text_ = texts[0].after if texts[0].op is Op.SET else ""
    path = f"{live.raw['path']}/{_name(live.intended['id'])}/config"
    params = natural.marked(SNAPSHOT, change, {"description": str(text_)})
    return (Step("update", Request("PUT", path, params), Guard.NONE, ("description",), Effect.METADATA),)


def _creation(change: Change) -> tuple[Step, ...]:
    assert change.desired is not None
    leaves = change.desired.leaves
    vmid = int(str(leaves["guest"]).removeprefix("vmid:"))
    kind = guest_type(vmid, change.surroundings) or "qemu"
    path = change.live.raw.get("path") or f"/nodes/NODE/{kind}/{vmid}/snapshot"  # the plan makes the guest, somewhere
    params: dict[str, Param] = {"snapname": _name(leaves.get("id", change.desired.key.name))}
    if leaves.get("description"):
        params["description"] = str(leaves["description"])
    if leaves.get("includeRAM") and kind == "qemu":
        params["vmstate"] = True
    params = natural.marked(SNAPSHOT, change, params, new=True)
    return (Step("create", Request("POST", path, params), Guard.ABSENT, tuple(leaves), Effect.ONLINE),)


def check(key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield why a snapshot cannot be called so, or what is missing."""
    if "guest" not in leaves:
        yield Mistake("", "a Snapshot needs guest", "write guest: NAME")
    name, path = _name(leaves.get("id", key.name)), "id" if "id" in leaves else ""
    if name == "current":
        yield Mistake(path, "Proxmox calls the guest itself current", "give the snapshot another name")
    yield from unfit_id("Snapshot", (_API, "snapname"), name, path)


def refuse(change: Change) -> str:
    """Return why the snapshot cannot be had."""
    if change.desired is None:
        return ""
    leaves = change.desired.leaves
    if "guest" not in leaves:
        return "a Snapshot needs guest"
    text_ = str(leaves["guest"]).removeprefix("vmid:")
    container = text_.isdigit() and guest_type(int(text_), change.surroundings) == "lxc"
    return "a container has no RAM to be kept: leave includeRAM out" if container and leaves.get("includeRAM") else ""


SNAPSHOT = replace(
    Kind(
        name="Snapshot",
        plural="snapshots",
        short=("snap",),
        namespaced=True,
        guest=False,
        rank=80,
        fields=worded(_FIELDS, _WORDS),
        columns=(
            Column("GUEST", text("guest")),
            Column("TAKEN", moment("snaptime")),
            Column("RAM", _ram),
            Column("PARENT", text("parent")),
        ),
        api=_API,
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    listing=listing,
    refuse=refuse,
    check=check,
)
