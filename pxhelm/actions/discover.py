"""Record what the cluster holds in the store's inventory, with its history (engine.md D4.5).

Reads the list, and of every guest its configuration; changes nothing in the cluster. What was seen before and is gone is
recorded as gone, except tasks: their list is cut by Proxmox. Who changed a guest is asked only when one differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pxhelm.actions.authors import author, read_deeds
from pxhelm.actions.inspect import Found, id_of
from pxhelm.actions.rows import GUESTS, NETWORK, NODE, TASK, Row, list_rows, merge_storages
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Warned
from pxhelm.kinds import KINDS
from pxhelm.plan.leaf import shown
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.identity import ObjectKey, unmarked
from pxhelm.resource.model import Existence, Live, Target
from pxhelm.store.bindings import BindingState
from pxhelm.store.inventory import Observation, changed
from pxhelm.store.objects import ObjectQuery

_TYPES = {**GUESTS, "node": NODE, "storage": "Storage", "pool": "Pool"}
"""What the cluster lists, and the kinds that it is of."""
SCOPES: Mapping[str, frozenset[str]] = {
    "all": frozenset((*KINDS, NETWORK, NODE, TASK)),
    "vms": frozenset(("VirtualMachine",)),
    "containers": frozenset(("Container",)),
    "storage": frozenset(("Storage",)),
    "nodes": frozenset((NODE, NETWORK)),
    "tasks": frozenset((TASK,)),
}
VOLATILE = frozenset(
    (
        "cpu",
        "mem",
        "memhost",
        "disk",
        "uptime",
        "netin",
        "netout",
        "diskread",
        "diskwrite",
        "pressurecpusome",
        "next-run",
        "last_sync",
        "next_sync",
        "last_try",
        "duration",
    )
)
"""Cells that change by themselves: shown from the inventory, no reason for a row of history."""
KEEP_DAYS = 365
"""For how long history is kept unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a kind there are, and what differs from the last time."""

    total: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    managed: int = 0


def discover(services: Services, scope: str, keep: float = KEEP_DAYS * 86400.0) -> dict[str, Count]:
    """Record what is there and return the counts by kind; PxhelmError for an unknown scope.

    ``keep``: seconds after which history is forgotten; what still held then stays.
    """
    kinds = SCOPES.get(scope)
    if kinds is None:
        raise PxhelmError(f"cannot discover {scope}", code=ExitCode.USAGE, hint=f"one of {', '.join(SCOPES)}")
    look = _Look(services, services.meet().key, services.now().timestamp())
    inventory = services.store.inventory
    before = {one.ref: one for one in inventory.list(look.cluster) if one.kind in kinds}
    seen = _signed(services, list(look.observations(kinds)), before)
    counts = {kind: Count() for kind in dict.fromkeys((*KINDS, NETWORK, NODE, TASK)) if kind in kinds}
    with services.store.transaction():
        for one in seen:
            differs = inventory.observe(one)
            count = counts[one.kind]
            counts[one.kind] = replace(
                count,
                total=count.total + 1,
                new=count.new + (one.ref not in before),
                changed=count.changed + (differs and one.ref in before),
                managed=count.managed + bool(one.uid),
            )
        for ref in before.keys() - {one.ref for one in seen}:
            kind = before[ref].kind
            if look.has_read(before[ref]):
                inventory.forget(look.cluster, ref, look.now)
                counts[kind] = replace(counts[kind], gone=counts[kind].gone + 1)
        inventory.prune(look.cluster, look.now - keep)
    return {kind: count for kind, count in counts.items() if count != Count() or kind in _ALWAYS}


_LISTED_ELSEWHERE = frozenset((NETWORK, "Snapshot", "NodeConfig", "Storage", "Pool"))
"""Storages and pools stand in the one list, interfaces are recorded node by node; snapshots would cost a question for every guest."""
_SECRETS = frozenset(("password", "token", "secret", "key", "keyring", "encryption-key"))
_ALWAYS = frozenset(("VirtualMachine", "Container", "Storage", "Pool", NODE, TASK))


def _signed(services: Services, seen: list[Observation], before: Mapping[str, Observation]) -> list[Observation]:
    """Return the observations with the names of who changed them; asks the cluster only when a guest differs."""
    differing = {one.ref for one in seen if changed(before.get(one.ref), one)}
    guests = any(one.ref in differing & before.keys() for one in seen if one.kind in GUESTS.values())
    deeds = services.cluster.run(read_deeds()) if guests else ()

    def signed(one: Observation) -> Observation:
        if one.ref not in differing or one.actor:
            return one
        since = before[one.ref].at if one.ref in before else 0.0
        if one.kind not in GUESTS.values():
            return replace(one, actor=_our_own(services, one.uid, since))
        vmid = int(one.ref.partition("/")[2])
        return replace(one, actor=author(deeds, vmid, since, one.at)) if since else one

    return [signed(one) for one in seen]


def _our_own(services: Services, uid: str, since: float) -> str:
    """Return who changed an object of ours through pxhelm since a time; empty when nobody did."""
    if not uid:
        return ""
    done = (op for op in services.store.journal.ops(uid) if op.finished_at and op.finished_at >= since)
    return next((f"pxhelm {op.actor}" for op in reversed(list(done))), "")


class _Look:
    """One look at the cluster: what is seen, and of what it can be said that the rest is gone."""

    def __init__(self, services: Services, cluster: str, now: float) -> None:
        self.services = services
        self.cluster = cluster
        self.now = now
        self._read: set[str] = set()
        """Kinds, and ``network/NODE``, of which everything was seen."""

    def has_read(self, one: Observation) -> bool:
        """Tell whether the look would have seen a thing, if it were there. Lists of tasks are cut."""
        if one.kind == TASK:
            return False
        return (one.ref.rpartition("/")[0] if one.kind == NETWORK else one.kind) in self._read

    def observations(self, kinds: frozenset[str]) -> Iterator[Observation]:
        """Yield what there is of the kinds."""
        if kinds != SCOPES["tasks"]:
            yield from self._listed(kinds)
        if kinds == SCOPES["all"]:
            yield from self._by_kind()
        if TASK in kinds:
            yield from self._tasks()

    def _seen(self, kind: str, ref: str, row: Row, uid: str = "", actor: str = "") -> Observation:
        return Observation(
            cluster=self.cluster,
            ref=ref,
            kind=kind,
            at=self.now,
            digest=_digest(row),
            status=str(row.get("status") or ""),
            node=str(row.get("node") or ""),
            uid=uid,
            current=dict(row),
            actor=actor,
        )

    def _listed(self, kinds: frozenset[str]) -> Iterator[Observation]:
        """Observe what the one list of the cluster shows, of guests their configurations, of nodes their networks."""
        listed = self.services.cluster.run(list_rows(kinds <= frozenset(GUESTS.values())))
        rows = [row for row in listed if _TYPES.get(str(row.get("type"))) in kinds and row.get("type") != "storage"]
        rows += merge_storages(listed).values() if "Storage" in kinds else ()
        self._read |= kinds & frozenset(_TYPES.values())
        bindings = self.services.store.bindings.list(self.cluster)
        bound = {b.vmid: b.uid for b in bindings if b.state is not BindingState.QUARANTINED}
        owners = self._owners("Storage", "Pool")
        lives = _configurations(self.services, rows)
        definitions = self._definitions(kinds)
        rows = [{**definitions.get(_ref(row), {}), **row} for row in rows]
        for row in rows:
            kind, vmid = _TYPES[str(row["type"])], int(row.get("vmid") or 0)
            uid = bound.get(vmid, "") if vmid else owners.get((kind, _ref(row).partition("/")[2]), "")
            one = self._seen(kind, _ref(row), row, uid)
            yield _guest(one, row, lives.get(vmid)) if vmid else one
        if NETWORK in kinds:
            nodes = [str(row["node"]) for row in listed if row.get("type") == "node" and row.get("status") == "online"]
            yield from self._networks(nodes)

    def _definitions(self, kinds: frozenset[str]) -> dict[str, Row]:
        """Return what the list does not say of storages and pools: how they are defined, by ref."""
        found: dict[str, Row] = {}
        for kind, path, key in (("Storage", "/storage", "storage"), ("Pool", "/pools", "poolid")):
            data = self.services.cluster.run_all([call(Request("GET", path))])[0] if kind in kinds else []
            for row in data if isinstance(data, list) else []:
                plain = {k: v for k, v in unmarked(row).items() if k not in (*_SECRETS, "type", "digest", key)}
                found[f"{kind.lower()}/{row.get(key)}"] = plain
        return found

    def _by_kind(self) -> Iterator[Observation]:
        """Observe the objects of all other kinds, one list a kind; what may not be listed is told and left out."""
        others = [kind for kind in KINDS.values() if kind.listing is not None and kind.name not in _LISTED_ELSEWHERE]
        found = self.services.cluster.run_all([kind.listing() for kind in others if kind.listing is not None])
        owners = self._owners(*(kind.name for kind in others))
        for kind, rows in zip(others, found, strict=True):
            if isinstance(rows, PxhelmError):
                self.services.listen(Warned(f"{kind.plural} are unknown: {rows.message}"))
                continue
            if isinstance(rows, Exception):
                raise rows
            self._read.add(kind.name)
            word = kind.name.lower()
            for name, row in rows.items():
                plain = {key: value for key, value in unmarked(row).items() if key not in _SECRETS}
                told = {**plain, "type": word, word: name, "subtype": row.get("type")}
                yield self._seen(kind.name, f"{word}/{name}", told, owners.get((kind.name, name), ""))

    def _owners(self, *kinds: str) -> dict[tuple[str, str], str]:
        """Return the objects of ours that are no guests, by kind and Proxmox' id."""
        objects = self.services.store.objects
        found: dict[tuple[str, str], str] = {}
        for stored in objects.list(ObjectQuery(self.cluster)):
            if stored.key.kind in kinds:
                owned = {leaf.path: leaf.base for leaf in objects.owned(stored.uid)}
                one = Found(stored.key.kind, stored.key.name, stored.key.namespace, stored=stored, owned=owned)
                found[one.kind, id_of(one)] = stored.uid
        return found

    def _networks(self, nodes: list[str]) -> Iterator[Observation]:
        """Observe the interfaces of the nodes, as staged; a node that does not answer is told and left out."""
        reads = [call(Request("GET", f"/nodes/{node}/network")) for node in nodes]
        for node, data in zip(nodes, self.services.cluster.run_all(reads), strict=True):
            if isinstance(data, PxhelmError):
                self.services.listen(Warned(f"the network of {node} is unknown: {data.message}"))
                continue
            if isinstance(data, Exception):
                raise data
            self._read.add(f"network/{node}")
            for row in data if isinstance(data, list) else []:
                if isinstance(row, Mapping) and row.get("iface"):
                    status = "active" if row.get("active") else ""
                    told = {**row, "type": "network", "linktype": row.get("type"), "node": node, "status": status}
                    yield self._seen(NETWORK, f"network/{node}/{row['iface']}", told)

    def _tasks(self) -> Iterator[Observation]:
        data = self.services.cluster.run(call(Request("GET", "/cluster/tasks")))
        for row in data if isinstance(data, list) else []:
            if isinstance(row, Mapping) and row.get("upid"):
                told = {**row, "status": str(row.get("status") or "running")}
                yield self._seen(TASK, f"task/{row['upid']}", told, actor=str(row.get("user") or ""))


def _configurations(services: Services, rows: Iterable[Row]) -> dict[int, Live]:
    """Read every guest's configuration; what cannot be read is told and left out."""
    guests = [row for row in rows if row.get("type") in GUESTS]
    reads = []
    for row in guests:
        kind = KINDS[GUESTS[str(row["type"])]]
        key = ObjectKey(kind.name, "", str(row.get("name") or row["vmid"]))
        reads.append(kind.observe(Target(key, "", str(row["node"]), int(row["vmid"]), row=row)))
    found: dict[int, Live] = {}
    for row, outcome in zip(guests, services.cluster.run_all(reads), strict=True):
        if isinstance(outcome, Live):
            if outcome.existence is Existence.PRESENT:
                found[int(row["vmid"])] = outcome
        elif isinstance(outcome, PxhelmError):
            services.listen(
                Warned(f"the configuration of {row.get('name')} ({row['vmid']}) is unknown: {outcome.message}")
            )
        else:
            raise outcome
    return found


def _ref(row: Row) -> str:
    if row["type"] in ("pool", "storage"):
        return f"{row['type']}/{row[row['type']]}"
    return str(row["id"])


def _guest(base: Observation, row: Row, live: Live | None) -> Observation:
    """Return a guest's observation as apply writes it, so that the two make one history."""
    if live is None:
        facts = {"vmid": row["vmid"], "hostname": row.get("name"), "cpu.cores": row.get("maxcpu")}
        facts |= {"memory.size": row.get("maxmem"), "isTemplate": bool(row.get("template"))}
        return replace(base, current=facts, intended=facts)
    return replace(
        base,
        digest=live.digest,
        status=live.power,
        intended={path: shown(value) for path, value in live.intended.items()},
        current={path: shown(value) for path, value in live.current.items()},
    )


def _digest(row: Row) -> str:
    stable = {key: value for key, value in row.items() if key not in VOLATILE}
    return hashlib.sha256(json.dumps(stable, sort_keys=True, default=str).encode()).hexdigest()[:40]
