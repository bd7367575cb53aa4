"""What may go along with what a plan changes or removes: files, unless somebody has them. Reads only.

Guests with the same cloud-init documents share an image, and anybody may have put it into another guest's drive; a snapshot
has the image that its guest had then. Files that are objects of their own are asked about in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pxhelm.apply.files import Scene, at_stake, who_has
from pxhelm.apply.memory import Memory
from pxhelm.apply.ports import Ports
from pxhelm.apply.users import uses_of
from pxhelm.apply.using import using
from pxhelm.plan.observe import View
from pxhelm.resource.annotations import PREFIX
from pxhelm.resource.aside import is_aside
from pxhelm.resource.guest_seed import attached, leaves_its_image
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Live, Resource
from pxhelm.resource.uses import Use


@dataclass(frozen=True, slots=True)
class Seen:
    """Every object of a plan, as it is wanted, known and there."""

    wanted: Mapping[ObjectKey, Resource]
    memories: Mapping[ObjectKey, Memory]
    lives: Mapping[ObjectKey, Live]

    @property
    def going(self) -> list[ObjectKey]:
        """Return what shall go."""
        return [key for key in self.memories if key not in self.wanted]

    def destroyed(self) -> Iterator[Live]:
        """Yield what goes and leaves nothing behind: what is in the trash, or only let go of, needs its files."""
        for key in self.going:
            policy = self.memories[key].known.annotations.get(f"{PREFIX}deletion-policy", "")
            if is_aside(key) or policy in _DESTROY:
                yield self.lives[key]

    def leaving(self) -> Iterator[Live]:
        """Yield the guests that get other documents than those in their drive."""
        for key, r in self.wanted.items():
            live, bases = self.lives[key], self.memories[key].known.bases
            applied = (path for leaves in bases.values() for path in leaves)
            if live.existence is Existence.PRESENT and leaves_its_image(r, applied, live):
                yield live


_DESTROY = ("", "Delete", "BackupThenDelete")


def with_users(ports: Ports, view: View, seen: Seen) -> View:
    """Return the view with what is known of what may go: images of guests, files that are objects themselves, storages."""
    around, going = view.surroundings, list(seen.destroyed())
    there = {key: str(live.intended["id"]) for key, live in seen.lives.items() if _has_an_id(live)}
    files = {
        key: name
        for key, name in there.items()
        if at_stake(ports.kind_of(key.kind), key, seen.wanted.get(key), seen.memories[key])
    }
    gone = {live.vmid for live in going if live.vmid}
    storages = {name for key, name in there.items() if key.kind == "Storage" and key not in seen.wanted}
    found = replace(
        around,
        leftovers=leftovers(ports, view, going, seen.leaving()),
        uses=who_has(ports, files, Scene(around, seen.going, seen.wanted, gone)),
        using=using(ports, view, storages, gone),
    )
    return replace(view, surroundings=found)


def _has_an_id(live: Live) -> bool:
    return live.existence is Existence.PRESENT and "id" in live.intended


def leftovers(ports: Ports, view: View, going: Iterable[Live], leaving: Iterable[Live] = ()) -> dict[int, str]:
    """Return the image that goes with each guest, by VMID; the first of several that share one takes it along.

    ``leaving`` are guests that stay and get other documents: the image in their drive goes when only they have it.
    """
    gone = sorted((live for live in going if live.vmid), key=lambda live: live.vmid)
    left = {live.vmid: file for live in leaving if (file := attached(live)[1])}
    found: dict[str, int] = {}
    for live in gone:
        if file := attached(live)[1]:
            found.setdefault(file, live.vmid)
    uses = uses_of(ports, view.surroundings, {*found, *left.values()}, {live.vmid for live in gone})
    alone = {vmid: file for file, vmid in found.items() if not uses[file]}
    return alone | {vmid: file for vmid, file in left.items() if _leaves_alone(vmid, uses[file])}


def _leaves_alone(vmid: int, uses: Iterable[Use]) -> bool:
    """Whether nobody has the image in a guest's drive but this guest, as it is now."""
    return all(use.vmid == vmid and use.key and not use.snapshot for use in uses)
