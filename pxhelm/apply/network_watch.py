"""Whether a node can still be reached after its network was reloaded, and the way back if it cannot (engine.md D9.5).

Watched is a node whose own address the plan could cost it: the plan changes the interface that has it, one below that, or
makes another interface take one of these. What was there before is read before anything is staged. Contact is lost when the
node does not answer the API in time, or not at its own address though it did before; then every interface is staged again as
it was, and the network is reloaded once more. Where even that cannot be sent, only somebody at the node's console can help,
and is told how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.ports import Ports
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait, call
from pxhelm.proxmox.schema import load
from pxhelm.proxmox.task import Upid, follow
from pxhelm.resource.domain import NETWORK_CHANGES, place_of
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves
from pxhelm.resource.readiness import Reach

KEEP = "keep-network"
"""The option that leaves a new network as it is, whatever comes of it."""
_PAUSE = 1.0
_API = 8006
_BELOW = ("bridge_ports", "slaves", "vlan-raw-device", "ovs_ports", "ovs_bonds")
"""Parameters of an interface that name those it is made of."""
_TAKES = ("bridge.ports", "bond.slaves", "vlan.rawDevice", "ovs.ports", "ovs.bonds", "ports", "slaves")
"""Last names of leaves by which an interface takes others."""
_IFACE = "/nodes/n/network/i"

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Staged:
    """An interface that a plan changes on a node."""

    iface: str
    leaves: Leaves


@dataclass(slots=True)
class Before:
    """A node as it was before anything was staged."""

    address: str
    rows: Mapping[str, Row]
    direct: bool
    """It answered at its own address."""


@dataclass(slots=True)
class NetworkWatch:
    """The nodes whose network a run reloads."""

    ports: Ports
    seconds: float
    """How long a node may take to answer again."""
    nodes: dict[str, Before] = field(default_factory=dict)

    def begin(self, node: str, staged: Iterable[Staged]) -> None:
        """Look at a node before anything is staged, if its own address is at stake."""
        try:
            rows = {str(r["iface"]): r for r in _rows(self.ports.cluster.run(call(_read(node))))}
            members = _rows(self.ports.cluster.run(call(Request("GET", "/cluster/status"))))
        except ApiError:
            return  # it cannot be seen, and the plan will say so
        address = next((str(m.get("ip")) for m in members if m.get("type") == "node" and m.get("name") == node), "")
        at_stake = set(_carriers(rows, address))
        if any(each.iface in at_stake or at_stake & set(_taken(each.leaves)) for each in staged):
            self.nodes[node] = Before(address, rows, self.ports.reach(Reach(address, _API)))

    def end(self, outcomes: Mapping[ObjectKey, Outcome]) -> dict[ObjectKey, Outcome]:
        """Return the outcomes, with those of reloads that cost us a node as failures that say what became of it."""
        found = dict(outcomes)
        for key, outcome in outcomes.items():
            node = place_of(key)
            if key.kind != NETWORK_CHANGES.name or node not in self.nodes or not outcome.steps:
                continue
            if outcome.result is Result.DONE and self._answers(node):
                continue
            message, hint = self._back(node)
            found[key] = replace(outcome, result=Result.FAILED, reason="LostContact", message=message, hint=hint)
        return found

    def _answers(self, node: str) -> bool:
        before = self.nodes[node]
        until = self.ports.now() + self.seconds
        while True:
            with suppress(ApiError):
                self.ports.cluster.run(call(_read(node)))
                if not before.direct or self.ports.reach(Reach(before.address, _API)):
                    return True
            if self.ports.now() >= until:
                return False
            self.ports.sleep(min(_PAUSE, self.seconds))

    def _back(self, node: str) -> tuple[str, str]:
        """Make the network of a node what it was; return what is to be said, and what to do."""
        lost = f"node {node} could not be reached within {self.seconds:g} s after its network was reloaded"
        try:
            self.ports.cluster.run(_restore(node, self.nodes[node].rows))
        except ApiError as error:
            message = f"{lost}, and what was there before could not be restored: {error.message}"
            return message, f"on the console of {node}: put back /etc/network/interfaces, then ifreload -a"
        hint = f"look at addresses, gateways and ports; --{KEEP} leaves a network as it is, whatever comes of it"
        return f"{lost}: its interfaces are again what they were before", hint


def _read(node: str) -> Request:
    return Request("GET", f"/nodes/{node}/network", node=node)


def _rows(data: object) -> list[Row]:
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def _carriers(rows: Mapping[str, Row], address: str) -> Iterator[str]:
    """Yield the interface that has an address, and those that it is made of."""
    found = [name for name, row in rows.items() if address and address in (row.get("address"), row.get("address6"))]
    while found:
        name = found.pop()
        yield name
        row = rows.get(name, {})
        found += [below for key in _BELOW for below in str(row.get(key) or "").split() if below != name]
        if "." in name:
            found.append(name.partition(".")[0])


def _taken(leaves: Leaves) -> Iterator[str]:
    for path, value in leaves.items():
        if path in _TAKES or path.rpartition(".")[2] in _TAKES:
            yield from (str(each) for each in value) if isinstance(value, tuple) else (str(value),)


def _restore(node: str, before: Mapping[str, Row]) -> ApiGen[None]:
    """Stage every interface as it was, and reload."""
    now = {str(row["iface"]): row for row in _rows((yield from call(_read(node))))}
    base = f"/nodes/{node}/network"
    for name in (name for name in now if name not in before):
        yield from call(Request("DELETE", f"{base}/{name}", node=node))
    for name, row in before.items():
        if name not in now:
            yield from call(Request("POST", base, {"iface": name, **_params(row)}, node=node))
        elif _params(now[name]) != _params(row):
            gone = ",".join(key for key in _params(now[name]) if key not in _params(row))
            params = {**_params(row), **({"delete": gone} if gone else {})}
            yield from call(Request("PUT", f"{base}/{name}", params, node=node))
    upid = yield from call(Request("PUT", base, node=node))
    if Upid.matches(upid):
        yield from follow(str(upid))
    yield Wait(0.0)


def _params(row: Row) -> dict[str, Param]:
    """Return a row of the list as the parameters that would make it."""
    endpoint = load("9.2").endpoint("PUT", _IFACE)
    known = endpoint.parameters if endpoint is not None else {}
    never = ("node", "iface", "address", "netmask", "address6", "netmask6")
    return {
        name: value if isinstance(value, (int, float)) else str(value)
        for name, value in row.items()
        if name in known and name not in never and value not in (None, "", [])
    }
