"""The store in memory, for tests: every port on plain dictionaries, with the same refusals as a database.

For one thread. Never the store of a real cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pxhelm.store.bindings import Binding, BindingState, BindingStore, Reservation, candidates, none_free
from pxhelm.store.clusters import Cluster, ClusterStore
from pxhelm.store.events import EventRecord, EventStore
from pxhelm.store.inventory import GONE, InventoryStore, Observation, changed
from pxhelm.store.journal import OPEN_STATES, JournalStore, Op, OpState, Outcome, Step, StepState
from pxhelm.store.leases import Holder, IsDead, Lease, LeaseStore, never
from pxhelm.store.objects import ObjectKey, ObjectQuery, ObjectStore, OwnedLeaf, StoredObject
from pxhelm.store.outcome import DuplicateError, LeaseHeldError, LeaseLost, NotFoundError, StaleError
from pxhelm.store.releases import ReleaseKey, ReleaseStore, Revision
from pxhelm.store.work import Claim, WorkItem, WorkStore


@dataclass(slots=True)
class _Tables:
    """All rows. Rows are frozen, so copying the dictionaries is a snapshot."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    contexts: dict[str, str] = field(default_factory=dict)
    revisions: dict[tuple[ReleaseKey, int], Revision] = field(default_factory=dict)
    objects: dict[str, StoredObject] = field(default_factory=dict)
    leaves: dict[tuple[str, str, str], OwnedLeaf] = field(default_factory=dict)
    bindings: dict[tuple[str, int], Binding] = field(default_factory=dict)
    ops: dict[str, Op] = field(default_factory=dict)
    steps: dict[tuple[str, int], Step] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    work: dict[str, WorkItem] = field(default_factory=dict)
    events: dict[str, EventRecord] = field(default_factory=dict)
    inventory: dict[tuple[str, str], Observation] = field(default_factory=dict)
    history: dict[tuple[str, str], tuple[Observation, ...]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, dict[Any, Any]]:
        return {name: dict(getattr(self, name)) for name in self.__slots__}

    def restore(self, snapshot: Mapping[str, dict[Any, Any]]) -> None:
        for name, rows in snapshot.items():
            setattr(self, name, rows)


class _Clusters:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def get(self, key: str) -> Cluster | None:
        return self._t.clusters.get(key)

    def list(self) -> tuple[Cluster, ...]:
        return tuple(sorted(self._t.clusters.values(), key=lambda c: c.key))

    def put(self, cluster: Cluster) -> None:
        self._t.clusters[cluster.key] = cluster

    def behind(self, context: str) -> Cluster | None:
        return self._t.clusters.get(self._t.contexts.get(context, ""))

    def lead(self, context: str, key: str) -> None:
        self._t.contexts[context] = key

    def part(self, context: str) -> None:
        self._t.contexts.pop(context, None)

    def contexts(self, key: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, led in self._t.contexts.items() if led == key))

    def join(self, old: str, new: str) -> None:
        t = self._t
        t.contexts.update(dict.fromkeys(self.contexts(old), new))
        tables: tuple[dict[str, Any], ...] = (t.ops, t.work, t.events)
        for table in tables:
            table.update({key: replace(row, cluster=new) for key, row in table.items() if row.cluster == old})
        for cluster, ref in [key for key in t.inventory if key[0] == old and (new, key[1]) not in t.inventory]:
            t.inventory[new, ref] = replace(t.inventory.pop((cluster, ref)), cluster=new)
            t.history[new, ref] = tuple(replace(o, cluster=new) for o in t.history.pop((cluster, ref), ()))


class _Releases:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def create(self, revision: Revision) -> None:
        key = (revision.key, revision.version)
        if key in self._t.revisions:
            raise DuplicateError(f"cannot add revision {revision.version} of {revision.key}: it exists")
        self._t.revisions[key] = revision

    def update(self, revision: Revision) -> None:
        if (revision.key, revision.version) not in self._t.revisions:
            raise NotFoundError("release: not found")
        self._t.revisions[revision.key, revision.version] = revision

    def get(self, key: ReleaseKey, version: int) -> Revision | None:
        return self._t.revisions.get((key, version))

    def last(self, key: ReleaseKey) -> Revision | None:
        return max(self.history(key), key=lambda r: r.version, default=None)

    def history(self, key: ReleaseKey) -> tuple[Revision, ...]:
        return tuple(r for r in self.list(key.cluster, key.namespace) if r.key == key)

    def list(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        found = (r for r in self._t.revisions.values() if r.key.cluster == cluster)
        chosen = (r for r in found if namespace is None or r.key.namespace == namespace)
        return tuple(sorted(chosen, key=lambda r: (r.key.namespace, r.key.name, r.version)))

    def latest(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        return tuple({r.key: r for r in self.list(cluster, namespace)}.values())

    def delete(self, key: ReleaseKey, version: int) -> None:
        if not self._t.revisions.pop((key, version), None):
            raise NotFoundError("release: not found")


class _Objects:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def put(self, item: StoredObject) -> None:
        if any(o.key == item.key and o.uid != item.uid for o in self._t.objects.values()):
            raise DuplicateError(f"cannot store {item.key}: another object has this name")
        self._t.objects[item.uid] = item

    def get(self, key: ObjectKey) -> StoredObject | None:
        return next((o for o in self._t.objects.values() if o.key == key), None)

    def by_uid(self, uid: str) -> StoredObject | None:
        return self._t.objects.get(uid)

    def list(self, query: ObjectQuery) -> tuple[StoredObject, ...]:
        found = [
            o
            for o in self._t.objects.values()
            if o.key.cluster == query.cluster
            and query.namespace in (None, o.key.namespace)
            and query.release in (None, o.release)
            and query.kind in (None, o.key.kind)
        ]
        return tuple(sorted(found, key=lambda o: (o.key.kind, o.key.namespace, o.key.name)))

    def delete(self, uid: str) -> None:
        self._t.objects.pop(uid, None)
        for key in [key for key in self._t.leaves if key[0] == uid]:
            del self._t.leaves[key]

    def owned(self, uid: str) -> tuple[OwnedLeaf, ...]:
        return tuple(leaf for key, leaf in sorted(self._t.leaves.items()) if key[0] == uid)

    def set_owned(self, uid: str, manager: str, leaves: Mapping[str, Any]) -> None:
        for key in [key for key in self._t.leaves if key[:2] == (uid, manager)]:
            del self._t.leaves[key]
        for path, base in leaves.items():
            self._t.leaves[uid, manager, path] = OwnedLeaf(uid, manager, path, base)


class _Bindings:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def reserve(self, wish: Reservation) -> Binding:
        known = self.get(wish.uid)
        if known:
            return known
        vmid = next((vmid for vmid in candidates(wish) if (wish.cluster, vmid) not in self._t.bindings), None)
        if vmid is None:
            raise none_free(wish)
        made = Binding(wish.cluster, vmid, wish.uid, wish.kind, BindingState.RESERVED, since=wish.now)
        self.adopt(made)
        return made

    def get(self, uid: str) -> Binding | None:
        active = (b for b in self._t.bindings.values() if b.uid == uid and b.state is not BindingState.QUARANTINED)
        return next(active, None)

    def at(self, cluster: str, vmid: int) -> Binding | None:
        return self._t.bindings.get((cluster, vmid))

    def list(self, cluster: str) -> tuple[Binding, ...]:
        return tuple(b for key, b in sorted(self._t.bindings.items()) if key[0] == cluster)

    def _current(self, binding: Binding) -> None:
        stored = self.at(binding.cluster, binding.vmid)
        if not stored or (stored.uid, stored.epoch) != (binding.uid, binding.epoch):
            raise StaleError(f"cannot change the binding of VMID {binding.vmid}: it was changed meanwhile")

    def move(self, binding: Binding, state: BindingState, now: float, guest_uuid: str | None = None) -> Binding:
        self._current(binding)
        moved = replace(
            binding,
            state=state,
            since=now if state is not binding.state else binding.since,
            epoch=binding.epoch + 1,
            guest_uuid=binding.guest_uuid if guest_uuid is None else guest_uuid,
        )
        self._t.bindings[binding.cluster, binding.vmid] = moved
        return moved

    def adopt(self, binding: Binding) -> None:
        taken = (binding.cluster, binding.vmid) in self._t.bindings
        if taken or (binding.state is not BindingState.QUARANTINED and self.get(binding.uid)):
            raise DuplicateError(f"cannot bind VMID {binding.vmid}: it or its object is bound already")
        self._t.bindings[binding.cluster, binding.vmid] = binding

    def drop(self, binding: Binding) -> None:
        self._current(binding)
        del self._t.bindings[binding.cluster, binding.vmid]

    def end_quarantine(self, cluster: str, before: float) -> int:
        ended = [b for b in self.list(cluster) if b.state is BindingState.QUARANTINED and b.since < before]
        for binding in ended:
            del self._t.bindings[cluster, binding.vmid]
        return len(ended)


class _Leases:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def acquire(self, name: str, holder: Holder, ttl: float, now: float, dead: IsDead = never) -> Lease:
        held = self._t.leases.get(name)
        epoch = self._t.epochs.get(name, 0) + 1
        if held and held.expires_at > now:
            if held.holder == holder:
                epoch = held.epoch
            elif not dead(held.holder):
                raise LeaseHeldError(name, str(held.holder), held.expires_at - now)
        self._t.epochs[name] = epoch
        self._t.leases[name] = Lease(name, holder, epoch, now + ttl)
        return self._t.leases[name]

    def renew(self, lease: Lease, ttl: float, now: float) -> Lease:
        self.check(lease)
        self._t.leases[lease.name] = replace(lease, expires_at=now + ttl)
        return self._t.leases[lease.name]

    def release(self, lease: Lease) -> None:
        if self._stands(lease):
            del self._t.leases[lease.name]

    def get(self, name: str) -> Lease | None:
        return self._t.leases.get(name)

    def check(self, lease: Lease) -> None:
        if not self._stands(lease):
            raise LeaseLost(lease.name)

    def _stands(self, lease: Lease) -> bool:
        stored = self._t.leases.get(lease.name)
        return stored is not None and (stored.holder, stored.epoch) == (lease.holder, lease.epoch)


class _Journal:
    def __init__(self, tables: _Tables, leases: _Leases) -> None:
        self._t = tables
        self._leases = leases

    def begin_op(self, op: Op, lease: Lease) -> None:
        self._leases.check(lease)
        if op.op_id in self._t.ops:
            raise DuplicateError(f"cannot begin operation {op.op_id}: it exists")
        self._t.ops[op.op_id] = replace(op, state=OpState.OPEN, fence_epoch=lease.epoch, finished_at=None)

    def intent(self, step: Step, lease: Lease) -> None:
        self._leases.check(lease)
        before = self._t.steps.get((step.op_id, step.seq))
        self._t.steps[step.op_id, step.seq] = replace(
            step,
            state=StepState.INTENT,
            upid="",
            accepted_at=None,
            done_at=None,
            result={},
            attempts=before.attempts + 1 if before else 1,
            fence_epoch=lease.epoch,
        )

    def accepted(self, step: Step, upid: str, now: float, lease: Lease) -> None:
        stored = self._checked(step, lease)
        accepted = replace(stored, state=StepState.ACCEPTED, upid=upid, accepted_at=now, fence_epoch=lease.epoch)
        self._t.steps[step.op_id, step.seq] = accepted

    def done(self, step: Step, outcome: Outcome, lease: Lease) -> None:
        stored = self._checked(step, lease)
        self._t.steps[step.op_id, step.seq] = replace(
            stored, state=outcome.state, done_at=outcome.at, result=dict(outcome.result), fence_epoch=lease.epoch
        )

    def fail(self, step: Step, error: str, now: float, lease: Lease) -> None:
        self.done(step, Outcome(StepState.FAILED, now, {"error": error}), lease)

    def _checked(self, step: Step, lease: Lease) -> Step:
        self._leases.check(lease)
        stored = self._t.steps.get((step.op_id, step.seq))
        if not stored:
            raise NotFoundError(f"cannot record step {step.seq} of {step.op_id}: its intent was never written")
        return stored

    def finish_op(self, op_id: str, state: OpState, now: float, lease: Lease) -> None:
        self._leases.check(lease)
        if op_id not in self._t.ops:
            raise NotFoundError(f"cannot finish operation {op_id}: it was never begun")
        self._t.ops[op_id] = replace(self._t.ops[op_id], state=state, finished_at=now, fence_epoch=lease.epoch)

    def op(self, op_id: str) -> Op | None:
        return self._t.ops.get(op_id)

    def ops(self, uid: str) -> tuple[Op, ...]:
        return tuple(op for op in self._by_age() if op.uid == uid)

    def open_ops(self, cluster: str) -> tuple[Op, ...]:
        return tuple(op for op in self._by_age() if op.cluster == cluster and op.state is OpState.OPEN)

    def _by_age(self) -> list[Op]:
        return sorted(self._t.ops.values(), key=lambda op: (op.created_at, op.op_id))

    def steps(self, op_id: str) -> tuple[Step, ...]:
        return tuple(step for key, step in sorted(self._t.steps.items()) if key[0] == op_id)

    def open_steps(self, uid: str) -> tuple[Step, ...]:
        return tuple(step for op in self.ops(uid) for step in self.steps(op.op_id) if step.state in OPEN_STATES)


class _Events:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def record(self, event: EventRecord) -> EventRecord:
        before = self._t.events.get(event.id)
        if before:
            event = replace(event, count=before.count + event.count, first_at=before.first_at)
        self._t.events[event.id] = event
        return event

    def list(self, cluster: str, uid: str | None = None, limit: int = 256) -> tuple[EventRecord, ...]:
        found = [e for e in self._t.events.values() if e.cluster == cluster and uid in (None, e.uid)]
        return tuple(sorted(found, key=lambda e: (-e.last_at, e.id))[:limit])

    def prune(self, before: float) -> int:
        kept = {key: event for key, event in self._t.events.items() if event.last_at >= before}
        gone, self._t.events = len(self._t.events) - len(kept), kept
        return gone


class _Inventory:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def observe(self, seen: Observation) -> bool:
        key = (seen.cluster, seen.ref)
        before = self._t.inventory.get(key)
        if before and not changed(before, seen):
            self._t.inventory[key] = replace(before, at=seen.at, digest=seen.digest)
            return False
        self._t.inventory[key] = seen
        self._t.history[key] = (*self._t.history.get(key, ()), seen)
        return True

    def forget(self, cluster: str, ref: str, at: float) -> None:
        last = self._t.inventory.pop((cluster, ref), None)
        if last:
            gone = replace(last, at=at, digest="", status=GONE, intended={}, current={}, actor="")
            self._t.history[cluster, ref] = (*self._t.history[cluster, ref], gone)

    def get(self, cluster: str, ref: str) -> Observation | None:
        return self._t.inventory.get((cluster, ref))

    def list(self, cluster: str, kind: str | None = None) -> tuple[Observation, ...]:
        found = (o for key, o in sorted(self._t.inventory.items()) if key[0] == cluster)
        return tuple(o for o in found if kind in (None, o.kind))

    def history(self, cluster: str, ref: str, limit: int = 256) -> tuple[Observation, ...]:
        return self._t.history.get((cluster, ref), ())[::-1][:limit]

    def trail(self, cluster: str, uid: str) -> tuple[str, ...]:
        rows = self._t.history.items()
        return tuple(sorted(ref for (name, ref), seen in rows if name == cluster and any(o.uid == uid for o in seen)))

    def at(self, cluster: str, when: float, kind: str | None = None) -> tuple[Observation, ...]:
        rows = sorted((ref, seen) for (name, ref), seen in self._t.history.items() if name == cluster)
        held = (last for _, seen in rows if (last := _held_at(seen, when)))
        return tuple(o for o in held if o.status != GONE and kind in (None, o.kind))

    def prune(self, cluster: str, before: float) -> int:
        count = 0
        for key, seen in list(self._t.history.items()):
            if key[0] != cluster:
                continue
            held = _held_at(seen, before)
            kept = tuple(o for o in seen if o.at >= before or (o is held and o.status != GONE))
            count += len(seen) - len(kept)
            self._t.history[key] = kept
        return count


def _held_at(seen: tuple[Observation, ...], when: float) -> Observation | None:
    return next((o for o in reversed(seen) if o.at <= when), None)


class _Work:
    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    def enqueue(self, uid: str, cluster: str, due_at: float, priority: int = 0) -> None:
        before = self._t.work.get(uid)
        self._t.work[uid] = (
            replace(
                before,
                dirty_seq=before.dirty_seq + 1,
                due_at=min(due_at, before.due_at),
                priority=max(priority, before.priority),
            )
            if before
            else WorkItem(uid, cluster, due_at, priority)
        )

    def claim(self, wish: Claim) -> tuple[WorkItem, ...]:
        free = [
            item
            for item in self._t.work.values()
            if item.cluster == wish.cluster
            and item.due_at <= wish.now
            and (not item.claimed_by or item.claim_expires <= wish.now)
        ]
        won = []
        for item in sorted(free, key=lambda w: (-w.priority, w.due_at, w.uid))[: wish.limit]:
            claimed = replace(
                item, claimed_by=wish.worker, claim_epoch=item.claim_epoch + 1, claim_expires=wish.now + wish.ttl
            )
            self._t.work[item.uid] = claimed
            won.append(claimed)
        return tuple(won)

    def finish(self, item: WorkItem, due_at: float | None, failed: bool = False) -> None:
        stored = self._t.work.get(item.uid)
        if not stored or (stored.claimed_by, stored.claim_epoch) != (item.claimed_by, item.claim_epoch):
            raise LeaseLost(f"work:{item.uid}")
        dirty = stored.dirty_seq > item.dirty_seq
        if due_at is None and not dirty:
            del self._t.work[item.uid]
            return
        due = stored.due_at if due_at is None or (dirty and stored.due_at < due_at) else due_at
        freed = replace(stored, claimed_by="", claim_expires=0.0, done_seq=item.dirty_seq, due_at=due)
        self._t.work[item.uid] = replace(freed, failures=item.failures + 1 if failed else 0)

    def get(self, uid: str) -> WorkItem | None:
        return self._t.work.get(uid)

    def pending(self, cluster: str) -> tuple[WorkItem, ...]:
        found = [item for item in self._t.work.values() if item.cluster == cluster]
        return tuple(sorted(found, key=lambda w: (w.due_at, w.uid)))


class MemoryStore:
    """Store that ends with the process."""

    def __init__(self) -> None:
        self._tables = _Tables()
        self._depth = 0
        leases = _Leases(self._tables)
        self.clusters: ClusterStore = _Clusters(self._tables)
        self.releases: ReleaseStore = _Releases(self._tables)
        self.objects: ObjectStore = _Objects(self._tables)
        self.bindings: BindingStore = _Bindings(self._tables)
        self.journal: JournalStore = _Journal(self._tables, leases)
        self.leases: LeaseStore = leases
        self.work: WorkStore = _Work(self._tables)
        self.events: EventStore = _Events(self._tables)
        self.inventory: InventoryStore = _Inventory(self._tables)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes made inside, or with an exception none."""
        if self._depth:
            yield
            return
        before = self._tables.snapshot()
        self._depth = 1
        try:
            yield
        except BaseException:
            self._tables.restore(before)
            raise
        finally:
            self._depth = 0

    def close(self) -> None:
        """Forget everything."""
        self._tables = _Tables()
