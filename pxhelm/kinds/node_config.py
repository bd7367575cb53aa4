"""What a node is told about itself: notes, wake-up, certificates, DNS, time zone, hosts.

DNS, time zone and hosts file cannot be unset: when a manifest no longer names them they become again what they were before
it was applied first, unless somebody else has changed them since.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field, same_id, same_value
from pxhelm.resource.gates import version_problem
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, LeafChange, Mistake
from pxhelm.resource.model import Existence, Leaves, Live, Reference, Resource, Target, Value
from pxhelm.resource.preflight import unknown_node
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.types import pairs
from pxhelm.resource.words import worded

_DNS, _TIME, _HOSTS = "dns", "timezone", "hosts"
_DOMAINS = "acme.domains"


def _given(path: str, kind: str, help: str = "") -> Field:  # noqa: A002 - the field's own word
    return Field(path, kind, kept=True, restored=True, same=same_value, help=help)


_WORDS = """
description                 notes of the node, in Markdown
startAllDelay               pause after the boot before guests are started
wakeOnLAN.mac               hardware address that wakes it up
wakeOnLAN.bindInterface     interface by which it wakes others up
wakeOnLAN.broadcastAddress  address to which it sends that
acme.account                account that orders its certificate
acme.domains.domain         name
acme.domains.plugin         ACMEPlugin that proves it; by HTTP unless given
acme.domains.alias          domain in which the proof stands instead
ballooningTarget            percent of memory from which ballooning takes some back
dns.servers                 name servers, three at most | dns dns1
dns.search                  search domain | dns search
timezone                    such as Europe/Berlin | time timezone
node                        | dns node
acme.domains                | update acmedomain[n]
hosts                       | hosts data
"""
_FIELDS: tuple[Field, ...] = (
    Field("node", "line", effect=Effect.REPLACE, same=same_id, help="default: metadata.name"),
    Field("description", "note", "description", form="description", effect=Effect.METADATA),
    Field("startAllDelay", "duration", "startall-onboot-delay", default=0),
    Field("wakeOnLAN.mac", "mac", "wakeonlan.mac"),
    Field("wakeOnLAN.bindInterface", "line", "wakeonlan.bind-interface"),
    Field("wakeOnLAN.broadcastAddress", "line", "wakeonlan.broadcast-address"),
    Field("acme.account", "ref", "acme.account", refers=("ACMEAccount",)),
    Field(
        _DOMAINS,
        "records",
        same=same_value,
        parts=(Field("domain", "line"), Field("plugin", "line"), Field("alias", "line")),
        help="names of the certificate, each with the plugin that proves it",
    ),
    Field("ballooningTarget", "int", "ballooning-target", default=80, bounds=(0, 100)),
    Field("location.name", "line", "location.name"),
    Field("location.latitude", "number", "location.latitude"),
    Field("location.longitude", "number", "location.longitude"),
    _given("dns.servers", "list"),
    _given("dns.search", "line"),
    _given("timezone", "line"),
    _given("hosts", "note", help="the whole of /etc/hosts"),
)
_SLOTS = 6
"""Names that one node can have certificates for, each in a parameter of its own."""


def identifier(resource: Resource) -> str:
    """Return the node."""
    return str(resource.leaves.get("node", resource.key.name))


def check(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield name servers that a node cannot be told."""
    servers = leaves.get("dns.servers")
    names = [str(each) for each in servers] if isinstance(servers, tuple) else []
    if len(names) > _SERVERS:
        yield Mistake("dns.servers", f"a node has {_SERVERS} name servers at most, and these are {len(names)}")
    for name in names:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            yield Mistake("dns.servers", f"{name!r} is no IP address")


_SERVERS = 3


def provers(_key: ObjectKey, leaves: Leaves) -> tuple[Reference, ...]:
    """Return the plugins that prove the names of a node's certificate: they are made first."""
    records = leaves.get(_DOMAINS)
    found = [pairs(record).get("plugin") for record in records] if isinstance(records, tuple) else []
    return tuple(Reference(_DOMAINS, ("ACMEPlugin",), "", str(name)) for name in found if name)


def observe(target: Target) -> ApiGen[Live]:
    """Read one node: four short answers; a node that is not there is unknown."""
    node = str(target.row.get("id") or target.key.name)
    base = f"/nodes/{node}"
    data = yield from _asked(node, f"{base}/config")
    config: Mapping[str, object] = data if isinstance(data, Mapping) else {}
    leaves: dict[str, Value] = {"node": node}
    domains = _domains(config)
    if domains:
        leaves[_DOMAINS] = domains
    dns = yield from _asked(node, f"{base}/dns")
    if isinstance(dns, Mapping):
        servers = _servers(dns)
        leaves |= {"dns.servers": servers} if servers else {}
        leaves |= {"dns.search": str(dns["search"])} if dns.get("search") else {}
    time = yield from _asked(node, f"{base}/time")
    if isinstance(time, Mapping) and time.get("timezone"):
        leaves["timezone"] = str(time["timezone"])
    hosts = yield from _asked(node, f"{base}/hosts")
    digest = ""
    if isinstance(hosts, Mapping):
        leaves["hosts"] = str(hosts.get("data", "")).rstrip("\n")
        digest = str(hosts.get("digest") or "")
    live = natural.live_of(NODE_CONFIG, natural.Home(f"{base}/config", ""), node, config, leaves)
    intended = {path: value for path, value in live.intended.items() if path != "id"}
    return replace(live, intended=intended, current=intended, raw={**live.raw, "@hosts": digest}, node=node)


def _asked(node: str, path: str) -> ApiGen[object]:
    try:
        return (yield from call(Request("GET", path, node=node)))
    except ApiError as error:
        if error.cls is ErrorClass.DENIED:
            return {}
        raise


def _domains(config: Mapping[str, object]) -> tuple[Value, ...]:
    plain = dict(part.partition("=")[::2] for part in str(config.get("acme") or "").split(","))
    found: list[Value] = [(("domain", name),) for name in str(plain.get("domains") or "").split(";") if name]
    for number in range(_SLOTS):
        text = str(config.get(f"acmedomain{number}") or "")
        known = {"domain": text.split(",", maxsplit=1)[0]} if text and "=" not in text.split(",", maxsplit=1)[0] else {}
        known |= dict(part.partition("=")[::2] for part in text.split(",") if "=" in part)
        if known:
            found.append(tuple((name, known[name]) for name in ("domain", "plugin", "alias") if name in known))
    return tuple(found)


def listing() -> ApiGen[Mapping[str, Mapping[str, object]]]:
    """Return a row per node, with time zone and name servers of those that answer: two questions for each."""
    data = yield from call(Request("GET", "/nodes"))
    found: dict[str, Mapping[str, object]] = {}
    for row in data if isinstance(data, list) else []:
        node = str(row["node"])
        more = (yield from _told(node)) if row.get("status", "online") == "online" else {}
        found[node] = {**row, **more}
    return found


def _told(node: str) -> ApiGen[Mapping[str, object]]:
    try:
        time, dns = (yield from _asked(node, f"/nodes/{node}/time")), (yield from _asked(node, f"/nodes/{node}/dns"))
    except ApiError:
        return {}
    zone = time.get("timezone") if isinstance(time, Mapping) else None
    servers = _servers(dns) if isinstance(dns, Mapping) else ()
    return {"timezone": zone, "dns": ",".join(servers)}


def _servers(dns: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(dns[key]) for key in ("dns1", "dns2", "dns3") if dns.get(key))


def steps(change: Change) -> tuple[Step, ...]:
    """Return the writes still missing: configuration, DNS, time zone, hosts."""
    live = change.live
    if live.existence is not Existence.PRESENT:
        return ()
    node = str(live.intended.get("node"))
    if change.desired is None:
        return _left(change, node)
    return (*_config(change, node), *_files(live, node, {c.path: c.after for c in change.changes}))


def _files(live: Live, node: str, values: Leaves) -> Iterator[Step]:
    """Yield the writes of what is no configuration of Proxmox but a file of the node: DNS, time zone, hosts."""
    dns = tuple(path for path in values if path.startswith("dns."))
    if dns:
        yield _dns(node, {**live.intended, **values}, dns)
    if values.get(_TIME):
        request = Request("PUT", f"/nodes/{node}/time", {"timezone": str(values[_TIME])}, node=node)
        yield Step("update", request, Guard.NONE, (_TIME,), Effect.ONLINE, detail={"time zone": str(values[_TIME])})
    if values.get(_HOSTS) is not None:
        params: dict[str, Param] = {"data": f"{values[_HOSTS]}\n"}
        if live.raw.get("@hosts"):
            params["digest"] = live.raw["@hosts"]
        guard = Guard.DIGEST if "digest" in params else Guard.NONE
        request = Request("POST", f"/nodes/{node}/hosts", params, node=node)
        yield Step("update", request, guard, (_HOSTS,), detail={"hosts": "file"})


def _config(change: Change, node: str) -> tuple[Step, ...]:
    elsewhere = ("dns.", _TIME, _HOSTS, "node", _DOMAINS)
    mine = [c for c in change.changes if not c.path.startswith(elsewhere)]
    found = natural.update(NODE_CONFIG, natural.Home("", ""), change, mine, f"/nodes/{node}/config")
    names = next((c for c in change.changes if c.path == _DOMAINS), None)
    if names is None:
        return found
    params: dict[str, Param] = dict(found[0].request.params) if found else {}
    params |= _domain_params(names, change.live.raw, params)
    request = Request("PUT", f"/nodes/{node}/config", params, node=node)
    leaves = (*(found[0].leaves if found else ()), _DOMAINS)
    return (Step("update", request, Guard.DIGEST if "digest" in params else Guard.NONE, leaves, Effect.ONLINE),)


def _domain_params(change: LeafChange, raw: Mapping[str, str], params: Mapping[str, Param]) -> dict[str, Param]:
    records = change.after if isinstance(change.after, tuple) else ()
    found: dict[str, Param] = {
        f"acmedomain{number}": ",".join(f"{key}={value}" for key, value in pairs(record).items())
        for number, record in enumerate(records)
    }
    gone = [f"acmedomain{n}" for n in range(len(records), _SLOTS) if f"acmedomain{n}" in raw]
    old = str(params.get("delete") or "")
    if gone:
        found["delete"] = ",".join([*([old] if old else []), *gone])
    if raw.get("digest"):
        found["digest"] = raw["digest"]
    return found


def _dns(node: str, leaves: Leaves, touched: tuple[str, ...]) -> Step:
    servers = leaves.get("dns.servers")
    params: dict[str, Param] = {"search": str(leaves.get("dns.search", "local"))}
    if isinstance(servers, tuple):
        params |= {f"dns{number}": str(each) for number, each in enumerate(servers[:3], 1)}
    told = {"DNS": ", ".join(str(each) for each in servers)} if isinstance(servers, tuple) else {"DNS": "search"}
    return Step("update", Request("PUT", f"/nodes/{node}/dns", params, node=node), Guard.NONE, touched, detail=told)


def _left(change: Change, node: str) -> tuple[Step, ...]:
    """Return the steps that unset what we had set, and make DNS, time and hosts what they were before."""
    gone = natural.still_set(NODE_CONFIG, change)
    if _DOMAINS in change.applied:
        gone += tuple(name for name in change.live.raw if name.startswith("acmedomain"))
    now = change.live.intended
    first = {
        path: value
        for path, value in change.originals.items()
        if value is not None and now.get(path) != value and now.get(path) == change.applied.get(path)
    }
    files = tuple(_files(change.live, node, first))
    if not gone:
        return files
    request = Request("PUT", f"/nodes/{node}/config", {"delete": ",".join(gone)}, node=node)
    return (Step("update", request, Guard.NONE, (), Effect.ONLINE), *files)


def refuse(change: Change) -> str:
    """Return why the node cannot be told."""
    if change.desired is None:
        return ""
    around = change.surroundings
    problem = unknown_node(around, [identifier(change.desired)])
    return problem or version_problem(NODE_CONFIG, change.desired.leaves, around.version)


NODE_CONFIG = replace(
    Kind(
        name="NodeConfig",
        plural="nodeconfigs",
        short=("nc",),
        namespaced=False,
        guest=False,
        rank=20,
        fields=(*worded(_FIELDS, _WORDS), natural.RAW),
        columns=(Column("TIMEZONE", text("timezone")), Column("DNS", text("dns"))),
        api="/nodes/x/config",
        always=True,
    ),
    identifier=identifier,
    observe=observe,
    steps=steps,
    listing=listing,
    refuse=refuse,
    more_references=provers,
    check=check,
)
