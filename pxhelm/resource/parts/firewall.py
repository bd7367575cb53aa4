"""A firewall: its options, its rules, and the sets and aliases that a guest has of its own.

One firewall is a base path (``/cluster/firewall``, ``/nodes/pve1/qemu/101/firewall``) and the field below which it stands in
a manifest. A kind takes ``fields`` into its table, ``read`` into its observation and ``steps`` into its writes. Never decides
whether a firewall may be switched on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource.decode import decode, text_of
from pxhelm.resource.effect import Effect
from pxhelm.resource.encode import encode
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Kind, LeafChange, Mistake, Op
from pxhelm.resource.model import Leaves, Live, Value
from pxhelm.resource.parts import firewall_rules
from pxhelm.resource.parts.firewall_rules import LEVELS, RuleList
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.table import table_of
from pxhelm.resource.words import said, told

_D, _O = Effect.ONLINE_DISRUPTIVE, Effect.ONLINE
_POLICIES = ("ACCEPT", "REJECT", "DROP")


def _log(path: str, wire: str) -> Field:
    return Field(path, "line", wire, choices=LEVELS, default="nolog", effect=_O)


def _flag(path: str, wire: str, *, default: bool | None) -> Field:
    return Field(path, "bool", wire, default=default, effect=_O)


_ENABLED = Field("enabled", "bool", "enable", default=False, effect=_D)
_FORWARD = Field("policyForward", "line", "policy_forward", choices=("ACCEPT", "DROP"), default="ACCEPT", effect=_D)
_IN_AND_OUT = (
    Field("policyIn", "line", "policy_in", choices=_POLICIES, default="DROP", effect=_D),
    Field("policyOut", "line", "policy_out", choices=_POLICIES, default="ACCEPT", effect=_D),
)
CLUSTER = (
    _ENABLED,
    *_IN_AND_OUT,
    _FORWARD,
    _flag("ebtables", "ebtables", default=True),
    _flag("logRateLimit.enabled", "log_ratelimit.enable", default=True),
    Field("logRateLimit.rate", "line", "log_ratelimit.rate", default="1/second", effect=_O),
    Field("logRateLimit.burst", "int", "log_ratelimit.burst", default=5, bounds=(0, None), effect=_O),
)
_NDP = _flag("ndp", "ndp", default=None)  # off before version 9, on since: what is wanted is written
NODE = (
    replace(_ENABLED, default=True),
    _log("logIn", "log_level_in"),
    _log("logOut", "log_level_out"),
    _log("logForward", "log_level_forward"),
    _NDP,
    _flag("nftables", "nftables", default=False),
    _flag("tcpFlags", "tcpflags", default=False),
    _flag("noSmurfs", "nosmurfs", default=True),
    _log("smurfLog", "smurf_log_level"),
    _log("tcpFlagsLog", "tcp_flags_log_level"),
    Field("conntrack.max", "int", "nf_conntrack_max", default=262144, bounds=(32768, None), effect=_O),
    _flag("conntrack.allowInvalid", "nf_conntrack_allow_invalid", default=False),
    Field("conntrack.helpers", "set", "nf_conntrack_helpers", form="commas", effect=_O),
    Field(
        "conntrack.tcpEstablished", "duration", "nf_conntrack_tcp_timeout_established", default=432000,
        bounds=(7875, None), effect=_O,
    ),
    Field(
        "conntrack.tcpSynRecv", "duration", "nf_conntrack_tcp_timeout_syn_recv", default=60, bounds=(30, 60),
        effect=_O,
    ),
    _flag("conntrack.log", "log_nf_conntrack", default=False),
    _flag("synflood.enabled", "protection_synflood", default=False),
    Field("synflood.rate", "int", "protection_synflood_rate", default=200, effect=_O),
    Field("synflood.burst", "int", "protection_synflood_burst", default=1000, effect=_O),
)  # fmt: skip
VNET = (_ENABLED, _FORWARD, _log("logForward", "log_level_forward"))
GUEST = (
    _ENABLED,
    *_IN_AND_OUT,
    _flag("dhcp", "dhcp", default=None),  # the schema says off: what is wanted is written, whatever unset means
    _NDP,
    _flag("radv", "radv", default=False),
    _flag("macFilter", "macfilter", default=True),
    _flag("ipFilter", "ipfilter", default=False),
    _log("logIn", "log_level_in"),
    _log("logOut", "log_level_out"),
)
_WORDS = told("""
enabled                     whether rules apply; each card of a guest needs firewall: true as well
policyIn                    what happens to what no rule lets in
policyOut                   what happens to what no rule lets out
policyForward               what happens to what no rule lets through
ebtables                    filter below IP, too
logRateLimit.enabled        write no more than so much into the log
logRateLimit.rate           lines for a time, such as 5/second
logRateLimit.burst          lines that may come at once
logIn                       what of the inward traffic is logged
logOut                      what of the outward traffic is logged
logForward                  what of the traffic that is passed on is logged
dhcp                        let DHCP through
ndp                         let neighbour discovery through
radv                        let router advertisements of the guest through
macFilter                   drop what does not come from the card's own address
ipFilter                    drop what does not come from the addresses of the card's set
nftables                    use the newer firewall, which is not finished
tcpFlags                    drop packets with flags that make no sense
noSmurfs                    drop what comes from a broadcast address
smurfLog                    whether and as what that is logged
tcpFlagsLog                 whether and as what packets with such flags are logged
conntrack.max               connections that are tracked at most
conntrack.allowInvalid      let packets through that belong to no connection
conntrack.helpers           protocols whose further connections are known, such as ftp
conntrack.tcpEstablished    how long a silent connection is remembered
conntrack.tcpSynRecv        how long one that is being opened is remembered
conntrack.log               log every connection
synflood.enabled            hold back floods of new connections
synflood.rate               new connections a second from one address
synflood.burst              new connections that may come at once
""")


@dataclass(frozen=True, slots=True)
class Firewall:
    """One firewall: where it is, below which field it is written, and what options it has."""

    base: str
    options: tuple[Field, ...]
    prefix: str = ""
    node: str = ""
    sets: bool = False
    """It has sets and aliases of its own, as guests have."""

    @property
    def rules(self) -> RuleList:
        """Return its list of rules."""
        return RuleList(f"{self.base}/rules", self.prefix, self.node)

    @property
    def table(self) -> Kind:
        """Return its options as a table with their parameters."""
        return _table(self.base, tuple(self.options), self.prefix)


_TABLES: dict[tuple[str, str, tuple[str, ...]], Kind] = {}


def _table(base: str, options: tuple[Field, ...], prefix: str) -> Kind:
    at = next((name for name in ("qemu", "lxc", "sdn", "cluster") if f"/{name}/" in f"{base}/"), "node")
    api = {
        "qemu": "/nodes/n/qemu/100/firewall/options",
        "lxc": "/nodes/n/lxc/100/firewall/options",
        "sdn": "/cluster/sdn/vnets/v/firewall/options",
        "cluster": "/cluster/firewall/options",
        "node": "/nodes/n/firewall/options",
    }[at]
    key = (api, prefix, tuple(each.path for each in options))
    found = _TABLES.get(key)
    if found is None:
        rows = tuple(replace(each, path=f"{prefix}{each.path}") for each in options)
        found = _TABLES[key] = Kind("Firewall", "firewalls", (), False, False, 0, rows, api=api)
    return found


def _same(path: str, wanted: Leaves, live: Live) -> bool:
    return live.intended.get(path) == wanted[path]


def _same_or(default: Value) -> Field:
    def same(path: str, wanted: Leaves, live: Live) -> bool:
        found = live.intended.get(path)
        return found == wanted[path] or (found is None and wanted[path] == default)

    return Field("", "line", same=same)


def fields(options: tuple[Field, ...], prefix: str = "", *, sets: bool = False) -> tuple[Field, ...]:
    """Return the rows of a kind's table for a firewall; none of them is a parameter of the kind's own."""
    own = tuple(
        replace(
            each,
            path=f"{prefix}{each.path}",
            wire="",
            via=f"firewall {each.wire}",
            form="",
            same=_same_or(each.default).same,
        )
        for each in said(options, _WORDS)
    )
    more = (
        Field(
            f"{prefix}ipsets.*",
            "addresses",
            effect=_D,
            same=_same,
            via="ipset cidr",
            help="addresses of a set of the guest's own",
        ),
        Field(
            f"{prefix}aliases.*",
            "network",
            effect=_D,
            same=_same,
            via="alias cidr",
            help="address of an alias of the guest's own",
        ),
    )
    return (*own, *(more if sets else ()), *firewall_rules.fields(prefix))


def unguarded(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield the cards of a guest that its firewall does not filter, since they do not say so."""
    if leaves.get("firewall.enabled") is not True:
        return
    cards = {".".join(path.split(".")[:2]) for path in leaves if path.startswith("networks.")}
    for card in sorted(cards):
        if f"{card}.firewall" not in leaves:
            why = f"W105: the firewall of the guest is on, and {card} has no firewall: true: nothing of it is filtered"
            yield Mistake(card, why, f"write {card}.firewall: true, or false if that is meant", lint=True)


def read(firewall: Firewall) -> ApiGen[tuple[dict[str, Value], dict[str, str]]]:
    """Return the leaves of a firewall, and texts for ``Live.raw`` from which ``steps`` decides."""
    data = yield from call(Request("GET", f"{firewall.base}/options", node=firewall.node))
    found = data if isinstance(data, Mapping) else {}
    raw = {str(key): text_of(value) for key, value in found.items() if value not in (None, "")}
    leaves: dict[str, Value] = dict(decode(firewall.table, raw))
    texts = {f"@{firewall.prefix}options.{key}": value for key, value in raw.items()}
    rules, list_text = yield from firewall_rules.read(firewall.rules)
    if firewall.sets:
        leaves |= yield from _read_sets(firewall)
    return {**leaves, **rules}, {**texts, **list_text}


def _read_sets(firewall: Firewall) -> ApiGen[dict[str, Value]]:
    leaves: dict[str, Value] = {}
    for row in _rows((yield from call(Request("GET", f"{firewall.base}/aliases", node=firewall.node)))):
        leaves[f"{firewall.prefix}aliases.{row['name']}"] = str(row["cidr"])
    for row in _rows((yield from call(Request("GET", f"{firewall.base}/ipset", node=firewall.node)))):
        path = f"{firewall.base}/ipset/{row['name']}"
        entries = _rows((yield from call(Request("GET", path, node=firewall.node))))
        cidrs = {("!" if each.get("nomatch") else "") + str(each["cidr"]) for each in entries}
        leaves[f"{firewall.prefix}ipsets.{row['name']}"] = tuple(sorted(cidrs))
    return leaves


def _rows(data: object) -> list[Mapping[str, object]]:
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def read_if_any(firewall: Firewall) -> ApiGen[tuple[dict[str, Value], dict[str, str]]]:
    """Return what ``read`` does; nothing where this version, or this thing, has no firewall."""
    try:
        return (yield from read(firewall))
    except ApiError as error:
        if error.cls is ErrorClass.GONE or error.status == 501:
            return {}, {}
        raise


def steps(firewall: Firewall, change: Change) -> tuple[Step, ...]:
    """Return the writes by which the firewall becomes what is wanted: what rules name, then the rules, then the options.

    Of an object that goes (``change.desired`` None) nothing is left of what this manager applied.
    """
    changes = change.changes if change.desired is not None else _taken_back(firewall, change)
    sets = _set_steps(firewall, changes) if firewall.sets else ([], [])
    rules = firewall_rules.steps(firewall.rules, change)
    return (*sets[0], *rules, *_option_steps(firewall, change, changes), *sets[1])


def _taken_back(firewall: Firewall, change: Change) -> tuple[LeafChange, ...]:
    table = table_of(firewall.table.fields, firewall.table.slots)
    found = []
    for path in change.applied:
        now = change.live.intended.get(path)
        place = table.place(path)
        own = path.startswith((f"{firewall.prefix}ipsets.", f"{firewall.prefix}aliases."))
        if now is not None and (own or (place is not None and now != place.field.default)):
            found.append(LeafChange(path, Op.UNSET, now, None, _D))
    return tuple(found)


def _option_steps(firewall: Firewall, change: Change, changes: tuple[LeafChange, ...]) -> tuple[Step, ...]:
    table = table_of(firewall.table.fields, firewall.table.slots)
    ours = [c for c in changes if table.place(c.path) is not None]
    head = f"@{firewall.prefix}options."
    raw = {key.removeprefix(head): value for key, value in change.live.raw.items() if key.startswith(head)}
    writes = {c.path: c.after if c.op is Op.SET else None for c in ours}
    encoded = encode(firewall.table, raw, writes, version=change.surroundings.version)
    if not encoded:
        return ()
    params: dict[str, Param] = encoded.as_params()
    if raw.get("digest"):
        params["digest"] = raw["digest"]
    guard = Guard.DIGEST if "digest" in params else Guard.NONE
    request = Request("PUT", f"{firewall.base}/options", params, node=firewall.node)
    return (Step("update", request, guard, encoded.leaves, max(c.effect for c in ours)),)


_VERBS = {"POST": "insert", "PUT": "update", "DELETE": "remove"}
_ONE = {"aliases": "alias", "ipsets": "ipset"}


def _set_steps(firewall: Firewall, changes: tuple[LeafChange, ...]) -> tuple[list[Step], list[Step]]:
    """Return what has to be made before the rules that name it, and what goes after them."""
    before: list[Step] = []
    after: list[Step] = []

    def send(to: list[Step], each: LeafChange, method: str, path: str, params: dict[str, Param]) -> None:
        request = Request(method, f"{firewall.base}/{path}", params, node=firewall.node)  # type: ignore[arg-type]
        what = path.rpartition("/")[2] if method == "DELETE" else str(params.get("cidr", ""))
        family, _, name = each.path.removeprefix(firewall.prefix).partition(".")
        entry = path.count("/") > 1 or (method == "POST" and "cidr" in params and family == "ipsets")
        told = {"entry": f"{what.replace('%2F', '/')} of {name}"} if entry else {_ONE[family]: name}
        leaves = (each.path, f"{each.path} {method} {what}")
        to.append(Step(_VERBS[method], request, Guard.NONE, leaves, _D, detail=told))

    for each in changes:
        family, _, name = each.path.removeprefix(firewall.prefix).partition(".")
        if family == "aliases":
            if each.op is Op.UNSET:
                send(after, each, "DELETE", f"aliases/{name}", {})
            elif each.before is None:
                send(before, each, "POST", "aliases", {"name": name, "cidr": str(each.after)})
            else:
                send(before, each, "PUT", f"aliases/{name}", {"cidr": str(each.after)})
        elif family == "ipsets":
            now = set(each.before) if isinstance(each.before, tuple) else set()
            wanted = set(each.after) if isinstance(each.after, tuple) else set()
            if each.op is Op.UNSET:
                send(after, each, "DELETE", f"ipset/{name}", {"force": True})
                continue
            if each.before is None:
                send(before, each, "POST", "ipset", {"name": name})
            for cidr in sorted(str(c) for c in wanted - now):
                entry: dict[str, Param] = {"cidr": cidr.removeprefix("!")}
                send(before, each, "POST", f"ipset/{name}", {**entry, **({"nomatch": True} if cidr[0] == "!" else {})})
            for cidr in sorted(str(c) for c in now - wanted):
                send(after, each, "DELETE", f"ipset/{name}/{cidr.removeprefix('!').replace('/', '%2F')}", {})
    return before, after
