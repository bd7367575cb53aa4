"""The schema in words: what a parameter accepts, which rights a call needs. Never decides whether a value is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pxhelm.proxmox.schema import Endpoint, ParamSpec

_LISTED = 12
"""Values of an enumeration that are told in full."""
_FORMATS: Mapping[str, str] = {
    "disk-size": "a size such as 50G",
    "pve-node": "the name of a node",
    "pve-vmid": "a VMID",
    "pve-storage-id": "the name of a storage",
    "pve-poolid": "the name of a pool",
    "mac-addr": "a MAC address",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "ip": "an IP address",
    "CIDR": "an address with prefix length such as 10.0.0.1/24",
    "urlencoded": "any text",
}


def type_of(spec: ParamSpec) -> str:
    """Return the type in one or two words: ``integer``, ``property string``, ``list of string``."""
    if spec.type == "array":
        return f"list of {type_of(spec.items)}" if spec.items is not None else "list"
    if spec.type == "string":
        if spec.properties:
            return "property string"
        if spec.enum:
            return "enum"
    return spec.type


def accepted(spec: ParamSpec) -> str:
    """Say which values are taken, as after *accepts*."""
    if spec.type == "array" and spec.items is not None:
        return f"{accepted(spec.items)}; may be given several times"
    if spec.enum:
        more = f" and {len(spec.enum) - _LISTED} more" if len(spec.enum) > _LISTED else ""
        return f"one of {', '.join(spec.enum[:_LISTED])}{more}"
    if spec.type == "boolean":
        return "0 or 1"
    if spec.type in ("integer", "number"):
        return " ".join(filter(None, ("an integer" if spec.type == "integer" else "a number", limits(spec))))
    if spec.properties and spec.type == "string":
        return f"key=value pairs separated by commas: {', '.join(_keys(spec.properties))}"
    parts = [
        _FORMATS.get(spec.format, f"a text of the format {spec.format}" if spec.format else "a text"),
        limits(spec),
    ]
    if spec.pattern:
        parts.append(f"that matches {spec.pattern}")
    return " ".join(filter(None, parts))


def limits(spec: ParamSpec) -> str:
    """Return the limits of a number or of a text's length; empty when there are none."""
    if spec.type == "string":
        low, high, unit = spec.min_length, spec.max_length, " characters"
    else:
        low, high, unit = spec.minimum, spec.maximum, ""  # type: ignore[assignment]
    if low is not None and high is not None:
        return f"from {low} to {high}{unit}"
    if high is not None:
        return f"up to {high}{unit}"
    return f"from {low}{unit}" if low is not None else ""


def permissions(endpoint: Endpoint) -> str:
    """Say who may call an endpoint."""
    found = endpoint.permissions
    if found.get("check"):
        return _check(found["check"])
    if found.get("user") == "world":
        return "anybody, without signing in"
    if found.get("user") == "all":
        return "everybody who is signed in; the call itself may ask for more"
    return "root@pam only"


def _check(check: Sequence[Any]) -> str:
    kind, *rest = check
    if kind in ("and", "or"):
        return f" {kind} ".join(f"({_check(each)})" if each[0] in ("and", "or") else _check(each) for each in rest)
    if kind == "perm":
        path, rights, *options = rest
        word = " or " if "any" in options else " and "
        return f"{word.join(rights)} on {path}"
    if kind == "perm-modify":
        return f"Permissions.Modify on {rest[0]} (or what replaces it there)"
    if kind in ("userid-group", "userid-param"):
        rights = rest[0] if isinstance(rest[0], list) else [str(rest[0])]
        return f"{' or '.join(rights)} on the user's groups"
    return " ".join(str(part) for part in check)


def _keys(form: Mapping[str, ParamSpec]) -> list[str]:
    own = [name for name, spec in form.items() if not spec.alias]
    return sorted(own, key=lambda name: (not form[name].default_key, form[name].optional, name))
