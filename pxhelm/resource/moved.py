"""What an object was called before (engine.md D12, ADR 23): by it a rename touches neither guest nor volume.

``pxhelm.io/moved-from`` names the former addresses, latest first: ``web``, ``shop/web``, ``VirtualMachine/shop/web``. It may
stay for ever: of a name that nobody knows it says nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pxhelm.resource.annotations import PREFIX, paths
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource

ANNOTATION = f"{PREFIX}moved-from"


def former(key: ObjectKey, annotations: Mapping[str, str]) -> tuple[ObjectKey, ...]:
    """Return the addresses that an object had, latest first; what is left out of one is as it is now."""
    return tuple(_address(text, key) for text in paths(annotations.get(ANNOTATION, "")))


def _address(text: str, now: ObjectKey) -> ObjectKey:
    head, _, name = text.rpartition("/")
    kind, _, namespace = head.rpartition("/")
    if not kind and namespace[:1].isupper():
        kind, namespace = namespace, ""
    return ObjectKey(kind or now.kind, (namespace or now.namespace) if now.namespace else namespace, name)


def mistakes(resources: Iterable[Resource]) -> Iterator[tuple[Resource, str, str]]:
    """Yield the resources that cannot come from where they say, with message and hint."""
    moves = {r.key: (r, former(r.key, r.annotations)) for r in resources}
    claimed: dict[ObjectKey, ObjectKey] = {}
    for key, (resource, sources) in moves.items():
        for source in sources:
            first = claimed.setdefault(source, key)
            told = f"cannot move {source.address} to {key.address}"
            if source.kind != key.kind:
                yield resource, f"{told}: they are of different kinds", "a move changes name and namespace alone"
            elif source == key:
                yield resource, f"{told}: it is the same name", f"take {ANNOTATION} away"
            elif source in moves and key in moves[source][1]:
                yield resource, f"{told}: each of them says that it was the other", "swap them by way of a third name"
            elif source in moves:
                hint = f"take one of them away, or the annotation {ANNOTATION}"
                yield resource, f"{told}: both are in the manifests", hint
            elif first != key:
                yield resource, f"{told}: {first.address} says the same of itself", "one object becomes one object"


def of_member(text: str, kind: str, ordinal: int) -> str:
    """Return the former addresses of a set's member, by those of the set."""
    found = []
    for each in paths(text):
        head, _, name = each.rpartition("/")
        namespace = head.rpartition("/")[2]
        place = "" if namespace[:1].isupper() else namespace
        found.append("/".join(part for part in (kind, place, f"{name}-{ordinal}") if part))
    return ", ".join(found)
