"""What was last seen in the clusters, and its append-only history (engine.md D4.5).

Never holds a secret: Proxmox masks passwords, and the reader redacts the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

GONE = "gone"
"""Status of the row of history that says that something is not there any more."""


@dataclass(frozen=True, slots=True)
class Observation:
    """An object of the cluster as seen at a time, ours or not."""

    cluster: str
    ref: str
    """Proxmox's own key: ``qemu/101``, ``storage/local-lvm``, ``pool/web`` …"""
    kind: str
    at: float
    """Unix seconds."""
    digest: str = ""
    """Of what has no leaves (nodes, storages): equal digest and status mean that nothing changed."""
    status: str = ""
    node: str = ""
    uid: str = ""
    """The object it is bound to; empty when foreign."""
    intended: Mapping[str, Any] = field(default_factory=dict)
    current: Mapping[str, Any] = field(default_factory=dict)
    actor: str = ""
    """Who changed it, when known."""


def changed(before: Observation | None, after: Observation) -> bool:
    """Tell whether ``after`` is worth a row of history."""
    if before is None:
        return True
    if (before.status, before.node, before.uid) != (after.status, after.node, after.uid):
        return True
    if after.intended or not after.digest:
        # The content tells best: a digest also changes with our own marker, and not with a guest's pool.
        return (dict(before.intended), dict(before.current)) != (dict(after.intended), dict(after.current))
    return before.digest != after.digest


class InventoryStore(Protocol):
    """Where observations are kept."""

    def observe(self, seen: Observation) -> bool:
        """Keep what was seen; append to the history and return True when it differs from the last time."""

    def forget(self, cluster: str, ref: str, at: float, actor: str = "") -> None:
        """Drop what is gone from the present and append its absence (status ``gone``) to the history; ``actor``: who did it."""

    def get(self, cluster: str, ref: str) -> Observation | None:
        """Return what was last seen."""

    def list(self, cluster: str, kind: str | None = None) -> tuple[Observation, ...]:
        """Return the present, by ref."""

    def history(self, cluster: str, ref: str, limit: int = 256) -> tuple[Observation, ...]:
        """Return what was seen, latest first."""

    def trail(self, cluster: str, uid: str) -> tuple[str, ...]:
        """Return the refs under which an object of ours was ever seen, by ref."""

    def at(self, cluster: str, when: float, kind: str | None = None) -> tuple[Observation, ...]:
        """Return what was there at a time, by ref, as it was last seen to change until then."""

    def prune(self, cluster: str, before: float) -> int:
        """Forget history older than a time and return how many rows went.

        What still held at that time stays, so that any later moment can be told whole.
        """
