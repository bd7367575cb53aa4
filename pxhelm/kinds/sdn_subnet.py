"""A range of addresses of a virtual network. Changes are staged; the plan's end applies them.

Addresses that are given to guests or MACs are no part of that: Proxmox' own manager of addresses takes them at once, for
subnets that run, in zones with DHCP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Literal

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.proxmox.schema import load
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.encode import encode
from pxhelm.resource.field import Field
from pxhelm.resource.gates import version_problem
from pxhelm.resource.kind import Change, Column, Kind, LeafChange, Op
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.normal import Normal, keyed
from pxhelm.resource.references import bare
from pxhelm.resource.staged import staged
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.types import pairs
from pxhelm.resource.words import worded

_D = Effect.ONLINE_DISRUPTIVE
_ADDRESSES = "addresses"
_IPAM = "/cluster/sdn/ipams/pve/status"


def _same_place(path: str, wanted: Leaves, live: Live) -> bool:
    return bare(str(live.intended.get(path))) == bare(str(wanted[path]))


def _given(path: str, wanted: Leaves, live: Live) -> bool:
    """Whether an address has what is wanted of it: what else is said of it is Proxmox' own."""
    found = live.intended.get(path)
    return found is not None and pairs(wanted[path]).items() <= pairs(found).items()


_WORDS = """
vnet               SDNVNet that it is in | create vnet
gateway            address of the gateway
snat               guests reach the world with the node's address
dhcpRanges         addresses that are given to guests
dhcpRanges.start   first of them
dhcpRanges.end     last of them
dhcpDNSServer      name server that guests are told
dnsZonePrefix      put before the zone's domain
addresses.*.mac    hardware address that has it | ips mac
addresses.*.guest  guest that has it
cidr               | create subnet
addresses.*        | ips ip
"""
_FIELDS: tuple[Field, ...] = (
    Field("vnet", "ref", effect=Effect.REPLACE, refers=("SDNVNet",), same=_same_place, kept=True),
    Field("cidr", "line", effect=Effect.REPLACE, same=_same_place, kept=True, help="such as 10.99.0.0/24"),
    Field("gateway", "line", "gateway", effect=_D),
    Field("snat", "bool", "snat", effect=_D, default=False),
    Field(
        "dhcpRanges",
        "records",
        "dhcp-range",
        form="dhcp-ranges",
        effect=_D,
        parts=(Field("start", "address"), Field("end", "address")),
    ),
    Field("dhcpDNSServer", "address", "dhcp-dns-server", effect=_D),
    Field("dnsZonePrefix", "line", "dnszoneprefix", effect=_D),
    Field(
        "addresses.*",
        "record",
        same=_given,
        parts=(Field("mac", "mac"), Field("guest", "ref", refers=("VirtualMachine", "Container"))),
        help="addresses that are kept for a MAC address, or for a guest's network card; the zone needs DHCP",
    ),
)
HOME = natural.Home("/cluster/sdn/vnets/x/subnets", "subnet")


def normalize(spec: Mapping[str, object]) -> Normal:
    """Return the spec with what is known of each address below it."""
    normal = Normal(spec)
    keyed(normal, _ADDRESSES, "ip")
    return normal


def identifier(resource: Resource) -> str:
    """Return where the subnet is found: its network and range. Proxmox' own id also names the zone."""
    return f"{bare(str(resource.leaves.get('vnet', '')))}/{resource.leaves.get('cidr', '')}"


def observe(target: Target) -> ApiGen[Live]:
    """Read one subnet."""
    place = natural.id_of(target)
    vnet, _, cidr = place.partition("/")
    if not cidr:
        return ABSENT  # a name alone, of something that was never applied: no subnet is found by it
    try:
        rows = yield from call(Request("GET", f"/cluster/sdn/vnets/{vnet}/subnets"))
    except ApiError as error:
        if error.cls is ErrorClass.GONE:
            return ABSENT
        raise
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    row = next((row for row in found if row.get("cidr") == cidr), None)
    if row is None:
        return ABSENT
    leaves: dict[str, Value] = {"vnet": vnet, "cidr": cidr}
    more: dict[str, object] = {"at": row["subnet"]}
    if _ADDRESSES in target.wants:
        rows = yield from _rows(Request("GET", f"/cluster/sdn/vnets/{vnet}/subnets", {"running": True}))
        more["@runs"] = any(each.get("cidr") == cidr for each in rows)
        given = [r for r in (yield from _rows(Request("GET", _IPAM))) if r.get("vnet") == vnet and not r.get("gateway")]
        more["@given"] = json.dumps(given)
        leaves |= {f"{_ADDRESSES}.{r['ip']}": _record(r) for r in given if r.get("subnet") == cidr}
    return natural.live_of(SDN_SUBNET, HOME, place, {**row, **more}, leaves)


def _rows(request: Request) -> ApiGen[list[Mapping[str, object]]]:
    try:
        data = yield from call(request)
    except ApiError as error:
        if error.cls is ErrorClass.GONE or error.status == 501:
            return []
        raise
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def _record(row: Mapping[str, object]) -> Value:
    known: list[Value] = [("mac", str(row["mac"]).upper())] if row.get("mac") else []
    return (*known, *((("guest", f"vmid:{row['vmid']}"),) if row.get("vmid") else ()))


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per subnet of every network."""
    vnets = yield from call(Request("GET", "/cluster/sdn/vnets"))
    found: dict[str, Mapping[str, object]] = {}
    for vnet in vnets if isinstance(vnets, list) else []:
        rows = yield from call(Request("GET", f"/cluster/sdn/vnets/{vnet['vnet']}/subnets", {"pending": True}))
        known = [staged(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        found |= {f"{vnet['vnet']}/{row['cidr']}": row for row in known if row is not None}
    return found


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: what is staged, and addresses as soon as the subnet runs."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    vnet = str(live.intended.get("vnet", ""))
    item = f"/cluster/sdn/vnets/{vnet}/subnets/{live.raw.get('at', '')}"
    if change.desired is None:
        if live.existence is Existence.ABSENT:
            return ()
        ours = [path for path in change.applied if path.startswith(f"{_ADDRESSES}.") and path in live.intended]
        taken = [_take_back(change, path) for path in ours]
        return (*taken, Step("delete", Request("DELETE", item), Guard.NONE, (), _D))
    natural.raise_unresolved(SDN_SUBNET, change)
    if live.existence is Existence.PRESENT:
        staged = [c for c in change.changes if not c.path.startswith(f"{_ADDRESSES}.")]
        return (*natural.update(SDN_SUBNET, HOME, change, staged, path=item), *_address_steps(change))
    leaves = change.desired.leaves
    params: dict[str, Param] = {"subnet": str(leaves["cidr"]), "type": "subnet"}
    writes = {p: v for p, v in leaves.items() if p not in ("vnet", "cidr") and not p.startswith(f"{_ADDRESSES}.")}
    params |= encode(SDN_SUBNET, {}, writes, version=change.surroundings.version).params
    path = f"/cluster/sdn/vnets/{bare(str(leaves['vnet']))}/subnets"
    made = Step("create", Request("POST", path, params), Guard.ABSENT, ("vnet", "cidr", *writes), _D)
    return (made, *_address_steps(change))


def _address_steps(change: Change) -> Iterator[Step]:
    """Yield what is to be written of addresses; before the subnet runs, only when it is asked what will be."""
    if change.live.raw.get("@runs") != "1" and change.op != "plan":
        return
    for each in change.changes:
        if not each.path.startswith(f"{_ADDRESSES}."):
            continue
        if each.op is Op.UNSET:
            yield _take_back(change, each.path)
        else:
            yield from _give(change, each)


def _give(change: Change, each: LeafChange) -> Iterator[Step]:
    address, wanted = each.path.partition(".")[2], pairs(each.after)
    rows = json.loads(change.live.raw.get("@given", "[]"))
    mine = [r for r in rows if ip_address(r["ip"]).version == ip_address(address).version]
    guest = str(wanted.get("guest", "")).removeprefix("vmid:")
    mac = str(wanted.get("mac") or next((r["mac"] for r in mine if guest and str(r.get("vmid")) == guest), ""))
    if guest and not mac and change.op != "plan":
        vnet = change.live.intended.get("vnet")
        raise PxhelmError(
            f"cannot give {address} to {wanted['guest']}: no network card of it in {vnet} has an address to change",
            hint=f"give the guest a network card in {vnet}, or write the mac of the card",
        )
    if each.before is not None:
        yield _take_back(change, each.path)
    known = any(str(r.get("mac", "")).upper() == mac.upper() for r in mine if mac and r["ip"] != address)
    params: dict[str, Param] = {**({"vmid": guest} if guest else {}), **({"mac": mac} if mac else {})}
    yield _address_step(change, "PUT" if known or guest else "POST", each.path, params)


def _take_back(change: Change, path: str) -> Step:
    mac = pairs(change.live.intended.get(path)).get("mac")
    return _address_step(change, "DELETE", path, {"mac": str(mac)} if mac else {})


def _address_step(
    change: Change, method: Literal["POST", "PUT", "DELETE"], path: str, params: dict[str, Param]
) -> Step:
    leaves = change.desired.leaves if change.desired is not None else change.live.intended
    vnet = bare(str(change.live.intended.get("vnet") or leaves["vnet"]))
    zone = change.live.raw.get("zone") or "new"  # foreseen: the network is still to be made, and nothing is sent
    request = Request(method, f"/cluster/sdn/vnets/{vnet}/ips", {"zone": zone, "ip": path.partition(".")[2], **params})
    leaf, detail = ((path,), {}) if method != "DELETE" else ((path, f"{path} -"), {"give back": path.partition(".")[2]})
    return Step("update", request, Guard.NONE, leaf, Effect.ONLINE, detail=detail)


def refuse(change: Change) -> str:
    """Return why the subnet cannot be had."""
    if change.desired is None:
        return ""
    missing = [path for path in ("vnet", "cidr") if path not in change.desired.leaves]
    if missing:
        return f"a SDNSubnet needs {' and '.join(missing)}"
    version = change.surroundings.version
    addresses = sorted(p.partition(".")[2] for p in change.desired.leaves if p.startswith(f"{_ADDRESSES}."))
    if addresses and not load(version).methods("/cluster/sdn/vnets/x/ips"):
        return f"Proxmox VE {version} does not have addresses"
    outside = [a for a in addresses if not _inside(a, str(change.desired.leaves["cidr"]))]
    if outside:
        return f"{outside[0]} is not an address of {change.desired.leaves['cidr']}"
    return version_problem(SDN_SUBNET, change.desired.leaves, version)


def _inside(address: str, cidr: str) -> bool:
    try:
        return ip_address(address) in ip_network(cidr, strict=False)
    except ValueError:
        return False


SDN_SUBNET = replace(
    Kind(
        name="SDNSubnet",
        plural="sdnsubnets",
        short=("subnet",),
        namespaced=False,
        guest=False,
        rank=26,
        fields=worded(_FIELDS, _WORDS),
        normalize=normalize,
        domain="SDNChanges",
        beyond=(_ADDRESSES,),
        late=(_ADDRESSES,),
        columns=(
            Column("VNET", text("vnet")),
            Column("CIDR", text("cidr")),
            Column("GATEWAY", text("gateway")),
        ),
        api=HOME.collection,
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    listing=listing,
    refuse=refuse,
)
