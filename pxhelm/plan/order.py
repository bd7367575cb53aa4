"""The order among objects: who is needed, who only comes first, cycles as errors (engine.md D9.1).

Pure. An edge ``a → b`` says that ``a`` waits for ``b``; for deletes the edges are turned round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pxhelm.errors import PxhelmError
from pxhelm.resource.identity import ObjectKey

DEPENDS_ON = "pxhelm.io/depends-on"

Edges = Mapping[ObjectKey, tuple[ObjectKey, ...]]


@dataclass(frozen=True, slots=True)
class Order:
    """Who comes before whom."""

    needs: Edges = field(default_factory=dict)
    """By reference or annotation: an object is not begun when one of these fails."""
    after: Edges = field(default_factory=dict)
    """By rank alone: these are ended first, well or not."""

    @property
    def all(self) -> Edges:
        """Return both; a thousand guests that need nothing share one tuple."""
        return {key: joined(below, self.after.get(key, ())) for key, below in self.needs.items()}

    def possible(self) -> Order:
        """Return the order, without ranks when these made a cycle; PxhelmError names the edges of one of needs."""
        try:
            ordered(self.all)
        except PxhelmError:
            ordered(self.needs)
            return replace(self, after={})
        return self


def joined(direct: tuple[ObjectKey, ...], below: tuple[ObjectKey, ...]) -> tuple[ObjectKey, ...]:
    """Return both, without a copy when one is empty."""
    return (*direct, *below) if direct and below else direct or below


def ordered(edges: Edges) -> tuple[ObjectKey, ...]:
    """Return the objects so that each comes after all it waits for; PxhelmError names the edges of a cycle."""
    done: dict[ObjectKey, None] = {}
    for start in edges:
        path: list[ObjectKey] = []
        stack: list[tuple[ObjectKey, Iterable[ObjectKey]]] = [(start, iter(edges[start]))] if start not in done else []
        path.extend(key for key, _ in stack)
        while stack:
            key, rest = stack[-1]
            below = next((k for k in rest if k in edges and k not in done), None)
            if below is None:
                done[key] = None
                stack.pop()
                path.pop()
                continue
            if below in path:
                raise _cycle([*path[path.index(below) :], below])
            stack.append((below, iter(edges[below])))
            path.append(below)
    return tuple(done)


def reversed_edges(edges: Edges) -> Edges:
    """Return the edges turned round: what must go before each object may be deleted."""
    turned: dict[ObjectKey, list[ObjectKey]] = {key: [] for key in edges}
    for key, below in edges.items():
        for each in below:
            if each in turned:
                turned[each].append(key)
    return {key: tuple(found) for key, found in turned.items()}


def _cycle(path: list[ObjectKey]) -> PxhelmError:
    chain = " → ".join(key.address for key in path)
    return PxhelmError(
        f"cannot order the objects: they wait for each other: {chain}",
        hint=f"remove one of these references, or the {DEPENDS_ON} annotation that makes it",
    )
