"""What waits, what runs, what is done: the objects of one plan in dependency order (engine.md D9.1). Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.job import Job
from pxhelm.apply.memory import Memory
from pxhelm.plan.order import Order
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Leaves

GOOD = (Result.DONE, Result.UNCHANGED)
"""Ends after which what waits may begin."""


@dataclass(frozen=True, slots=True)
class Work:
    """One object to be worked on, once what it waits for is done."""

    key: ObjectKey
    kind: Kind
    memory: Memory
    manager: str
    verb: str
    """``apply`` or ``delete``: the operation's kind."""
    plan_hash: str
    make: Callable[[Memory], Job]
    """Called in the worker, with the operation opened."""
    awaited: Leaves = field(default_factory=dict)
    """What the manifest says about readiness, when something waits for it; empty = being as wanted is enough."""


class Queue:
    """What waits, what runs, what is done; each object is looked at once for every edge, however many there are."""

    def __init__(self, work: Sequence[Work], order: Order) -> None:
        self.waiting = {w.key: w for w in work}
        self.needs = order.needs
        edges = order.all
        self.running: set[ObjectKey] = set()
        self.outcomes: dict[ObjectKey, Outcome] = {}
        self._above: dict[ObjectKey, list[ObjectKey]] = {}
        self._left: dict[ObjectKey, int] = {}
        for key in self.waiting:
            below = [k for k in dict.fromkeys(edges.get(key, ())) if k in self.waiting]
            self._left[key] = len(below)
            for each in below:
                self._above.setdefault(each, []).append(key)
        self.ready = deque(key for key in self.waiting if not self._left[key])

    def begin(self, key: ObjectKey) -> Work:
        """Take a ready object out, to be worked on."""
        self.running.add(key)
        return self.waiting.pop(key)

    def end(self, key: ObjectKey, outcome: Outcome) -> None:
        """Keep how an object ended; what waited for nothing else is ready."""
        self.waiting.pop(key, None)
        self.running.discard(key)
        self.outcomes[key] = outcome
        for above in self._above.get(key, ()):
            self._left[above] -= 1
            if not self._left[above]:
                self.ready.append(above)

    def failed(self, key: ObjectKey) -> bool:
        """Whether an object ended otherwise than wanted."""
        return key in self.outcomes and self.outcomes[key].result not in GOOD
