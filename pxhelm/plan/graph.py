"""What objects say of each other, as an order: references, annotations and kind ranks (engine.md D9.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.order import DEPENDS_ON, Edges, Order, joined, ordered
from pxhelm.resource.annotations import paths
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource
from pxhelm.resource.sets import LABEL, WAVE

_NUMBER = re.compile(r"-?[0-9]{1,9}")

Rank = Callable[[ObjectKey], int]


def order_of(
    resources: Sequence[Resource], rank: Rank, acts: Callable[[ObjectKey], bool] = lambda _key: False
) -> Order:
    """Return the order among the given objects.

    An object comes after all of lower rank that do not need it themselves; ``acts``, which are done and not kept as they
    are, need them. PxhelmError names the edges of a cycle, and an annotation that names nothing.
    """
    keys = {r.key for r in resources}
    needs = strong_edges(resources)
    ordered(needs)  # raises for a cycle
    above = _reachable(needs)
    awaited = {key for found in above.values() for key in found}
    lower = _lower(keys, rank)
    after: dict[ObjectKey, tuple[ObjectKey, ...]] = {}
    for key, direct in needs.items():
        below = lower[rank(key)]
        if direct or key in awaited:
            below = tuple(k for k in below if k not in direct and key not in above[k])
        after[key] = below  # shared where it can be: a thousand guests come after the same pools
    found = Order(needs, after).possible()
    stern = {key: joined(needs[key], found.after.get(key, ())) for key in needs if acts(key)}
    return Order({**needs, **stern}, {key: below for key, below in found.after.items() if key not in stern})


def strong_edges(resources: Sequence[Resource]) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    """Return what each object waits for by reference or annotation, among the given ones."""
    names, earlier = _Names(resources), _earlier(resources)
    found = {r.key: tuple(dict.fromkeys((*_strong(r, names), *earlier.get(r.key, ())))) for r in resources}
    for r in resources:
        back = {key for each in r.references if each.back and (key := names.of(each)) and r.key in found[key]}
        if back:
            found[r.key] = tuple(key for key in found[r.key] if key not in back)
    return found


def _earlier(resources: Sequence[Resource]) -> Mapping[ObjectKey, tuple[ObjectKey, ...]]:
    """Return the objects of the wave before each object's own; those that name no wave are of wave 0, as Argo CD has it."""
    waves: dict[int, list[ObjectKey]] = {}
    for each in resources:
        text = each.annotations.get(WAVE, "0").strip()
        waves.setdefault(int(text) if _NUMBER.fullmatch(text) else 0, []).append(each.key)
    numbers = sorted(waves)
    before = {late: tuple(waves[early]) for early, late in pairwise(numbers)}
    return {key: before[number] for number in numbers[1:] for key in waves[number]}


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


def _strong(resource: Resource, names: _Names) -> tuple[ObjectKey, ...]:
    found = [k for reference in resource.references if (k := names.of(reference)) and k != resource.key]
    home = ObjectKey("Namespace", "", resource.key.namespace)
    if home in names.keys:
        found.append(home)  # it says where VMIDs come from
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
        if key in names.keys and not member:
            found.append(key)
    return tuple(dict.fromkeys(found))


def dependencies(resource: Resource) -> Iterator[ObjectKey]:
    """Yield the objects that an annotation says a resource depends on."""
    for part in paths(resource.annotations.get(DEPENDS_ON, "")):
        with suppress(ValueError):  # told when the order is made
            yield ObjectKey.parse(part.partition(":")[0])


def awaited_ready(resource: Resource) -> Iterator[ObjectKey]:
    """Yield the objects that have to be ready before a resource is begun: ``depends-on: Kind/ns/name:Ready``."""
    for part in paths(resource.annotations.get(DEPENDS_ON, "")):
        address, _, state = part.partition(":")
        if state == "Ready":
            yield ObjectKey.parse(address)


class _Names:
    """What references of a plan may say: names, and Proxmox' ids of what is no guest."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.keys: set[ObjectKey] = set()
        self._named: dict[tuple[str, str], list[ObjectKey]] = {}
        self._called: dict[tuple[str, str], ObjectKey] = {}
        for r in resources:
            self.keys.add(r.key)
            self._named.setdefault((r.key.kind, r.key.name), []).append(r.key)
            if r.called:
                self._called[r.key.kind, r.called] = r.key

    def of(self, reference: Reference) -> ObjectKey | None:
        """Return the object of this plan that a reference means, if any; others are live or in the store.

        An object without a namespace means the one of that name, whatever namespace it is in (kinds.md 2.4).
        """
        for kind in reference.kinds:
            for key in (ObjectKey(kind, reference.namespace, reference.name), ObjectKey(kind, "", reference.name)):
                if key in self.keys:
                    return key
            there = self._named.get((kind, reference.name), ())
            if not reference.namespace and len(there) == 1:
                return there[0]
            called = self._called.get((kind, reference.name.removeprefix("id:")))
            if called is not None:
                return called
        return None


def _reachable(edges: Edges) -> Mapping[ObjectKey, set[ObjectKey]]:
    """Return all that each object waits for, directly or not; ``edges`` has no cycle."""
    found: dict[ObjectKey, set[ObjectKey]] = {}
    for key in ordered(edges):
        found[key] = set()
        for below in edges[key]:
            found[key] |= {below, *found[below]}
    return found
