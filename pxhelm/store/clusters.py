"""Clusters this store has met, each pinned to its root certificate, and the contexts that lead to them (engine.md D2.1).

Every other row is keyed by a cluster, never by a context: two contexts of one cluster share all that is remembered.
Never talks to a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Cluster:
    """One Proxmox cluster."""

    key: str
    """Keys every other row; made at first contact, and never changed after."""
    root_ca: str = ""
    """SHA-256 fingerprint of pve-root-ca; empty while none was shown."""
    installation: str = ""
    """Id that our markers carry, so that two stores tell their guests apart."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    """Proxmox' own name of the cluster; empty for a node alone."""


class ClusterStore(Protocol):
    """Where clusters, and the contexts that lead to them, are remembered."""

    def get(self, key: str) -> Cluster | None:
        """Return the cluster, if known."""

    def list(self) -> tuple[Cluster, ...]:
        """Return all clusters by key."""

    def put(self, cluster: Cluster) -> None:
        """Insert or replace the cluster."""

    def behind(self, context: str) -> Cluster | None:
        """Return the cluster that a context led to last."""

    def lead(self, context: str, key: str) -> None:
        """Remember that a context leads to a cluster."""

    def part(self, context: str) -> None:
        """Forget where a context leads; nothing happens when nobody knew."""

    def contexts(self, key: str) -> tuple[str, ...]:
        """Return the contexts that lead to a cluster, by name."""

    def join(self, old: str, new: str) -> None:
        """Let contexts, operations, work, events and observations of one cluster be another's, where there is room.

        Objects, bindings and releases are moved by ``store.contact``.
        """
