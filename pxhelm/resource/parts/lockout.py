"""Whether a firewall would shut out whoever speaks to the API. What a security group lets in is not looked into."""

from __future__ import annotations

from collections.abc import Mapping

from pxhelm.resource.model import Leaves, Live
from pxhelm.resource.parts import firewall_rules

PORT = 8006
_PARTS = ("type", "action", "group", "macro", "proto", "dport", "enabled")


def locked_out(leaves: Leaves, live: Live) -> str:
    """Return why a cluster's firewall must not be switched on: no rule that will stand lets the API in; empty when one does."""
    if not leaves.get("enabled") or leaves.get("policyIn", live.intended.get("policyIn", "DROP")) == "ACCEPT":
        return ""
    names = {path.split(".")[1] for path in leaves if path.startswith("rules.")}
    ours = [{part: leaves.get(f"rules.{name}.{part}") for part in _PARTS} for name in sorted(names)]
    foreign = () if leaves.get("rulesPolicy") == "Exclusive" else firewall_rules.foreign(live)
    if any(_admits(rule) for rule in (*ours, *foreign)):
        return ""
    return f"no rule lets anybody in to port {PORT}: you would lock yourself out (--allow-lockout allows it)"


def _admits(rule: Mapping[str, object]) -> bool:
    if rule.get("enabled") is False:
        return False
    if rule.get("group"):
        return True
    if rule.get("type") != "in" or rule.get("action") != "ACCEPT" or rule.get("macro"):
        return False
    ports = rule.get("dport")
    if not ports:
        return rule.get("proto") in (None, "tcp")
    return any(_holds(str(each)) for each in (ports if isinstance(ports, tuple) else (ports,)))


def _holds(ports: str) -> bool:
    low, _, high = ports.partition(":")
    return low.isdigit() and int(low) <= PORT <= int(high if high.isdigit() else low)
