"""The network of a node as it was before a run staged anything there, and the requests that make it that again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pxhelm.apply.staging import Staged
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait, call
from pxhelm.proxmox.schema import Schema
from pxhelm.proxmox.task import Upid, follow
from pxhelm.resource.domain import network_of
from pxhelm.resource.model import Leaves

_BELOW = ("bridge_ports", "slaves", "vlan-raw-device", "ovs_ports", "ovs_bonds")
"""Parameters of an interface that name those it is made of."""
_TAKES = ("bridge.ports", "bond.slaves", "vlan.rawDevice", "ovs.ports", "ovs.bonds", "ports", "slaves")
"""Last names of leaves by which an interface takes others."""
_IFACE = "/nodes/n/network/i"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Before:
    """A node as it was before anything was staged; the store keeps it until the new network has proved itself."""

    node: str
    version: str
    """Proxmox' own, ``9.2``."""
    rows: Mapping[str, Row]
    ours: tuple[str, ...]
    """Interfaces that may be staged by us."""
    alone: bool
    """Nothing was staged by others."""
    address: str = ""
    """The node's own, if the plan could cost it that; else it is not watched."""
    direct: bool = False
    """It answered at its own address."""
    reloading: float = 0.0
    """When the reload was sent, or was about to be, in Unix seconds; 0 before that."""

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Before:
        """Read what ``dump`` wrote."""
        return replace(cls(**raw), ours=tuple(raw["ours"]))

    def told(self) -> str:
        """Return how the interfaces that may have been changed stood before, for somebody at a console."""
        return "; ".join(_told(name, self.rows[name]) for name in self.ours if name in self.rows)


_SAID = ("cidr", "gateway", "cidr6", "gateway6", *_BELOW)


def _told(name: str, row: Row) -> str:
    said = ", ".join(f"{key} {row[key]}" for key in _SAID if row.get(key))
    return f"{name}: {said or 'no address and no ports'}"


def reload_of(node: str) -> Request:
    """Return the request that makes what is staged what runs."""
    return Request("PUT", f"/nodes/{node}/network", node=node)


def address_of(node: str) -> ApiGen[str]:
    """Return the address under which the cluster knows a node; empty when nobody says so."""
    try:
        members = _rows((yield from call(Request("GET", "/cluster/status"))))
    except ApiError:
        return ""
    return next((str(m.get("ip")) for m in members if m.get("type") == "node" and m.get("name") == node), "")


def at_stake(rows: Mapping[str, Row], address: str, staged: Iterable[Staged]) -> bool:
    """Whether what is staged could cost a node its address: it changes the interface that has it, or one below, or takes one."""
    carriers = set(_carriers(rows, address))
    return any(each.iface in carriers or carriers & set(_taken(each.leaves)) for each in staged)


def restore(before: Before, schema: Schema) -> ApiGen[None]:
    """Stage every interface as it was, and reload."""
    node = before.node
    now, _ = yield from network_of(node)
    base = f"/nodes/{node}/network"
    for name in (name for name in now if name not in before.rows):
        yield from call(Request("DELETE", f"{base}/{name}", node=node))
    for name, row in before.rows.items():
        was = _params(row, schema)
        if name not in now:
            yield from call(Request("POST", base, {"iface": name, **was}, node=node))
            continue
        known = _params(now[name], schema)
        if known != was:
            gone = ",".join(key for key in known if key not in was)
            params = {**was, **({"delete": gone} if gone else {})}
            yield from call(Request("PUT", f"{base}/{name}", params, node=node))
    upid = yield from call(reload_of(node))
    if Upid.matches(upid):
        yield from follow(str(upid))
    yield Wait(0.0)


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


def _params(row: Row, schema: Schema) -> dict[str, Param]:
    """Return a row of the list as the parameters that would make it."""
    endpoint = schema.endpoint("PUT", _IFACE)
    known = endpoint.parameters if endpoint is not None else {}
    never = ("node", "iface", "address", "netmask", "address6", "netmask6")
    return {
        name: value if isinstance(value, (int, float)) else str(value)
        for name, value in row.items()
        if name in known and name not in never and value not in (None, "", [])
    }
