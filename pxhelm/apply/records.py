"""Objects in the store: accepted before anything of them is written, observed, left to others, forgotten (engine.md D2).

Everything that belongs together is one transaction. Never decides what to do; never asks the cluster.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pxhelm.apply.memory import Manifest, Memory, address_of, stored_key
from pxhelm.apply.ports import Ports
from pxhelm.apply.renaming import is_moving
from pxhelm.apply.vmids import Vmids
from pxhelm.plan.leaf import base_of, shown
from pxhelm.plan.remembered import ORIGINAL
from pxhelm.resource.annotations import PREFIX
from pxhelm.resource.aside import seconds_of, trashed_key
from pxhelm.resource.columns import duration
from pxhelm.resource.guest_remove import TRASH
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind, LeafChange
from pxhelm.resource.model import Existence, Live, Resource
from pxhelm.resource.table import table_of
from pxhelm.store.bindings import BindingState
from pxhelm.store.events import EventRecord
from pxhelm.store.inventory import Observation
from pxhelm.store.journal import Step
from pxhelm.store.objects import StoredObject


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an accepted object is, and which VMIDs it must not get."""

    release: str = ""
    taken: Container[int] = ()


class Records:
    """The store, asked in the words of apply."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.store = ports.store
        self.vmids = Vmids(ports)

    def accept(
        self, kind: Kind, wanted: Resource, memory: Memory, owner: Owner, values: Mapping[str, str] | None = None
    ) -> Memory:
        """Make an object known before anything of it is written: its row, its uid, its VMID; call it in a transaction.

        ``values`` are those that a Secret keeps.
        """
        release = owner.release
        now = self.ports.now()
        stored = memory.stored
        manifest = Manifest(
            wanted.text, wanted.annotations, dict(values or {}), source=_place(wanted), made=memory.known.made
        )
        if stored is None:
            stored = StoredObject(self.ports.new_id(), stored_key(self.ports, wanted.key), release, dict(wanted.labels))
            before, changed = Manifest(""), True
        else:
            before = Manifest.load(stored.manifest)
            changed = replace(before, source=manifest.source) != manifest
        if changed or stored.release != release or before != manifest:
            generation = stored.generation + (1 if changed and memory.stored is not None else 0)
            stored = replace(
                stored,
                release=release or stored.release,
                labels=dict(wanted.labels),
                generation=generation,
                manifest=manifest.dump(),
                updated_at=now,
            )
            self.store.objects.put(stored)
        binding = self.vmids.reserve(kind, wanted, stored.uid, memory.binding, owner.taken) if kind.guest else None
        known = replace(memory.known, uid=stored.uid, generation=stored.generation, annotations=wanted.annotations)
        return replace(memory, known=known, stored=stored, binding=binding)

    def steer(self, wanted: Resource, memory: Memory) -> Memory:
        """Remember the annotations of an object of ours of which nothing else is taken over, so that they hold for its removal."""
        if memory.stored is None:
            return memory
        before = Manifest.load(memory.stored.manifest)
        if before.annotations == wanted.annotations:
            return memory
        stored = replace(memory.stored, manifest=replace(before, annotations=wanted.annotations).dump())
        self.store.objects.put(stored)
        return replace(memory, known=replace(memory.known, annotations=wanted.annotations), stored=stored)

    def keep_originals(self, kind: Kind, memory: Memory, manager: str, changes: Sequence[LeafChange]) -> Memory:
        """Remember what stands in leaves that cannot be unset before they are written first."""
        mine = dict(memory.known.bases.get(manager, {}))
        table = table_of(kind.fields, kind.slots)
        fresh = {
            change.path: base_of(change.before, self.ports.fingerprint)
            for change in changes
            if (place := table.place(change.path)) is not None and place.field.restored and change.path not in mine
        }
        if not fresh:
            return memory
        known = mine.get(ORIGINAL)
        mine[ORIGINAL] = {**fresh, **(known if isinstance(known, Mapping) else {})}
        self.store.objects.set_owned(memory.known.uid, manager, mine)
        return replace(memory, known=replace(memory.known, bases={**memory.known.bases, manager: mine}))

    def settle_stored(self, memory: Memory, manager: str, owned: Mapping[str, object]) -> None:
        """Finish an object that the store alone is concerned with."""
        assert memory.stored is not None
        with self.store.transaction():
            self.store.objects.set_owned(memory.known.uid, manager, owned)
            row = replace(memory.stored, observed_generation=memory.stored.generation, updated_at=self.ports.now())
            self.store.objects.put(row)

    def forget(self, memory: Memory) -> None:
        """Drop an object's row; a VMID that was used rests in quarantine, one that was only reserved is free at once."""
        binding = memory.binding
        now = self.ports.now()
        with self.store.transaction():
            if binding is not None:
                self.vmids.give_up(binding)
            if binding is not None and binding.state is not BindingState.RESERVED:
                ref = f"{'lxc' if binding.kind == 'Container' else 'qemu'}/{binding.vmid}"
                self.store.inventory.forget(self.ports.cluster_name, ref, now, f"pxhelm {self.ports.actor}")
            self.store.objects.delete(memory.known.uid)

    def unobserve(self, memory: Memory) -> None:
        """Let an object count as not yet brought about: what was staged of it was not applied."""
        before = memory.stored.observed_generation if memory.stored is not None else 0
        with self.store.transaction():
            stored = self.store.objects.by_uid(memory.known.uid)
            if stored is not None and stored.observed_generation > before:
                self.store.objects.put(replace(stored, observed_generation=before))

    def put_into_trash(self, memory: Memory, steps: Iterable[Step]) -> None:
        """Move an object aside, under a name that is nobody's, with what it needs to come back."""
        stored, binding, now = memory.stored, memory.binding, self.ports.now()
        assert stored is not None
        assert binding is not None
        found = tuple(steps)
        ttl = seconds_of(memory.known.annotations[f"{PREFIX}deletion-policy"])
        kept = {
            "at": now,
            "until": now + ttl,
            "release": stored.release,
            "running": any(step.kind in ("shutdown", "stop") for step in found),
            "before": dict(next((step.pre_image for step in found if step.kind == TRASH), {})),
        }
        manifest = replace(Manifest.load(stored.manifest), trash=kept).dump()
        key = stored_key(self.ports, trashed_key(address_of(stored), binding.vmid))
        row = replace(stored, key=key, release="", labels={}, manifest=manifest, updated_at=now)
        self.store.objects.put(row)
        self.say(stored.uid, "Trashed", f"it stays in the trash for {duration(ttl)}", normal=True)

    def rename(self, memory: Memory, key: ObjectKey) -> Memory:
        """Give an object another name; what is declared or selected by the old one is not it any more."""
        assert memory.stored is not None
        row = replace(memory.stored, key=stored_key(self.ports, key), release="", labels={})
        self.store.objects.put(row)
        return replace(memory, stored=row)

    def move(self, key: ObjectKey, memory: Memory) -> Memory:
        """Give an object the name that is wanted, with all that it is and has; nothing happens to one that has it."""
        if memory.stored is None or not is_moving(key, memory):
            return memory
        before = address_of(memory.stored).address
        row = replace(memory.stored, key=stored_key(self.ports, key))
        self.store.objects.put(row)
        self.say(row.uid, "Moved", f"it was {before}", normal=True)
        return replace(memory, stored=row)

    def disown(self, memory: Memory, manager: str) -> bool:
        """Leave an object that others declare as well to them; False when there are none."""
        others = [name for name, leaves in memory.known.bases.items() if name != manager and leaves]
        if not others or memory.stored is None:
            return False
        with self.store.transaction():
            self.store.objects.set_owned(memory.known.uid, manager, {})
            if manager == f"helm:{memory.stored.release}":
                heir = next((name.removeprefix("helm:") for name in others if name.startswith("helm:")), "")
                self.store.objects.put(replace(memory.stored, release=heir))
        return True

    def say(self, uid: str, reason: str, message: str, *, normal: bool = False) -> None:
        """Remember an event of an object."""
        now = self.ports.now()
        kind = "Normal" if normal else "Warning"
        self.store.events.record(EventRecord(self.ports.cluster_name, uid, kind, reason, message, now, now))

    def observed(self, memory: Memory, live: Live | None) -> None:
        """Remember how a guest was seen: by it a container is known again whose marker somebody removed.

        What is no guest is recorded by who looks at the whole cluster, in the words of its list.
        """
        if live is None or live.existence is not Existence.PRESENT or memory.stored is None or not live.vmid:
            return
        guest = "lxc" if memory.stored.key.kind == "Container" else "qemu"
        seen = Observation(
            self.ports.cluster_name,
            f"{guest}/{live.vmid}",
            memory.stored.key.kind,
            self.ports.now(),
            live.digest,
            live.power,
            live.node,
            memory.known.uid,
            {path: shown(value) for path, value in live.intended.items()},
            {path: shown(value) for path, value in live.current.items()},
            actor=f"pxhelm {memory.op.actor}" if memory.op is not None else "",
        )
        self.store.inventory.observe(seen)


def _place(wanted: Resource) -> str:
    """Return the file and line of a manifest that a file holds: what was rendered, or comes from a plan, has none of its own."""
    where = wanted.where
    return (
        f"{where.file}:{where.line}" if where is not None and where.file not in ("manifest", wanted.key.address) else ""
    )
