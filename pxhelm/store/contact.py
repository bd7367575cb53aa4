"""Meeting a cluster: whether it is the one that its context led to before (engine.md D2.1, ADR 10).

Pure decisions over the store's ports; who asks the cluster is told what it answered. A cluster is recognised by its root
certificate alone: it is made once, shared by all nodes, and kept when a node alone becomes a cluster and gets a name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.store.bindings import Binding, BindingState
from pxhelm.store.clusters import Cluster, ClusterStore
from pxhelm.store.objects import ObjectQuery
from pxhelm.store.port import Store
from pxhelm.store.releases import ReleaseKey


@dataclass(frozen=True, slots=True)
class Contact:
    """What a cluster said of itself."""

    context: str
    root_ca: str
    """Fingerprint of its root certificate; empty when it showed none."""
    title: str = ""
    """Its name; empty for a node alone, or when it was not asked."""
    transient: bool = False
    """The built-in simulated cluster: whoever removes its file wants another one."""
    formerly: str = ""
    """The name under which an older pxhelm kept what it knew of the cluster."""


def meet(store: Store, contact: Contact) -> Cluster:
    """Return the cluster behind a context, remembered and pinned at first contact.

    PxhelmError (REFUSED) when it is not the one that the context led to before.
    """
    with store.transaction():
        clusters = store.clusters
        known = clusters.behind(contact.context) or _formerly(clusters, contact)
        twin = _with_root(clusters, contact.root_ca)
        if known is None:
            found = twin or _new(clusters, contact)
        elif not known.root_ca and contact.root_ca:
            found = known
            if twin is not None and twin.key != known.key:
                join(store, known.key, twin.key)
                found = clusters.get(twin.key) or twin
        elif known.root_ca == contact.root_ca:
            found = known
        elif contact.transient:
            found = twin or _new(clusters, contact)
        else:
            raise _another(known, contact)
        if found.title and contact.title and found.title != contact.title:
            raise _renamed(found, contact)
        told = replace(found, root_ca=found.root_ca or contact.root_ca, title=found.title or contact.title)
        if told != clusters.get(told.key):
            clusters.put(told)
        if clusters.behind(contact.context) != told:
            clusters.lead(contact.context, told.key)
        return told


def accept(store: Store, contact: Contact, *, renewed: bool) -> Cluster:
    """Accept what a context leads to now: the same cluster with another certificate (``renewed``), or another cluster."""
    with store.transaction():
        known = store.clusters.behind(contact.context)
        if known is None or known.root_ca == contact.root_ca:
            return meet(store, contact)
        if not renewed:
            store.clusters.part(contact.context)
            return meet(store, contact)
        twin = _with_root(store.clusters, contact.root_ca)
        if twin is not None:
            join(store, known.key, twin.key)
            return meet(store, contact)
        told = replace(known, root_ca=contact.root_ca, title=contact.title or known.title)
        store.clusters.put(told)
        return told


def join(store: Store, old: str, new: str) -> int:
    """Let one cluster's rows be another's, since both are the same; return how many stay behind.

    A row stays where it is when the other cluster has one in its place: two objects of one name, two bindings of one
    VMID. Nothing is lost, and ``pxhelm state`` lists their guests.
    """
    with store.transaction():
        stays = _join_releases(store, old, new) + _join_objects(store, old, new)
        store.clusters.join(old, new)
        before, after = store.clusters.get(old), store.clusters.get(new)
        if before is not None and after is not None and before.installation:
            former = [*after.settings.get("former", ()), before.installation]
            merged = replace(after, settings={**after.settings, "former": former})
            store.clusters.put(merged if after.installation else replace(after, installation=before.installation))
        return stays


def _join_releases(store: Store, old: str, new: str) -> int:
    stays = 0
    for revision in store.releases.list(old):
        key = ReleaseKey(new, revision.key.namespace, revision.key.name)
        if store.releases.get(key, revision.version) is not None:
            stays += 1
            continue
        store.releases.create(replace(revision, key=key))  # sealed anew: the seal names the place
        store.releases.delete(revision.key, revision.version)
    return stays


def _join_objects(store: Store, old: str, new: str) -> int:
    """Move objects together with their bindings; where the VMID is taken neither moves, so that no guest is made twice."""
    taken = {b.vmid: b for b in store.bindings.list(new)}
    binding_of: dict[str, Binding] = {}
    for each in store.bindings.list(old):
        rival = taken.get(each.vmid)
        if each.state is not BindingState.QUARANTINED:
            if rival is not None and rival.state is BindingState.QUARANTINED:
                store.bindings.drop(taken.pop(each.vmid))
            binding_of[each.uid] = each
        elif rival is None:
            _move(store, each, new)
    stays = 0
    for one in store.objects.list(ObjectQuery(old)):
        key = replace(one.key, cluster=new)
        binding = binding_of.get(one.uid)
        if store.objects.get(key) is not None or (binding is not None and binding.vmid in taken):
            stays += 1
            continue
        store.objects.put(replace(one, key=key))
        if binding is not None:
            _move(store, binding, new)
    return stays


def _move(store: Store, binding: Binding, new: str) -> None:
    store.bindings.drop(binding)
    store.bindings.adopt(replace(binding, cluster=new))


def _formerly(clusters: ClusterStore, contact: Contact) -> Cluster | None:
    found = clusters.behind(contact.formerly) if contact.formerly else None
    return found if found is not None and not found.root_ca else None


def _with_root(clusters: ClusterStore, root_ca: str) -> Cluster | None:
    return next((c for c in clusters.list() if root_ca and c.root_ca == root_ca), None)


def _new(clusters: ClusterStore, contact: Contact) -> Cluster:
    mark = contact.root_ca.replace(":", "").lower()[:8]
    name = f"{contact.title or 'pve'}-{mark}" if mark else contact.context
    taken = {c.key for c in clusters.list()}
    key = next(k for n in range(len(taken) + 1) if (k := f"{name}-{n}" if n else name) not in taken)
    return Cluster(key, contact.root_ca, title=contact.title)


def _another(known: Cluster, contact: Contact) -> PxhelmError:
    name = known.title or known.key
    told = contact.root_ca or "none"
    return PxhelmError(
        f"cannot use context {contact.context}: it leads to another cluster than before: {name} has the root "
        f"certificate {known.root_ca}, this one shows {told}",
        code=ExitCode.REFUSED,
        hint="check the address. If this cluster's certificate authority was made anew: "
        f"`pxhelm config pin {contact.context} --renewed`; if the context shall lead to this other cluster: "
        f"`pxhelm config pin {contact.context} --replaced`",
    )


def _renamed(known: Cluster, contact: Contact) -> PxhelmError:
    return PxhelmError(
        f"cannot use context {contact.context}: its cluster was called {known.title}, this one is {contact.title}, "
        "with the same root certificate: one of them is a copy of the other",
        code=ExitCode.REFUSED,
        hint="check the address; a copy needs a certificate authority of its own (`pvecm updatecerts --force` "
        "after removing the old one)",
    )
