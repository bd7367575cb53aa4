"""What virtual machines and containers share: where their API is, how one is read, and what it is made from.

Reading is three-valued: a guest is absent only if its node, a complete list, ``nextid`` and a quorate cluster say so
(engine.md D4.4). Never writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource.decode import Rows, decode, pending_rows
from pxhelm.resource.guest_tag import leaves_without
from pxhelm.resource.identity import ObjectKey, split_description
from pxhelm.resource.kind import Kind, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.parts import firewall, ha
from pxhelm.resource.parts.firewall import Firewall
from pxhelm.resource.references import bare


@dataclass(frozen=True, slots=True)
class GuestApi:
    """How the API of one kind of guest differs from the other's."""

    type: str
    """``qemu`` or ``lxc``."""
    name: str
    """Parameter that holds the name."""
    move: str
    """Last segment of the path that moves a volume."""
    volume: str
    """Parameter of it (and of nothing else) that names the device."""
    disks: str
    """Family of the volumes."""

    def path(self, node: str, vmid: int, rest: str = "") -> str:
        """Return the path of a guest, or of something below it."""
        return f"/nodes/{node}/{self.type}/{vmid}" + (f"/{rest}" if rest else "")


QEMU = GuestApi("qemu", "name", "move_disk", "disk", "disks")
LXC = GuestApi("lxc", "hostname", "move_volume", "volume", "mounts")


def observe_guest(kind: Kind, api: GuestApi, target: Target) -> ApiGen[Live]:
    """Read one guest: one request when the caller has its row, else three.

    A guest that moved is looked up in the list; errors that are neither "moved" nor "gone" are raised (ApiError).
    """
    row: Mapping[str, object] = target.row
    node = str(row.get("node", "")) or target.node
    listed = bool(row)
    if not row:
        row = yield from _row(api, target.vmid)
        node = str(row.get("node", "")) or node
    for _ in range(2):
        if node:
            try:
                return (yield from _read(kind, api, _Place(node, target, row, asked=target.fresh or not listed)))
            except ApiError as error:
                if error.cls is not ErrorClass.GONE:
                    raise
        again = yield from _row(api, target.vmid)
        moved = str(again.get("node", ""))
        if not moved or moved == node:
            break
        row, node = again, moved
    return (yield from _absent_or_unknown(target))


def _row(api: GuestApi, vmid: int) -> ApiGen[Mapping[str, object]]:
    data = yield from call(Request("GET", "/cluster/resources", {"type": "vm"}))
    for row in data if isinstance(data, list) else []:
        if row.get("vmid") == vmid and row.get("type") == api.type:
            found: Mapping[str, object] = row
            return found
    return {}


def firewall_of(api: GuestApi, node: str, vmid: int) -> Firewall:
    """Return the firewall of a guest."""
    return Firewall(api.path(node, vmid, "firewall"), firewall.GUEST, "firewall.", node, sets=True)


@dataclass(frozen=True, slots=True)
class _Place:
    node: str
    target: Target
    row: Mapping[str, object]
    asked: bool
    """Whether the power state has to be asked for."""


def _read(kind: Kind, api: GuestApi, place: _Place) -> ApiGen[Live]:
    vmid, node = place.target.vmid, place.node
    rows = pending_rows((yield from call(Request("GET", api.path(node, vmid, "pending"), node=node))))
    power, run = str(place.row.get("status", "")), ""
    if place.asked or power not in ("running", "stopped", "paused"):
        status = yield from call(Request("GET", api.path(node, vmid, "status/current"), node=node))
        if isinstance(status, Mapping):
            power = str(status.get("status", ""))
            if status.get("qmpstatus") in ("paused", "suspended"):
                power = "paused"
            run = f"{node}:{status['pid']}" if status.get("pid") else ""
    live = live_of(kind, rows, Situated(node, vmid, power, str(place.row.get("pool") or ""), run, place.target.beside))
    return (yield from _beyond(api, place.target.wants, live)) if place.target.wants else live


def _beyond(api: GuestApi, wants: frozenset[str], live: Live) -> ApiGen[Live]:
    """Add what stands outside the configuration and is spoken of."""
    raw, leaves = dict(live.raw), dict[str, Value]()
    if "ha" in wants:
        row = yield from ha.read(api.type, live.vmid)
        leaves |= ha.leaves(row)
        raw[ha.RAW] = ha.keep(row)
    if "firewall" in wants:
        found, texts = yield from firewall.read(firewall_of(api, live.node, live.vmid))
        leaves |= found
        raw |= texts
    return replace(live, intended={**live.intended, **leaves}, current={**live.current, **leaves}, raw=raw)


@dataclass(frozen=True, slots=True)
class Situated:
    """What a configuration does not say about its guest."""

    node: str
    vmid: int
    power: str = "stopped"
    pool: str = ""
    run: str = ""
    beside: frozenset[str] = frozenset()
    """Tags that are not the manifest's, if they are there."""


def live_of(kind: Kind, rows: Rows, at: Situated) -> Live:
    """Return a guest from the rows of ``/pending`` and what the list says of it."""
    _, marker = split_description(rows.intended.get("description", ""))
    smbios = dict(part.split("=", 1) for part in rows.intended.get("smbios1", "").split(",") if "=" in part)
    intended = _situate(decode(kind, rows.intended), at)
    same_views = rows.current == rows.intended
    return Live(
        Existence.PRESENT,
        intended=intended,
        current=intended if same_views else _situate(decode(kind, rows.current), at),
        raw=rows.intended,
        digest=rows.digest,
        node=at.node,
        vmid=at.vmid,
        power=at.power,
        run=at.run,
        lock=rows.current.get("lock", ""),
        uuid=smbios.get("uuid", ""),
        marker=marker,
    )


def _situate(leaves: Leaves, at: Situated) -> Leaves:
    """Add the leaves that stand outside the configuration."""
    found = {**leaves_without(leaves, at.beside), "vmid": at.vmid, "placement.nodes": (at.node,)}
    if at.pool:
        found["pool"] = at.pool
    state = {"running": "Running", "stopped": "Stopped"}.get(at.power)
    if state:
        found["power.policy"] = state
    return found


def _absent_or_unknown(target: Target) -> ApiGen[Live]:
    try:
        yield from call(Request("GET", "/cluster/nextid", {"vmid": target.vmid}))
    except ApiError as error:
        if error.status != 400:
            raise
        reason = f"VMID {target.vmid} is taken, but no guest with it is shown: VM.Audit is missing, or it was just made"
        return Live(Existence.UNKNOWN, vmid=target.vmid, node=target.node, reason=reason)
    rows = yield from call(Request("GET", "/cluster/status"))
    clusters = [row for row in rows if row.get("type") == "cluster"] if isinstance(rows, list) else []
    if clusters and not clusters[0].get("quorate", 1):  # a node that is in no cluster has no such row
        return Live(Existence.UNKNOWN, vmid=target.vmid, node=target.node, reason="the cluster has no quorum")
    return ABSENT


def clone_source(resource: Resource, surroundings: Surroundings, api: GuestApi) -> int:
    """Return the VMID of the template that a guest is cloned from, 0 when it is not cloned.

    Managed guests first, then live templates by name (kinds.md 2.4). PxhelmError when there is none or more than one.
    """
    wanted = resource.leaves.get("source.clone.name")
    if not isinstance(wanted, str):
        return 0
    where = resource.locate("source.clone.name") if resource.locate else None
    if wanted.startswith("vmid:"):
        vmid = int(wanted[5:])
        if surroundings.guests and vmid not in surroundings.guests:
            raise PxhelmError(f"cannot clone VMID {vmid}: there is no such guest", where=where)
        return vmid
    namespace, _, name = wanted.rpartition("/")
    kind = resource.key.kind
    managed = surroundings.bound.get(
        ObjectKey(kind, namespace.removeprefix(f"{kind}/") or resource.key.namespace, name)
    )
    if managed:
        return managed
    rows = [r for r in surroundings.guests.values() if r.get("type") == api.type and r.get("name") == name]
    templates = [r for r in rows if r.get("template")]
    if len(templates) == 1:
        return int(str(templates[0]["vmid"]))
    if templates:
        listed = ", ".join(f"{r['vmid']} on {r.get('node')}" for r in sorted(templates, key=lambda r: str(r["vmid"])))
        raise PxhelmError(
            f"cannot clone template {name}: several templates have that name: {listed}",
            where=where,
            hint=f"name one by its VMID: template: {{vmid: {templates[0]['vmid']}}}",
        )
    if rows:
        vmid = int(str(rows[0]["vmid"]))
        raise PxhelmError(
            f"cannot clone template {name}: guest {vmid} has that name, but is no template",
            where=where,
            hint=f"convert it, or name it by its VMID: template: {{vmid: {vmid}}}",
        )
    names = sorted(
        str(r.get("name")) for r in surroundings.guests.values() if r.get("template") and r["type"] == api.type
    )
    raise PxhelmError(
        f"cannot clone template {name}: there is no template of that name",
        where=where,
        hint=f"templates here: {', '.join(names)}" if names else "no template is visible to this token",
    )


def choose_node(resource: Resource, target: Target, surroundings: Surroundings, default: str = "") -> str:
    """Return the node on which a guest is made: the bound one, the first wanted one that is online, else spread by VMID.

    PxhelmError when none of the wanted nodes is there or online.
    """
    wanted = resource.leaves.get("placement.nodes")
    online = sorted(name for name, up in surroundings.nodes.items() if up)
    if isinstance(wanted, tuple) and wanted:
        names = [str(name) for name in wanted]
        if target.node in names and (not online or target.node in online):
            return target.node
        for name in names:
            if name in online or not surroundings.nodes:
                return name
        down = [name for name in names if name in surroundings.nodes]
        where = resource.locate("placement.nodes") if resource.locate else None
        if down:
            raise PxhelmError(f"cannot place {resource.key.address}: node {down[0]} is offline", where=where)
        known = ", ".join(sorted(surroundings.nodes))
        raise PxhelmError(
            f"cannot place {resource.key.address}: there is no node {names[0]}", where=where, hint=f"nodes: {known}"
        )
    if target.node and (not online or target.node in online):
        return target.node
    if default:
        return default
    fitting = [name for name in online if _has_storages(resource, name, surroundings)] or online
    if not fitting:
        raise PxhelmError(f"cannot place {resource.key.address}: no node is online")
    # A file that the same plan fetches to a local storage is on the first of the nodes that have the storage (kinds/image.py).
    near = not all(
        surroundings.storages.get((fitting[0], name), {}).get("shared") for name in _fetched(resource, surroundings)
    )
    return fitting[0 if near else target.vmid % len(fitting)]


def _has_storages(resource: Resource, node: str, surroundings: Surroundings) -> bool:
    if not surroundings.storages:
        return True
    wanted = {*_storages(resource).values(), *_fetched(resource, surroundings)}
    return all((node, name) in surroundings.storages for name in wanted)


def _fetched(resource: Resource, surroundings: Surroundings) -> list[str]:
    """Return the storages of the files a guest is made with that the same plan fetches."""
    coming = surroundings.coming or ()
    files = [bare(value) for value in resource.leaves.values() if isinstance(value, str)]
    return [file.partition(":")[0] for file in files if ("Image", file) in coming]


def _storages(resource: Resource) -> dict[str, str]:
    """Return the storages on which volumes are wanted, by the leaf that says so."""
    found = {p: v for p, v in resource.leaves.items() if p.endswith(".storage") and p.split(".")[0] in _VOLUMES}
    return {path: bare(str(name)) for path, name in found.items()}


def check_storages(resource: Resource, node: str, surroundings: Surroundings) -> None:
    """Raise PxhelmError for a volume on a storage that the node does not have and the plan does not make.

    Says nothing when the surroundings do not tell what the plan makes.
    """
    if surroundings.coming is None or not surroundings.storages:
        return
    for path, name in _storages(resource).items():
        if (node, name) in surroundings.storages or ("Storage", name) in surroundings.coming:
            continue
        there = sorted(storage for where, storage in surroundings.storages if where == node)
        raise PxhelmError(
            f"cannot make {resource.key.address}: node {node} has no storage {name}",
            where=resource.locate(path) if resource.locate else None,
            hint=f"storages there: {', '.join(there)}" if there else "",
        )


def file_storage(resource: Resource, node: str, around: Surroundings, content: str, leaf: str) -> str:
    """Return the storage that takes files of a kind: the one that a leaf names, else the only shared, else the only one.

    PxhelmError when there is none, or when somebody has to choose.
    """
    named = resource.leaves.get(leaf)
    if named is not None:
        return bare(str(named))
    rows = {name: row for (where, name), row in around.storages.items() if where == node}
    fitting = sorted(name for name, row in rows.items() if content in str(row.get("content") or "").split(","))
    shared = [name for name in fitting if rows[name].get("shared")]
    for names in (shared, fitting):
        if len(names) == 1:
            return names[0]
    what = (
        f"several storages of {node} take {content} files: {', '.join(fitting)}"
        if fitting
        else f"no storage of {node} does"
    )
    raise PxhelmError(
        f"cannot choose a storage for {content} files of {resource.key.address}: {what}",
        where=resource.locate(leaf.rpartition(".")[0]) if resource.locate else None,
        hint=f"write {leaf}: NAME" if fitting else f"let a storage hold content {content}",
    )


_VOLUMES = ("disks", "rootfs", "mounts", "efiDisk", "tpm")


def template_slots(live: Live, family: str) -> tuple[str, ...]:
    """Return the slots of a guest that hold disks, in the order of its configuration."""
    return tuple(
        dict.fromkeys(p.split(".")[1] for p in live.intended if p.startswith(f"{family}.") and p.endswith(".storage"))
    )


def volumes_bytes(live: Live) -> int:
    """Return the bytes of all volumes that would be gone with the guest."""
    return sum(
        value for path, value in live.intended.items() if path.endswith(".size") and isinstance(value, int)
        and path.split(".")[0] in _VOLUMES
    )  # fmt: skip
