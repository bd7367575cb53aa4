"""Contact with the cluster of a context: whether it is the one that was meant (engine.md D2.1, ADR 10).

One request; a second one, for the name, at first contact alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.store import contact

if TYPE_CHECKING:
    from pxhelm.actions.services import Cluster
    from pxhelm.store.clusters import Cluster as Known
    from pxhelm.store.port import Store


@dataclass(frozen=True, slots=True)
class Way:
    """The context by which a cluster is reached."""

    context: str
    """Its name; of a cluster that only flags or the environment name, its address."""
    formerly: str = ""
    """The name under which an older pxhelm kept what it knew of the cluster."""
    transient: bool = False
    """The built-in simulated cluster."""


def meet(store: Store, cluster: Cluster, way: Way) -> Known:
    """Return the cluster that answers; PxhelmError (REFUSED) when it is another than before."""
    known = store.clusters.behind(way.context)
    said = ask(cluster, way, named=known is None or not known.root_ca)
    if known is not None and known.root_ca and not said.root_ca:
        raise PxhelmError(
            f"cannot use context {way.context}: the server does not show its root certificate, so that it cannot be told "
            f"whether it is {known.title or known.key}",
            code=ExitCode.REFUSED,
            hint="check the address, and what stands between here and there",
        )
    return contact.meet(store, said)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A cluster and the contexts that lead to it."""

    cluster: Known
    contexts: tuple[str, ...]


def pinned(store: Store, way: Way) -> Pinned | None:
    """Return the cluster that a context led to last; asks nobody."""
    found = store.clusters.behind(way.context) or store.clusters.behind(way.formerly)
    return Pinned(found, store.clusters.contexts(found.key)) if found is not None else None


def accept(store: Store, cluster: Cluster, way: Way, *, renewed: bool) -> Known:
    """Accept what the context leads to now, on the user's word."""
    return contact.accept(store, ask(cluster, way, named=True), renewed=renewed)


def ask(cluster: Cluster, way: Way, *, named: bool) -> contact.Contact:
    """Return what the cluster says of itself."""
    from pxhelm.proxmox.identity import cluster_name, root_certificate

    root = cluster.run(root_certificate())
    title = cluster.run(cluster_name()) if named else ""
    return contact.Contact(way.context, root, title, way.transient, way.formerly)
