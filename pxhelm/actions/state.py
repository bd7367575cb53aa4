"""What the store knows of a cluster's guests against what the guests say of themselves: bindings, ghosts, rebuilding.

A ghost is a guest that carries our marker and that no binding knows. The cluster is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxhelm.actions.rows import GUESTS, Row, list_rows
from pxhelm.apply.ports import ports_of
from pxhelm.apply.restore import Found, Marked, Restoration, former, plan_restoration, restore
from pxhelm.errors import PxhelmError
from pxhelm.events import Warned
from pxhelm.kinds import KINDS
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Live, Target
from pxhelm.store.bindings import BindingState
from pxhelm.store.objects import ObjectQuery

if TYPE_CHECKING:
    from pxhelm.actions.services import Services

QUARANTINE = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Bound:
    """A VMID and the object that the store has for it."""

    vmid: int
    state: BindingState
    kind: str
    address: str
    """Empty when the object is gone and only its VMID rests."""
    release: str
    since: float
    """Unix seconds."""
    node: str = ""
    name: str = ""
    """As Proxmox shows it; empty when it was not asked, or has no such guest."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A guest with our marker that no binding knows."""

    vmid: int
    node: str
    name: str
    address: str
    """The object that its marker names; empty in markers of older versions."""
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """What a store knows of one cluster."""

    cluster: str
    name: str
    root_ca: str
    installation: str
    contexts: tuple[str, ...]
    bindings: tuple[Bound, ...]
    ghosts: tuple[Ghost, ...] | None
    """None: the cluster was not asked."""
    others: Mapping[str, int] = field(default_factory=dict)
    """Other installations → how many guests carry their marker."""


def look(services: Services, *, cached: bool) -> State:
    """Return what is bound, reserved and at rest, and, with the cluster asked, which guests of ours nobody knows."""
    if not cached:
        services.meet()
    store, key = services.store, services.place.cluster
    rows = {} if cached else {int(row["vmid"]): row for row in services.cluster.run(list_rows(guests_only=True))}
    objects = {o.uid: o for o in store.objects.list(ObjectQuery(key))}
    bindings = store.bindings.list(key)
    bound = []
    for b in bindings:
        one, row = objects.get(b.uid), rows.get(b.vmid, {})
        address = ObjectKey(one.key.kind, one.key.namespace, one.key.name).address if one is not None else ""
        missing = b.state is BindingState.BOUND and not cached and not row
        bound.append(
            Bound(
                b.vmid, b.state, b.kind, address, one.release if one is not None else "", b.since,
                str(row.get("node", "")), str(row.get("name", "")), "the cluster shows no such guest" if missing else "",
            )
        )  # fmt: skip
    known = store.clusters.get(key)
    told = (known.title, known.root_ca, known.installation) if known is not None else ("", "", "")
    contexts = store.clusters.contexts(key)
    if cached:
        return State(key, *told, contexts, tuple(bound), None)
    held = {b.vmid for b in bindings if b.state in (BindingState.BOUND, BindingState.RELEASING)}
    marked = marked_guests(services, [row for vmid, row in rows.items() if vmid not in held])
    ghosts, others = _ghosts(services, marked)
    return State(key, *told, contexts, tuple(bound), ghosts, others)


def _ghosts(services: Services, marked: Iterable[Marked]) -> tuple[tuple[Ghost, ...], Mapping[str, int]]:
    ports = ports_of(services)
    own = {ports.installation, *former(ports)}
    ghosts: list[Ghost] = []
    others: dict[str, int] = {}
    for one in marked:
        marker, vmid = one.marker, one.live.vmid
        if marker.installation not in own:
            others[marker.installation] = others.get(marker.installation, 0) + 1
            continue
        binding = ports.store.bindings.get(marker.uid)
        if binding is not None and binding.vmid == vmid:
            continue  # reserved: its creation is gone on with
        reason = f"its object is bound to VMID {binding.vmid}" if binding is not None else "no binding knows it"
        address = f"{one.kind.name}/{marker.name}" if marker.name else ""
        ghosts.append(Ghost(vmid, one.live.node, one.name, address, reason))
    return tuple(ghosts), others


def marked_guests(services: Services, rows: Iterable[Row]) -> list[Marked]:
    """Read guests and return those whose marker names their own VMID; a copy of a guest of ours is none."""
    listed = [row for row in rows if row.get("type") in GUESTS]
    reads = []
    for row in listed:
        kind = KINDS[GUESTS[str(row["type"])]]
        key = ObjectKey(kind.name, "", str(row.get("name") or row["vmid"]))
        reads.append(kind.observe(Target(key, "", str(row["node"]), int(row["vmid"]), row=row)))
    found: list[Marked] = []
    for row, live in zip(listed, services.cluster.run_all(reads), strict=True):
        if isinstance(live, Live):
            marker = live.marker
            if live.existence is Existence.PRESENT and marker is not None and marker.vmid == live.vmid:
                found.append(Marked(KINDS[GUESTS[str(row["type"])]], live, str(row.get("name") or row["vmid"])))
        elif isinstance(live, PxhelmError):
            services.listen(Warned(f"guest {row['vmid']} cannot be read, whose it is stays open: {live.message}"))
        else:
            raise live
    return found


def plan_rebuild(services: Services, installation: str) -> Restoration:
    """Return which bindings and objects the guests' markers would bring back; writes nothing."""
    ports = ports_of(services)
    rows = services.cluster.run(list_rows(guests_only=True))
    return plan_restoration(ports, marked_guests(services, rows), installation, services.place.namespace)


def rebuild(services: Services, planned: Restoration) -> tuple[Found, ...]:
    """Bring them back, and return what was restored."""
    restore(ports_of(services), planned)
    return planned.restored
