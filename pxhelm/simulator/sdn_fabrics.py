"""Routing fabrics of the SDN and the nodes in them; edits are pending until they are applied.

The rules are those of the API schema; the words of the refusals are not recorded.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from pxhelm.simulator import sdn_state
from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.world import Call, Routes, World, check_digest, digest

FABRICS, NODES = "sdn/fabrics", "sdn/fabricnodes"
_NOT_KEPT = ("digest", "delete", "lock-token")
_OF_A_FABRIC = {
    "openfabric": ("csnp_interval", "hello_interval", "ip_prefix", "ip6_prefix"),
    "ospf": ("area", "ip_prefix"),
}


def _digest(world: World) -> str:
    return digest(dict(world.state.items(FABRICS)), dict(world.state.items(NODES)))


def _key(fabric: str, node: str) -> str:
    return f"{fabric}_{node}"


def _fabrics(call: Call) -> Iterator[dict[str, Any]]:
    rights = Rights(call.world, call.identity)
    for name, row in sdn_state.seen(call, "fabrics"):
        if rights.has(f"/sdn/fabrics/{name}", ["SDN.Audit", "SDN.Allocate"], any_of=True):
            yield {**row, "digest": _digest(call.world)}


def _nodes(call: Call, fabric: str = "") -> Iterator[dict[str, Any]]:
    rights = Rights(call.world, call.identity)
    for key, row in sdn_state.seen(call, "fabricnodes"):
        of, _, node = key.partition("_")
        if fabric not in ("", of):
            continue
        if rights.has(f"/nodes/{node}", ["Sys.Audit", "Sys.Modify"], any_of=True):
            yield {**row, "digest": _digest(call.world)}


def list_fabrics(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/sdn/fabrics/fabric."""
    return list(_fabrics(call))


def list_all(call: Call) -> dict[str, Any]:
    """GET /cluster/sdn/fabrics/all."""
    return {"fabrics": list(_fabrics(call)), "nodes": list(_nodes(call))}


def list_nodes(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/sdn/fabrics/node and GET /cluster/sdn/fabrics/node/{fabric_id}."""
    return list(_nodes(call, str(call.params.get("fabric_id", ""))))


def _fabric(call: Call, name: str) -> dict[str, Any]:
    row: dict[str, Any] | None = call.state.get(FABRICS, name)
    if row is None:
        raise ApiError(f"fabric {name} does not exist")
    return row


def read_fabric(call: Call) -> dict[str, Any]:
    """GET /cluster/sdn/fabrics/fabric/{id}."""
    return {**_fabric(call, str(call.params["id"])), "digest": _digest(call.world)}


def read_node(call: Call) -> dict[str, Any]:
    """GET /cluster/sdn/fabrics/node/{fabric_id}/{node_id}."""
    fabric, node = str(call.params["fabric_id"]), str(call.params["node_id"])
    _fabric(call, fabric)
    row = call.state.get(NODES, _key(fabric, node))
    if row is None:
        raise ApiError(f"node {node} does not exist in fabric {fabric}")
    return {**row, "digest": _digest(call.world)}


def _values(call: Call) -> dict[str, Any]:
    return {k: v for k, v in call.params.items() if k not in _NOT_KEPT and v is not None}


def _check_fabric(row: dict[str, Any], prefix: str) -> None:
    allowed = {"id", "protocol", *_OF_A_FABRIC[row["protocol"]]}
    foreign = sorted(set(row) - allowed)
    if foreign:
        raise ApiError(f"{prefix}: unknown property {foreign[0]} of a fabric of {row['protocol']}")
    if row["protocol"] == "ospf" and not row.get("area"):
        raise ApiError(f"{prefix}: missing property area")
    if not row.get("ip_prefix") and not row.get("ip6_prefix"):
        raise ApiError(f"{prefix}: a fabric needs an IP prefix")


def create_fabric(call: Call) -> None:
    """POST /cluster/sdn/fabrics/fabric."""
    what, name = "adding fabric failed", str(call.params["id"])
    check_digest(call.params.get("digest"), _digest(call.world), f"{what}: ")
    if call.state.has(FABRICS, name):
        raise ApiError(f"{what}: fabric {name} already exists")
    row = _values(call)
    _check_fabric(row, what)
    call.state.put(FABRICS, name, row)


def _changed(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    fresh = {**row, **_values(call)}
    gone = call.params.get("delete") or []
    for option in gone if isinstance(gone, list) else split_list(str(gone)):
        fresh.pop(option, None)
    return fresh


def update_fabric(call: Call) -> None:
    """PUT /cluster/sdn/fabrics/fabric/{id}."""
    what, name = "updating fabric failed", str(call.params["id"])
    check_digest(call.params.get("digest"), _digest(call.world), f"{what}: ")
    row = _fabric(call, name)
    if call.params["protocol"] != row["protocol"]:
        raise ApiError(f"{what}: the protocol of a fabric cannot be changed")
    fresh = _changed(call, row)
    _check_fabric(fresh, what)
    call.state.put(FABRICS, name, fresh)


def delete_fabric(call: Call) -> None:
    """DELETE /cluster/sdn/fabrics/fabric/{id}: its nodes go with it."""
    what, name = "deleting fabric failed", str(call.params["id"])
    _fabric(call, name)
    for table, kind, words in (("sdn/controllers", "evpn", "EVPN controller"), ("sdn/zones", "vxlan", "VXLAN zone")):
        user = next((k for k, r in call.state.items(table) if r["type"] == kind and r.get("fabric") == name), None)
        if user:
            raise ApiError(f'{what}: this fabric is still used in the {words} "{user}" at /usr/share/perl5/PVE/API2')
    call.state.delete(FABRICS, name)
    for key in [key for key in call.state.keys(NODES) if key.partition("_")[0] == name]:
        call.state.delete(NODES, key)


def _check_node(call: Call, row: dict[str, Any], prefix: str) -> None:
    fabric = _fabric(call, row["fabric_id"])
    if row["protocol"] != fabric["protocol"]:
        raise ApiError(f"{prefix}: the fabric speaks {fabric['protocol']}")
    if not call.state.has("node", row["node_id"]):
        raise ApiError(f"{prefix}: node {row['node_id']} does not exist")
    for key, wider in (("ip", "ip_prefix"), ("ip6", "ip6_prefix")):
        if row.get(key) and not (fabric.get(wider) and _inside(row[key], fabric[wider])):
            raise ApiError(f"{prefix}: {row[key]} is not in {fabric.get(wider) or 'a prefix of the fabric'}")
    if not row.get("ip") and not row.get("ip6"):
        raise ApiError(f"{prefix}: a node needs an IP address")


def _inside(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def create_node(call: Call) -> None:
    """POST /cluster/sdn/fabrics/node/{fabric_id}."""
    what, row = "adding node failed", _values(call)
    check_digest(call.params.get("digest"), _digest(call.world), f"{what}: ")
    key = _key(row["fabric_id"], row["node_id"])
    _check_node(call, row, what)
    if call.state.has(NODES, key):
        raise ApiError(f"{what}: node {row['node_id']} already exists in fabric {row['fabric_id']}")
    call.state.put(NODES, key, row)


def update_node(call: Call) -> None:
    """PUT /cluster/sdn/fabrics/node/{fabric_id}/{node_id}."""
    what = "updating node failed"
    check_digest(call.params.get("digest"), _digest(call.world), f"{what}: ")
    row = {k: v for k, v in read_node(call).items() if k != "digest"}
    fresh = _changed(call, row)
    _check_node(call, fresh, what)
    call.state.put(NODES, _key(fresh["fabric_id"], fresh["node_id"]), fresh)


def delete_node(call: Call) -> None:
    """DELETE /cluster/sdn/fabrics/node/{fabric_id}/{node_id}."""
    read_node(call)
    call.state.delete(NODES, _key(str(call.params["fabric_id"]), str(call.params["node_id"])))


_BASE = "/cluster/sdn/fabrics"
_FABRIC, _OF, _NODE = f"{_BASE}/fabric/{{id}}", f"{_BASE}/node/{{fabric_id}}", f"{_BASE}/node/{{fabric_id}}/{{node_id}}"
ROUTES: Routes = {
    ("GET", f"{_BASE}/all"): list_all,
    ("GET", f"{_BASE}/fabric"): list_fabrics,
    ("POST", f"{_BASE}/fabric"): sdn_state.locked("adding fabric failed", create_fabric),
    ("GET", _FABRIC): read_fabric,
    ("PUT", _FABRIC): sdn_state.locked("updating fabric failed", update_fabric),
    ("DELETE", _FABRIC): sdn_state.locked("deleting fabric failed", delete_fabric),
    ("GET", f"{_BASE}/node"): list_nodes,
    ("GET", _OF): list_nodes,
    ("POST", _OF): sdn_state.locked("adding node failed", create_node),
    ("GET", _NODE): read_node,
    ("PUT", _NODE): sdn_state.locked("updating node failed", update_node),
    ("DELETE", _NODE): sdn_state.locked("deleting node failed", delete_node),
}
