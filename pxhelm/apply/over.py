"""Which interfaces a storage is reached over: they are up before Proxmox tries to mount it (kinds.md 3). Pure.

No field says so: a server's address in the network of an interface that the same plan makes does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Leaves, Reference, Resource, Value

_SERVERS = ("server", "portal", "monHosts")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def over_networks(wanted: Mapping[ObjectKey, Resource]) -> dict[ObjectKey, Resource]:
    """Return what is wanted, each storage with references to the interfaces over which its servers are reached."""
    networks = [(key, net) for key, r in wanted.items() if key.kind == "Network" for net in _networks(r.leaves)]
    found = dict(wanted)
    for key, r in wanted.items():
        if key.kind != "Storage" or not networks:
            continue
        named = [(path, address) for path in _SERVERS for address in _addresses(r.leaves.get(path))]
        over = (Reference(p, ("Network",), "", n.name) for p, address in named for n, net in networks if address in net)
        found[key] = replace(r, references=(*r.references, *over))
    return found


def _networks(leaves: Leaves) -> Iterator[_Network]:
    for path, value in leaves.items():
        if path.rpartition(".")[2] in ("cidr", "cidr6"):
            yield ipaddress.ip_interface(str(value)).network


def _addresses(value: Value) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    for text in value if isinstance(value, tuple) else (value,):
        host = str(text or "")
        host = host.strip("[").partition("]")[0] if host.startswith("[") else host
        try:
            yield ipaddress.ip_address(host.partition(":")[0] if host.count(":") == 1 else host)
        except ValueError:
            continue
