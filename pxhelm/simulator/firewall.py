"""The firewall's rules and options: of the data centre, of nodes, of virtual networks, of guests, and security groups.

One row for each configuration file: ``cluster``, ``node/NAME``, ``vnet/NAME``, ``vm/VMID``; it follows a guest's clone and destruction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.formats import split_list
from pxhelm.simulator.sdn_state import running
from pxhelm.simulator.world import Call, Routes, World, check_digest, digest

Row = dict[str, Any]
Where = Callable[[Call], str]
_ACTIONS = ("ACCEPT", "DROP", "REJECT")
MACROS = [
    "Amanda",
    "Auth",
    "BGP",
    "BitTorrent",
    "BitTorrent32",
    "CVS",
    "Ceph",
    "Citrix",
    "DAAP",
    "DCC",
    "DHCPfwd",
    "DHCPv6",
    "DNS",
    "Distcc",
    "FTP",
    "Finger",
    "GNUnet",
    "GRE",
    "Git",
    "HKP",
    "HTTP",
    "HTTPS",
    "HTTP3",
    "ICPV2",
    "ICQ",
    "IMAP",
    "IMAPS",
    "IPIP",
    "IPsec",
    "IPsecah",
    "IPsecnat",
    "IRC",
    "Jetdirect",
    "L2TP",
    "LDAP",
    "LDAPS",
    "MDNS",
    "MSNP",
    "MSSQL",
    "Mail",
    "Munin",
    "MySQL",
    "NNTP",
    "NNTPS",
    "NTP",
    "NeighborDiscovery",
    "OSPF",
    "OpenVPN",
    "PBS",
    "PCA",
    "PMG",
    "POP3",
    "POP3S",
    "PPtP",
    "Ping",
    "PostgreSQL",
    "Printer",
    "RDP",
    "RIP",
    "RNDC",
    "Razor",
    "Rdate",
    "Rsync",
    "SANE",
    "SMB",
    "SMBswat",
    "SMTP",
    "SMTPS",
    "SNMP",
    "SPAMD",
    "SPICEproxy",
    "SSH",
    "SVN",
    "SixXS",
    "Squid",
    "Submission",
    "Syslog",
    "TFTP",
    "Telnet",
    "Telnets",
    "Time",
    "Trcrt",
    "VNC",
    "VNCL",
    "Web",
    "Webcache",
    "Webmin",
    "Whois",
]


def blank() -> Row:
    """Return an empty configuration."""
    return {"options": {}, "rules": [], "aliases": {}, "ipsets": {}, "groups": {}}


def look(world: World, where: str) -> Row:
    """Return a configuration to look at; empty when there is none."""
    found: Row | None = world.state.get("firewall", where)
    return found if found is not None else blank()


def change(world: World, where: str) -> Row:
    """Return a configuration to change."""
    row: Row = (
        world.state.edit("firewall", where)
        if world.state.has("firewall", where)
        else world.state.put("firewall", where, blank())
    )
    return row


def cluster_file(call: Call) -> str:
    """Name the data centre's configuration."""
    del call
    return "cluster"


def node_file(call: Call) -> str:
    """Name a node's configuration."""
    return f"node/{call.node}"


def guest_file(call: Call) -> str:
    """Name a guest's configuration."""
    return f"vm/{call.vmid}"


# options


def _read_options(where: Where) -> Callable[[Call], Row]:
    def read(call: Call) -> Row:
        row = look(call.world, where(call))
        return {**row["options"], "digest": digest(row)}

    return read


def _update_options(where: Where) -> Callable[[Call], None]:
    def update(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        row = change(call.world, where(call))
        row["options"] |= {k: v for k, v in call.params.items() if k not in ("node", "vmid", "digest", "delete")}
        for option in split_list(str(call.params.get("delete", ""))):
            row["options"].pop(option, None)

    return update


# rules


def _rules_at(call: Call, where: Where, *, write: bool) -> tuple[Row, list[Row]]:
    """Return the configuration and the list of rules that is meant: the file's, or a security group's."""
    row = change(call.world, where(call)) if write else look(call.world, where(call))
    group = call.params.get("group")
    if group is None:
        return row, row["rules"]
    if group not in row["groups"]:
        raise ApiError(f"no such security group '{group}'")
    return row, row["groups"][group]["rules"]


def _list_rules(where: Where) -> Callable[[Call], list[Row]]:
    def list_all(call: Call) -> list[Row]:
        row, rules = _rules_at(call, where, write=False)
        current = digest(row)
        return [{**rule, "pos": n, "digest": current} for n, rule in enumerate(rules)]

    return list_all


def _position(call: Call, rules: list[Row]) -> int:
    position = int(call.params["pos"])
    if not 0 <= position < len(rules):
        raise ApiError(f"no rule at position {position}")
    return position


def _read_rule(where: Where) -> Callable[[Call], Row]:
    def read(call: Call) -> Row:
        row, rules = _rules_at(call, where, write=False)
        position = _position(call, rules)
        return {**rules[position], "pos": str(position), "digest": digest(row)}

    return read


def check_rule(world: World, rule: Row, where: str) -> None:
    """Refuse rules that name what is not there."""
    if rule["type"] != "group" and rule["action"] not in _ACTIONS:
        raise parameter_error("action", f"unknown action '{rule['action']}'")
    macro = rule.get("macro")
    if macro and macro not in MACROS:
        raise parameter_error("macro", f"unknown macro '{macro}'")
    for end in ("source", "dest"):
        for part in str(rule.get(end, "")).split(","):
            name = part.strip().removeprefix("+")
            if part.strip().startswith("+"):
                scopes = (look(world, where), look(world, "cluster"))
                plain = name.removeprefix("dc/").removeprefix("guest/")
                if not any(plain in s["ipsets"] for s in scopes):
                    raise parameter_error(end, f"no such ipset '{name}'")
    for port in ("dport", "sport"):
        if rule.get(port) and not rule.get("proto") and not macro:
            raise parameter_error("proto", f"missing property - '{port}' requires this property")


_NOT_RULE = ("node", "vmid", "group", "pos", "digest", "moveto", "delete")


def _create_rule(where: Where) -> Callable[[Call], None]:
    def create(call: Call) -> None:
        row = look(call.world, where(call))
        check_digest(call.params.get("digest"), digest(row))
        _rules_at(call, where, write=False)
        rule = {k: v for k, v in call.params.items() if k not in _NOT_RULE}
        rule.setdefault("enable", 0)
        check_rule(call.world, rule, where(call))
        _, rules = _rules_at(call, where, write=True)
        rules.insert(0, rule)
        position = int(call.params.get("pos", 0))
        if position and position < len(rules):
            _move(rules, 0, position)

    return create


def _move(rules: list[Row], start: int, target: int) -> None:
    """Move a rule before the one that is at ``target`` now."""
    rule = rules[start]
    rest = [(n, r) for n, r in enumerate(rules) if n != start]
    moved: list[Row] = []
    placed = False
    for number, other in rest:
        if number >= target and not placed:
            moved.append(rule)
            placed = True
        moved.append(other)
    if not placed:
        moved.append(rule)
    rules[:] = moved


def _update_rule(where: Where) -> Callable[[Call], None]:
    def update(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        _, rules = _rules_at(call, where, write=True)
        position = _position(call, rules)
        if "moveto" in call.params:
            _move(rules, position, int(call.params["moveto"]))
            return
        rule = {**rules[position], **{k: v for k, v in call.params.items() if k not in _NOT_RULE}}
        for option in split_list(str(call.params.get("delete", ""))):
            rule.pop(option, None)
        check_rule(call.world, rule, where(call))
        rules[position] = rule

    return update


def _delete_rule(where: Where) -> Callable[[Call], None]:
    def delete(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        _, rules = _rules_at(call, where, write=True)
        del rules[_position(call, rules)]

    return delete


def vnet_file(call: Call) -> str:
    """Name a virtual network's configuration; only one that runs has any."""
    name = str(call.params["vnet"])
    if name not in running(call.world, "vnets"):
        raise ApiError("invalid vnet specified")
    return f"vnet/{name}"


def _rule_routes(base: str, where: Where) -> Routes:
    one = f"{base}/{{pos}}"
    return {
        ("GET", base): _list_rules(where),
        ("POST", base): _create_rule(where),
        ("GET", one): _read_rule(where),
        ("PUT", one): _update_rule(where),
        ("DELETE", one): _delete_rule(where),
    }


def _option_routes(base: str, where: Where) -> Routes:
    return {("GET", f"{base}/options"): _read_options(where), ("PUT", f"{base}/options"): _update_options(where)}


# security groups


def list_groups(call: Call) -> list[Row]:
    """GET /cluster/firewall/groups."""
    row = look(call.world, "cluster")
    current = digest(row)
    return [
        {"group": n, "digest": current, **{k: g[k] for k in ("comment",) if k in g}} for n, g in row["groups"].items()
    ]


def create_group(call: Call) -> None:
    """POST /cluster/firewall/groups, also to rename or describe one."""
    params = call.params
    name, old = str(params["group"]), params.get("rename")
    row = change(call.world, "cluster")
    if old is not None:
        if old not in row["groups"]:
            raise ApiError(f"no such security group '{old}'")
        if name != old and name in row["groups"]:
            raise parameter_error("group", f"Security group '{name}' already exists")
        group = row["groups"].pop(old)
    else:
        if name in row["groups"]:
            raise parameter_error("group", f"Security group '{name}' already exists")
        group = {"rules": []}
    if "comment" in params:
        group["comment"] = params["comment"]
    row["groups"][name] = group


def delete_group(call: Call) -> None:
    """DELETE /cluster/firewall/groups/{group}."""
    name = str(call.params["group"])
    row = change(call.world, "cluster")
    if name not in row["groups"]:
        raise ApiError(f"no such security group '{name}'")
    if row["groups"][name]["rules"]:
        raise ApiError(f"Security group '{name}' is not empty")
    del row["groups"][name]


_NODE, _GROUP = "/nodes/{node}/firewall", "/cluster/firewall/groups/{group}"
_VNET = "/cluster/sdn/vnets/{vnet}/firewall"
ROUTES: Routes = {
    **_option_routes("/cluster/firewall", cluster_file),
    **_rule_routes("/cluster/firewall/rules", cluster_file),
    **_option_routes(_NODE, node_file),
    **_rule_routes(f"{_NODE}/rules", node_file),
    **_option_routes(_VNET, vnet_file),
    **_rule_routes(f"{_VNET}/rules", vnet_file),
    **_rule_routes(_GROUP, cluster_file),
    ("GET", "/cluster/firewall/groups"): list_groups,
    ("POST", "/cluster/firewall/groups"): create_group,
    ("DELETE", _GROUP): delete_group,
}
for _kind in ("qemu", "lxc"):
    ROUTES |= _option_routes(f"/nodes/{{node}}/{_kind}/{{vmid}}/firewall", guest_file)
    ROUTES |= _rule_routes(f"/nodes/{{node}}/{_kind}/{{vmid}}/firewall/rules", guest_file)
