"""Objects: the identity behind a manifest, and who owns which leaf of it (engine.md D2.1, D5.1).

The manifest last applied is opaque and sealed at rest; base values of leaves are plain JSON, secrets as keyed HMAC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """The address a user knows an object by."""

    cluster: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return ``Kind/namespace/name``."""
        return f"{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that was accepted once."""

    uid: str
    """UUIDv4, minted by the caller at first acceptance."""
    key: ObjectKey
    release: str = ""
    """``namespace/name`` of the release it belongs to; empty for ``apply -f``."""
    labels: Mapping[str, str] = field(default_factory=dict)
    generation: int = 1
    """Grows when the wanted state changes."""
    observed_generation: int = 0
    """The generation the planner last finished with."""
    manifest: bytes = b""
    """As last applied; sealed at rest."""
    updated_at: float = 0.0
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class OwnedLeaf:
    """One leaf path that a manager owns, with the value it applied last."""

    uid: str
    manager: str
    """``helm:<ns>/<release>``, ``kubectl:<name>``, ``gitops:<app>`` or ``import``."""
    path: str
    base: Any
    """Canonical JSON value; a secret's keyed HMAC."""


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """Which objects of a cluster; None means any."""

    cluster: str
    namespace: str | None = None
    release: str | None = None
    kind: str | None = None


class ObjectStore(Protocol):
    """Where objects and their owned leaves are kept."""

    def put(self, item: StoredObject) -> None:
        """Insert or replace by uid; DuplicateError when another uid has this key."""

    def get(self, key: ObjectKey) -> StoredObject | None:
        """Return the object at this address."""

    def by_uid(self, uid: str) -> StoredObject | None:
        """Return the object with this uid."""

    def list(self, query: ObjectQuery) -> tuple[StoredObject, ...]:
        """Return matching objects by kind, namespace and name."""

    def delete(self, uid: str) -> None:
        """Forget the object, every leaf owned in it and its conditions; nothing happens when it is gone."""

    def owned(self, uid: str) -> tuple[OwnedLeaf, ...]:
        """Return the owned leaves of the object by manager and path."""

    def set_owned(self, uid: str, manager: str, leaves: Mapping[str, Any]) -> None:
        """Make ``leaves`` (path to base value) all that this manager owns in the object."""
