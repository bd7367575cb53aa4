"""What the cluster says about itself: members, guests, tasks, rights; as generators of requests.

Replies are read tolerantly: a key that is missing is a default, one that is unknown is ignored, because nodes of
different versions answer in one cluster and rights hide parts. Never changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.proxmox.task import TaskState, Upid

GuestType = Literal["qemu", "lxc"]


@dataclass(frozen=True, slots=True)
class Version:
    """What ``/version`` says."""

    version: str
    """``9.2.11``."""
    release: str
    """``9.2``."""
    repoid: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers, to be compared."""
        return tuple(int(part) for part in self.version.replace("-", ".").split(".") if part.isdigit())


@dataclass(frozen=True, slots=True)
class Node:
    """A member of the cluster."""

    name: str
    address: str = ""
    online: bool = True
    local: bool = False
    """Whether it is the one that answered."""
    nodeid: int = 0


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """Who belongs to the cluster, and whether it can decide anything."""

    name: str
    """Empty for a node that is in no cluster."""
    quorate: bool
    nodes: tuple[Node, ...]

    @property
    def addresses(self) -> dict[str, str]:
        """Address by name, for ``Client.learn_nodes``."""
        return {node.name: node.address for node in self.nodes if node.address}


@dataclass(frozen=True, slots=True)
class ClusterResource:
    """One row of ``/cluster/resources``; a guest that may not be seen is missing without a word."""

    id: str
    """``qemu/100``, ``node/pve1``, ``storage/pve1/local``."""
    type: str
    """``qemu``, ``lxc``, ``node``, ``storage``, ``pool``, ``sdn``, ``network``."""
    node: str = ""
    vmid: int = 0
    name: str = ""
    status: str = ""
    """``running``, ``stopped``, ``online``, ``available``; ``unknown`` until the node has reported."""
    lock: str = ""
    tags: tuple[str, ...] = ()
    pool: str = ""
    template: bool = False
    hastate: str = ""
    storage: str = ""
    content: tuple[str, ...] = ()
    plugintype: str = ""
    shared: bool = False
    uptime: int = 0
    """Seconds."""
    cpu: float = 0.0
    """Used part of ``maxcpu``, 0 to 1."""
    maxcpu: float = 0.0
    mem: int = 0
    """Bytes, as all sizes here."""
    maxmem: int = 0
    disk: int = 0
    maxdisk: int = 0

    @property
    def is_guest(self) -> bool:
        """Whether it is a VM or a container."""
        return self.type in ("qemu", "lxc")

    @property
    def path(self) -> str:
        """The API path of a guest."""
        return guest_path(self.node, "qemu" if self.type == "qemu" else "lxc", self.vmid)


@dataclass(frozen=True, slots=True)
class PendingRow:
    """One option of a guest: what it has, what it will have."""

    key: str
    value: object = None
    """What the running guest has; None when the option is only pending."""
    pending: object = None
    """What it will have after a restart; None when nothing is pending."""
    deletes: bool = False
    """Whether the option will be gone after a restart."""
    forced: bool = False
    """Whether the volume will be freed with it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A guest's options with what is pending, and the digest that belongs to them."""

    digest: str
    rows: tuple[PendingRow, ...]


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """A row of a task list."""

    upid: Upid
    state: TaskState
    status: str = ""
    """The exit status; empty while it runs."""
    endtime: int = 0
    """Unix time on the node's clock; 0 while it runs."""


def guest_path(node: str, kind: GuestType, vmid: int) -> str:
    """Return the API path of a guest."""
    return f"/nodes/{quote(node, safe='')}/{kind}/{vmid}"


def version() -> ApiGen[Version]:
    """Ask which version answers."""
    row = _mapping((yield from call(Request("GET", "/version"))))
    return Version(_text(row, "version"), _text(row, "release"), _text(row, "repoid"))


def server_clock() -> ApiGen[float]:
    """Return the Unix time on the clock of the node that answers, in whole seconds."""
    answer = yield Request("GET", "/version")
    assert answer is not None
    try:
        return parsedate_to_datetime(answer.date).timestamp()
    except (TypeError, ValueError):
        raise PxhelmError(f"cannot read the clock of the cluster: the reply is dated {answer.date!r}") from None


def cluster_status() -> ApiGen[ClusterStatus]:
    """Ask who belongs to the cluster; a single node is its own quorate cluster without a name."""
    rows = _rows((yield from call(Request("GET", "/cluster/status"))))
    head = next((row for row in rows if row.get("type") == "cluster"), None)
    nodes = tuple(
        Node(
            _text(row, "name"),
            _text(row, "ip"),
            _flag(row, "online"),
            _flag(row, "local"),
            _integer(row, "nodeid"),
        )
        for row in rows
        if row.get("type") == "node"
    )
    by_name = tuple(sorted(nodes, key=lambda node: node.name))
    if head is None:
        return ClusterStatus("", quorate=True, nodes=by_name)
    return ClusterStatus(_text(head, "name"), _flag(head, "quorate"), by_name)


def list_resources(kind: Literal["", "vm", "node", "storage", "sdn"] = "") -> ApiGen[tuple[ClusterResource, ...]]:
    """List everything in the cluster that may be seen, in one call."""
    rows = _rows((yield from call(Request("GET", "/cluster/resources", {"type": kind} if kind else {}))))
    return tuple(_resource(row) for row in rows)


def nextid_free(vmid: int) -> ApiGen[bool]:
    """Say whether a VMID is free in the whole cluster, whatever may be seen of it; reserves nothing."""
    try:
        yield from call(Request("GET", "/cluster/nextid", {"vmid": vmid}))
    except ApiError as error:
        if error.cls is ErrorClass.TAKEN:
            return False
        raise
    return True


def next_vmid() -> ApiGen[int]:
    """Return the lowest free VMID of the cluster's range; reserves nothing."""
    return int(str((yield from call(Request("GET", "/cluster/nextid")))))


def permissions(path: str = "") -> ApiGen[dict[str, frozenset[str]]]:
    """Return the privileges of whoever asks, by path; only for ``path`` when given, inherited ones included."""
    found = _mapping((yield from call(Request("GET", "/access/permissions", {"path": path} if path else {}))))
    return {where: frozenset(granted) for where, granted in found.items() if isinstance(granted, Mapping)}


def pending(node: str, kind: GuestType, vmid: int) -> ApiGen[Pending]:
    """Ask for a guest's options, applied and pending, with their digest, in one call."""
    path = f"{guest_path(node, kind, vmid)}/pending"
    rows = _rows((yield from call(Request("GET", path, node=node))))
    digest = next((str(row.get("value", "")) for row in rows if row.get("key") == "digest"), "")
    return Pending(digest, tuple(_pending_row(row) for row in rows if row.get("key") != "digest"))


def tasks() -> ApiGen[tuple[TaskEntry, ...]]:
    """List recent tasks of all nodes: a hint, never proof that there are no others (the list is cut)."""
    return _tasks((yield from call(Request("GET", "/cluster/tasks"))))


def node_tasks(node: str, *, vmid: int = 0, since: int = 0, active: bool = False) -> ApiGen[tuple[TaskEntry, ...]]:
    """List tasks of one node, running ones included, newest first; ``since`` in its own clock."""
    where: dict[str, Param] = {"source": "active" if active else "all", "limit": 500}
    if vmid:
        where["vmid"] = vmid
    if since:
        where["since"] = since
    path = f"/nodes/{quote(node, safe='')}/tasks"
    return _tasks((yield from call(Request("GET", path, where, node=node))))


def _tasks(data: object) -> tuple[TaskEntry, ...]:
    found = []
    for row in _rows(data):
        text = _text(row, "upid")
        if not Upid.matches(text):
            continue
        ended, status = _integer(row, "endtime"), _text(row, "status")
        if not ended:
            found.append(TaskEntry(Upid.parse(text), TaskState.RUNNING))
        else:
            found.append(TaskEntry(Upid.parse(text), TaskState.of(status or "unexpected status"), status, ended))
    return tuple(found)


def _resource(row: Mapping[str, Any]) -> ClusterResource:
    return ClusterResource(
        id=_text(row, "id"),
        type=_text(row, "type"),
        node=_text(row, "node"),
        vmid=_integer(row, "vmid"),
        name=_text(row, "name"),
        status=_text(row, "status"),
        lock=_text(row, "lock"),
        tags=tuple(_text(row, "tags").replace(",", ";").replace(" ", ";").strip(";").split(";"))
        if row.get("tags")
        else (),
        pool=_text(row, "pool"),
        template=_flag(row, "template"),
        hastate=_text(row, "hastate"),
        storage=_text(row, "storage"),
        content=tuple(sorted(c for c in _text(row, "content").split(",") if c)),
        plugintype=_text(row, "plugintype"),
        shared=_flag(row, "shared"),
        uptime=_integer(row, "uptime"),
        cpu=_number(row, "cpu"),
        maxcpu=_number(row, "maxcpu"),
        mem=_integer(row, "mem"),
        maxmem=_integer(row, "maxmem"),
        disk=_integer(row, "disk"),
        maxdisk=_integer(row, "maxdisk"),
    )


def _pending_row(row: Mapping[str, Any]) -> PendingRow:
    deleted = _integer(row, "delete")
    return PendingRow(_text(row, "key"), row.get("value"), row.get("pending"), deleted > 0, deleted > 1)


def _rows(data: object) -> list[Mapping[str, Any]]:
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def _mapping(data: object) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else {}


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return "" if value is None else str(value)


def _number(row: Mapping[str, Any], key: str) -> float:
    try:
        return float(row.get(key) or 0)
    except (TypeError, ValueError):
        return 0.0


def _integer(row: Mapping[str, Any], key: str) -> int:
    return int(_number(row, key))


def _flag(row: Mapping[str, Any], key: str) -> bool:
    return _integer(row, key) > 0
