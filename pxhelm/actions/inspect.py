"""What the cluster holds, ours and others', named as the store names it. Changes nothing.

One list call for everything but tasks, whatever the size of the cluster; ``cached`` reads the store's inventory instead
and asks nobody. A guest is ours when a binding of the store says so (ADR 3), whatever its name is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from pxhelm.actions.live import LIVE
from pxhelm.actions.own import GROUP, JOB, NAMESPACE, annotations_in, guests_in, manifest_in, namespaces, ran, taken_in
from pxhelm.actions.rows import EVENT, GUESTS, MERGED, NODE, STORAGE, TASK, Row, list_rows, recorded_rows
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.kinds import CATALOGUE, KINDS
from pxhelm.kinds import NAMES as WORDS
from pxhelm.plan.model import Drift
from pxhelm.plan.remembered import REMEMBERED
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Live
from pxhelm.store.bindings import Binding, BindingState
from pxhelm.store.conditions import ConditionRecord
from pxhelm.store.journal import Op
from pxhelm.store.objects import ObjectKey as StoreKey
from pxhelm.store.objects import ObjectQuery, StoredObject

LIVE_NAMES: Mapping[str, tuple[str, ...]] = {
    NODE: ("nodes", "node", "no"),
    TASK: ("tasks", "task"),
    "Volume": ("volumes", "volume", "vol"),
    "Backup": ("backups", "backup", "bak"),
    EVENT: ("events", "event", "ev"),
}
"""What nobody declares, only ``get`` and ``describe`` show: plural, singular, short."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "all": (*GUESTS.values(), "Storage", "Pool", NODE),
    "templates": ("VirtualMachine", "Container"),
    "template": ("VirtualMachine", "Container"),
    **{f"{short}s": (kind,) for kind, (_, _, shorts) in CATALOGUE.items() for short in shorts},
    **{word: (kind,) for word, kind in WORDS.items()},
    **{name: (kind,) for kind, names in LIVE_NAMES.items() for name in names},
    "vms": ("VirtualMachine",),
    "cts": ("Container",),
}
"""What a person may call the kinds: plural, singular, short."""


def plural_of(kind: str) -> str:
    """Return the plural of a kind, as kubectl names resources in its messages."""
    return CATALOGUE[kind][1] if kind in CATALOGUE else f"{kind.lower()}s"


def kinds_of(words: str) -> tuple[str, ...]:
    """Return the kinds of a comma-separated list; PxhelmError in kubectl's words for an unknown one."""
    found: dict[str, None] = {}
    for word in words.split(","):
        kinds = NAMES.get(word.lower())
        if kinds is None:
            near = get_close_matches(word.lower(), NAMES, 1, 0.6)
            raise PxhelmError(
                f'the server doesn\'t have a resource type "{word}"',
                code=ExitCode.USAGE,
                hint=f"did you mean {near[0]}?" if near else "`pxhelm api-resources` lists the kinds",
            )
        found.update(dict.fromkeys(kinds))
    return tuple(found)


class NotFoundError(PxhelmError):
    """Nothing has this name."""


@dataclass(frozen=True, slots=True)
class Waits:
    """What a running guest does not have yet, by path."""

    restart: tuple[str, ...] = ()
    """Options that come into effect with a restart."""
    boot: tuple[str, ...] = ()
    """What cloud-init in the guest reads when it boots."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An option that the running guest has not taken over yet."""

    path: str
    current: object
    after_restart: object


@dataclass(frozen=True, slots=True)
class Closer:
    """What only the object's own configuration tells."""

    live: Live
    drift: tuple[Drift, ...] = ()
    pending: tuple[Pending, ...] = ()
    foreign: bool = False
    """Whether a guest in its place does not prove that it is ours."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of its unused volumes, of those that storages tell."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of how an object came to be."""

    provenance: Mapping[str, Any] = field(default_factory=dict)
    """``clone``, ``image``, ``backup``, ``blank`` or ``adopted`` with ``at`` (Unix seconds), and who asked for it: ``manifest``."""
    defaults: Mapping[str, object] = field(default_factory=dict)
    """Leaves that were sent once, at creation, though nobody wanted them (kinds.md 2.7)."""
    written: Mapping[str, float] = field(default_factory=dict)
    """Leaves that cannot be read back → when they were written, in Unix seconds."""
    last: Op | None = None
    """The latest operation."""
    failure: str = ""
    """What went wrong in it."""
    standing: Mapping[str, ConditionRecord] = field(default_factory=dict)
    """What the latest run found in its way: ``Conflict``, ``Blocked``, ``Stalled`` and what else was told last."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: as the cluster lists it, as the store knows it, or both."""

    kind: str
    name: str
    """The object's name when it is ours, else the one that Proxmox shows."""
    namespace: str = ""
    """Empty for what is not ours and for cluster-scoped kinds."""
    row: Row = field(default_factory=dict)
    """The cells of ``/cluster/resources``; empty when the cluster does not show it."""
    stored: StoredObject | None = None
    binding: Binding | None = None
    owned: Mapping[str, Any] = field(default_factory=dict)
    """Leaves that were applied last, by path."""
    drifted: bool | None = None
    """Whether a leaf that was applied is otherwise now; None when nobody looked (``describe.look_closer``)."""
    waits: Waits | None = None
    """What a guest has only after its next start; None when nobody looked."""
    anchored: tuple[str, ...] | None = None
    """What keeps a guest on its node; None when nobody looked."""
    closer: Closer | None = None
    """Its own configuration; None when nobody looked."""
    past: Past | None = None
    """How it came to be; None when nobody looked (``past.with_past``)."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """Further parts of its status; empty when nobody asked (``asked.with_answers``)."""
    since: Mapping[str, float] = field(default_factory=dict)
    """Condition → Unix seconds since when it is as it is; empty when nobody looked (``conditions.dated``)."""
    os_type: str = ""
    """What a guest's configuration says of its system; empty when nobody looked."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest that was applied last, as a document; empty for what is not ours."""
        return manifest_in(self.stored) if self.stored is not None else {}

    @property
    def comment(self) -> str:
        """The first line of what is said about it: by our annotation, else by its comment or notes."""
        annotations = annotations_in(self.stored) if self.stored is not None else {}
        places = (annotations.get("pxhelm.io/description"), self.row.get("comment"), self.owned.get("description"))
        return next((str(text).strip().partition("\n")[0] for text in places if text), "")

    @property
    def vmid(self) -> int:
        """VMID of a guest; 0 without one. What names guests, such as a backup job, is none of them."""
        if self.kind in CATALOGUE and self.kind not in _GUEST_KINDS:
            return 0
        return int(self.row.get("vmid") or (self.binding.vmid if self.binding else 0))

    @property
    def template(self) -> bool:
        """Whether it is a guest that others are cloned from."""
        return bool(self.row.get("template"))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the object, and the read-only ones of live facts (kinds.md 2.10)."""
        found = dict(self.stored.labels) if self.stored else {}
        facts = {"node": self.row.get("node"), "pool": self.row.get("pool"), "kind": self.kind}
        facts["release"] = self.stored.release.rpartition("/")[2] if self.stored else ""
        found |= {f"pxhelm.io/{key}": str(value) for key, value in facts.items() if value}
        return found | {f"tag.pxhelm.io/{tag}": "" for tag in tags_of(self.row)}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for."""

    kinds: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Names, or ``vmid:101``; empty = all."""
    all_namespaces: bool = False
    templates: bool = False
    """Only guests that others are cloned from."""
    cached: bool = False
    at: float = 0.0
    """Unix seconds: as it was recorded to be then; 0 = now."""


def tags_of(row: Row) -> list[str]:
    """Return a guest's tags, whichever separator the cluster uses."""
    return str(row.get("tags") or "").replace(",", " ").replace(";", " ").split()


def find(services: Services, query: Query) -> list[Found]:
    """Return what matches, by kind, namespace and name.

    Raises PxhelmError in kubectl's words when a name is not there, ApiError when the cluster cannot be asked.
    """
    return find_each(services, (query,))[0]


def find_all(services: Services, queries: Sequence[Query], missing: list[NotFoundError] | None = None) -> list[Found]:
    """Return what several queries match, one after the other."""
    return [one for found in find_each(services, queries, missing) for one in found]


def find_each(
    services: Services, queries: Sequence[Query], missing: list[NotFoundError] | None = None
) -> list[list[Found]]:
    """Return what each of several queries matches; the cluster is asked once for all.

    A name that is not there is put into ``missing``, or raised when the caller has none.
    """
    kinds = tuple(dict.fromkeys(kind for query in queries for kind in query.kinds))
    everything = list(_everything(services, replace(queries[0], kinds=kinds)))
    return [_matching(services, everything, query, missing) for query in queries]


def _matching(
    services: Services, everything: list[Found], query: Query, missing: list[NotFoundError] | None
) -> list[Found]:
    order = {kind: number for number, kind in enumerate(query.kinds)}
    these = [one for one in everything if one.kind in order]
    here = [one for one in these if query.all_namespaces or is_in(one, services.place.namespace)]
    if query.templates:
        here = [one for one in here if one.template]
    if query.names:
        named: list[Found] = []
        for name in query.names:
            try:
                named += _named(name, here, these, query)
            except NotFoundError as error:
                if missing is None:
                    raise
                missing.append(error)
        return named if len(query.names) > 1 else _in_order(named, order)
    return _in_order(here, order)


def _in_order(found: list[Found], order: Mapping[str, int]) -> list[Found]:
    """Return the things by kind, namespace, name and VMID; live lists stay in the order in which they came."""

    def key(one: Found) -> tuple[int, str, str, int]:
        if one.kind in LIVE_NAMES and one.kind != NODE:
            return order[one.kind], "", "", 0
        return order[one.kind], one.namespace, one.name, one.vmid

    return sorted(found, key=key)


def find_one(services: Services, kinds: tuple[str, ...], name: str) -> Found:
    """Return the one thing of this name; PxhelmError when there is none, or several."""
    return only(find(services, Query(kinds, (name,))), name)


def only(found: Sequence[Found], name: str) -> Found:
    """Return the one thing that was found under a name; PxhelmError lists the VMIDs when there are several."""
    if len(found) > 1:
        vmids = ", ".join(f"vmid:{one.vmid}" for one in found)
        raise PxhelmError(
            f'{plural_of(found[0].kind)} "{name}" is ambiguous: {len(found)} guests have this name',
            code=ExitCode.CONFLICT,
            hint=f"name one by its VMID: {vmids}",
        )
    return found[0]


def is_in(one: Found, namespace: str) -> bool:
    """Tell whether a thing is of a namespace; what is not ours is of ``default``, what has no namespace of all."""
    if one.kind == EVENT:
        return one.namespace in (namespace, "")
    if one.kind not in KINDS or not KINDS[one.kind].namespaced:
        return True
    return one.namespace == namespace if one.stored else namespace == "default"


def matches_name(one: Found, name: str) -> bool:
    """Tell whether a name, ``vmid:101``, means this thing."""
    if name.startswith("vmid:"):
        return str(one.vmid) == name[5:]
    return one.name == name


def _named(name: str, here: list[Found], everything: list[Found], query: Query) -> list[Found]:
    # A VMID is unique in the cluster, so it needs no namespace.
    found = [one for one in (everything if name.startswith("vmid:") else here) if matches_name(one, name)]
    ours = [one for one in found if one.stored]
    if ours or found:
        return ours or found
    elsewhere = [one for one in everything if matches_name(one, name)]
    near = get_close_matches(name, [one.name for one in here], 1, 0.6)
    hint = ""
    if elsewhere:
        place = elsewhere[0].namespace or "default"
        hint = f"it is in namespace {place}: add -n {place}"
    elif near:
        hint = f"did you mean {near[0]}?"
    elif name.isdigit():
        hint = f"a VMID is written vmid:{name}"
    raise NotFoundError(f'{plural_of(query.kinds[0])} "{name}" not found', hint=hint)


# what the cluster, or the inventory, lists


def _everything(services: Services, query: Query) -> Iterator[Found]:
    recorded = query.cached or bool(query.at)
    if not recorded:
        services.greet()
    for kind in query.kinds:
        if kind == TASK and recorded:
            yield from _recorded_tasks(services, query)
        elif kind in LIVE:
            yield from (Found(kind, name, namespace, row) for name, namespace, row in LIVE[kind](services))
    listed = tuple(kind for kind in query.kinds if kind not in LIVE)
    if not listed:
        return
    rows: list[Row] = []
    if recorded:
        rows = recorded_rows(services, query.at)
    elif set(listed) & {*_GUEST_KINDS, NODE, STORAGE}:
        rows = services.cluster.run(list_rows(set(listed) <= _GUEST_KINDS))
    known = _Known(services, listed)
    for kind in listed:
        if kind in _GUEST_KINDS:
            guests = known.guests(kind, [row for row in rows if GUESTS.get(str(row.get("type"))) == kind])
            yield from (one for one in guests if one.row or not query.at)
        elif kind == NODE:
            yield from (Found(NODE, str(row.get("node")), row=row) for row in rows if row.get("type") == "node")
        elif kind in KINDS:
            yield from known.by_id(kind, _rows_by_id(services, kind, rows, cached=recorded))


_GUEST_KINDS = frozenset(GUESTS.values())


def _rows_by_id(services: Services, kind: str, rows: list[Row], *, cached: bool) -> dict[str, Row]:
    """Return the rows of a kind with natural keys: of the one list where it shows them, else of the kind's own."""
    if kind in MERGED and cached:
        return MERGED[kind](rows)
    if cached:
        word = kind.lower()
        return {str(row[word]): {**row, "type": row.get("subtype")} for row in rows if row.get("type") == word}
    listing = KINDS[kind].listing
    found: dict[str, Row] = dict(services.cluster.run(listing())) if listing is not None else {}
    if kind != STORAGE:
        return found
    merged = MERGED[kind](rows)  # the one list tells the room, and not the path; it does not know those that are off
    return {name: {**found.get(name, {}), **merged.get(name, {})} for name in (*found, *merged)}


def _recorded_tasks(services: Services, query: Query) -> Iterator[Found]:
    seen = services.store.inventory.list(services.place.cluster, TASK)
    rows = (one.current for one in seen)
    known = [row for row in rows if not query.at or int(row.get("starttime") or 0) <= query.at]
    for row in sorted(known, key=lambda row: -int(row.get("starttime") or 0)):
        if row.get("upid"):
            yield Found(TASK, str(row["upid"]), row=row)


class _Known:
    """What the store knows of the cluster's objects, read once."""

    def __init__(self, services: Services, kinds: tuple[str, ...]) -> None:
        self._store = services.store
        self._objects = services.store.objects
        self._stored: dict[str, list[StoredObject]] = {}
        for one in self._objects.list(ObjectQuery(services.place.cluster)):
            self._stored.setdefault(one.key.kind, []).append(one)
        wanted = _GUEST_KINDS & set(kinds)
        bindings = services.store.bindings.list(services.place.cluster) if wanted else ()
        self._bindings = {b.uid: b for b in bindings if b.state is not BindingState.QUARANTINED}

    def guests(self, kind: str, rows: list[Row]) -> Iterator[Found]:
        by_vmid = {int(row.get("vmid") or 0): row for row in rows}
        for one in self._stored.get(kind, ()):
            binding = self._bindings.get(one.uid)
            row = by_vmid.get(binding.vmid, {}) if binding else {}
            if row.get("uid", one.uid) != one.uid:
                row = {}  # at that time the VMID was somebody else's
            elif binding:
                by_vmid.pop(binding.vmid, None)
            yield self._ours(one, row, binding)
        for row in by_vmid.values():
            yield Found(kind, str(row.get("name") or row.get("vmid")), row=row)

    def by_id(self, kind: str, rows: dict[str, Row]) -> Iterator[Found]:
        if kind == GROUP:
            users = taken_in(self._store, self._stored)
            rows = {name: {**row, "usedBy": row.get("usedBy", 0) + users[name]} for name, row in rows.items()}
        others: Mapping[str, Row] = rows
        for one in self._stored.get(kind, ()):
            ours = self._ours(one, {}, None)
            row = rows.pop(id_of(ours), {})
            others = KINDS[kind].beside(others, _applied(ours))
            unlisted = not row and KINDS[kind].always  # a list shows not all that is always there
            told = ours.owned if KINDS[kind].store_only or unlisted else row
            row = self._told(ours) if kind in (JOB, NAMESPACE) else told
            yield Found(kind, one.key.name, one.key.namespace, _with_comment(row, ours), one, None, ours.owned)
        if kind == NAMESPACE:
            others = namespaces(self._stored)
        for name, row in others.items():
            yield Found(kind, name, row=row)

    def _told(self, ours: Found) -> Row:
        """Return what the store tells of an object that Proxmox knows nothing of."""
        assert ours.stored is not None
        if ours.kind == NAMESPACE:
            return {**ours.owned, "guests": guests_in(self._stored, ours.name)}
        return ran(self._store, ours.stored.uid, ours.owned)

    def _ours(self, one: StoredObject, row: Row, binding: Binding | None) -> Found:
        owned = {leaf.path: leaf.base for leaf in self._objects.owned(one.uid) if leaf.path not in REMEMBERED}
        shown = {**row, "addresses": [address for _, address in declared_addresses(owned)]} if row else row
        return Found(one.key.kind, one.key.name, one.key.namespace, shown, one, binding, owned)


def _with_comment(row: Row, ours: Found) -> Row:
    comment = ours.owned.get("comment")
    return {**row, "comment": comment} if row and comment else row


def declared_addresses(owned: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the networks with the addresses that were given to the guest; those of DHCP only the guest knows."""
    found = []
    for path, value in sorted(owned.items()):
        parts = path.split(".")
        if parts[0] == "networks" and parts[-1] in ("ip", "ip6") and isinstance(value, str):
            address = value.partition("/")[0]
            if ":" in address or "." in address:
                found.append((parts[1], address))
    return found


def key_of(found: Found) -> ObjectKey:
    """Return the key of an object of ours."""
    assert found.stored is not None
    key = found.stored.key
    return ObjectKey(key.kind, key.namespace, key.name)


def id_of(found: Found) -> str:
    """Return Proxmox' id of what is no guest: the one with which it was applied last, else its name."""
    from pxhelm.resource.model import Resource

    if found.stored is None:
        return found.name
    return KINDS[found.kind].identifier(Resource(key_of(found), _applied(found)))


def _applied(found: Found) -> Leaves:
    from pxhelm.plan.leaf import as_leaf

    return {path: as_leaf(base) for path, base in found.owned.items()}


def is_known(services: Services, key: ObjectKey) -> bool:
    """Tell whether the store holds the object."""
    return services.store.objects.get(StoreKey(services.place.cluster, key.kind, key.namespace, key.name)) is not None
