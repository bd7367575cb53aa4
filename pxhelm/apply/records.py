"""What the store remembers of an object, before, during and after it is worked on (engine.md D2.3, D8.2).

Everything that belongs together is one transaction: the end of a step with binding and base, the end of an operation with
the object's row. Never decides what to do; never asks the cluster.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pxhelm.apply.command import CREATING, Intend, Outcome, Rebind, Result, Settle
from pxhelm.apply.job import OpenStep
from pxhelm.apply.ports import Ports
from pxhelm.plan.diff import IMPORT, REBUILT
from pxhelm.plan.document import redacted
from pxhelm.plan.leaf import shown
from pxhelm.plan.next_step import wants_of
from pxhelm.plan.subject import Known
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import Existence, Live, Resource, Target
from pxhelm.secret import Secret
from pxhelm.store.bindings import Binding, BindingState, Reservation, VmidRange
from pxhelm.store.events import EventRecord
from pxhelm.store.inventory import Observation
from pxhelm.store.journal import Op, OpState, Step, StepState
from pxhelm.store.journal import Outcome as StepOutcome
from pxhelm.store.leases import Lease
from pxhelm.store.objects import ObjectKey as StoreKey
from pxhelm.store.objects import ObjectQuery, StoredObject

QUARANTINE = 24 * 3600.0
"""Seconds for which the VMID of a guest that we removed is not used again."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the store has about one object."""

    known: Known
    stored: StoredObject | None = None
    binding: Binding | None = None
    op: Op | None = None
    """The operation that did not finish."""
    steps: tuple[Step, ...] = ()
    """Steps of that operation."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is stored as an object's manifest: the text, and what steers a later removal."""

    text: str
    annotations: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    """Values that a Secret keeps, by key."""

    def dump(self) -> bytes:
        """Return it as bytes."""
        found: dict[str, object] = {"text": self.text, "annotations": dict(self.annotations)}
        if self.values:
            found["values"] = dict(self.values)
        return json.dumps(found, ensure_ascii=False).encode()

    @classmethod
    def load(cls, raw: bytes) -> Manifest:
        """Read what ``dump`` wrote."""
        if not raw:
            return cls("")
        found = json.loads(raw)
        return cls(found["text"], found["annotations"], found.get("values", {}))


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
        self.ranges: Mapping[str, tuple[int, int]] = {}
        """VMIDs of the guests of namespaces that have a range of their own."""

    # -- reading -------------------------------------------------------------------------------------------------------

    def recall(self, keys: Iterable[ObjectKey]) -> dict[ObjectKey, Memory]:
        """Return what is known of each object."""
        open_ops = {op.uid: op for op in self.store.journal.open_ops(self.ports.cluster_name)}
        return {key: self._memory(self.store.objects.get(self._key(key)), open_ops) for key in keys}

    def members(self, release: str) -> tuple[StoredObject, ...]:
        """Return the objects of a release."""
        return self.store.objects.list(ObjectQuery(self.ports.cluster_name, release=release))

    def bound(self) -> dict[ObjectKey, int]:
        """Return the VMIDs of all guests that pxhelm manages."""
        vmids = {b.uid: b.vmid for b in self.bindings() if b.state is not BindingState.QUARANTINED}
        found = self.store.objects.list(ObjectQuery(self.ports.cluster_name))
        return {address_of(o): vmids[o.uid] for o in found if o.uid in vmids}

    def bindings(self) -> tuple[Binding, ...]:
        """Return all bindings of the cluster."""
        return self.store.bindings.list(self.ports.cluster_name)

    def _memory(self, stored: StoredObject | None, open_ops: Mapping[str, Op]) -> Memory:
        if stored is None:
            return Memory(Known())
        bases: dict[str, dict[str, object]] = {}
        for leaf in self.store.objects.owned(stored.uid):
            bases.setdefault(leaf.manager, {})[leaf.path] = leaf.base
        binding = self.store.bindings.get(stored.uid)
        op = open_ops.get(stored.uid)
        steps = self.store.journal.steps(op.op_id) if op is not None else ()
        manifest = Manifest.load(stored.manifest)
        known = Known(
            uid=stored.uid,
            generation=stored.generation,
            text=manifest.text,
            annotations=manifest.annotations,
            bases=bases,
            bound=binding is not None and binding.state is not BindingState.RESERVED,
            creating=any(s.kind in CREATING for s in steps),
            seen=self._seen(stored, binding),
        )
        return Memory(known, stored, binding, op, steps)

    def _seen(self, stored: StoredObject, binding: Binding | None) -> Mapping[str, object]:
        """Return the leaves last observed of a bound container; machines have a UUID to be known by."""
        if binding is None or binding.state is not BindingState.BOUND or stored.key.kind != "Container":
            return {}
        seen = self.store.inventory.get(self.ports.cluster_name, f"lxc/{binding.vmid}")
        return seen.intended if seen is not None and seen.uid == stored.uid else {}

    def target(self, key: ObjectKey, memory: Memory, op: str = "") -> Target:
        """Return the target that an object is bound to."""
        binding = memory.binding
        wants = wants_of(self.ports.kind_of(key.kind), None, memory.known.bases)
        if binding is None:
            return Target(key, memory.known.uid, wants=wants)
        marker = self.marker(key, memory, binding.vmid, op)
        node = next((str(s.pre.get("node", "")) for s in reversed(memory.steps) if s.kind in CREATING), "")
        return Target(key, memory.known.uid, node, binding.vmid, binding.guest_uuid, marker, wants=wants)

    def marker(self, key: ObjectKey, memory: Memory, vmid: int, op: str = "") -> Marker:
        """Return the proof that the guest of an object carries."""
        release = memory.stored.release if memory.stored is not None else ""
        name = f"{key.namespace}/{key.name}"
        uid = memory.known.uid or "new"
        return Marker(self.ports.installation, uid, vmid, op or "plan", name=name, release=release)

    def open_steps(self, memory: Memory) -> tuple[OpenStep, ...]:
        """Return the writes of which nobody knows the end, oldest first."""
        states = (StepState.INTENT, StepState.ACCEPTED, StepState.UNKNOWN)
        return tuple(
            OpenStep(
                seq=s.seq,
                verb=s.kind,
                node=str(s.pre.get("node", "")),
                upid=s.upid,
                sent_at=s.sent_at or 0.0,
                leaves=tuple(s.pre.get("leaves", ())),
                vmid=int(s.pre.get("vmid", 0)),
            )
            for s in memory.steps
            if s.state in states
        )

    # -- accepting -----------------------------------------------------------------------------------------------------

    def accept(
        self, kind: Kind, wanted: Resource, memory: Memory, owner: Owner, values: Mapping[str, str] | None = None
    ) -> Memory:
        """Make an object known before anything of it is written: its row, its uid, its VMID; call it in a transaction.

        ``values`` are those that a Secret keeps.
        """
        release = owner.release
        now = self.ports.now()
        stored = memory.stored
        manifest = Manifest(wanted.text, wanted.annotations, dict(values or {})).dump()
        if stored is None:
            stored = StoredObject(self.ports.new_id(), self._key(wanted.key), release, dict(wanted.labels))
            changed = True
        else:
            changed = stored.manifest != manifest
        if changed or stored.release != release:
            generation = stored.generation + (1 if changed and memory.stored is not None else 0)
            stored = replace(
                stored,
                release=release or stored.release,
                labels=dict(wanted.labels),
                generation=generation,
                manifest=manifest,
                updated_at=now,
            )
            self.store.objects.put(stored)
        binding = self._reserve(kind, wanted, stored.uid, memory.binding, owner.taken) if kind.guest else None
        known = replace(memory.known, uid=stored.uid, generation=stored.generation, annotations=wanted.annotations)
        return replace(memory, known=known, stored=stored, binding=binding)

    def rested(self, binding: Binding) -> bool:
        """Whether a VMID that was given up may be used again."""
        return binding.state is BindingState.QUARANTINED and binding.since < self.ports.now() - QUARANTINE

    def end_quarantine(self) -> int:
        """Let VMIDs be used again that have rested for long enough, and return how many."""
        return self.store.bindings.end_quarantine(self.ports.cluster_name, self.ports.now() - QUARANTINE)

    def _reserve(
        self, kind: Kind, wanted: Resource, uid: str, binding: Binding | None, taken: Container[int]
    ) -> Binding:
        pinned = wanted.leaves.get("vmid")
        if isinstance(pinned, int) and binding is not None and binding.vmid != pinned:
            if binding.state is BindingState.RESERVED:
                self.store.bindings.drop(binding)
            binding = None if binding.state is BindingState.RESERVED else binding
        if binding is not None:
            return binding
        if isinstance(pinned, int):
            # Whoever names a VMID means it: that a guest of ours had it until lately is no reason to refuse.
            resting = self.store.bindings.at(self.ports.cluster_name, pinned)
            if resting is not None and resting.state is BindingState.QUARANTINED:
                self.store.bindings.drop(resting)
        limits = self.ranges.get(wanted.key.namespace, self.ports.vmid_range)
        low, high = (pinned, pinned) if isinstance(pinned, int) else limits
        wish = Reservation(
            self.ports.cluster_name,
            uid,
            kind.name,
            self.ports.now(),
            VmidRange(low, high),
            () if isinstance(pinned, int) else taken,
            start_of(self.ports.installation),
        )
        made = self.store.bindings.reserve(wish)
        # The UUID of a machine that is made from nothing is known before it exists; a clone gets another one.
        return self.store.bindings.move(made, BindingState.RESERVED, self.ports.now(), self.ports.new_id())

    def settle_stored(self, memory: Memory, manager: str, owned: Mapping[str, object]) -> None:
        """Finish an object that the store alone is concerned with."""
        assert memory.stored is not None
        with self.store.transaction():
            self.store.objects.set_owned(memory.known.uid, manager, owned)
            row = replace(memory.stored, observed_generation=memory.stored.generation, updated_at=self.ports.now())
            self.store.objects.put(row)

    def adopt(self, kind: Kind, memory: Memory, vmid: int) -> Memory:
        """Bind an object to a guest that exists, in place of what was reserved for it; call it in a transaction."""
        assert memory.stored is not None
        if memory.binding is not None and memory.binding.vmid != vmid:
            self.store.bindings.drop(memory.binding)
        if memory.binding is None or memory.binding.vmid != vmid:
            made = Binding(
                self.ports.cluster_name,
                vmid,
                memory.stored.uid,
                kind.name,
                BindingState.RESERVED,
                since=self.ports.now(),
            )
            self.store.bindings.adopt(made)
            return replace(memory, binding=made)
        return memory

    # -- the journal ---------------------------------------------------------------------------------------------------

    def begin(self, memory: Memory, verb: str, plan_hash: str, lease: Lease) -> Memory:
        """Open the object's operation, or go on with the one that did not finish."""
        if memory.op is not None:
            return memory
        op = Op(
            op_id=self.ports.new_id(),
            uid=memory.known.uid,
            cluster=self.ports.cluster_name,
            generation=memory.known.generation,
            kind=verb,
            plan_hash=plan_hash,
            actor=self.ports.actor,
            created_at=self.ports.now(),
        )
        self.store.journal.begin_op(op, lease)
        return replace(memory, op=op)

    def intend(self, op_id: str, intent: Intend, lease: Lease) -> None:
        """Write a step before it is sent."""
        step, live = intent.step, intent.live
        params = redacted(step.request.params)
        pre = {
            "vmid": intent.target.vmid,
            "node": step.request.node or intent.target.node,
            "guest_uuid": intent.target.uuid,
            "marker": str(intent.target.marker or ""),
            "digest": live.digest,
            "lock": live.lock,
            "status": live.power,
            "guard": step.guard.value,
            "leaves": list(step.leaves),
        }
        self.store.journal.intent(
            Step(
                op_id=op_id,
                seq=intent.seq,
                kind=step.verb,
                method=step.request.method,
                path=step.request.path,
                params=params,
                params_hmac=self.ports.fingerprint(_spelt(step.request.params)),
                pre=pre,
                pre_image={path: shown(live.intended.get(path)) for path in step.leaves},
                sent_at=self.ports.now(),
            ),
            lease,
        )

    def accepted(self, op_id: str, seq: int, upid: str, lease: Lease) -> None:
        """Write a task's UPID."""
        self.store.journal.accepted(_key_of_step(op_id, seq), upid, self.ports.now(), lease)

    def settle(self, memory: Memory, manager: str, end: Settle, lease: Lease) -> Memory:
        """Write how a step ended, and what follows from it for binding and base."""
        assert memory.op is not None
        result: dict[str, object] = {"upid": end.upid} if end.upid else {}
        if end.error:
            result["error"] = end.error
        if end.lines:
            result["log"] = list(end.lines[-50:])
        with self.store.transaction():
            step = _key_of_step(memory.op.op_id, end.seq)
            self.store.journal.done(step, StepOutcome(end.state, self.ports.now(), result), lease)
            if end.owned is not None:
                self.store.objects.set_owned(memory.known.uid, manager, end.owned)
            return self._bind(memory, end.bind)

    def _bind(self, memory: Memory, live: Live | None) -> Memory:
        binding = memory.binding
        if binding is None or live is None:
            return memory
        uuid = live.uuid or binding.guest_uuid
        if binding.state is not BindingState.BOUND or uuid != binding.guest_uuid:
            binding = self.store.bindings.move(binding, BindingState.BOUND, self.ports.now(), uuid)
        return replace(memory, binding=binding, known=replace(memory.known, bound=True))

    def rebind(self, kind: Kind, wanted: Resource, memory: Memory, wish: Rebind, taken: Container[int]) -> Memory:
        """Give up the VMID and reserve another one, in one transaction."""
        with self.store.transaction():
            old = memory.binding
            if old is not None and wish.quarantine:
                self.store.bindings.move(old, BindingState.QUARANTINED, self.ports.now())
            elif old is not None:
                self.store.bindings.drop(old)
            refused = {old.vmid} if old is not None else set()
            binding = self._reserve(kind, wanted, memory.known.uid, None, _Either(taken, refused))
            return replace(memory, binding=binding, known=replace(memory.known, bound=False))

    def finish(self, memory: Memory, manager: str, outcome: Outcome, lease: Lease) -> None:
        """Close an operation that wanted the object to be; its row, base and last observation with it.

        An operation of which a write may still be under way stays open, so that the next run resolves it.
        """
        assert memory.op is not None
        assert memory.stored is not None
        now = self.ports.now()
        done = outcome.result in (Result.DONE, Result.UNCHANGED)
        with self.store.transaction():
            if done:
                self.store.objects.set_owned(memory.known.uid, manager, outcome.owned)
                if manager != IMPORT and IMPORT in memory.known.bases:
                    self.store.objects.set_owned(memory.known.uid, IMPORT, {})
                if REBUILT in memory.known.bases:
                    self.store.objects.set_owned(memory.known.uid, REBUILT, {})
                self._bind(memory, outcome.live)
                row = replace(memory.stored, observed_generation=memory.stored.generation, updated_at=now)
                self.store.objects.put(row)
                self.observed(memory, outcome.live)
                self.store.journal.finish_op(memory.op.op_id, OpState.DONE, now, lease)
            elif outcome.result is not Result.INTERRUPTED and not self._unfinished(memory.op.op_id):
                self.store.journal.finish_op(memory.op.op_id, OpState.FAILED, now, lease)

    def _unfinished(self, op_id: str) -> bool:
        """Whether the operation must be gone on with: a write in flight, or a guest made and not yet complete."""
        steps = self.store.journal.steps(op_id)
        open_states = (StepState.INTENT, StepState.ACCEPTED, StepState.UNKNOWN)
        return any(s.state in open_states or (s.kind in CREATING and s.state in _MADE) for s in steps)

    def finish_removal(self, memory: Memory, outcome: Outcome, lease: Lease) -> None:
        """Close an operation that wanted the object gone: its row goes, its VMID rests."""
        assert memory.op is not None
        now = self.ports.now()
        with self.store.transaction():
            if outcome.result in (Result.DONE, Result.UNCHANGED):
                self.store.journal.finish_op(memory.op.op_id, OpState.DONE, now, lease)
                self.forget(memory)
            elif outcome.result is not Result.INTERRUPTED and not self._unfinished(memory.op.op_id):
                self.store.journal.finish_op(memory.op.op_id, OpState.FAILED, now, lease)

    def forget(self, memory: Memory) -> None:
        """Drop an object's row; a VMID that was used rests in quarantine, one that was only reserved is free at once."""
        binding = memory.binding
        now = self.ports.now()
        with self.store.transaction():
            if binding is not None and binding.state is BindingState.RESERVED:
                self.store.bindings.drop(binding)
            elif binding is not None:
                self.store.bindings.move(binding, BindingState.QUARANTINED, now)
                ref = f"{'lxc' if binding.kind == 'Container' else 'qemu'}/{binding.vmid}"
                self.store.inventory.forget(self.ports.cluster_name, ref, now)
            self.store.objects.delete(memory.known.uid)

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
        """Remember how an object was seen: by it a container is known again whose marker somebody removed."""
        if live is None or live.existence is not Existence.PRESENT or memory.stored is None:
            return
        guest = "lxc" if memory.stored.key.kind == "Container" else "qemu"
        ref = f"{guest}/{live.vmid}" if live.vmid else f"{memory.stored.key.kind.lower()}/{memory.stored.key.name}"
        seen = Observation(
            self.ports.cluster_name,
            ref,
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

    def _key(self, key: ObjectKey) -> StoreKey:
        return StoreKey(self.ports.cluster_name, key.kind, key.namespace, key.name)


_MADE = (StepState.DONE, StepState.WARN)


@dataclass(frozen=True, slots=True)
class _Either:
    """VMIDs in one of two collections."""

    first: Container[int]
    second: Container[int]

    def __contains__(self, vmid: object) -> bool:
        return vmid in self.first or vmid in self.second


def address_of(stored: StoredObject) -> ObjectKey:
    """Return the key of a stored object as resources have it."""
    return ObjectKey(stored.key.kind, stored.key.namespace, stored.key.name)


def start_of(installation: str) -> int:
    """Return where in the VMID range an installation begins to look, so that independent ones rarely meet."""
    return int.from_bytes(hashlib.sha256(installation.encode()).digest()[:6], "big")


def _key_of_step(op_id: str, seq: int) -> Step:
    return Step(op_id, seq, "", "", "")


def _spelt(params: Mapping[str, object]) -> str:
    """Return parameters as one text for their HMAC, secrets opened."""
    return json.dumps({k: _opened(v) for k, v in params.items()}, sort_keys=True, default=str)


def _opened(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_opened(each) for each in value]
    return value.reveal() if isinstance(value, Secret) else value
