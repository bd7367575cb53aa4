"""What the store remembers of an object (engine.md D2.3, D8.1): its row, bases, binding, and the operation left open.

Reads only, and never asks the cluster.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pxhelm.apply.command import CREATING
from pxhelm.apply.job import OpenStep
from pxhelm.apply.ports import Ports
from pxhelm.plan.next_step import wants_of
from pxhelm.plan.remembered import MIRRORED, WAITING
from pxhelm.plan.subject import Known
from pxhelm.resource.guest_tag import LEAF
from pxhelm.resource.identity import Marker, ObjectKey
from pxhelm.resource.label_tags import tags_of
from pxhelm.resource.model import Resource, Target
from pxhelm.store.bindings import Binding, BindingState
from pxhelm.store.journal import Op, Step, StepState
from pxhelm.store.objects import ObjectKey as StoreKey
from pxhelm.store.objects import ObjectQuery, StoredObject


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
    trash: Mapping[str, Any] = field(default_factory=dict)
    """Of what is in the trash: ``at``, ``until`` (Unix seconds), ``release``, ``running``, and ``before``, the guest's leaves."""
    source: str = ""
    """The file and line where it was read, ``web.yaml:3``: told to people, no part of what is wanted."""
    made: Mapping[str, int] = field(default_factory=dict)
    """Files that were, or may have been, put on a storage for it → bytes; written before the first of them is sent."""

    def dump(self) -> bytes:
        """Return it as bytes."""
        found: dict[str, object] = {"text": self.text, "annotations": dict(self.annotations)}
        if self.values:
            found["values"] = dict(self.values)
        if self.trash:
            found["trash"] = dict(self.trash)
        if self.source:
            found["source"] = self.source
        if self.made:
            found["made"] = dict(self.made)
        return json.dumps(found, ensure_ascii=False).encode()

    @classmethod
    def load(cls, raw: bytes) -> Manifest:
        """Read what ``dump`` wrote."""
        if not raw:
            return cls("")
        found = json.loads(raw)
        more = found.get("values", {}), found.get("trash", {}), found.get("source", ""), found.get("made", {})
        return cls(found["text"], found["annotations"], *more)


def recall(ports: Ports, keys: Iterable[ObjectKey]) -> dict[ObjectKey, Memory]:
    """Return what is known of each object."""
    open_ops = {op.uid: op for op in ports.store.journal.open_ops(ports.cluster_name)}
    return {key: _memory(ports, ports.store.objects.get(stored_key(ports, key)), open_ops) for key in keys}


def bound_vmids(ports: Ports) -> dict[ObjectKey, int]:
    """Return the VMIDs of all guests that pxhelm manages."""
    vmids = {
        b.uid: b.vmid for b in ports.store.bindings.list(ports.cluster_name) if b.state is not BindingState.QUARANTINED
    }
    found = ports.store.objects.list(ObjectQuery(ports.cluster_name))
    return {address_of(o): vmids[o.uid] for o in found if o.uid in vmids}


def _memory(ports: Ports, stored: StoredObject | None, open_ops: Mapping[str, Op]) -> Memory:
    if stored is None:
        return Memory(Known())
    bases: dict[str, dict[str, object]] = {}
    for leaf in ports.store.objects.owned(stored.uid):
        bases.setdefault(leaf.manager, {})[leaf.path] = leaf.base
    binding = ports.store.bindings.get(stored.uid)
    op = open_ops.get(stored.uid)
    steps = ports.store.journal.steps(op.op_id) if op is not None else ()
    manifest = Manifest.load(stored.manifest)
    known = Known(
        uid=stored.uid,
        generation=stored.generation,
        text=manifest.text,
        annotations=manifest.annotations,
        bases=bases,
        bound=binding is not None and binding.state is not BindingState.RESERVED,
        creating=any(s.kind in CREATING for s in steps),
        seen=_seen(ports, stored, binding),
        made=manifest.made,
    )
    return Memory(known, stored, binding, op, steps)


def _seen(ports: Ports, stored: StoredObject, binding: Binding | None) -> Mapping[str, object]:
    """Return the leaves last observed of a bound container; machines have a UUID to be known by."""
    if binding is None or binding.state is not BindingState.BOUND or stored.key.kind != "Container":
        return {}
    seen = ports.store.inventory.get(ports.cluster_name, f"lxc/{binding.vmid}")
    return seen.intended if seen is not None and seen.uid == stored.uid else {}


def target_of(ports: Ports, key: ObjectKey, memory: Memory, op: str = "") -> Target:
    """Return the target that an object is bound to."""
    binding = memory.binding
    wants = wants_of(ports.kind_of(key.kind), None, memory.known.bases)
    fresh = any(WAITING in leaves for leaves in memory.known.bases.values())  # lists do not say which process runs
    if binding is None:
        guest = ports.kind_of(key.kind).guest
        mark = Marker(ports.installation, memory.known.uid, 0, op) if memory.known.uid and not guest else None
        return with_tags(ports, Target(key, memory.known.uid, marker=mark, wants=wants), memory)
    marker = marker_of(ports, key, memory, binding.vmid, op)
    node = next((str(s.pre.get("node", "")) for s in reversed(memory.steps) if s.kind in CREATING), "")
    found = Target(key, memory.known.uid, node, binding.vmid, binding.guest_uuid, marker)
    return with_tags(ports, replace(found, wants=wants, fresh=fresh), memory)


def with_tags(ports: Ports, target: Target, memory: Memory, wanted: Resource | None = None) -> Target:
    """Return the target with the tags that stand beside the manifest's; without one, as it was accepted last."""
    labels = memory.stored.labels if memory.stored is not None else {}
    tags = [leaves.get(LEAF, ()) for leaves in memory.known.bases.values()]
    if wanted is not None:
        labels, tags = wanted.labels, [wanted.leaves.get(LEAF, ())]
    mirrored = tags_of(ports.label_tags, labels) if ports.kind_of(target.key.kind).guest else ()
    mine = {*mirrored, *(each for some in tags if isinstance(some, (list, tuple)) for each in some)}
    before = (leaves.get(MIRRORED, ()) for leaves in memory.known.bases.values())
    stale = {str(each) for some in before if isinstance(some, (list, tuple)) for each in some} - mine
    return replace(target, tag=ports.tag, mirrored=mirrored, stale=tuple(sorted(stale)))


def marker_of(ports: Ports, key: ObjectKey, memory: Memory, vmid: int, op: str = "") -> Marker:
    """Return the proof that the guest of an object carries."""
    release = memory.stored.release if memory.stored is not None else ""
    name = f"{key.namespace}/{key.name}"
    uid = memory.known.uid or "new"
    return Marker(ports.installation, uid, vmid, op or "plan", name=name, release=release)


def open_steps_of(memory: Memory) -> tuple[OpenStep, ...]:
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


def address_of(stored: StoredObject) -> ObjectKey:
    """Return the key of a stored object as resources have it."""
    return ObjectKey(stored.key.kind, stored.key.namespace, stored.key.name)


def stored_key(ports: Ports, key: ObjectKey) -> StoreKey:
    """Return the key under which the store has an object."""
    return StoreKey(ports.cluster_name, key.kind, key.namespace, key.name)
