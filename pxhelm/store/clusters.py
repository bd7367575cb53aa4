"""Clusters this store has met, each pinned to its root certificate (engine.md D2.1).

Never talks to a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pxhelm.errors import ExitCode, PxhelmError


@dataclass(frozen=True, slots=True)
class Cluster:
    """One Proxmox cluster."""

    name: str
    """Name of the context; every other row is keyed by it."""
    root_ca: str = ""
    """SHA-256 fingerprint of pve-root-ca at first contact; empty until then."""
    installation: str = ""
    """Id that our markers carry, so that two stores tell their guests apart."""
    settings: Mapping[str, Any] = field(default_factory=dict)


class ClusterStore(Protocol):
    """Where clusters are remembered."""

    def get(self, name: str) -> Cluster | None:
        """Return the cluster, if known."""

    def list(self) -> tuple[Cluster, ...]:
        """Return all clusters by name."""

    def put(self, cluster: Cluster) -> None:
        """Insert or replace the cluster."""


def pin(store: ClusterStore, name: str, root_ca: str, installation: str) -> Cluster:
    """Remember the cluster's root certificate at first contact and refuse another one afterwards.

    Raises PxhelmError (REFUSED) when the stored fingerprint differs: this store belongs to another cluster.
    """
    known = store.get(name) or Cluster(name)
    if known.root_ca and known.root_ca != root_ca:
        raise PxhelmError(
            f"cannot use cluster {name}: its root certificate is {root_ca}, this store knows {known.root_ca}",
            code=ExitCode.REFUSED,
            hint="check the endpoint; if the cluster was really rebuilt, add it as a new context",
        )
    pinned = replace(known, root_ca=root_ca, installation=known.installation or installation)
    if pinned != known:
        store.put(pinned)
    return pinned
