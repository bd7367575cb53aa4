"""Objects that the store knows under a former name (``pxhelm.io/moved-from``, engine.md D12, ADR 23).

A plan looks at such an object as it is known, under the name that is wanted; applying it renames the row before anything is
written. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from pxhelm.apply.memory import Memory, address_of, recall, stored_key
from pxhelm.apply.ports import Ports
from pxhelm.plan.subject import Move
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Resource
from pxhelm.resource.moved import ANNOTATION, former
from pxhelm.store.objects import StoredObject

Moves = Mapping[ObjectKey, Move]
"""Wanted name → where its object comes from."""
NOWHERE: Moves = {}


def moves_of(
    ports: Ports, resources: Iterable[Resource], release: str, given: Mapping[ObjectKey, ObjectKey]
) -> dict[ObjectKey, Move]:
    """Return the renames that the manifests ask for and that are still to be made, or that cannot be made.

    ``release`` is whose the manifests are, empty for nobody's: a rename takes nothing from others, and what they call by a
    former name does not stand in its way. ``given`` are further renames, wanted name → former name, of which those that
    cannot be made are left out.
    """
    missing = {key: source for key, source in given.items() if _stored(ports, key) is None}
    found = {key: Move(source) for key, source in missing.items() if _stored(ports, source) is not None}
    for r in resources:
        known = [(key, one) for key in former(r.key, r.annotations) if (one := _stored(ports, key)) is not None]
        here = _stored(ports, r.key) if known else None
        ours = [(key, one) for key, one in known if _may_have(one, release, r)]
        if here is None and (ours or known):
            found[r.key] = _move(r.key, ours, known)
        elif ours:
            told = f"cannot move {ours[0][0].address} to {r.key.address}: both exist"
            found[r.key] = Move(ours[0][0], told, f"delete one of them, or take {ANNOTATION} away")
    return found


def _move(
    key: ObjectKey, ours: Sequence[tuple[ObjectKey, StoredObject]], known: Sequence[tuple[ObjectKey, StoredObject]]
) -> Move:
    source, row = (ours or known)[0]
    told = f"cannot move {source.address} to {key.address}"
    if not ours:
        if not row.release:
            hint = "take it over first as it is called now, with --take-ownership; then rename it"
            return Move(source, f"{told}: it belongs to no release", hint)
        hint = f"let it be had: pxhelm.io/adopt-from: release:{row.release}"
        return Move(source, f"{told}: it belongs to the release {row.release}", hint)
    if len(ours) > 1:
        others = ", ".join(each.address for each, _ in ours[1:])
        return Move(source, f"{told}: {others} exists as well", f"leave one name in {ANNOTATION}")
    return Move(source)


def _may_have(row: StoredObject, release: str, wanted: Resource) -> bool:
    adopted = wanted.annotations.get("pxhelm.io/adopt-from") == f"release:{row.release}"
    return row.release == release or adopted


def _stored(ports: Ports, key: ObjectKey) -> StoredObject | None:
    return ports.store.objects.get(stored_key(ports, key))


def given_back(
    before: Iterable[tuple[ObjectKey, Mapping[str, str]]], wanted: Collection[ObjectKey]
) -> dict[ObjectKey, ObjectKey]:
    """Return the renames by which an older revision gets its objects back, wanted name → the one that they have now.

    ``before`` are the objects of the newer revision, with annotations: they say what they were called.
    """
    now = [(key, former(key, annotations)) for key, annotations in before if key not in wanted]
    return {source: key for key, sources in now for source in sources if source in wanted}


def renamed(
    before: Sequence[tuple[ObjectKey, Mapping[str, str]]], after: Sequence[tuple[ObjectKey, Mapping[str, str]]]
) -> frozenset[ObjectKey]:
    """Return the objects of one revision that another one calls otherwise, whichever of the two says so."""
    said = {source for key, annotations in after for source in former(key, annotations)}
    return frozenset(said.union(given_back(before, {key for key, _ in after}).values()))


def known_as(
    ports: Ports, keys: Iterable[ObjectKey], sources: Mapping[ObjectKey, ObjectKey]
) -> dict[ObjectKey, Memory]:
    """Return what is known of each object, under its own name or else under the one it comes from."""
    found = recall(ports, keys)
    late = {key: sources[key] for key, memory in found.items() if memory.stored is None and key in sources}
    memories = recall(ports, late.values()) if late else {}
    return found | {key: memories[source] for key, source in late.items()}


def sources_of(moves: Moves) -> dict[ObjectKey, ObjectKey]:
    """Return wanted name → former name of the renames that can be made."""
    return {key: move.source for key, move in moves.items() if not move.problem}


def is_moving(key: ObjectKey, memory: Memory) -> bool:
    """Whether an object's row has still its former name."""
    return memory.stored is not None and address_of(memory.stored) != key
