"""Files on storages that their objects have no more: kept track of from before they are made until nobody has them (ADR 25).

A kind that ``renews`` has another file for other content. What was put on a storage under a name stands in the object's row
before it is sent; when another file is wanted, the former one gets a row of its own that stands aside, and an ordinary plan
collects it. Never removes anything itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pxhelm.apply.leases import TTL
from pxhelm.apply.memory import Manifest, Memory, address_of, recall, stored_key
from pxhelm.apply.names import Names
from pxhelm.apply.ports import Ports
from pxhelm.apply.users import Census, uses_of
from pxhelm.plan.model import Action, ObjectPlan
from pxhelm.plan.steering import management, removal_policy
from pxhelm.plan.subject import Known
from pxhelm.resource.aside import former_file_key, is_replaced, original
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import Existence, Live, Resource
from pxhelm.resource.step import Delivery
from pxhelm.resource.uses import Use, Uses
from pxhelm.store.journal import OpState
from pxhelm.store.objects import ObjectQuery, StoredObject

# -- what stands aside


def with_former_files(
    ports: Ports, wanted: Mapping[ObjectKey, Resource], memories: Mapping[ObjectKey, Memory]
) -> dict[ObjectKey, Memory]:
    """Return the memories with the files that wanted objects have made and have no more, each with the row it will have.

    What stands aside and is wanted again is left out: nobody collects that.
    """
    found, again = dict(memories), set()
    for key, r in wanted.items():
        kind = ports.kind_of(key.kind)
        if kind.renews:
            mine = kind.identifier(r)
            again.add(former_file_key(key, mine))
            files = memories[key].known.made.keys() - {mine} if _collects(kind, r) else ()
            found |= {former_file_key(key, file): _aside(ports, key, memories[key].known, file) for file in files}
    return {key: memory for key, memory in found.items() if key not in again}


def _collects(kind: Kind, wanted: Resource) -> bool:
    """Whether what an object leaves behind is removed, as its manifest says now."""
    said = wanted.annotations
    kept = said.get("pxhelm.io/prevent-destroy") == "true" or said.get("helm.sh/resource-policy") == "keep"
    return not kept and removal_policy(kind.name, said) == "Delete" and "Delete" in management(said)


def _aside(ports: Ports, key: ObjectKey, known: Known, file: str) -> Memory:
    return Memory(replace(known, made={file: known.made[file]}), _row_aside(ports, key, known, file))


def _row_aside(ports: Ports, key: ObjectKey, known: Known, file: str) -> StoredObject:
    manifest = Manifest(known.text, known.annotations, made={file: known.made[file]}).dump()
    aside = stored_key(ports, former_file_key(key, file))
    return StoredObject(known.uid, aside, manifest=manifest, updated_at=ports.now())


def stand_aside(ports: Ports, o: ObjectPlan, memories: Mapping[ObjectKey, Memory], manager: str) -> Memory:
    """Give a former file a row of its own, in the transaction in which its object is accepted, and return its memory.

    Whoever else declares the object keeps his word for the file; the object's own row is given another one.
    """
    memory, owner = memories[o.key], memories.get(original(o.key))
    file = next((f for f in owner.known.made if former_file_key(original(o.key), f) == o.key), "") if owner else ""
    if memory.stored is not None or owner is None or not file:
        return memory
    uid = _put_aside(ports, original(o.key), owner, file)
    for other, leaves in owner.known.bases.items():
        if other != manager:
            ports.store.objects.set_owned(uid, other, leaves)
    return recall(ports, [o.key])[o.key]


def keep_made(ports: Ports, o: ObjectPlan, wanted: Mapping[ObjectKey, Resource], memory: Memory) -> Memory:
    """Remember in the row of an object which file is, or may soon be, its own; a row that stood aside for that goes.

    LeaseHeldError when somebody is about to remove that file.
    """
    kind = ports.kind_of(o.key.kind)
    assert memory.stored is not None
    file = kind.identifier(Names(ports, wanted).meant(wanted[o.key]))
    objects = ports.store.objects
    aside = objects.get(stored_key(ports, former_file_key(o.key, file)))
    before = Manifest.load(aside.manifest).made if aside is not None else {}
    new = o.action in (Action.CREATE, Action.REPLACE)  # what some node had before is not ours alone
    sizes = [len(s.errand.content) if isinstance(s.errand, Delivery) else 0 for s in o.steps] if new else []
    known = {**before, **memory.known.made, **({file: max(sizes)} if sizes else {})}
    made = {name: size for name, size in known.items() if name == file}
    if aside is not None:
        _forget(ports, aside)
    if made == memory.known.made:
        return memory
    row = replace(memory.stored, manifest=replace(Manifest.load(memory.stored.manifest), made=made).dump())
    objects.put(row)
    return replace(memory, stored=row, known=replace(memory.known, made=made))


def _forget(ports: Ports, row: StoredObject) -> None:
    """Drop a row that stood aside, with an operation on it that was cut off."""
    store, now = ports.store, ports.now()
    lease = store.leases.acquire(f"object:{row.uid}", ports.holder, TTL, now, ports.is_dead)
    for op in store.journal.open_ops(ports.cluster_name):
        if op.uid == row.uid:
            store.journal.finish_op(op.op_id, OpState.FAILED, now, lease)
    store.objects.delete(row.uid)
    store.leases.release(lease)


def give_back(ports: Ports, key: ObjectKey, before: Memory) -> ObjectKey:
    """Return what has to go for an object that was made to be gone: the object, or the file that it got in place of another.

    Such an object has its former file and all that was applied before again, and the new one stands aside.
    """
    now = recall(ports, [key])[key]
    if before.stored is None or now.stored is None or not ports.kind_of(key.kind).renews:
        return key
    objects = ports.store.objects
    with ports.store.transaction():
        for manager in {*now.known.bases, *before.known.bases}:
            objects.set_owned(before.known.uid, manager, before.known.bases.get(manager, {}))
        objects.put(before.stored)
        for aside in recall(ports, (former_file_key(key, file) for file in before.known.made)).values():
            if aside.stored is not None:
                _forget(ports, aside.stored)
        for file in now.known.made:
            _put_aside(ports, key, now, file)
    return next((former_file_key(key, file) for file in now.known.made), key)


def _put_aside(ports: Ports, key: ObjectKey, memory: Memory, file: str) -> str:
    row = replace(_row_aside(ports, key, memory.known, file), uid=ports.new_id())
    ports.store.objects.put(row)
    return row.uid


def stays(memory: Memory, live: Live | None) -> bool:
    """Whether a former file is still there after all was done with it that may be: somebody has it."""
    aside = memory.stored is not None and bool(memory.known.made) and is_replaced(address_of(memory.stored))
    return aside and live is not None and live.existence is Existence.PRESENT


# -- who has a file


def at_stake(kind: Kind, key: ObjectKey, wanted: Resource | None, memory: Memory) -> bool:
    """Whether a plan may remove the file of an object, so that it has to be known who has it."""
    if not kind.renews:
        return False
    if wanted is None:
        return is_replaced(key) or removal_policy(kind.name, memory.known.annotations) == "Delete"
    applied, inputs = memory.known.applied, [f.path for f in kind.fields if f.creation_only]
    return any(p in applied and p in wanted.leaves and applied[p] != wanted.leaves[p] for p in inputs)


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands and what falls, when it is asked who has a file."""

    around: Surroundings
    going: Collection[ObjectKey]
    """Objects that have no file any more."""
    wanted: Mapping[ObjectKey, Resource] = field(default_factory=dict)
    """Objects that have their files as they are wanted."""
    destroyed: Collection[int] = ()
    """Guests that go, with all their snapshots."""
    census: Census | None = None


def who_has(ports: Ports, files: Mapping[ObjectKey, str], scene: Scene) -> Uses:
    """Return who has each of the files of some objects: guests and snapshots, and other objects with the same file."""
    if not files:
        return {}
    found = uses_of(ports, scene.around, {*files.values()}, scene.destroyed, scene.census)
    claims = [(key, file) for key, file in _claims(ports, scene) if files.get(key) != file]
    return {
        f: (*uses, *(Use(key.address, "as its own") for key, own in claims if own == f)) for f, uses in found.items()
    }


def _claims(ports: Ports, scene: Scene) -> Iterator[tuple[ObjectKey, str]]:
    """Yield the objects that have files, with each of them."""
    for key, r in scene.wanted.items():
        if ports.kind_of(key.kind).renews:
            yield key, ports.kind_of(key.kind).identifier(r)
    stored = (address_of(each) for each in ports.store.objects.list(ObjectQuery(ports.cluster_name)))
    others = [k for k in stored if ports.kind_of(k.kind).renews and k not in scene.wanted and k not in scene.going]
    for key, memory in recall(ports, (k for k in others if not is_replaced(k))).items():
        applied = memory.known.applied
        own = {ports.kind_of(key.kind).identifier(Resource(key, applied))} if applied else set()
        yield from ((key, file) for file in own | memory.known.made.keys())
