"""How much may happen at once: which turns a step needs, and how many of each there are (engine.md D9.2).

Pure counting; the runner waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxhelm.resource.kind import Surroundings
from pxhelm.resource.step import Step

Turn = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Starting values; all per cluster of the command."""

    objects: int = 24
    """Objects worked on at once."""
    per_node: int = 4
    """Steps at once on a node (Proxmox' own ``max_workers``)."""
    shared_storage: int = 1
    """Allocations at once on a storage of all nodes: they queue for one lock."""
    local_storage: int = 2
    full_clones: int = 2
    """Per source."""
    linked_clones: int = 8
    """Per source."""
    migrations: int = 1
    """Per node."""


@dataclass(slots=True)
class Turns:
    """Who is at it."""

    limits: Limits
    taken: dict[Turn, int] = field(default_factory=dict)

    def take(self, wanted: Mapping[Turn, int]) -> bool:
        """Take one of each wanted turn (turn → how many there are), all or none."""
        if any(self.taken.get(turn, 0) >= limit for turn, limit in wanted.items()):
            return False
        for turn in wanted:
            self.taken[turn] = self.taken.get(turn, 0) + 1
        return True

    def give_back(self, wanted: Mapping[Turn, int]) -> None:
        """Give the turns back."""
        for turn in wanted:
            left = self.taken[turn] - 1
            if left:
                self.taken[turn] = left
            else:
                del self.taken[turn]


_FILES = (
    "/cluster/firewall",
    "/cluster/ha",
    "/cluster/mapping",
    "/cluster/notifications",
    "/cluster/sdn",
    "/access/domains",
    "/storage",
)
"""Where many objects stand in one file under one digest: two writes at once would only make each other read again."""


def turns_of(step: Step, node: str, around: Surroundings, limits: Limits) -> dict[Turn, int]:
    """Return the turns that a step needs, with the limit of each."""
    where = step.request.node or node
    wanted: dict[Turn, int] = {}
    if where:
        wanted["node", where] = limits.per_node
    file = next((path for path in _FILES if f"{step.request.path}/".startswith(f"{path}/")), "")
    if file:
        wanted["file", file] = 1
    if step.storage:
        row = around.storages.get((where, step.storage), {})
        if row.get("shared"):
            wanted["storage", step.storage] = limits.shared_storage
        else:
            wanted["storage", where, step.storage] = limits.local_storage
    if step.verb == "clone" and step.source:
        full = str(step.request.params.get("full", "1")) not in ("0", "False")
        wanted["source", str(step.source)] = limits.full_clones if full else limits.linked_clones
    if step.verb == "migrate":
        wanted["migrate", where] = limits.migrations
    return wanted
