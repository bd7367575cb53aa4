"""Revisions of releases: what the store keeps of them and the port to it.

The payload is opaque here and sealed by ``store.sealed``; the plain columns hold nothing that a user typed as a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pxhelm.store.leases import Holder


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """A release within a cluster."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return ``cluster/namespace/name``."""
        return f"{self.cluster}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Operation:
    """Facts about the command that wrote a pending revision, by which a resumed one is recognised (D8.2a)."""

    op_id: str
    command: str
    """``install``, ``upgrade`` or ``rollback`` with the flags that change its result, canonical."""
    chart_digest: str
    values_digest: str
    """Keyed HMAC, since values may be secret."""
    holder: Holder
    lease: str = ""
    """Name of the release's lease."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a release."""

    key: ReleaseKey
    version: int
    status: str
    """Helm's words: ``deployed``, ``pending-install`` …"""
    payload: bytes
    """The release as ``release`` encodes it; sealed at rest."""
    chart: str = ""
    """``name-version``."""
    labels: Mapping[str, str] = field(default_factory=dict)
    modified_at: float = 0.0
    """Unix seconds of the last write."""
    operation: Operation | None = None


class ReleaseStore(Protocol):
    """Where revisions are remembered."""

    def create(self, revision: Revision) -> None:
        """Insert the revision; DuplicateError when its version exists."""

    def update(self, revision: Revision) -> None:
        """Replace the revision; NotFoundError when it is gone."""

    def get(self, key: ReleaseKey, version: int) -> Revision | None:
        """Return one revision."""

    def last(self, key: ReleaseKey) -> Revision | None:
        """Return the revision with the highest version."""

    def history(self, key: ReleaseKey) -> tuple[Revision, ...]:
        """Return all revisions of the release, oldest first."""

    def list(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        """Return all revisions of the cluster or namespace, by namespace, name and version."""

    def latest(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        """Return the highest revision of each release, by namespace and name."""

    def delete(self, key: ReleaseKey, version: int) -> None:
        """Remove one revision; NotFoundError when it is gone."""
