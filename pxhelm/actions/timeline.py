"""What changed in an object of the cluster, when, and who did it: the inventory's history, read as differences.

Reads the store alone; what happened between two looks at the cluster (``discover``, ``apply``) is one change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pxhelm.actions.discover import VOLATILE
from pxhelm.actions.inspect import Found, is_in
from pxhelm.actions.rows import GUESTS, NETWORK, NODE
from pxhelm.actions.services import Services
from pxhelm.errors import PxhelmError
from pxhelm.store.bindings import BindingState
from pxhelm.store.inventory import GONE, Observation
from pxhelm.store.objects import ObjectQuery

_PLAIN = {NODE: "node", NETWORK: "network"}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two looks."""

    at: float
    """Unix seconds of the look that saw it first."""
    since: float
    """Unix seconds of the look before, which did not: the change fell between the two; 0 for the first look."""
    kind: str
    ref: str
    what: str
    """``found``, ``gone``, or the path of a leaf (``status`` and ``node`` among them)."""
    old: object = None
    new: object = None
    actor: str = ""
    """``pxhelm USER@HOST`` for what pxhelm did; else Proxmox' user; empty when nothing tells."""


def timeline(services: Services, kinds: Sequence[str], name: str, limit: int = 256) -> list[Change]:
    """Return the changes of one object, latest first, at most ``limit``.

    ``name`` is the object's, a guest's in Proxmox, ``vmid:101``, or ``NODE/IFACE`` of a network. Raises PxhelmError when
    nothing of that name was ever recorded.
    """
    refs = _refs(services, kinds, name)
    found: list[Change] = []
    for ref in refs:
        found += _changes(services.store.inventory.history(services.place.cluster, ref, 1 << 20))
    if not found:
        raise PxhelmError(
            f"nothing is recorded of {kinds[0]} {name}",
            hint="record the cluster with `pxhelm discover`; a guest that is gone is named by its VMID, vmid:101",
        )
    return sorted(found, key=lambda change: -change.at)[:limit]


def _refs(services: Services, kinds: Sequence[str], name: str) -> tuple[str, ...]:
    cluster, inventory = services.place.cluster, services.store.inventory
    if name.startswith("vmid:"):
        return tuple(f"{guest}/{name[5:]}" for guest, kind in GUESTS.items() if kind in kinds)
    uids = [
        one.uid
        for kind in kinds
        for one in services.store.objects.list(ObjectQuery(cluster, kind=kind))
        if one.key.name == name and is_in(Found(kind, name, one.key.namespace, stored=one), services.place.namespace)
    ]
    ours = {ref for uid in uids for ref in inventory.trail(cluster, uid)}
    vmids = {b.vmid for b in services.store.bindings.list(cluster) if b.uid in uids and b.state is BindingState.BOUND}
    if ours or vmids:
        return tuple(sorted(ours))
    plain = {f"{_PLAIN.get(kind, kind.lower())}/{name}" for kind in kinds if kind not in GUESTS.values()}
    named = {one.ref for one in inventory.list(cluster) if one.kind in kinds and _shown_name(one) == name}
    return tuple(sorted(plain | named))


def _shown_name(seen: Observation) -> str:
    return str(seen.current.get("hostname") or seen.current.get("name") or seen.ref.partition("/")[2])


def _changes(latest_first: Sequence[Observation]) -> Iterator[Change]:
    before: Observation | None = None
    for seen in reversed(latest_first):
        if before is None or before.status == GONE:
            yield Change(
                seen.at, before.at if before else 0.0, seen.kind, seen.ref, "found", None, _summary(seen), seen.actor
            )
        elif seen.status == GONE:
            yield Change(seen.at, before.at, seen.kind, seen.ref, GONE, _summary(before), None, seen.actor)
        else:
            yield from _between(before, seen)
        before = seen


def _summary(seen: Observation) -> str:
    return " ".join(part for part in (_shown_name(seen), seen.status, seen.node and f"on {seen.node}") if part)


def _between(before: Observation, after: Observation) -> Iterator[Change]:
    pairs: list[tuple[str, object, object]] = [
        ("status", before.status, after.status),
        ("node", before.node, after.node),
        ("managed", bool(before.uid), bool(after.uid)),
    ]
    old, new = _cells(before), _cells(after)
    pairs += [(path, old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys())]
    for path, was, now in pairs:
        if was != now:
            yield Change(after.at, before.at, after.kind, after.ref, path, was, now, after.actor)


def _cells(seen: Observation) -> Mapping[str, object]:
    """Return what is compared: a guest's leaves as they are wanted, else the row without what moves by itself."""
    if seen.intended:
        return {path: value for path, value in seen.intended.items() if path != "node"}
    return {key: value for key, value in seen.current.items() if key not in (*VOLATILE, "status", "node")}
