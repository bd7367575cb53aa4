"""Guests that a selector means: labels of what is wanted and of what the store holds, looked at for every plan anew.

A kind that selects guests has the leaves ``guests.selector.*`` and ``guests.names``: the first are labels, the second
becomes the guests that carry all of them. Never asks the cluster: labels are pxhelm's own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from pxhelm.apply.memory import address_of
from pxhelm.apply.ports import Ports
from pxhelm.resource import sets as sets_of_guests
from pxhelm.resource.aside import is_replaced, original
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Reference, Resource
from pxhelm.resource.moved import former
from pxhelm.resource.references import GUESTS
from pxhelm.store.objects import ObjectQuery

SELECTOR = "guests.selector."
NAMES = "guests.names"


def with_selected(
    ports: Ports, wanted: Mapping[ObjectKey, Resource], going: Iterable[ObjectKey] = ()
) -> dict[ObjectKey, Resource]:
    """Return the resources in which selectors are the guests that they mean, and edges to them."""
    if not any(path.startswith(SELECTOR) for r in wanted.values() for path in r.leaves):
        return dict(wanted)
    labels: dict[ObjectKey, Mapping[str, str]] = {
        address_of(o): o.labels
        for o in ports.store.objects.list(ObjectQuery(ports.cluster_name))
        if o.key.kind in GUESTS
    }
    labels |= {key: r.labels for key, r in wanted.items() if key.kind in GUESTS}
    for key in going:
        labels.pop(key, None)
    return {key: _selected(r, labels) for key, r in wanted.items()}


def with_replaced(ports: Ports, resources: Iterable[Resource], going: tuple[ObjectKey, ...]) -> tuple[ObjectKey, ...]:
    """Return what shall go, with what stands aside for what is wanted: guests that an apply was cut off before, and files.

    Former files also go with their objects.
    """
    resources = tuple(resources)
    wanted = {r.key for r in resources if r.key.kind in GUESTS}
    renewed = [key for key in (*(r.key for r in resources), *going) if ports.kind_of(key.kind).renews]
    wanted |= {*renewed, *(source for r in resources if r.key in renewed for source in former(r.key, r.annotations))}
    if not wanted:
        return going
    stored = (address_of(o) for o in ports.store.objects.list(ObjectQuery(ports.cluster_name)))
    aside = (key for key in stored if is_replaced(key) and original(key) in wanted and key not in going)
    return (*going, *aside)


def _former_sets(resources: Iterable[Resource], stored: Container[ObjectKey]) -> set[ObjectKey]:
    """Return what renamed sets were called; a set that has such a name beside the renamed one is another set."""
    found = ((r.key, source) for r in resources for source in former(r.key, r.annotations))
    return {
        source
        for key, source in found
        if source.kind == sets_of_guests.KIND and not (key in stored and source in stored)
    }


def _selected(resource: Resource, labels: Mapping[ObjectKey, Mapping[str, str]]) -> Resource:
    asked = {p.removeprefix(SELECTOR): v for p, v in resource.leaves.items() if p.startswith(SELECTOR)}
    if not asked:
        return resource
    found = sorted(
        key
        for key, own in labels.items()
        if resource.key.namespace in ("", key.namespace)
        and all(own.get(name) == value for name, value in asked.items())
    )
    edges = tuple(Reference(NAMES, (key.kind,), key.namespace, key.name) for key in found)
    named = resource.leaves.get(NAMES)
    names = {key.address for key in found} | {str(each) for each in (named if isinstance(named, tuple) else ())}
    leaves = {**resource.leaves, NAMES: tuple(sorted(names))}
    return replace(resource, leaves=leaves, references=(*resource.references, *edges))


def with_members(ports: Ports, resources: Iterable[Resource], going: tuple[ObjectKey, ...]) -> tuple[ObjectKey, ...]:
    """Return what shall go, with the members of sets that go, and those that are more than their set wants now."""
    resources = tuple(resources)
    wanted = {r.key for r in resources}
    sets = {key for key in (*wanted, *going) if key.kind == sets_of_guests.KIND}
    if not sets:
        return going
    stored = ports.store.objects.list(ObjectQuery(ports.cluster_name))
    sets |= _former_sets(resources, {address_of(o) for o in stored})
    members = [
        address_of(o)
        for o in stored
        if ObjectKey(sets_of_guests.KIND, o.key.namespace, o.labels.get(sets_of_guests.LABEL, "")) in sets
    ]
    more = [key for key in members if key not in wanted and key not in going]
    return (*going, *sorted(more, key=sets_of_guests.ordinal, reverse=True))
