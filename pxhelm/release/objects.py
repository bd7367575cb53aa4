"""The port of objects: what the state machine asks of a cluster, whatever the cluster is.

Plan and apply implement it for Proxmox, tests by a pretended cluster. Errors are PxhelmError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pxhelm.errors import PxhelmError


class AlreadyExistsError(PxhelmError):
    """An object cannot be created: one of its name is there."""


@dataclass(frozen=True, slots=True)
class Item:
    """An object as a manifest asks for it."""

    api_version: str
    kind: str
    namespace: str
    """Empty for kinds that belong to the whole cluster."""
    name: str
    document: Mapping[str, Any]
    """The manifest, with the release's labels and annotations once ``ownership.stamped``."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what makes two items the same object."""
        return (self.api_version, self.kind, self.namespace, self.name)

    @property
    def address(self) -> str:
        """Return ``Kind/name``."""
        return f"{self.kind}/{self.name}"

    def __str__(self) -> str:
        """Return Helm's ``Kind "name" in namespace "ns"``."""
        return f'{self.kind} "{self.name}" in namespace "{self.namespace}"'


@dataclass(frozen=True, slots=True)
class Existing:
    """Whose an object of the cluster says it is."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did."""

    created: tuple[Item, ...] = ()
    updated: tuple[Item, ...] = ()
    deleted: tuple[Item, ...] = ()


class UpdateFailedError(PxhelmError):
    """An update that stopped or failed in part; ``done`` is what it did before."""

    def __init__(self, message: str, done: Updated, cause: PxhelmError | None = None) -> None:
        if cause:
            super().__init__(message, code=cause.code, where=cause.where, hint=cause.hint)
        else:
            super().__init__(message)
        self.done = done


class ObjectPort(Protocol):
    """A cluster's objects. Times in seconds."""

    def reach(self) -> None:
        """Raise PxhelmError when the cluster does not answer."""

    def build(self, manifest: str, *, validate: bool) -> tuple[Item, ...]:
        """Read a text of documents into items, in order; ``validate`` also checks them against their kinds."""

    def existing(self, item: Item) -> Existing | None:
        """Return whose the object is, None when it is surely absent; PxhelmError when that cannot be told."""

    def create(self, items: Sequence[Item]) -> None:
        """Create the items, stopping at the first error."""

    def update(self, original: Sequence[Item], target: Sequence[Item], *, force: bool) -> Updated:
        """Bring the objects from ``original`` to ``target``; UpdateFailedError says what was done before it failed.

        What is in ``target`` alone is created, or updated if it exists; what is in ``original`` alone is deleted unless
        its annotation ``helm.sh/resource-policy`` is ``keep``. ``force`` replaces instead of changing.
        """

    def delete(self, items: Sequence[Item]) -> tuple[PxhelmError, ...]:
        """Delete the items, absent ones without complaint, and return the errors of those that would not go."""

    def wait(self, items: Sequence[Item], timeout: float, *, jobs: bool) -> None:
        """Wait until the objects are ready; with ``jobs`` also until what runs to completion has completed."""

    def wait_deleted(self, items: Sequence[Item], timeout: float) -> None:
        """Wait until the objects are gone."""

    def watch(self, items: Sequence[Item], timeout: float) -> None:
        """Wait until a hook's objects have completed or are ready; PxhelmError when they fail."""
