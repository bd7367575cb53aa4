"""What is there: one look round the cluster, then every object concerned, as generators of requests.

Existence is three-valued: a guest is absent only if a complete list lacks it, its VMID is free by Proxmox' own word and
the cluster has quorum; everything else that cannot be told is unknown (engine.md D4.4). Never writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Live, Target
from pxhelm.resource.natural import NOWHERE

_GUESTS = ("qemu", "lxc")


@dataclass(frozen=True, slots=True)
class View:
    """The cluster as one look round found it."""

    surroundings: Surroundings
    quorate: bool = True
    title: str = ""
    """Name of the cluster; empty for a node alone."""


def look_round(version: str = "") -> ApiGen[View]:
    """Return version, nodes, guests and storages: three reads, whatever the size of the cluster; two of a known version."""
    told = {"version": version} if version else (yield from call(Request("GET", "/version")))
    status = _rows((yield from call(Request("GET", "/cluster/status"))))
    rows = _rows((yield from call(Request("GET", "/cluster/resources"))))
    return view_of(told, status, rows)


def view_of(version: object, status: Sequence[Mapping[str, object]], rows: Sequence[Mapping[str, object]]) -> View:
    """Return the view that the three answers make."""
    release = str(version.get("version", "")) if isinstance(version, Mapping) else ""
    cluster = next((row for row in status if row.get("type") == "cluster"), {})
    nodes = {str(row["name"]): bool(row.get("online")) for row in status if row.get("type") == "node"}
    guests = {int(str(row["vmid"])): row for row in rows if row.get("type") in _GUESTS and row.get("vmid")}
    storages = {(str(row.get("node")), str(row.get("storage"))): row for row in rows if row.get("type") == "storage"}
    surroundings = Surroundings(".".join(release.split(".")[:2]) or "9.2", nodes, guests, storages)
    return View(surroundings, bool(cluster.get("quorate", True)), str(cluster.get("name", "")))


def observe(kind: Kind, target: Target, view: View) -> ApiGen[Live]:
    """Return one object as Proxmox has it; what cannot be told is ``UNKNOWN`` with its reason, never an error."""
    if is_nowhere(target):
        return ABSENT
    if not kind.guest:
        return (yield from _guarded(kind, target))
    if not target.vmid:
        return ABSENT
    row = view.surroundings.guests.get(target.vmid)
    if row is None:
        return (yield from _missing(kind, target, view))
    node = str(row.get("node", ""))
    if not view.surroundings.nodes.get(node, True):
        return _unknown(f"node {node} is offline", target, node)
    if str(row.get("type")) != guest_type(kind):
        return Live(Existence.PRESENT, node=node, vmid=target.vmid, reason=f"VMID {target.vmid} is a {row.get('type')}")
    live = yield from _guarded(kind, replace(target, node=node, row=row))
    if live.existence is not Existence.ABSENT:
        return live
    return (yield from _missing(kind, target, view))  # it went between the list and the read


def is_nowhere(target: Target) -> bool:
    """Whether an object has no id yet, so that nothing that Proxmox has can be it."""
    return target.row.get("id") == NOWHERE


def guest_type(kind: Kind) -> str:
    """Return how Proxmox calls the guests of a kind."""
    return "lxc" if kind.name == "Container" else "qemu"


def _missing(kind: Kind, target: Target, view: View) -> ApiGen[Live]:
    """Tell a guest that is gone from one that cannot be seen."""
    if not view.quorate:
        return _unknown("the cluster has no quorum", target)
    try:
        yield from call(Request("GET", "/cluster/nextid", {"vmid": target.vmid}))
    except ApiError as error:
        if error.cls is ErrorClass.TAKEN or error.status == 400:
            if target.node:  # a list lags behind by seconds: a guest just made is read directly
                live = yield from _guarded(kind, target)
                if live.existence is Existence.PRESENT:
                    return live
            what = f"{kind.name} with VMID {target.vmid}"
            return _unknown(f"the {what} exists but is not shown: the token lost VM.Audit, or it was just made", target)
        return _unknown(error.message, target)
    return ABSENT


def _guarded(kind: Kind, target: Target) -> ApiGen[Live]:
    try:
        return (yield from kind.observe(target))
    except ApiError as error:
        return _unknown(error.message, target, target.node)


def _unknown(reason: str, target: Target, node: str = "") -> Live:
    return Live(Existence.UNKNOWN, reason=reason, vmid=target.vmid, node=node)


def _rows(data: object) -> list[Mapping[str, object]]:
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


class Verdict(Enum):
    """Whose a guest at our VMID is."""

    OURS = "ours"
    FOREIGN = "foreign"
    BEING_MADE = "being-made"
    """A create or clone is under way: the configuration does not say yet whose it is."""


def identify(kind: Kind, live: Live, target: Target, seen: Mapping[str, object] | None = None) -> Verdict:
    """Return whose the object found at the target is (engine.md D2.2).

    A marker proves it only if it names its own VMID; without one the recorded SMBIOS UUID does, and for a container, which
    has none, that its volumes and MAC addresses are those last ``seen``. Natural keys are their own identity.
    """
    if not kind.guest:
        return Verdict.OURS
    marker = live.marker if live.marker is not None and live.marker.vmid == live.vmid else None
    if marker is not None and target.marker is not None:
        # A uid is unique by itself; the installation only says whose store to ask, and may have been another before.
        return Verdict.OURS if marker.uid == target.marker.uid else Verdict.FOREIGN
    if live.lock in ("create", "clone"):
        return Verdict.BEING_MADE
    if live.uuid and live.uuid.lower() == target.uuid.lower():
        return Verdict.OURS
    return Verdict.OURS if marker is None and not live.uuid and _continues(live, seen or {}) else Verdict.FOREIGN


def _continues(live: Live, seen: Mapping[str, object]) -> bool:
    """Whether a guest has exactly the volumes and MAC addresses that were last seen, of both at least one."""

    def marks(leaves: Mapping[str, object]) -> dict[str, object]:
        return {
            p: v
            for p, v in leaves.items()
            if p == "rootfs.volume" or (p.startswith("networks.") and p.endswith(".mac"))
        }

    found = marks(live.intended)
    return "rootfs.volume" in found and len(found) > 1 and found == marks(seen)
