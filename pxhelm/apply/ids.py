"""Under which of Proxmox' ids an object without a binding may be (kinds.md 2.2, engine.md D2.6). Asks nobody.

Theory: bases tell what was applied last, and the journal at what an operation aimed that was cut off. An id that only
follows from a name is no proof of anything: what somebody else has under it must not be taken for ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxhelm.apply.memory import Memory, address_of
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Resource
from pxhelm.resource.natural import NOWHERE
from pxhelm.resource.parts.volume import GOING, SIZE


def ids_of(kind: Kind, wanted: Resource | None, memory: Memory) -> tuple[str, ...]:
    """Return the ids under which an object is looked for, one after the other until it is found; at least one.

    Of an object that shall go and of which nothing was ever sent that is ``NOWHERE``; of one that the store does not know it
    is empty: the one that follows from its name.
    """
    if kind.renews and wanted is not None:
        return (kind.identifier(wanted),)
    if kind.renews and memory.known.made:
        return tuple(memory.known.made)  # what was applied before has a row of its own
    return tuple(dict.fromkeys(_ids(kind, wanted, memory))) or (NOWHERE if memory.stored is not None else "",)


def row_of(name: str, memory: Memory, wanted: Resource | None) -> dict[str, object]:
    """Return what an object is looked for by: its id, of a file that we made its ``size``, and whether it shall go."""
    size = {SIZE: memory.known.made[name]} if name in memory.known.made else {}
    return {"id": name, GOING: wanted is None, **size}


def natural_id(kind: Kind, wanted: Resource | None, memory: Memory) -> str:
    """Return the id under which an object is looked for first."""
    return ids_of(kind, wanted, memory)[0]


def _ids(kind: Kind, wanted: Resource | None, memory: Memory) -> Iterator[str]:
    applied, stored = memory.known.applied, memory.stored
    if stored is not None and applied:
        yield kind.identifier(Resource(address_of(stored), applied))
    yield from (str(step.pre["id"]) for step in reversed(memory.steps) if step.pre.get("id"))
    if wanted is not None:
        yield kind.identifier(wanted)
    elif stored is not None and not applied and (stored.observed_generation or kind.store_only or kind.applies):
        yield kind.identifier(Resource(address_of(stored), {}))
