"""The order among objects: edges by reference and annotation, kind ranks as weak edges, cycles as errors (engine.md D9.1).

Pure. An edge ``a → b`` says that ``a`` waits for ``b``; for deletes the edges are turned round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.resource.annotations import paths
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource
from pxhelm.resource.sets import LABEL

DEPENDS_ON = "pxhelm.io/depends-on"

Edges = Mapping[ObjectKey, tuple[ObjectKey, ...]]
Rank = Callable[[ObjectKey], int]


def edges_of(resources: Sequence[Resource], rank: Rank) -> Edges:
    """Return what each object waits for, among the given ones.

    References and ``pxhelm.io/depends-on`` are strong edges. An object also waits for all of lower rank that do not
    wait for it themselves. PxhelmError names the edges of a cycle, and an annotation that names nothing.
    """
    keys = {r.key for r in resources}
    strong = strong_edges(resources)
    ordered(strong)  # raises for a cycle of strong edges
    above = _reachable(strong)
    awaited = {key for found in above.values() for key in found}
    lower = _lower(keys, rank)
    weak: dict[ObjectKey, tuple[ObjectKey, ...]] = {}
    for key, direct in strong.items():
        below = lower[rank(key)]
        if direct or key in awaited:
            below = tuple(k for k in below if k not in direct and key not in above[k])
        weak[key] = (*direct, *below) if direct else below  # else shared: a thousand guests wait for the same pools
    try:
        ordered(weak)
    except PxhelmError:
        return strong  # a weak edge never makes a plan impossible
    return weak


def strong_edges(resources: Sequence[Resource]) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    """Return what each object waits for by reference or annotation, among the given ones."""
    keys = {r.key for r in resources}
    return {r.key: _strong(r, keys) for r in resources}


def _lower(keys: Iterable[ObjectKey], rank: Rank) -> Mapping[int, tuple[ObjectKey, ...]]:
    """Return for each rank the objects of lower rank, sorted."""
    by_rank: dict[int, list[ObjectKey]] = {}
    for key in sorted(keys):
        by_rank.setdefault(rank(key), []).append(key)
    found: dict[int, tuple[ObjectKey, ...]] = {}
    below: list[ObjectKey] = []
    for each in sorted(by_rank):
        found[each] = tuple(sorted(below))
        below += by_rank[each]
    return found


def _strong(resource: Resource, keys: set[ObjectKey]) -> tuple[ObjectKey, ...]:
    found = [k for reference in resource.references if (k := _named(reference, keys)) and k != resource.key]
    for part in paths(resource.annotations.get(DEPENDS_ON, "")):
        address = part.partition(":")[0]
        try:
            key = ObjectKey.parse(address)
        except ValueError:
            raise PxhelmError(
                f"cannot order {resource.key.address}: {DEPENDS_ON} names {address!r}",
                code=ExitCode.FAILED,
                where=resource.where,
                hint="write Kind/namespace/name, or Kind/name for kinds without a namespace",
            ) from None
        member = key == resource.key and LABEL in resource.labels  # a set's template may name one of its members
        if key in keys and not member:
            found.append(key)
    return tuple(dict.fromkeys(found))


def awaited_ready(resource: Resource) -> Iterator[ObjectKey]:
    """Yield the objects that have to be ready before a resource is begun: ``depends-on: Kind/ns/name:Ready``."""
    for part in paths(resource.annotations.get(DEPENDS_ON, "")):
        address, _, state = part.partition(":")
        if state == "Ready":
            yield ObjectKey.parse(address)


def _named(reference: Reference, keys: set[ObjectKey]) -> ObjectKey | None:
    """Return the object of this plan that a reference means, if any; others are live or in the store."""
    for kind in reference.kinds:
        for key in (ObjectKey(kind, reference.namespace, reference.name), ObjectKey(kind, "", reference.name)):
            if key in keys:
                return key
    return None


def _reachable(edges: Edges) -> Mapping[ObjectKey, set[ObjectKey]]:
    """Return all that each object waits for, directly or not; ``edges`` has no cycle."""
    found: dict[ObjectKey, set[ObjectKey]] = {}
    for key in ordered(edges):
        found[key] = set()
        for below in edges[key]:
            found[key] |= {below, *found[below]}
    return found


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
