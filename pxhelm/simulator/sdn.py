"""Software defined networks: zones, virtual networks, subnets; edits are pending until they are applied."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from pxhelm.simulator import sdn_ipam, sdn_state
from pxhelm.simulator.errors import ApiError, nested
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.tasks import Job, Plan, Running, fork
from pxhelm.simulator.world import Call, Routes, World, digest

ZONES, VNETS, SUBNETS = "sdn/zones", "sdn/vnets", "sdn/subnets"
_REQUIRED = {"vlan": ("bridge",), "qinq": ("bridge", "tag"), "evpn": ("controller", "vrf-vxlan"), "faucet": ()}
_ID = {ZONES: "zone", VNETS: "vnet", SUBNETS: "subnet"}


def _digest(world: World, kind: str) -> str:
    return digest(dict(world.state.items(kind)))


def _view(world: World, kind: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, _ID[kind]: name, "digest": _digest(world, kind)}


def _listed(call: Call, kind: str) -> list[dict[str, Any]]:
    return [_view(call.world, kind, name, row) for name, row in sdn_state.seen(call, kind.partition("/")[2])]


def _path(world: World, kind: str, row: dict[str, Any], name: str) -> str:
    if kind == ZONES:
        return f"/sdn/zones/{name}"
    zone = row.get("zone") or (world.state.get(VNETS, row.get("vnet", "")) or {}).get("zone", "")
    return f"/sdn/zones/{zone}/{name if kind == VNETS else row.get('vnet', '')}"


def _list(kind: str) -> Callable[[Call], list[dict[str, Any]]]:
    def list_all(call: Call) -> list[dict[str, Any]]:
        rights = Rights(call.world, call.identity)
        found = []
        for entry in _listed(call, kind):
            path = _path(call.world, kind, entry, entry[_ID[kind]])
            if rights.has(path, ["SDN.Audit", "SDN.Allocate"], any_of=True):
                found.append(entry)
        return found

    return list_all


def read_zone(call: Call) -> dict[str, Any]:
    """GET /cluster/sdn/zones/{zone}."""
    return _read(call, ZONES, "sdn '{}' does not exist")


def read_vnet(call: Call) -> dict[str, Any]:
    """GET /cluster/sdn/vnets/{vnet}."""
    return _read(call, VNETS, "sdn vnet '{}' does not exist")


def _read(call: Call, kind: str, text: str) -> dict[str, Any]:
    name = str(call.params[_ID[kind]])
    row = call.state.get(kind, name)
    if row is None:
        raise ApiError(text.format(name))
    return _view(call.world, kind, name, row)


def _values(call: Call, *skip: str) -> dict[str, Any]:
    return {
        k: v for k, v in call.params.items() if k not in ("digest", "delete", "lock-token", *skip) and v is not None
    }


def create_zone(call: Call) -> None:
    """POST /cluster/sdn/zones."""
    prefix = "create sdn zone object failed: "
    name, row = str(call.params["zone"]), _values(call, "zone")
    for option in _REQUIRED.get(row["type"], ()):
        if option not in row:
            raise ApiError(f"missing value for required option '{option}'")
    if call.state.has(ZONES, name):
        raise ApiError(f"{prefix}sdn zone object ID '{name}' already defined")
    if row["type"] == "vxlan" and ("peers" in row) == ("fabric" in row):
        text = "must have exactly one of peers / fabric defined"
        raise nested(prefix, {"peers": text, "fabric": text})
    if row.get("ipam", "pve") != "pve":
        raise nested(prefix, {"ipam": f"{row['ipam']} not existing"})
    call.state.put(ZONES, name, row)


def _update(call: Call, kind: str, label: str) -> None:
    name = str(call.params[_ID[kind]])
    if not call.state.has(kind, name):
        raise ApiError(f"update sdn {label} object failed: sdn '{name}' does not exist")
    row = call.state.edit(kind, name)
    row |= _values(call, _ID[kind], "vnet" if kind == SUBNETS else "")
    for option in split_list(str(call.params.get("delete", ""))):
        row.pop(option, None)


def update_zone(call: Call) -> None:
    """PUT /cluster/sdn/zones/{zone}."""
    _update(call, ZONES, "zone")


def delete_zone(call: Call) -> None:
    """DELETE /cluster/sdn/zones/{zone}."""
    prefix = "delete sdn zone object failed: "
    name = str(call.params["zone"])
    if not call.state.has(ZONES, name):
        raise ApiError(f"{prefix}sdn '{name}' does not exist")
    used = next((v for v, row in call.state.items(VNETS) if row["zone"] == name), None)
    if used:
        where = "/usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149."
        raise ApiError(f"{prefix}zone {name} is used by vnet {used} at {where}")
    call.state.delete(ZONES, name)


def create_vnet(call: Call) -> None:
    """POST /cluster/sdn/vnets."""
    prefix = "create sdn vnet object failed: "
    name, row = str(call.params["vnet"]), _values(call, "vnet")
    if call.state.has(VNETS, name):
        raise ApiError(f"{prefix}sdn vnet object ID '{name}' already defined")
    if not call.state.has(ZONES, row["zone"]):
        raise ApiError(
            f"{prefix}cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Network/SDN/Vnets.pm line 326."
        )
    call.state.put(VNETS, name, {"type": "vnet", **row})


def update_vnet(call: Call) -> None:
    """PUT /cluster/sdn/vnets/{vnet}."""
    _update(call, VNETS, "vnet")


def delete_vnet(call: Call) -> None:
    """DELETE /cluster/sdn/vnets/{vnet}."""
    name = str(call.params["vnet"])
    if not call.state.has(VNETS, name):
        raise ApiError(f"sdn vnet '{name}' does not exist")
    if any(row["vnet"] == name for _, row in call.state.items(SUBNETS)):
        raise nested("delete sdn vnet object failed: ", {"vnet": "Can't delete vnet if subnets exists"})
    call.state.delete(VNETS, name)


def _vnet(call: Call) -> dict[str, Any]:
    name = str(call.params["vnet"])
    row: dict[str, Any] | None = call.state.get(VNETS, name)
    if row is None:
        raise ApiError(f"sdn vnet '{name}' does not exist")
    return row


def _subnet_view(call: Call, name: str, row: dict[str, Any]) -> dict[str, Any]:
    network, _, mask = str(row.get("cidr") or row.get("pending", {}).get("cidr", "")).partition("/")
    zone = (call.state.get(VNETS, row["vnet"]) or {}).get("zone", "")
    found = {"dhcp-range": [], **row, "id": name, "subnet": name, "network": network, "mask": mask, "zone": zone}
    return {**found, "type": "subnet", "digest": _digest(call.world, SUBNETS)}


def list_subnets(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/sdn/vnets/{vnet}/subnets."""
    _vnet(call)
    vnet = str(call.params["vnet"])
    return [_subnet_view(call, name, row) for name, row in sdn_state.seen(call, "subnets") if row.get("vnet") == vnet]


def read_subnet(call: Call) -> dict[str, Any]:
    """GET /cluster/sdn/vnets/{vnet}/subnets/{subnet}."""
    name = str(call.params["subnet"])
    row = call.state.get(SUBNETS, name)
    if row is None:
        raise ApiError(f"sdn subnet '{name}' does not exist")
    return _subnet_view(call, name, row)


def create_subnet(call: Call) -> None:
    """POST /cluster/sdn/vnets/{vnet}/subnets."""
    prefix = "create sdn subnet object failed: "
    vnet = _vnet(call)
    cidr = str(call.params["subnet"])
    name = f"{vnet['zone']}-{cidr.replace('/', '-')}"
    if call.state.has(SUBNETS, name):
        raise ApiError(f"{prefix}sdn subnet object ID '{name}' already defined")
    row = {**_values(call, "subnet", "type"), "cidr": cidr}
    _check_gateway(row, prefix)
    call.state.put(SUBNETS, name, row)


def _check_gateway(row: dict[str, Any], prefix: str) -> None:
    gateway = row.get("gateway")
    if gateway and ipaddress.ip_address(gateway) not in ipaddress.ip_network(row["cidr"], strict=False):
        raise nested(prefix, {"gateway": f"{gateway} is not in subnet {row['cidr']}"})


def update_subnet(call: Call) -> None:
    """PUT /cluster/sdn/vnets/{vnet}/subnets/{subnet}."""
    _vnet(call)
    _update(call, SUBNETS, "subnet")
    _check_gateway(call.state.get(SUBNETS, str(call.params["subnet"])), "update sdn subnet object failed: ")


def delete_subnet(call: Call) -> None:
    """DELETE /cluster/sdn/vnets/{vnet}/subnets/{subnet}."""
    cidr = read_subnet(call)["cidr"]
    if not sdn_ipam.emptied(call.world, str(call.params["vnet"]), cidr):
        raise ApiError(f"delete sdn subnet object failed: cannot delete subnet '{cidr}', not empty")
    call.state.delete(SUBNETS, str(call.params["subnet"]))


def apply(call: Call) -> str:
    """PUT /cluster/sdn."""
    sdn_state.given_back(call, sdn_state.commit)
    local = call.state.get("cluster", "main")["local"]
    return fork(call.world, call.identity, Plan(local, "reloadnetworkall", "", "sdnapply", {}, 3.0))


def rollback(call: Call) -> None:
    """POST /cluster/sdn/rollback."""
    sdn_state.given_back(call, sdn_state.revert)


def _apply_job(task: Running) -> None:
    task.log(*(f"{node}: reloading network config" for node in task.world.nodes()))


_ZONE, _VNET = "/cluster/sdn/zones/{zone}", "/cluster/sdn/vnets/{vnet}"
_SUBNET = f"{_VNET}/subnets/{{subnet}}"
_WRITES: Routes = {
    ("POST", "/cluster/sdn/zones"): create_zone,
    ("PUT", _ZONE): update_zone,
    ("DELETE", _ZONE): delete_zone,
    ("POST", "/cluster/sdn/vnets"): create_vnet,
    ("PUT", _VNET): update_vnet,
    ("DELETE", _VNET): delete_vnet,
    ("POST", f"{_VNET}/subnets"): create_subnet,
    ("PUT", _SUBNET): update_subnet,
    ("DELETE", _SUBNET): delete_subnet,
}
_WORDS = {"POST": "create", "PUT": "update", "DELETE": "delete"}


def _what(method: str, path: str) -> str:
    kind = "subnet" if "subnets" in path else "vnet" if "vnets" in path else "zone"
    return f"{_WORDS[method]} sdn {kind} object failed"


ROUTES: Routes = {
    ("PUT", "/cluster/sdn"): sdn_state.locked("could not commit SDN config", apply),
    ("POST", "/cluster/sdn/rollback"): sdn_state.locked("could not rollback SDN configuration", rollback),
    ("POST", "/cluster/sdn/lock"): sdn_state.lock,
    ("DELETE", "/cluster/sdn/lock"): sdn_state.unlock,
    ("GET", "/cluster/sdn/zones"): _list(ZONES),
    ("GET", _ZONE): read_zone,
    ("GET", "/cluster/sdn/vnets"): _list(VNETS),
    ("GET", _VNET): read_vnet,
    ("GET", f"{_VNET}/subnets"): list_subnets,
    ("GET", _SUBNET): read_subnet,
    **{(method, path): sdn_state.locked(_what(method, path), done) for (method, path), done in _WRITES.items()},
}
TASKS = {"sdnapply": Job(_apply_job)}
