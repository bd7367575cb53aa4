"""What a running machine says of itself through its guest agent: that the agent answers, and addresses (kinds.md 11).

One question to a machine that has an agent by its configuration; what does not answer is told so. Reads only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pxhelm.actions.inspect import Found
from pxhelm.proxmox.agent import Machine, ask
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen

CONNECTED, ADDRESSES = "agentConnected", "agentAddresses"


def has_agent(one: Found) -> bool:
    """Whether a machine runs and should have an agent, by its own configuration."""
    live = one.closer.live if one.closer is not None and one.kind == "VirtualMachine" else None
    return live is not None and one.row.get("status") == "running" and bool(live.intended.get("agent.enabled"))


def inside(one: Found) -> ApiGen[Mapping[str, Any]]:
    """Return ``agentConnected``, and ``agentAddresses`` as networks with addresses; empty where there is no agent to ask."""
    if not has_agent(one):
        return {}
    try:
        rows = yield from ask(Machine(str(one.row["node"]), one.vmid), "GET", "network-get-interfaces", {})
    except ApiError:
        return {CONNECTED: False}
    return {CONNECTED: True, ADDRESSES: list(_addresses(one, rows if isinstance(rows, Sequence) else ()))}


def _addresses(one: Found, rows: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Yield the network of each interface, by its MAC, with each of its addresses that others can reach."""
    leaves = one.closer.live.intended if one.closer is not None else {}
    networks = {str(value).lower(): path.split(".")[1] for path, value in leaves.items() if path.endswith(".mac")}
    for row in rows:
        listed = row.get("ip-addresses") if isinstance(row, Mapping) else None
        network = networks.get(str(row.get("hardware-address")).lower(), "") if isinstance(row, Mapping) else ""
        for entry in listed if isinstance(listed, Sequence) else ():
            text = str(entry.get("ip-address", "")) if isinstance(entry, Mapping) else ""
            if network and _reachable(text):
                yield network, text


def _reachable(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local)
