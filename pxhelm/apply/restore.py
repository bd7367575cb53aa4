"""A store that lost its memory gets it back from the guests' markers (engine.md D2.2, D17; goal G9).

Pure decisions over what was found, then one transaction of the store. Nothing is written to the cluster. What a marker
does not tell (labels, annotations, who owns which leaf, passwords) comes back with the next apply of the manifests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pxhelm.apply.memory import Manifest, Memory
from pxhelm.apply.ports import Ports
from pxhelm.apply.records import Records
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.diff import REBUILT
from pxhelm.plan.subject import Known
from pxhelm.resource.export import importable, spec_of_leaves
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Live
from pxhelm.resource.table import table_of
from pxhelm.store.bindings import Binding, BindingState
from pxhelm.store.objects import ObjectKey as StoreKey
from pxhelm.store.objects import ObjectQuery, StoredObject

HELM_LABEL = {"app.kubernetes.io/managed-by": "Helm"}


@dataclass(frozen=True, slots=True)
class Marked:
    """A guest that says whose it is."""

    kind: Kind
    live: Live
    name: str
    """As Proxmox shows it."""

    @property
    def marker(self) -> Marker:
        """What it says."""
        assert self.live.marker is not None
        return self.live.marker

    def key(self, namespace: str) -> ObjectKey:
        """Return the object it stands for; markers of older versions do not tell, then its name does."""
        told, _, name = self.marker.name.partition("/")
        return ObjectKey(self.kind.name, told, name) if name else ObjectKey(self.kind.name, namespace, self.name)


@dataclass(frozen=True, slots=True)
class Found:
    """What becomes of one marked guest."""

    guest: Marked
    key: ObjectKey
    outcome: str
    """``bound`` (it was all along), ``restored``, or why not: ``being-made``, ``conflict``."""
    reason: str = ""
    assumed: bool = False
    """The marker does not tell the name: namespace and name are assumed."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """What rebuilding would do."""

    installation: str
    guests: tuple[Found, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)
    """Other installations whose markers were found → how many guests."""
    takes_over: bool = False
    """The store had another installation's id, or none: it becomes this one."""

    @property
    def restored(self) -> tuple[Found, ...]:
        """Return what is missing in the store and can come back."""
        return tuple(g for g in self.guests if g.outcome == "restored")


def former(ports: Ports) -> tuple[str, ...]:
    """Return the ids that our markers carried before clusters of this store were joined."""
    cluster = ports.store.clusters.get(ports.cluster_name)
    return tuple(cluster.settings.get("former", ())) if cluster is not None else ()


def choose_installation(ports: Ports, marked: Sequence[Marked], wanted: str) -> tuple[str, Mapping[str, int]]:
    """Return whose guests are ours, and how many others have; PxhelmError when only the user can say."""
    found = Counter(one.marker.installation for one in marked)
    own = {ports.installation, *former(ports)}
    empty = not ports.store.objects.list(ObjectQuery(ports.cluster_name))
    listed = ", ".join(f"{name} ({count} guests)" for name, count in found.most_common())
    if wanted and wanted not in found:
        raise PxhelmError(
            f"cannot rebuild installation {wanted}: no guest carries its marker",
            hint=f"found: {listed}" if listed else "no guest carries a marker at all",
        )
    if wanted and wanted not in own and not empty:
        raise PxhelmError(
            f"cannot rebuild installation {wanted}: this store belongs to {ports.installation}",
            code=ExitCode.REFUSED,
            hint="give another, empty store with PXHELM_STORE",
        )
    mine = [name for name in found if name in own]
    if wanted or mine or not empty:
        chosen = wanted or (mine[0] if mine else ports.installation)
    elif len(found) > 1:
        raise PxhelmError(
            f"cannot tell whose guests are meant: several installations left markers: {listed}",
            code=ExitCode.CONFLICT,
            hint="name yours with --installation ID",
        )
    else:
        chosen = next(iter(found), ports.installation)
    return chosen, {name: count for name, count in found.items() if name != chosen and name not in own}


def plan_restoration(ports: Ports, marked: Sequence[Marked], wanted: str, namespace: str) -> Restoration:
    """Return what rebuilding would bring back; writes nothing."""
    chosen, others = choose_installation(ports, marked, wanted)
    own = {chosen, *(former(ports) if chosen in (ports.installation, *former(ports)) else ())}
    ours = [one for one in marked if one.marker.installation in own | {ports.installation}]
    uids = Counter(one.marker.uid for one in ours)
    keys: Counter[ObjectKey] = Counter(one.key(namespace) for one in ours)
    guests = tuple(_found(ports, one, namespace, twice=uids[one.marker.uid] > 1) for one in ours)
    guests = tuple(
        replace(g, outcome="conflict", reason=f"another guest says that it is {g.key.address}, too")
        if keys[g.key] > 1 and g.outcome == "restored"
        else g
        for g in guests
    )
    return Restoration(chosen, guests, others, takes_over=chosen not in (ports.installation, *former(ports)))


def _found(ports: Ports, one: Marked, namespace: str, *, twice: bool) -> Found:
    store, uid, vmid = ports.store, one.marker.uid, one.live.vmid
    binding, stored = store.bindings.get(uid), store.objects.by_uid(uid)
    key = one.key(namespace)
    if stored is not None:
        key = ObjectKey(stored.key.kind, stored.key.namespace, stored.key.name)
    if binding is not None and binding.vmid == vmid:
        return Found(one, key, "bound")
    if binding is not None or twice:
        where = f"VMID {binding.vmid}" if binding is not None else "another guest"
        return Found(one, key, "conflict", f"{where} is bound to the same object")
    if one.live.lock in ("create", "clone"):
        return Found(one, key, "being-made", f"it is locked ({one.live.lock}): rebuild again when that is over")
    rival = store.objects.get(StoreKey(ports.cluster_name, key.kind, key.namespace, key.name))
    if rival is not None and rival.uid != uid:
        return Found(one, key, "conflict", f"the store has another {key.address}")
    there = store.bindings.at(ports.cluster_name, vmid)
    if there is not None and there.state is not BindingState.QUARANTINED and there.uid != uid:
        return Found(one, key, "conflict", f"the store has VMID {vmid} for another object")
    return Found(one, key, "restored", assumed=stored is None and not one.marker.name)


def restore(ports: Ports, restoration: Restoration) -> None:
    """Write what was planned into the store, all or nothing."""
    records, store, now = Records(ports), ports.store, ports.now()
    with store.transaction():
        cluster = store.clusters.get(ports.cluster_name)
        if cluster is not None and restoration.takes_over:
            store.clusters.put(replace(cluster, installation=restoration.installation))
        for each in restoration.restored:
            memory = _restore_object(ports, each, now)
            vmid, live = each.guest.live.vmid, each.guest.live
            resting = store.bindings.at(ports.cluster_name, vmid)
            if resting is not None:
                store.bindings.drop(resting)
            binding = Binding(
                ports.cluster_name,
                vmid,
                memory.known.uid,
                each.guest.kind.name,
                BindingState.BOUND,
                live.uuid,
                since=now,
            )
            store.bindings.adopt(binding)
            records.observed(replace(memory, binding=binding), live)
            records.say(memory.known.uid, "Rebuilt", f"bound again to VMID {vmid}, by its marker", normal=True)


def _restore_object(ports: Ports, each: Found, now: float) -> Memory:
    uid, live, kind = each.guest.marker.uid, each.guest.live, each.guest.kind
    stored = ports.store.objects.by_uid(uid)
    if stored is None:
        release = each.guest.marker.release
        key = StoreKey(ports.cluster_name, each.key.kind, each.key.namespace, each.key.name)
        manifest = Manifest(_text(kind, each.key, live), _release_marks(release)).dump()
        labels = HELM_LABEL if release else {}
        stored = StoredObject(uid, key, release, labels, generation=1, manifest=manifest, updated_at=now)
        ports.store.objects.put(stored)
        ports.store.objects.set_owned(uid, REBUILT, _unreadable(kind, live))
    return Memory(Known(uid=uid, bound=True), stored)


def _release_marks(release: str) -> Mapping[str, str]:
    """Return the annotations by which a release knows its objects again."""
    namespace, _, name = release.partition("/")
    return {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace} if name else {}


def _text(kind: Kind, key: ObjectKey, live: Live) -> str:
    """Return a manifest of what is there, until the user's own is applied again."""
    from pxhelm.golang.yaml import to_yaml

    body = {
        "apiVersion": "proxmox.io/v1",
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": spec_of_leaves(kind, importable(kind, live.intended)),
    }
    return to_yaml(body)


def _unreadable(kind: Kind, live: Live) -> Mapping[str, object]:
    """Return the leaves that are set and cannot be read back: taken to be as the manifests say, until they are applied."""
    table = table_of(kind.fields, kind.slots)
    return {place.path: None for param in live.raw for place in table.places_of(param) if place.field.write_only}
