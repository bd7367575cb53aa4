"""A routing fabric of the SDN: the protocol by which nodes find each other, and the nodes with their interfaces.

Changes are staged; the plan's end applies them. The nodes are objects of their own in Proxmox: only those that a manifest
names, or named, are touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Target, Value
from pxhelm.resource.normal import Normal, keyed
from pxhelm.resource.staged import staged
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.types import pairs
from pxhelm.resource.words import worded

_D, _X = Effect.ONLINE_DISRUPTIVE, Effect.REPLACE
_NODES = "nodes."
_KEYS = {"name": "name", "helloMultiplier": "hello_multiplier", "ip": "ip", "ip6": "ip6"}
"""Part of an interface → its key in Proxmox' property string."""
HOME = natural.Home("/cluster/sdn/fabrics/fabric", "id", needs={"": ("protocol",)})


def _same(path: str, wanted: Leaves, live: Live) -> bool:
    found, value = live.intended.get(path), wanted[path]
    if isinstance(value, tuple) and isinstance(found, tuple):
        return set(value) == set(found)
    return found == value or (found is None and value == ())


_WORDS = """
protocol                            how its nodes tell each other the ways
ip6Prefix                           network of the nodes' IPv6 addresses
nodes.*.ip6                         IPv6 address of the node in the fabric | node ip6
nodes.*.interfaces.name             interface of the node
nodes.*.interfaces.helloMultiplier  greetings that may be missed before a neighbour counts as gone
nodes.*.interfaces.ip               IPv4 address of the interface
nodes.*.interfaces.ip6              IPv6 address of the interface
nodes.*.ip                          | node ip
nodes.*.interfaces                  | node interfaces
"""
_FIELDS: tuple[Field, ...] = (
    Field("id", "line", "id", effect=_X, same=same_id, help="at most 8 letters, digits and hyphens"),
    Field("protocol", "line", "protocol", effect=_X, choices=("openfabric", "ospf"), kept=True),
    Field("ipPrefix", "line", "ip_prefix", effect=_D, help="the network that the nodes' addresses are of"),
    Field("ip6Prefix", "line", "ip6_prefix", effect=_D),
    Field("helloInterval", "int", "hello_interval", effect=_D, bounds=(1, 600), help="seconds; openfabric"),
    Field("csnpInterval", "int", "csnp_interval", effect=_D, bounds=(1, 600), help="seconds; openfabric"),
    Field("area", "line", "area", effect=_D, help="of ospf: a number, or one written as an address"),
    Field("nodes.*.ip", "address", effect=_D, same=_same, help="the node's address in the fabric"),
    Field("nodes.*.ip6", "address", effect=_D, same=_same),
    Field(
        "nodes.*.interfaces",
        "records",
        effect=_D,
        same=_same,
        parts=(
            Field("name", "line"),
            Field("helloMultiplier", "int", bounds=(2, 100)),
            Field("ip", "line"),
            Field("ip6", "line"),
        ),
        help="names of the node's interfaces, or maps with more",
    ),
)


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with its nodes by name, and interfaces that are no more than a name as maps."""
    normal = Normal(spec)
    keyed(normal, "nodes", "node")
    nodes = normal.get("nodes")
    if isinstance(nodes, Mapping):
        normal["nodes"] = {name: _with_maps(node) for name, node in nodes.items()}
    return normal


def _with_maps(node: object) -> object:
    if not isinstance(node, Mapping) or not isinstance(node.get("interfaces"), list):
        return node
    return {**node, "interfaces": [{"name": i} if isinstance(i, str) else i for i in node["interfaces"]]}


def observe(target: Target) -> ApiGen[Live]:
    """Read one fabric with its nodes; absent where this version has none."""
    name = natural.id_of(target)
    fabrics, nodes = yield from _all()
    row = next((each for each in fabrics if each.get("id") == name), None)
    if row is None:
        return ABSENT
    leaves: dict[str, Value] = {}
    for node in nodes:
        if node.get("fabric_id") == name:
            leaves |= _leaves_of(node)
    return natural.live_of(SDN_FABRIC, HOME, name, row, leaves)


def _all(**query: bool) -> ApiGen[tuple[list[Mapping[str, object]], list[Mapping[str, object]]]]:
    try:
        data = yield from call(Request("GET", "/cluster/sdn/fabrics/all", query))
    except ApiError as error:
        if error.cls is ErrorClass.GONE or error.status == 501:
            return [], []
        raise
    found = data if isinstance(data, Mapping) else {}
    fabrics, nodes = found.get("fabrics"), found.get("nodes")
    return (fabrics if isinstance(fabrics, list) else [], nodes if isinstance(nodes, list) else [])


def _leaves_of(node: Mapping[str, object]) -> dict[str, Value]:
    base = f"{_NODES}{node['node_id']}"
    found: dict[str, Value] = {f"{base}.{key}": str(node[key]) for key in ("ip", "ip6") if node.get(key)}
    interfaces = node.get("interfaces")
    found[f"{base}.interfaces"] = tuple(
        _record(str(each)) for each in (interfaces if isinstance(interfaces, list) else [])
    )
    return found


def _record(text_: str) -> Value:
    known = dict(part.partition("=")[::2] for part in text_.split(","))
    entries = [(name, known[key]) for name, key in _KEYS.items() if key in known]
    return tuple((name, int(v) if name == "helloMultiplier" else v) for name, v in entries)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per fabric, with the nodes that are in it; staged nodes are a change of their fabric."""
    fabrics, nodes = yield from _all(pending=True)
    members = [row for row in map(staged, nodes) if row is not None]
    touched = {str((staged(node) or node).get("fabric_id")) for node in nodes if node.get("state")}
    found: dict[str, Mapping[str, object]] = {}
    for row in (row for row in map(staged, fabrics) if row is not None):
        inside = sorted(str(node["node_id"]) for node in members if node.get("fabric_id") == row["id"])
        state = {"state": "changed"} if row["id"] in touched and not row.get("state") else {}
        found[str(row["id"])] = {**row, "nodes": ",".join(inside), **state}
    return found


def steps(change: Change) -> tuple[Step, ...]:
    """Return what is still to be staged: the fabric, then its nodes."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    if change.desired is None:
        return natural.deletion(HOME, change) if live.existence is Existence.PRESENT else ()
    own = {path: value for path, value in change.desired.leaves.items() if not path.startswith(_NODES)}
    if live.existence is Existence.ABSENT:
        made = natural.creation(SDN_FABRIC, HOME, change, own)
    else:
        made = natural.update(SDN_FABRIC, HOME, change, [c for c in change.changes if not c.path.startswith(_NODES)])
    return (*made, *_node_steps(change, str(own.get("protocol") or live.intended.get("protocol", ""))))


def _node_steps(change: Change, protocol: str) -> Iterator[Step]:
    assert change.desired is not None
    base = f"/cluster/sdn/fabrics/node/{SDN_FABRIC.identifier(change.desired)}"
    wanted, there = _by_node(change.desired.leaves), _by_node(change.live.intended)
    touched = {c.path.split(".")[1] for c in change.changes if c.path.startswith(_NODES)} | (set(wanted) - set(there))
    for node in sorted(touched):
        leaves = tuple(f"{_NODES}{node}.{name}" for name in {**wanted.get(node, {}), **there.get(node, {})})
        if node not in wanted:
            yield Step("update", Request("DELETE", f"{base}/{node}"), Guard.NONE, leaves, _D)
            continue
        values: dict[str, Param] = {"protocol": protocol, "interfaces": _interfaces(wanted[node].get("interfaces"))}
        values |= {key: str(wanted[node][key]) for key in ("ip", "ip6") if key in wanted[node]}
        if node not in there:
            yield Step("update", Request("POST", base, {"node_id": node, **values}), Guard.NONE, leaves, _D)
            continue
        gone = [key for key in ("ip", "ip6") if key in there[node] and key not in values]
        if gone:
            values["delete"] = gone
        yield Step("update", Request("PUT", f"{base}/{node}", values), Guard.NONE, leaves, _D)


def _by_node(leaves: Leaves) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    for path, value in leaves.items():
        if path.startswith(_NODES):
            _, node, name = path.split(".", 2)
            found.setdefault(node, {})[name] = value
    return found


def _interfaces(value: Value) -> list[str]:
    records = value if isinstance(value, tuple) else ()
    return [",".join(f"{_KEYS[name]}={each}" for name, each in pairs(record).items()) for record in records]


def refuse(change: Change) -> str:
    """Return why the fabric cannot be had as asked for."""
    problem = natural.refuse(SDN_FABRIC, HOME, change)
    if problem or change.desired is None:
        return problem
    leaves = change.desired.leaves
    if leaves.get("protocol") == "ospf" and "area" not in leaves:
        return "a SDNFabric of ospf needs an area"
    if "ipPrefix" not in leaves and "ip6Prefix" not in leaves:
        return "a SDNFabric needs an ipPrefix or an ip6Prefix"
    known = change.surroundings.nodes
    unknown = [node for node in _by_node(leaves) if known and node not in known]
    return f"there is no node {unknown[0]}; nodes: {', '.join(sorted(known))}" if unknown else ""


_DEFINED = Kind(
    name="SDNFabric",
    plural="sdnfabrics",
    short=("fabric",),
    namespaced=False,
    guest=False,
    rank=18,
    fields=worded(_FIELDS, _WORDS),
    normalize=normalize,
    domain="SDNChanges",
    columns=(
        Column("PROTOCOL", text("protocol")),
        Column("PREFIX", text("ip_prefix")),
        Column("NODES", text("nodes")),
        Column("STATE", text("state")),
    ),
)
SDN_FABRIC = replace(natural.natural(_DEFINED, HOME), observe=observe, listing=listing, steps=steps, refuse=refuse)
