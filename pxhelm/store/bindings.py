"""Which guest belongs to which object: VMIDs reserved, bound, released (engine.md D2.3).

Never asks Proxmox whether a VMID is free: the caller says what is taken.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pxhelm.errors import ExitCode
from pxhelm.store.outcome import StoreError


class BindingState(StrEnum):
    """How far a binding has come; all but ``quarantined`` count as the object's one binding."""

    RESERVED = "reserved"
    BOUND = "bound"
    RELEASING = "releasing"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Binding:
    """A VMID of a cluster and the object it stands for."""

    cluster: str
    vmid: int
    uid: str
    kind: str
    state: BindingState
    guest_uuid: str = ""
    """SMBIOS UUID of a QEMU guest, once known."""
    epoch: int = 1
    """Grows with each change; ``move`` refuses a stale one."""
    since: float = 0.0
    """Unix seconds of the last change of state."""


@dataclass(frozen=True, slots=True)
class VmidRange:
    """VMIDs from ``first`` to ``last``, both included."""

    first: int = 10000
    last: int = 99999


@dataclass(frozen=True, slots=True)
class Reservation:
    """A wish for a VMID."""

    cluster: str
    uid: str
    kind: str
    now: float
    """Unix seconds."""
    range: VmidRange = VmidRange()
    """A pinned VMID is a range of one."""
    taken: Container[int] = ()
    """VMIDs that the last list call showed."""
    start: int = 0
    """Offset into the range where the search begins, hashed from the installation id; wraps around."""


def candidates(wish: Reservation) -> Iterator[int]:
    """Yield the VMIDs of the range in search order, those in ``taken`` left out."""
    size = wish.range.last - wish.range.first + 1
    first = wish.range.first
    offset = wish.start % size if size > 0 else 0
    for part in (range(first + offset, wish.range.last + 1), range(first, first + offset)):
        yield from (vmid for vmid in part if vmid not in wish.taken)


def none_free(wish: Reservation) -> StoreError:
    """Return the error for a range without a free VMID."""
    if wish.range.first == wish.range.last:
        return StoreError(
            f"cannot reserve VMID {wish.range.first}: it is taken",
            code=ExitCode.CONFLICT,
            hint="choose another spec.vmid, or leave it out and one will be chosen",
        )
    return StoreError(
        f"cannot reserve a VMID: all of {wish.range.first} to {wish.range.last} are taken",
        hint="widen vmidRanges in the settings",
    )


class BindingStore(Protocol):
    """Where bindings are kept."""

    def reserve(self, wish: Reservation) -> Binding:
        """Reserve the first free VMID for the object, in one transaction; its binding if it has one already.

        Raises StoreError when the range is full.
        """

    def get(self, uid: str) -> Binding | None:
        """Return the object's reserved, bound or releasing binding."""

    def at(self, cluster: str, vmid: int) -> Binding | None:
        """Return the binding of a VMID in whatever state."""

    def list(self, cluster: str) -> tuple[Binding, ...]:
        """Return all bindings of the cluster by VMID."""

    def move(self, binding: Binding, state: BindingState, now: float, guest_uuid: str | None = None) -> Binding:
        """Change the state (and the guest's UUID when given); StaleError when the stored epoch is another."""

    def adopt(self, binding: Binding) -> None:
        """Insert a binding found by its marker or by import; DuplicateError when object or VMID has one."""

    def drop(self, binding: Binding) -> None:
        """Forget the binding, say of a lost race or of a quarantine that ended; StaleError as for ``move``."""

    def end_quarantine(self, cluster: str, before: float) -> int:
        """Forget quarantined bindings older than ``before`` (Unix seconds) and return how many."""
