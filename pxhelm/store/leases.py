"""Leases with epochs: one worker per object, one operation per release (engine.md D8.5).

The epoch only grows, also over release and takeover, so a stale worker is told apart in the journal's own transaction.
Never reads a clock and never looks at processes: both are arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Holder:
    """A process on a machine, named so that its death can be proved from the same machine."""

    host: str
    boot_id: str
    pid: int
    started: str
    """The process's start time in the system's own words; another one under the same pid is another process."""
    worker: str = ""
    """Tells threads of one process apart."""
    space: str = ""
    """Which numbering of processes the pid belongs to; empty for the machine's own, a container has another."""

    def __str__(self) -> str:
        """Return ``host pid N``."""
        return f"{self.host} pid {self.pid}"


StartOf = Callable[[int], str | None]
"""Start time of a process of this machine, None when there is none with this pid."""

IsDead = Callable[[Holder], bool]


def never(_holder: Holder) -> bool:
    """Prove nobody dead."""
    return False


def provably_dead(holder: Holder, here: Holder, start_of: StartOf) -> bool:
    """Tell whether ``holder`` cannot run any more, seen from ``here``: same machine and another boot, or its pid gone or reused.

    Where the system does not even tell when ``here`` started, nothing is proved.
    """
    if (holder.host, holder.space) != (here.host, here.space) or not here.started:
        return False
    return holder.boot_id != here.boot_id or start_of(holder.pid) != holder.started


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as granted; given to the journal as the fence of each write."""

    name: str
    """``object:<uid>``, ``release:<cluster>/<ns>/<name>`` or ``domain:<cluster>/sdn``."""
    holder: Holder
    epoch: int
    expires_at: float
    """Unix seconds."""


class LeaseStore(Protocol):
    """Where leases are kept."""

    def acquire(self, name: str, holder: Holder, ttl: float, now: float, dead: IsDead = never) -> Lease:
        """Take the lease when it is free, expired, ours already, or its holder is dead; LeaseHeldError otherwise.

        ``ttl`` in seconds, ``now`` in Unix seconds. A takeover has a higher epoch than the lease it replaces.
        """

    def renew(self, lease: Lease, ttl: float, now: float) -> Lease:
        """Prolong the lease; LeaseLost when it passed to somebody else."""

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens when it was lost already."""

    def get(self, name: str) -> Lease | None:
        """Return who holds the lease, expired or not; None when free."""

    def check(self, lease: Lease) -> None:
        """Raise LeaseLost unless holder and epoch still stand. Call it inside the transaction it shall protect."""
