"""A network interface of nodes: a bridge, a bond, a VLAN. One object is the same interface on several nodes.

Changes are staged on each node and applied by one reload at the plan's end. Never deletes a physical interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.resource import natural
from pxhelm.resource.allowed import unfit_id, unfit_values
from pxhelm.resource.columns import text
from pxhelm.resource.decode import decode as decode_config
from pxhelm.resource.decode import text_of
from pxhelm.resource.domain import network_of
from pxhelm.resource.effect import Effect
from pxhelm.resource.encode import encode
from pxhelm.resource.field import Field
from pxhelm.resource.gates import version_problem
from pxhelm.resource.identity import Marker, ObjectKey, split_comment, unmarked
from pxhelm.resource.kind import Change, Column, Kind, Mistake, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Reference, Resource, Target, Value
from pxhelm.resource.normal import Normal
from pxhelm.resource.staged import CHANGES
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.words import worded

_D, _X = Effect.ONLINE_DISRUPTIVE, Effect.REPLACE
_TYPES = ("bridge", "bond", "vlan", "eth", "alias", "OVSBridge", "OVSBond", "OVSPort", "OVSIntPort")
_PER_NODE = {
    "cidr": "cidr",
    "gateway": "gateway",
    "cidr6": "cidr6",
    "gateway6": "gateway6",
    "ports": "bridge.ports",
    "slaves": "bond.slaves",
}
"""Field below ``perNode.NODE`` → the field that it stands for."""
_ADDRESSES = {"cidr": "prefix4", "gateway": "address", "cidr6": "prefix6", "gateway6": "address"}
_SETS = ("bridge.ports", "bond.slaves", "ovs.ports", "ovs.bonds")
"""Fields whose names may become others, and so stand in another order, once objects are known by their interfaces."""
_BELOW = ("bridge_ports", "slaves", "ovs_ports", "ovs_bonds", "vlan-raw-device")
_ALL = "all"
_KIND = "Network"


def _mine(leaves: Leaves, node: str) -> dict[str, Value]:
    """Return what is wanted of one node: the common fields, with its own in their place."""
    found = {p: v for p, v in leaves.items() if not p.startswith("perNode.") and p not in ("nodes", "iface", "id")}
    for name, path in _PER_NODE.items():
        own = leaves.get(f"perNode.{node}.{name}")
        if own is not None:
            found[path] = own
    return {
        path: tuple(sorted(map(str, v))) if path in _SETS and isinstance(v, tuple) else v for path, v in found.items()
    }


def _on(leaves: Leaves, live: Live) -> list[str]:
    """Return the nodes that an object is on."""
    nodes = leaves.get("nodes")
    every = live.raw.get(_NODES, "").split()
    chosen = [str(each) for each in nodes] if isinstance(nodes, tuple) else []
    return every if chosen in ([_ALL], []) else chosen


_NODES = "@nodes"
"""Key in ``Live.raw`` under which all nodes stand."""


def _there(live: Live, node: str, path: str) -> Value:
    return live.intended.get(f"on.{node}.{path}")


def _same(path: str, wanted: Leaves, live: Live) -> bool:
    name = path.rpartition(".")[2] if path.startswith("perNode.") else ""
    nodes = [path.split(".")[1]] if name else _on(wanted, live)
    real = _PER_NODE[name] if name else path
    return all(_there(live, node, real) == _mine(wanted, node).get(real) for node in nodes if _has(live, node))


def _same_nodes(_path: str, wanted: Leaves, live: Live) -> bool:
    return all(_has(live, node) for node in _on(wanted, live))


def _has(live: Live, node: str) -> bool:
    return f"on.{node}.type" in live.intended


def _same_iface(_path: str, wanted: Leaves, live: Live) -> bool:
    return live.intended.get("iface") in (None, wanted["iface"])


def _line(path: str, wire: str, kind: str = "line", form: str = "") -> Field:
    return Field(path, kind, wire, form=form, effect=_D, same=_same)


def _made_of(path: str, wire: str = "", kind: str = "set") -> Field:
    """Return a field that names the interfaces below: they are made first, and go last."""
    form = "space-set" if wire and kind == "set" else ""
    return Field(path, kind, wire, form=form, effect=_D, same=_same, refers=(_KIND,))


_WORDS = """
type                 what it is; says which of the fields it takes
autostart            bring it up when the node boots
mtu                  largest packet
comment              a remark
comment6             a remark on its IPv6 side
cidr                 IPv4 address with prefix
gateway              IPv4 gateway of the node
cidr6                IPv6 address with prefix
gateway6             IPv6 gateway of the node
bridge.ports         interfaces that are plugged into the bridge
bridge.vlanAware     guests may have VLANs of their own
bridge.vids          VLANs that may pass, such as 2-100
bond.slaves          interfaces that are bundled
bond.mode            how they are used, such as 802.3ad
bond.primary         the one that is preferred, in mode active-backup
bond.xmitHashPolicy  what decides which of them a packet takes
vlan.id              VLAN of an interface with a name of its own
vlan.rawDevice       interface that the VLAN is on
ovs.bridge           bridge that the port belongs to
ovs.ports            interfaces that are plugged into the bridge
ovs.bonds            interfaces that are bundled
ovs.options          further options of Open vSwitch
ovs.tag              VLAN of the port
perNode.*.cidr       its IPv4 address on this node | create cidr
perNode.*.gateway    its IPv4 gateway on this node | create gateway
perNode.*.cidr6      its IPv6 address on this node | create cidr6
perNode.*.gateway6   its IPv6 gateway on this node | create gateway6
perNode.*.ports      its ports on this node | create bridge_ports
perNode.*.slaves     its slaves on this node | create slaves
nodes                | create node
iface                | create iface
"""
_FIELDS: tuple[Field, ...] = (
    Field("nodes", "set", effect=_D, same=_same_nodes, kept=True, help="nodes, or all"),
    Field("iface", "line", effect=_X, same=_same_iface, help="default: metadata.name"),
    Field("type", "line", "type", effect=_X, choices=_TYPES, same=_same, kept=True),
    Field("autostart", "bool", "autostart", effect=_D, default=False, on_create=True, same=_same),
    _line("mtu", "mtu", "int"),
    replace(_line("comment", "comments", "note", "description"), marks=True),
    _line("comment6", "comments6", "note", "description"),
    *(_line(name, name, kind) for name, kind in _ADDRESSES.items()),
    _made_of("bridge.ports", "bridge_ports"),
    Field("bridge.vlanAware", "bool", "bridge_vlan_aware", effect=_D, default=False, same=_same),
    _line("bridge.vids", "bridge_vids", "list", "spaces"),
    _made_of("bond.slaves", "slaves"),
    _line("bond.mode", "bond_mode"),
    _line("bond.primary", "bond-primary"),
    _line("bond.xmitHashPolicy", "bond_xmit_hash_policy"),
    _line("vlan.id", "vlan-id", "int"),
    _made_of("vlan.rawDevice", "vlan-raw-device", "ref"),
    _made_of("ovs.bridge", "ovs_bridge", "ref"),
    replace(_made_of("ovs.ports", "ovs_ports"), back=True),
    replace(_made_of("ovs.bonds", "ovs_bonds"), back=True),
    _line("ovs.options", "ovs_options"),
    _line("ovs.tag", "ovs_tag", "int"),
    *(
        _line(f"perNode.*.{name}", "", _ADDRESSES[name]) if name in _ADDRESSES else _made_of(f"perNode.*.{name}")
        for name in _PER_NODE
    ),
)
_ON = tuple(replace(field, same=None) for field in _FIELDS if field.wire)
_PLAIN = Kind(_KIND, "networks", (), namespaced=False, guest=False, rank=0, fields=_ON, api="/nodes/x/network")
"""The fields of one interface on one node, for reading and writing."""


def normalize(spec: Mapping[str, object]) -> Mapping[str, object]:
    """Expand ``nodes: all``."""
    normal = Normal(spec)
    if isinstance(spec.get("nodes"), str):
        normal["nodes"] = [spec["nodes"]]
    return normal


def identifier(resource: Resource) -> str:
    """Return the interface's name."""
    return str(resource.leaves.get("iface", resource.key.name))


def observe(target: Target) -> ApiGen[Live]:
    """Read the interface on every node; nodes that are off count as those that do not have it."""
    iface = str(target.row.get("id") or target.key.name)
    answer = yield from call(Request("GET", "/nodes"))
    rows = [row for row in answer if isinstance(row, Mapping)] if isinstance(answer, list) else []
    leaves: dict[str, Value] = {"iface": iface}
    raw: dict[str, str] = {_NODES: " ".join(sorted(str(row["node"]) for row in rows))}
    found: dict[str, Leaves] = {}
    marker: Marker | None = None
    for node in sorted(str(row["node"]) for row in rows if row.get("status") == "online"):
        try:
            data = yield from call(Request("GET", f"/nodes/{node}/network", node=node))
        except ApiError as error:
            return Live(Existence.UNKNOWN, reason=f"the network of {node} cannot be read: {error.message}")
        entry = (
            next((r for r in data if isinstance(r, Mapping) and r.get("iface") == iface), None)
            if isinstance(data, list)
            else None
        )
        if entry is None:
            continue
        known = {str(k): text_of(v) for k, v in entry.items() if v not in (None, "")}
        known["comments"], mark = split_comment(known.get("comments", "").rstrip("\n"))
        marker = marker or mark
        known = {key: value for key, value in known.items() if value}
        raw |= {f"{node}|{key}": value for key, value in known.items()}
        found[node] = decode_config(_PLAIN, known)
        leaves |= {f"on.{node}.{path}": value for path, value in found[node].items()}
    if not found:
        return replace(ABSENT, raw=raw)
    leaves |= {**_together(found), "nodes": tuple(found)}
    return Live(Existence.PRESENT, leaves, leaves, raw, marker=marker)


def _together(found: Mapping[str, Leaves]) -> dict[str, Value]:
    """Return what a manifest says of the interface: fields that are the same everywhere, else the node's own if it has one.

    A field in which nodes differ, and that has no word below ``perNode``, is not said at all.
    """
    names = {path: name for name, path in _PER_NODE.items()}
    told: dict[str, Value] = {}
    for path in dict.fromkeys(path for own in found.values() for path in own):
        values = {node: own.get(path) for node, own in found.items()}
        if len(set(values.values())) == 1:
            told[path] = values[next(iter(values))]
        elif path in names:
            told |= {f"perNode.{node}.{names[path]}": value for node, value in values.items() if value is not None}
    return told


def _pending(row: Mapping[str, object]) -> str:
    """Return the nodes on which something of an interface is staged."""
    changes = row.get(CHANGES)
    return ",".join(str(each["node"]) for each in changes) if isinstance(changes, list) else ""


def _below(entry: Mapping[str, object]) -> str:
    """Return the interfaces that one is made of, whatever it is."""
    return " ".join(str(entry[key]) for key in _BELOW if entry.get(key))


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per interface, with the nodes that have it; nodes that are off are left out."""
    answer = yield from call(Request("GET", "/nodes"))
    rows = [row for row in answer if isinstance(row, Mapping)] if isinstance(answer, list) else []
    found: dict[str, dict[str, Any]] = {}
    for node in sorted(str(row["node"]) for row in rows if row.get("status") == "online"):
        interfaces, pending = yield from network_of(node)
        for iface, entry in interfaces.items():
            known = found.setdefault(iface, {**unmarked(entry), "nodes": ""})
            known["nodes"] = ",".join(part for part in (str(known["nodes"]), node) if part)
            if iface in pending:
                known[CHANGES] = [*known.get(CHANGES, ()), {"node": node}]
            for key, cell in (("cidr", str(entry.get("cidr") or "")), ("ports", _below(entry))):
                known[key] = ",".join(dict.fromkeys(each for each in (str(known.get(key) or ""), cell) if each))
    return found


def steps(change: Change) -> tuple[Step, ...]:
    """Return what is still to be staged, node by node."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    iface = str(change.target.row.get("id") or change.target.key.name)
    if change.desired is None:
        nodes = [n for n in _on(change.applied, live) if _has(live, n) and not _physical(live, n)]
        return tuple(_delete(node, iface) for node in nodes)
    wanted = change.desired.leaves
    iface = identifier(change.desired)
    every = live.raw.get(_NODES, "").split() or sorted(change.surroundings.nodes)
    unknown = [node for node in _on(wanted, live) if every and node not in every]
    if unknown:
        where = change.desired.locate("nodes") if change.desired.locate else None
        raise PxhelmError(
            f"cannot stage {iface}: there is no node {unknown[0]}", where=where, hint=f"nodes: {', '.join(every)}"
        )
    found: list[Step] = []
    touched = tuple(c.path for c in change.changes if c.effect < _X)
    for node in _on(wanted, live):
        if not _has(live, node):
            found.append(_create(change, node, iface))
        elif any(_differs(change, node)):
            found.append(_update(change, node, iface, touched))
    if change.applied.get("nodes") is not None:
        gone = [n for n in _on(change.applied, live) if n not in _on(wanted, live) and _has(live, n)]
        found += [_delete(node, iface) for node in gone if not _physical(live, node)]
    return tuple(found)


def _physical(live: Live, node: str) -> bool:
    return _there(live, node, "type") == "eth"


def _delete(node: str, iface: str) -> Step:
    return Step(
        "delete",
        Request("DELETE", f"/nodes/{node}/network/{iface}", node=node),
        Guard.NONE,
        ("nodes", f"on.{node}"),
        _D,
        detail={"on": node},
    )


def _create(change: Change, node: str, iface: str) -> Step:
    assert change.desired is not None
    version = change.surroundings.version
    found = encode(_PLAIN, {}, _mine(change.desired.leaves, node), version=version, blank=True)
    params = natural.marked(_PLAIN, change, {"iface": iface, **found.params}, new=True)
    request = Request("POST", f"/nodes/{node}/network", params, node=node)
    return Step("create", request, Guard.ABSENT, (*change.desired.leaves, f"on.{node}"), _D, detail={"on": node})


def _unset(change: Change) -> set[str]:
    """Return the fields that we set once and that nobody wants any more."""
    assert change.desired is not None
    gone = set(change.applied) - set(change.desired.leaves)
    return {_PER_NODE[p.rpartition(".")[2]] if p.startswith("perNode.") else p for p in gone}


def _differs(change: Change, node: str) -> Iterator[bool]:
    assert change.desired is not None
    mine = _mine(change.desired.leaves, node)
    for path, value in mine.items():
        yield _there(change.live, node, path) != value and not _is_default(path, value, _there(change.live, node, path))
    for path in _unset(change):
        yield path not in mine and _there(change.live, node, path) is not None and path != "type"


def _is_default(path: str, value: Value, now: Value) -> bool:
    field = next((f for f in _ON if f.path == path), None)
    return field is not None and now is None and field.default == value


def _update(change: Change, node: str, iface: str, touched: tuple[str, ...]) -> Step:
    """Stage the whole of what is wanted, since Proxmox sets methods and addresses anew with every change."""
    assert change.desired is not None
    mine = _mine(change.desired.leaves, node)
    raw = {key.partition("|")[2]: value for key, value in change.live.raw.items() if key.startswith(f"{node}|")}
    gone = {path: None for path in _unset(change) if path not in mine and path != "type"}
    found = encode(_PLAIN, raw, {**mine, **gone}, version=change.surroundings.version)
    params = natural.marked(_PLAIN, change, found.as_params())
    params.setdefault("type", str(_there(change.live, node, "type")))
    for key in ("cidr", "gateway", "cidr6", "gateway6"):
        if key in raw and key not in params and key not in found.delete:
            params[key] = raw[key]
    request = Request("PUT", f"/nodes/{node}/network/{iface}", params, node=node)
    return Step("update", request, Guard.NONE, (*touched, f"on.{node}"), _D, detail={"on": node})


def staged_in(leaves: Leaves, around: Surroundings) -> tuple[str, ...]:
    """Return the nodes whose network is reloaded."""
    nodes = leaves.get("nodes")
    chosen = [str(each) for each in nodes] if isinstance(nodes, tuple) else []
    return tuple(sorted(around.nodes)) if chosen in ([_ALL], []) else tuple(chosen)


def check(key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what a Network lacks, and a name that no interface can have."""
    path = "iface" if "iface" in leaves else ""
    name = str(leaves.get("iface", key.name))
    for each in unfit_id("Network", (_PLAIN.api, "iface"), name, path):
        yield replace(each, hint=each.hint.replace("spec.id", "spec.iface"))
    if "type" not in leaves:
        yield Mistake("type", "a Network needs a type", f"types: {', '.join(_TYPES)}")
    if not leaves.get("nodes"):
        yield Mistake("nodes", "a Network needs nodes", "write nodes: all, or nodes: [NODE]")
    yield from unfit_values(_PLAIN, leaves)


def below(key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the edge to the interface that one is on by its name: ``bond0`` of ``bond0.100``."""
    found = re.fullmatch(r"(.+)[.:][0-9]+", str(leaves.get("iface", key.name)))
    return (Reference("iface", (_KIND,), "", found[1]),) if found else ()


def refuse(change: Change) -> str:
    """Return why the interface cannot be had."""
    if change.desired is None:
        return ""
    leaves = change.desired.leaves
    if leaves["type"] == "eth" and any(not _has(change.live, node) for node in _on(leaves, change.live)):
        return "a physical interface is there or not: it cannot be made"
    return version_problem(_PLAIN, _mine(leaves, ""), change.surroundings.version)


NETWORK = replace(
    Kind(
        name=_KIND,
        plural="networks",
        short=("net",),
        namespaced=False,
        guest=False,
        rank=20,
        fields=worded(_FIELDS, _WORDS),
        normalize=normalize,
        domain="NetworkChanges",
        whole=True,
        columns=(
            Column("TYPE", text("type")),
            Column("NODES", text("nodes")),
            Column("CIDR", text("cidr")),
            Column("PORTS", text("ports")),
            Column("PENDING", _pending),
        ),
        api="/nodes/x/network",
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    staged_in=staged_in,
    listing=listing,
    refuse=refuse,
    check=check,
    more_references=below,
    given=lambda leaves: leaves.get("type") == "eth",
)
