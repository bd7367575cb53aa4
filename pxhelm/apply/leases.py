"""The leases of one run: taken, kept alive, given back (engine.md D8.5).

Nobody else works on an object, or on a domain of the cluster, while we have its lease. Pure; the runner has a thread renew
them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from pxhelm.apply.ports import Ports
from pxhelm.apply.writer import Writer
from pxhelm.errors import PxhelmError
from pxhelm.store.leases import Lease

TTL = 15.0
RENEW_EVERY = 5.0
STOP_AFTER = 10.0
"""Without a renewal for so long nothing is sent any more."""


@dataclass(slots=True)
class Held:
    """A lease of ours, and when it was last known to be."""

    lease: Lease
    at: float
    """On a clock that only goes forward."""


@dataclass(slots=True)
class Leases:
    """Leases by name."""

    ports: Ports
    writer: Writer
    clock: Callable[[], float]
    """Seconds, only forward."""
    held: dict[str, Held] = field(default_factory=dict)

    def take(self, name: str, worker: str = "") -> Held:
        """Take a lease and keep it alive until ``free``; LeaseHeldError when somebody else has it.

        ``worker`` tells runs of one process apart, which else share their leases.
        """
        leases, ports = self.ports.store.leases, self.ports
        holder = replace(ports.holder, worker=worker) if worker else ports.holder
        taken = partial(leases.acquire, name, holder, TTL, ports.now(), ports.is_dead)
        held = self.held[name] = Held(self.writer.write(taken), self.clock())
        return held

    def free(self, name: str) -> None:
        """Give a lease back, wherever it is by now."""
        held = self.held.pop(name, None)
        if held is not None:
            with suppress(PxhelmError):
                self.writer.write(partial(self.ports.store.leases.release, held.lease))

    def renew(self, held: Held) -> None:
        """Prolong a lease; LeaseLost when it passed to somebody else."""
        renewed = partial(self.ports.store.leases.renew, held.lease, TTL, self.ports.now())
        held.lease = self.writer.write(renewed)
        held.at = self.clock()

    def renew_all(self) -> None:
        """Prolong what can be prolonged; who has lost one is told before it sends the next time."""
        for held in list(self.held.values()):
            with suppress(PxhelmError):
                self.renew(held)
