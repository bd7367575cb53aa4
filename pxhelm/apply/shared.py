"""What the workers of one run share: settings, the writer, leases, turns, the watch over tasks. Pure; the runner makes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from pxhelm.apply.admission import Limits, Turns
from pxhelm.apply.domains import Domains
from pxhelm.apply.leases import Leases
from pxhelm.apply.ports import Ports
from pxhelm.apply.records import Records
from pxhelm.apply.watch import Watch
from pxhelm.apply.writer import Writer
from pxhelm.proxmox.task import Polling

POLLING = Polling(first=0.2, factor=1.6, longest=3.0, to_the_end=False)
LISTING = Polling(first=0.5, factor=1.2, longest=1.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run goes."""

    limits: Limits = field(default_factory=Limits)
    lock_timeout: float = 0.0
    """Seconds to wait for another worker's lease on an object."""
    polling: Polling = POLLING
    """How a task is asked for that the cluster's list does not show."""
    contact: float = 60.0
    """Seconds that a node may take to answer after its network was reloaded."""
    listing: Polling = LISTING
    """How the cluster is asked for its list of tasks; anew from the first pause whenever a task has ended."""


class Flag(Protocol):
    """Something that is set once, for all threads."""

    def is_set(self) -> bool:
        """Whether it is set."""


class Condition(Protocol):
    """Something that threads wait for, with a lock around it."""

    def __enter__(self) -> bool:
        """Take the lock."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None, /
    ) -> None:
        """Give the lock back."""

    def wait(self, timeout: float | None = None) -> bool:
        """Let the lock go and wait until it is told, or so many seconds."""

    def notify_all(self) -> None:
        """Tell all that wait."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Made once for each run."""

    ports: Ports
    settings: Settings
    records: Records
    writer: Writer
    leases: Leases
    domains: Domains
    clock: Callable[[], float]
    """Seconds, only forward."""
    stop: Flag
    """Set when nothing new shall be sent."""
    turns: Turns
    turn_given: Condition
    """Held for every access to the turns; told when one was given back."""
    watch: Watch
    news: Condition
    """Held for every access to the watch; told when there is another list."""
    asking: AbstractContextManager[object]
    """Held while it is asked who has a file: what one hears tells the next."""
