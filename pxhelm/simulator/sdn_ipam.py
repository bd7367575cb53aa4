"""Addresses in networks of the SDN, as Proxmox' own manager of addresses keeps them (PVE::Network::SDN::Ips).

Only of subnets that run, in zones with DHCP. A guest's network card in such a network has an address from the moment
somebody looks; the real one gives it when the card is plugged in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.propstring import keys_of, split_properties
from pxhelm.simulator.sdn_state import running
from pxhelm.simulator.world import Call, Routes, World

IPS = "sdn/ips"


def _zone_of(world: World, vnet: str) -> dict[str, Any]:
    zone = (world.state.get("sdn/vnets", vnet) or {}).get("zone", "")
    found: dict[str, Any] = world.state.get("sdn/zones", zone) or {}
    return {**found, "zone": zone}


def _subnets(world: World, vnet: str) -> list[dict[str, Any]]:
    return [row for row in running(world, "subnets").values() if row["vnet"] == vnet]


def _subnet(world: World, vnet: str, address: str) -> dict[str, Any] | None:
    here = ipaddress.ip_address(address)
    return next((r for r in _subnets(world, vnet) if here in ipaddress.ip_network(r["cidr"], strict=False)), None)


def _serves(zone: dict[str, Any]) -> bool:
    return zone.get("ipam", "pve") == "pve" and bool(zone.get("dhcp"))


def _cards(world: World, vnet: str) -> Iterator[tuple[str, str]]:
    """Yield guest and MAC address of each network card in a network."""
    for vmid, row in world.state.items("guest"):
        for option, text in row["conf"].items():
            if not (option.startswith("net") and option[3:].isdigit()):
                continue
            card = split_properties(keys_of(row["kind"], option), str(text))
            if card.get("bridge") == vnet:
                yield vmid, str(card.get("macaddr") or card.get("hwaddr") or "")


def _settle(world: World, vnet: str) -> None:
    """Give every network card its address, and take it from those that are gone."""
    if not _serves(_zone_of(world, vnet)):
        return
    cards = list(_cards(world, vnet))
    here = [(key, row) for key, row in world.state.items(IPS) if row["vnet"] == vnet]
    for key in [key for key, row in here if "vmid" in row and (str(row["vmid"]), row["mac"]) not in cards]:
        world.state.delete(IPS, key)
    known = {row.get("mac") for _, row in world.state.items(IPS) if row["vnet"] == vnet}
    for vmid, mac in cards:
        if mac and mac not in known:
            address = next((a for subnet in _subnets(world, vnet) for a in _free(world, subnet)), None)
            if address is not None:
                _put(world, vnet, address, {"mac": mac, "vmid": int(vmid)})


def _free(world: World, subnet: dict[str, Any]) -> Iterator[str]:
    for text in subnet.get("dhcp-range") or ():
        known = dict(part.partition("=")[::2] for part in text.split(","))
        first, last = (ipaddress.ip_address(known[f"{end}-address"]) for end in ("start", "end"))
        for number in range(int(first), int(last) + 1):
            address = str(ipaddress.ip_address(number))
            if not world.state.has(IPS, _key(subnet["vnet"], address)):
                yield address


def _key(vnet: str, address: str) -> str:
    return f"{vnet}|{address}"


def _put(world: World, vnet: str, address: str, data: dict[str, Any]) -> None:
    subnet = _subnet(world, vnet, address)
    assert subnet is not None
    place = {"vnet": vnet, "ip": address, "subnet": subnet["cidr"], "zone": _zone_of(world, vnet)["zone"]}
    world.state.put(IPS, _key(vnet, address), {**data, **place})


def status(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/sdn/ipams/{ipam}/status."""
    if call.params["ipam"] != "pve":
        raise ApiError(
            "Currently only PVE IPAM is supported! at /usr/share/perl5/PVE/API2/Network/SDN/Ipams.pm line 297."
        )
    found: list[dict[str, Any]] = []
    for vnet in running(call.world, "vnets"):
        if not _serves(_zone_of(call.world, vnet)):
            continue
        _settle(call.world, vnet)
        for subnet in _subnets(call.world, vnet):
            if subnet.get("gateway"):
                place = {"vnet": vnet, "subnet": subnet["cidr"], "zone": _zone_of(call.world, vnet)["zone"]}
                found.append({"gateway": 1, "ip": subnet["gateway"], **place})
        found += [row for _, row in call.state.items(IPS) if row["vnet"] == vnet]
    return found


def create(call: Call) -> None:
    """POST /cluster/sdn/vnets/{vnet}/ips: nothing happens where no running subnet has the address."""
    vnet, address = str(call.params["vnet"]), str(call.params["ip"])
    _settle(call.world, vnet)
    subnet = _subnet(call.world, vnet, address)
    if subnet is None:
        return
    if call.state.has(IPS, _key(vnet, address)) or subnet.get("gateway") == address:
        raise ApiError(f"IP '{address}' already exist")
    _put(call.world, vnet, address, {"mac": call.params["mac"]} if call.params.get("mac") else {})


def update(call: Call) -> None:
    """PUT /cluster/sdn/vnets/{vnet}/ips: another address for a MAC address."""
    vnet, address, mac = str(call.params["vnet"]), str(call.params["ip"]), str(call.params.get("mac", ""))
    _settle(call.world, vnet)
    if _subnet(call.world, vnet, address) is None:
        return
    version = ipaddress.ip_address(address).version
    old = next(
        (
            key
            for key, row in call.state.items(IPS)
            if row["vnet"] == vnet and row.get("mac") == mac and ipaddress.ip_address(row["ip"]).version == version
        ),
        None,
    )
    if call.state.has(IPS, _key(vnet, address)) and old != _key(vnet, address):
        raise ApiError(f"IP '{address}' already exist")
    if old is not None:
        call.state.delete(IPS, old)
    vmid = {"vmid": int(call.params["vmid"])} if call.params.get("vmid") else {}
    _put(call.world, vnet, address, {"mac": mac, **vmid})


def remove(call: Call) -> None:
    """DELETE /cluster/sdn/vnets/{vnet}/ips."""
    vnet, address = str(call.params["vnet"]), str(call.params["ip"])
    if _subnet(call.world, vnet, address) is None:
        return
    if not call.state.has(IPS, _key(vnet, address)):
        raise ApiError(f"IP '{address}' does not exist in IPAM DB")
    call.state.delete(IPS, _key(vnet, address))


def emptied(world: World, vnet: str, cidr: str) -> bool:
    """Tell whether nothing of a subnet is given to anybody."""
    _settle(world, vnet)
    return not any(row["vnet"] == vnet and row["subnet"] == cidr for _, row in world.state.items(IPS))


_PATH = "/cluster/sdn/vnets/{vnet}/ips"
ROUTES: Routes = {
    ("GET", "/cluster/sdn/ipams/{ipam}/status"): status,
    ("POST", _PATH): create,
    ("PUT", _PATH): update,
    ("DELETE", _PATH): remove,
}
