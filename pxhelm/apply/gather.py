"""Everything a plan is made of, brought together: manifests, memory, the cluster as it is.

Reads only. Secrets are read here, once, and live no longer than the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pxhelm.apply.files import with_former_files
from pxhelm.apply.ids import ids_of, natural_id, row_of
from pxhelm.apply.kept import NETWORKS, kept
from pxhelm.apply.leftovers import Seen, with_users
from pxhelm.apply.memory import Memory, bound_vmids, marker_of, recall, target_of, with_tags
from pxhelm.apply.missing import missing
from pxhelm.apply.names import Names
from pxhelm.apply.namespaces import Namespaces
from pxhelm.apply.over import over_networks
from pxhelm.apply.ports import Ports
from pxhelm.apply.renaming import NOWHERE, Moves, known_as, sources_of
from pxhelm.apply.rivals import rivals
from pxhelm.apply.secrets import readied
from pxhelm.apply.selecting import with_selected
from pxhelm.apply.vmids import Vmids, start_of
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.plan.domains import Ending, Member, endings
from pxhelm.plan.next_step import wants_of
from pxhelm.plan.observe import View, look_round, observe
from pxhelm.plan.replacing import allowed
from pxhelm.plan.subject import Known, Subject
from pxhelm.resource.aside import original, replaced_key
from pxhelm.resource.domain import BEFORE, NETWORK_CHANGES, place_of
from pxhelm.resource.guest_tag import wanted_without
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.label_tags import tags_of
from pxhelm.resource.model import Existence, Live, Resource, Target
from pxhelm.resource.references import with_guests
from pxhelm.resource.stored import APPLIED
from pxhelm.store.bindings import Reservation, VmidRange, candidates


@dataclass(frozen=True, slots=True)
class Gathered:
    """What ``build`` needs, and what apply goes on with."""

    subjects: tuple[Subject, ...]
    view: View
    memories: Mapping[ObjectKey, Memory] = field(default_factory=dict)
    named: Mapping[ObjectKey, Resource] = field(default_factory=dict)
    """What is wanted beside guests, with references to guests by name."""


def gather(
    ports: Ports,
    resources: Sequence[Resource],
    going: Collection[ObjectKey],
    remade: Collection[str] = (),
    moves: Moves = NOWHERE,
) -> Gathered:
    """Return the subjects of a plan: what is wanted and what shall go, each as the cluster and the store have it.

    ``remade``: addresses of what the command allows to be made anew, ``*`` for all; of ``moves`` the former names are asked.
    """
    sources = sources_of(moves)
    vmids = Vmids(ports)
    namespaces = Namespaces.of(ports, resources)
    vmids.ranges = namespaces.ranges
    known = known_as(ports, (r.key for r in resources), sources)
    wanted = _ready(ports, [completed(ports, namespaces, r, known[r.key]) for r in resources])
    keys = (*wanted, *(key for key in going if key not in wanted))
    memories = known_as(ports, keys, sources)
    bound = {key: vmid for key, vmid in bound_vmids(ports).items() if key not in sources.values()}
    view = look_about(ports)
    view = replace(view, surroundings=replace(view.surroundings, bound=bound))
    wanted = with_selected(ports, wanted, (*going, *sources.values()))
    wanted = over_networks(Names(ports, wanted).resolved())
    kinds = {key: ports.kind_of(key.kind) for key in keys}
    guests = {key: _target(ports, key, memories[key], wanted.get(key)) for key in keys if kinds[key].guest}
    around = with_bindings(view.surroundings, _predict(vmids, memories, guests, view))
    named = {key: r for key, r in wanted.items() if not kinds[key].guest}
    wanted |= {key: with_guests(kinds[key], r, around) for key, r in named.items()}
    ending = _endings(ports, wanted, memories, view.surroundings)
    memories = {**with_former_files(ports, wanted, memories), **recall(ports, ending)}
    keys = tuple(memories)
    kinds = {key: ending[key].kind if key in ending else ports.kind_of(key.kind) for key in keys}
    targets, lives = _observed(ports, view, _targets(ports, memories, wanted, guests), wanted, memories)
    wanted = {key: renamed(kinds[key], r, lives[key]) for key, r in wanted.items()}
    predicted, spare = _foreseen(vmids, memories, _Guests(guests, wanted, remade), view)
    targets |= predicted
    view = with_users(ports, view, Seen(wanted, memories, lives))
    against = missing(ports, wanted) | rivals(ports, wanted, keys, with_bindings(view.surroundings, targets))
    view = _with_what_comes(ports, view, wanted, targets)
    wanted |= {key: each.resource for key, each in ending.items()}
    subjects = tuple(
        Subject(
            kinds[key],
            key,
            wanted.get(key),
            targets[key],
            lives[key],
            memories[key].known,
            spare.get(key),
            ending[key].members if key in ending else (),
            against.get(key, ""),
            moves.get(key),
        )
        for key in keys
    )
    return Gathered(subjects, view, memories, named)


def _ready(ports: Ports, resources: Sequence[Resource]) -> dict[ObjectKey, Resource]:
    """Return the resources with their secrets read; PxhelmError for one that is there twice."""
    unread = {r.key: r for r in resources}
    if len(unread) != len(resources):
        raise _twice(resources)
    return {r.key: readied(ports, r, unread) for r in resources}


def _observed(
    ports: Ports,
    view: View,
    targets: Mapping[ObjectKey, Target],
    wanted: Mapping[ObjectKey, Resource],
    memories: Mapping[ObjectKey, Memory],
) -> tuple[dict[ObjectKey, Target], dict[ObjectKey, Live]]:
    """Return what is there: of what is not under one of its ids, what is under the next."""
    found, lives = dict(targets), lives_of(ports, view, targets)
    others = {key: _other_ids(ports.kind_of(key.kind), wanted.get(key), memory) for key, memory in memories.items()}
    while again := {
        key: replace(found[key], row={**found[key].row, **row_of(ids.pop(0), memories[key], wanted.get(key))})
        for key, ids in others.items()
        if ids and lives[key].existence is Existence.ABSENT
    }:
        found |= again
        lives |= lives_of(ports, view, again)
    return found, lives


def _other_ids(kind: Kind, wanted: Resource | None, memory: Memory) -> list[str]:
    """Return the ids under which an object may be that is not under the first one."""
    return [] if kind.guest or kind.store_only else list(ids_of(kind, wanted, memory)[1:])


def lives_of(ports: Ports, view: View, targets: Mapping[ObjectKey, Target]) -> dict[ObjectKey, Live]:
    """Return what is at each target; what could not be read is unknown, with the reason."""
    seen = ports.cluster.run_all([observe(ports.kind_of(key.kind), target, view) for key, target in targets.items()])
    return {key: _live(found, targets[key]) for key, found in zip(targets, seen, strict=True)}


def _with_what_comes(
    ports: Ports, view: View, wanted: Mapping[ObjectKey, Resource], targets: Mapping[ObjectKey, Target]
) -> View:
    """Return the view with what the plan makes: ids, templates, guests at the VMIDs that they will probably get."""
    around = replace(view.surroundings, coming=coming(ports, wanted))
    around = _with_templates_to_be(around, wanted.values(), targets)
    around = with_templates(ports, wanted.values(), replace(view, surroundings=around))
    guests = {key: target for key, target in targets.items() if ports.kind_of(key.kind).guest}
    return replace(view, surroundings=with_bindings(around, guests))


def _targets(
    ports: Ports,
    memories: Mapping[ObjectKey, Memory],
    wanted: Mapping[ObjectKey, Resource],
    guests: Mapping[ObjectKey, Target],
) -> dict[ObjectKey, Target]:
    """Return where each object is looked for, and what of it is read."""
    found = {}
    for key, memory in memories.items():
        target = guests.get(key) or _target(ports, key, memory, wanted.get(key))
        wants = wants_of(ports.kind_of(key.kind), wanted.get(key), memory.known.bases)
        found[key] = replace(target, wants=wants)
    return found


@dataclass(frozen=True, slots=True)
class _Guests:
    targets: Mapping[ObjectKey, Target]
    wanted: Mapping[ObjectKey, Resource]
    remade: Collection[str]


def _foreseen(
    vmids: Vmids, memories: Mapping[ObjectKey, Memory], guests: _Guests, view: View
) -> tuple[dict[ObjectKey, Target], dict[ObjectKey, Target]]:
    """Return the targets of guests with the VMIDs that new ones will probably get, and those of guests made in their place."""
    spares = {
        aside: Target(aside, "")
        for key, target in guests.targets.items()
        if key in guests.wanted and target.vmid and allowed(guests.wanted[key], guests.remade)
        for aside in (replaced_key(key, target.vmid),)
    }
    known = {**dict.fromkeys(spares, Memory(Known())), **memories}
    found = _predict(vmids, known, {**guests.targets, **spares}, view)
    spare = {original(key): replace(found.pop(key), key=original(key)) for key in spares}
    return found, spare


def coming(ports: Ports, wanted: Mapping[ObjectKey, Resource]) -> frozenset[tuple[str, str]]:
    """Return what a plan makes beside guests, by kind and Proxmox' id."""
    kinds = {key: ports.kind_of(key.kind) for key in wanted}
    return frozenset((key.kind, kinds[key].identifier(r)) for key, r in wanted.items() if not kinds[key].guest)


def look_about(ports: Ports) -> View:
    """Look round the cluster; PxhelmError (REFUSED) when it is called otherwise than at first contact (engine.md D2.1)."""
    view = ports.cluster.run(look_round())
    if ports.cluster_title and view.title and view.title != ports.cluster_title:
        raise PxhelmError(
            f"cannot go on: the cluster was called {ports.cluster_title}, the one that answers is {view.title}",
            code=ExitCode.REFUSED,
            hint="check the address of the context: one of the two is a copy of the other",
        )
    return view


def look_again(ports: Ports, known: Surroundings) -> View:
    """Look round once more, and keep what the plan knows beside the cluster."""
    view = ports.cluster.run(look_round())
    return replace(view, surroundings=replace(view.surroundings, bound=known.bound, coming=known.coming))


def with_templates(ports: Ports, wanted: Iterable[Resource], view: View) -> Surroundings:
    """Return the surroundings with the clone sources that the resources name, observed."""
    around = view.surroundings
    chosen = sorted({vmid for r in wanted for vmid in _sources(ports, r, around) if vmid not in around.templates})
    if not chosen:
        return around
    reads = [observe(*_source_target(ports, around, vmid), view) for vmid in chosen]
    found = ports.cluster.run_all(reads)
    lives = {vmid: live for vmid, live in zip(chosen, found, strict=True) if isinstance(live, Live)}
    return replace(around, templates={**around.templates, **lives})


def _with_templates_to_be(
    around: Surroundings, wanted: Iterable[Resource], targets: Mapping[ObjectKey, Target]
) -> Surroundings:
    """Return the surroundings with the templates that the same plan will make, so that clones of them can be planned."""
    rows: dict[int, Mapping[str, object]] = {}
    bound = dict(around.bound)
    online = sorted(name for name, up in around.nodes.items() if up)
    for r in wanted:
        vmid = targets[r.key].vmid
        if not r.leaves.get("isTemplate") or not vmid or vmid in around.guests:
            continue
        nodes = r.leaves.get("placement.nodes")
        node = str(nodes[0]) if isinstance(nodes, tuple) and nodes else next(iter(online), "")
        kind = "lxc" if r.key.kind == "Container" else "qemu"
        rows[vmid] = {"vmid": vmid, "type": kind, "name": r.leaves.get("hostname"), "node": node, "template": 1}
        bound[r.key] = vmid
    return replace(around, guests={**around.guests, **rows}, bound=bound) if rows else around


def sources_missing(ports: Ports, resource: Resource, around: Surroundings) -> bool:
    """Whether a clone source of the resource is not in the list that was read, because it was made since."""
    return any(vmid not in around.guests for vmid in _sources(ports, resource, around))


def _sources(ports: Ports, resource: Resource, around: Surroundings) -> tuple[int, ...]:
    try:
        return ports.kind_of(resource.key.kind).sources(resource, around)
    except PxhelmError:
        return ()  # the plan of this one object says what is wrong


def _source_target(ports: Ports, around: Surroundings, vmid: int) -> tuple[Kind, Target]:
    row = around.guests.get(vmid, {})
    name = "Container" if row.get("type") == "lxc" else "VirtualMachine"
    return ports.kind_of(name), Target(
        ObjectKey(name, "", str(row.get("name", vmid))), "", str(row.get("node", "")), vmid
    )


def _target(ports: Ports, key: ObjectKey, memory: Memory, wanted: Resource | None) -> Target:
    target = target_of(ports, key, memory)
    kind = ports.kind_of(key.kind)
    if not kind.guest:
        row = row_of(natural_id(kind, wanted, memory), memory, wanted)
        if kind.store_only:
            row[APPLIED] = memory.known.applied
        if kind.name == NETWORK_CHANGES.name:
            row[BEFORE] = kept(ports, NETWORKS).get(place_of(key), {}).get("rows")
        return replace(target, row=row)
    target = with_tags(ports, target, memory, wanted)
    if target.vmid or wanted is None:
        return target
    pinned = wanted.leaves.get("vmid")
    source = wanted.annotations.get("pxhelm.io/adopt-from", "")
    if source.startswith("vmid:"):
        return replace(target, vmid=int(source[5:]), marker=marker_of(ports, key, memory, int(source[5:])))
    if isinstance(pinned, int):
        return replace(target, vmid=pinned, marker=marker_of(ports, key, memory, pinned))
    return target


def completed(ports: Ports, namespaces: Namespaces, resource: Resource, memory: Memory) -> Resource:
    """Return a resource with what its namespace says where it says nothing itself."""
    new = not memory.known.uid or memory.known.creating
    if ports.kind_of(resource.key.kind).guest:
        resource = wanted_without(resource, {ports.tag, *tags_of(ports.label_tags, resource.labels)})
    return namespaces.completed(resource, memory.known.applied, new=new)


def renamed(kind: Kind, wanted: Resource, live: Live) -> Resource:
    """Return a resource that says its id where it is another one than that of the object which is there."""
    now = live.intended.get("id")
    if kind.guest or now is None or now == kind.identifier(wanted):
        return wanted
    return replace(wanted, leaves={**wanted.leaves, "id": kind.identifier(wanted)})


def _endings(
    ports: Ports, wanted: Mapping[ObjectKey, Resource], memories: Mapping[ObjectKey, Memory], around: Surroundings
) -> dict[ObjectKey, Ending]:
    """Return the objects that apply what others of the plan stage."""
    members = []
    for key, memory in memories.items():
        kind = ports.kind_of(key.kind)
        if kind.domain:
            leaves = wanted[key].leaves if key in wanted else memory.known.applied
            members.append(Member(key, kind, leaves, going=key not in wanted))
    return {each.key: each for each in endings(members, tuple(wanted.values()), around)}


def with_bindings(around: Surroundings, targets: Mapping[ObjectKey, Target]) -> Surroundings:
    """Return the surroundings in which the guests of the plan have their VMIDs, or those that they will probably get."""
    return replace(around, bound={**around.bound, **{key: t.vmid for key, t in targets.items() if t.vmid}})


def _predict(
    vmids: Vmids, memories: Mapping[ObjectKey, Memory], targets: Mapping[ObjectKey, Target], view: View
) -> dict[ObjectKey, Target]:
    """Give new guests the VMIDs they will probably get, so that a plan can be read and its steps be built."""
    ports = vmids.ports
    taken = {
        *view.surroundings.guests,
        *(b.vmid for b in ports.store.bindings.list(ports.cluster_name) if not vmids.rested(b)),
    }
    by_range: dict[tuple[int, int], list[ObjectKey]] = {}
    for key, target in targets.items():
        if not target.vmid:
            by_range.setdefault(vmids.ranges.get(key.namespace, ports.vmid_range), []).append(key)
    found = dict(targets)
    for limits, new in by_range.items():
        wish = Reservation(ports.cluster_name, "", "", 0.0, VmidRange(*limits), taken, start_of(ports.installation))
        for key, vmid in zip(new, islice(candidates(wish), len(new)), strict=False):
            found[key] = replace(found[key], vmid=vmid, marker=marker_of(ports, key, memories[key], vmid))
    return found


def _live(found: Live | Exception, target: Target) -> Live:
    if isinstance(found, Live):
        return found
    if isinstance(found, PxhelmError):
        return Live(Existence.UNKNOWN, reason=found.message, vmid=target.vmid)
    raise found


def _twice(resources: Sequence[Resource]) -> PxhelmError:
    seen: set[ObjectKey] = set()
    for r in resources:
        if r.key in seen:
            return PxhelmError(f"cannot plan {r.key.address}: it is in the manifests twice", where=r.where)
        seen.add(r.key)
    raise AssertionError
