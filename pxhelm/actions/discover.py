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
from pxhelm.actions.inspect import GUESTS, NETWORK, NODE, TASK, Row, list_rows, merge_storages
from pxhelm.actions.services import Services
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Warned
from pxhelm.kinds import KINDS
from pxhelm.plan.leaf import shown
from pxhelm.proxmox.request import Request, call
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Live, Target
from pxhelm.store.bindings import BindingState
from pxhelm.store.inventory import Observation, changed

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
    cluster = services.meet().key
    inventory = services.store.inventory
    before = {one.ref: one for one in inventory.list(cluster) if one.kind in kinds}
    seen = _signed(services, list(_observations(services, kinds)), before)
    counts = {kind: Count() for kind in dict.fromkeys((*KINDS, NETWORK, NODE, TASK)) if kind in kinds}
    now = services.now().timestamp()
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
            if kind != TASK:
                inventory.forget(cluster, ref, now)
                counts[kind] = replace(counts[kind], gone=counts[kind].gone + 1)
        inventory.prune(cluster, now - keep)
    return {kind: count for kind, count in counts.items() if count != Count() or kind in _ALWAYS}


_LISTED_ELSEWHERE = frozenset((NETWORK, "Snapshot", "NodeConfig"))
"""Interfaces are recorded node by node; snapshots would cost a question for every guest."""
_SECRETS = frozenset(("password", "token", "secret", "key", "keyring", "encryption-key"))
_ALWAYS = frozenset(("VirtualMachine", "Container", "Storage", "Pool", NODE, TASK))


def _signed(services: Services, seen: list[Observation], before: Mapping[str, Observation]) -> list[Observation]:
    """Return the observations with the names of who changed them; asks the cluster only when a guest differs."""
    differing = {one.ref for one in seen if one.ref in before and changed(before[one.ref], one)}
    if not any(one.ref in differing for one in seen if one.kind in GUESTS.values()):
        return seen
    deeds = services.cluster.run(read_deeds())
    return [
        replace(one, actor=author(deeds, int(one.ref.partition("/")[2]), before[one.ref].at, one.at))
        if one.ref in differing and one.kind in GUESTS.values()
        else one
        for one in seen
    ]


def _observations(services: Services, kinds: frozenset[str]) -> Iterator[Observation]:
    now = services.now().timestamp()
    cluster = services.place.cluster
    if kinds != SCOPES["tasks"]:
        guests_only = kinds <= frozenset(GUESTS.values())
        listed = services.cluster.run(list_rows(guests_only))
        rows = [row for row in listed if _TYPES.get(str(row.get("type"))) in kinds and row.get("type") != "storage"]
        rows += merge_storages(listed).values() if "Storage" in kinds else ()
        bound = {
            b.vmid: b.uid for b in services.store.bindings.list(cluster) if b.state is not BindingState.QUARANTINED
        }
        lives = _configurations(services, rows)
        for row in rows:
            vmid = int(row.get("vmid") or 0)
            base = Observation(
                cluster=cluster,
                ref=_ref(row),
                kind=_TYPES[str(row["type"])],
                at=now,
                digest=_digest(row),
                status=str(row.get("status") or ""),
                node=str(row.get("node") or ""),
                uid=bound.get(vmid, "") if vmid else "",
                current=dict(row),
            )
            yield _guest(base, row, lives.get(vmid)) if vmid else base
        if NETWORK in kinds:
            nodes = [str(row["node"]) for row in listed if row.get("type") == "node" and row.get("status") == "online"]
            yield from _networks(services, nodes, now)
    if kinds == SCOPES["all"]:
        yield from _by_kind(services, now)
    if TASK in kinds:
        yield from _tasks(services, now)


def _by_kind(services: Services, now: float) -> Iterator[Observation]:
    """Observe the objects of all other kinds, one list a kind; what may not be listed is told and left out."""
    others = [kind for kind in KINDS.values() if kind.listing is not None and kind.name not in _LISTED_ELSEWHERE]
    found = services.cluster.run_all([kind.listing() for kind in others if kind.listing is not None])
    for kind, rows in zip(others, found, strict=True):
        if isinstance(rows, PxhelmError):
            services.listen(Warned(f"{kind.plural} are unknown: {rows.message}"))
            continue
        if isinstance(rows, Exception):
            raise rows
        for name, row in rows.items():
            shown_row = {key: value for key, value in row.items() if key not in _SECRETS}
            yield Observation(
                cluster=services.place.cluster,
                ref=f"{kind.name.lower()}/{name}",
                kind=kind.name,
                at=now,
                digest=_digest(shown_row),
                current={**shown_row, "type": kind.name.lower(), kind.name.lower(): name, "subtype": row.get("type")},
            )


def _networks(services: Services, nodes: list[str], now: float) -> Iterator[Observation]:
    """Observe the interfaces of the nodes, as staged; a node that does not answer is told and left out."""
    reads = [call(Request("GET", f"/nodes/{node}/network")) for node in nodes]
    for node, data in zip(nodes, services.cluster.run_all(reads), strict=True):
        if isinstance(data, PxhelmError):
            services.listen(Warned(f"the network of {node} is unknown: {data.message}"))
        elif isinstance(data, Exception):
            raise data
        for row in data if isinstance(data, list) else []:
            if isinstance(row, Mapping) and row.get("iface"):
                yield Observation(
                    cluster=services.place.cluster,
                    ref=f"network/{node}/{row['iface']}",
                    kind=NETWORK,
                    at=now,
                    digest=_digest(row),
                    status="active" if row.get("active") else "",
                    node=node,
                    current={**row, "type": "network", "linktype": row.get("type")},
                )


def _tasks(services: Services, now: float) -> Iterator[Observation]:
    data = services.cluster.run(call(Request("GET", "/cluster/tasks")))
    for row in data if isinstance(data, list) else []:
        if isinstance(row, Mapping) and row.get("upid"):
            yield Observation(
                cluster=services.place.cluster,
                ref=f"task/{row['upid']}",
                kind=TASK,
                at=now,
                status=str(row.get("status") or "running"),
                node=str(row.get("node") or ""),
                current=dict(row),
                actor=str(row.get("user") or ""),
            )


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
