"""What the cluster says about itself: version, clock, members, tasks; as generators of requests.

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
from pxhelm.proxmox.request import ApiGen, Request, call
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


def tasks() -> ApiGen[tuple[TaskEntry, ...]]:
    """List recent tasks of all nodes: a hint, never proof that there are no others (the list is cut)."""
    return _tasks((yield from call(Request("GET", "/cluster/tasks"))))


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
