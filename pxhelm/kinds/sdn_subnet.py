"""A range of addresses of a virtual network. Changes are staged; the plan's end applies them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.encode import encode
from pxhelm.resource.field import Field
from pxhelm.resource.gates import version_problem
from pxhelm.resource.kind import Change, Column, Kind
from pxhelm.resource.model import ABSENT, Existence, Live, Resource, Target
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step

_D = Effect.ONLINE_DISRUPTIVE
_FIELDS: tuple[Field, ...] = (
    Field("vnet", "ref", effect=Effect.REPLACE, refers=("SDNVNet",)),
    Field("cidr", "line", effect=Effect.REPLACE, help="such as 10.99.0.0/24"),
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
)
HOME = natural.Home("/cluster/sdn/vnets/x/subnets", "subnet")


def identifier(resource: Resource) -> str:
    """Return where the subnet is found: its network and range. Proxmox' own id also names the zone."""
    return f"{bare(str(resource.leaves.get('vnet', '')))}/{resource.leaves.get('cidr', '')}"


def observe(target: Target) -> ApiGen[Live]:
    """Read one subnet."""
    place = natural.id_of(target)
    vnet, _, cidr = place.partition("/")
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
    return natural.live_of(SDN_SUBNET, HOME, place, {**row, "at": row["subnet"]}, {"vnet": vnet, "cidr": cidr})


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per subnet of every network."""
    vnets = yield from call(Request("GET", "/cluster/sdn/vnets"))
    found: dict[str, Mapping[str, object]] = {}
    for vnet in vnets if isinstance(vnets, list) else []:
        rows = yield from call(Request("GET", f"/cluster/sdn/vnets/{vnet['vnet']}/subnets"))
        found |= (
            {f"{vnet['vnet']}/{row['cidr']}": row for row in rows if isinstance(row, Mapping)}
            if isinstance(rows, list)
            else {}
        )
    return found


def steps(change: Change) -> tuple[Step, ...]:
    """Return the write still missing: at most one."""
    live = change.live
    if live.existence is Existence.UNKNOWN:
        return ()
    vnet = str(live.intended.get("vnet", ""))
    item = f"/cluster/sdn/vnets/{vnet}/subnets/{live.raw.get('at', '')}"
    if change.desired is None:
        if live.existence is Existence.ABSENT:
            return ()
        return (Step("delete", Request("DELETE", item), Guard.NONE, (), _D),)
    if live.existence is Existence.PRESENT:
        return natural.update(SDN_SUBNET, HOME, change, path=item)
    leaves = change.desired.leaves
    params: dict[str, Param] = {"subnet": str(leaves["cidr"]), "type": "subnet"}
    writes = {path: value for path, value in leaves.items() if path not in ("vnet", "cidr")}
    params |= encode(SDN_SUBNET, {}, writes, version=change.surroundings.version).params
    path = f"/cluster/sdn/vnets/{bare(str(leaves['vnet']))}/subnets"
    return (Step("create", Request("POST", path, params), Guard.ABSENT, tuple(leaves), _D),)


def refuse(change: Change) -> str:
    """Return why the subnet cannot be had."""
    if change.desired is None:
        return ""
    missing = [path for path in ("vnet", "cidr") if path not in change.desired.leaves]
    if missing:
        return f"a SDNSubnet needs {' and '.join(missing)}"
    return version_problem(SDN_SUBNET, change.desired.leaves, change.surroundings.version)


SDN_SUBNET = replace(
    Kind(
        name="SDNSubnet",
        plural="sdnsubnets",
        short=("subnet",),
        namespaced=False,
        guest=False,
        rank=26,
        fields=_FIELDS,
        domain="SDNChanges",
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
