"""The named formats of the API schema: what a value must look like, and how Proxmox words it when it does not.

Own code on purpose (the simulator is an oracle): shares the schema facts with the client, never its codec.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

Check = Callable[[str], str | None]
"""Returns the text of the complaint, or ``None``."""

_SPLIT = re.compile(r"[\0,;\s]+")
_REALM = r"[A-Za-z][A-Za-z0-9.\-_]+"
_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?"
_STORAGE = r"[a-zA-Z][a-zA-Z0-9\-_.]*[a-zA-Z0-9]"
_VOLUME = re.compile(rf"(?:{_STORAGE}):\S+")
_DNS = re.compile(rf"{_LABEL}(\.{_LABEL})*")
CONTENT_TYPES = ("images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import", "none")
HOTPLUG = ("network", "disk", "cpu", "memory", "usb", "cloudinit")


def split_list(text: str) -> list[str]:
    """Split a list as Proxmox does: by comma, semicolon, white space or NUL."""
    return [part for part in _SPLIT.split(text.strip()) if part]


def _matches(pattern: str, complaint: str) -> Check:
    compiled = re.compile(pattern)

    def check(value: str) -> str | None:
        return None if compiled.fullmatch(value) else complaint.replace("{}", value)

    return check


def _storage_id(value: str) -> str | None:
    if re.fullmatch(_STORAGE, value):
        return None
    if len(value) < 2:
        return f"storage ID '{value}' cannot be shorter than 2 characters"
    return f"storage ID '{value}' contains illegal characters"


def _user_id(value: str) -> str | None:
    if len(value) < 3:
        return f"user name '{value}' is too short"
    if len(value) > 64:
        return f"user name '{value}' is too long ({len(value)} > 64)"
    if re.fullmatch(rf"[^\s:/]+@{_REALM}", value):
        return None
    return f"value '{value}' does not look like a valid user name"


def _network(complaint: str, version: int, address: bool, network: bool) -> Check:
    def check(value: str) -> str | None:
        try:
            if "/" in value:
                if not network or not value.rsplit("/", 1)[1].isdigit():
                    return complaint
                found: int = ipaddress.ip_interface(value).version
            elif address:
                found = ipaddress.ip_address(value).version
            else:
                return complaint
        except ValueError:
            return complaint
        return None if version in (0, found) else complaint

    return check


_ipv4 = _network("value does not look like a valid IPv4 address", 4, address=True, network=False)
_ipv6 = _network("value does not look like a valid IPv6 address", 6, address=True, network=False)
_ip = _network("value does not look like a valid IP address", 0, address=True, network=False)
_cidr = _network("value does not look like a valid CIDR network", 0, address=False, network=True)
_cidr4 = _network("value does not look like a valid IPv4 network", 4, address=False, network=True)
_cidr6 = _network("value does not look like a valid IPv6 network", 6, address=False, network=True)
_ip_or_cidr = _network("value does not look like a valid IP address or CIDR network", 0, address=True, network=True)


def _ip_cidr_alias(value: str) -> str | None:
    if re.fullmatch(r"(?:dc/|guest/)?[A-Za-z][A-Za-z0-9\-_]+", value):
        return None
    return _ip_or_cidr(value)


def _address(value: str) -> str | None:
    if _ip(value) is None or _DNS.fullmatch(value):
        return None
    return f"value does not look like a valid address: {value}"


def _config4(value: str) -> str | None:
    good = value in ("dhcp", "manual") or _cidr4(value) is None
    return None if good else "value does not look like a valid ipv4 network configuration"


def _config6(value: str) -> str | None:
    good = value in ("auto", "dhcp", "manual") or _cidr6(value) is None
    return None if good else "value does not look like a valid ipv6 network configuration"


def _cpuset(value: str) -> str | None:
    for part in value.split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if not found or (found[2] and int(found[2]) < int(found[1])):
            return "unable to parse cpuset option"
    return None


def _startup(value: str) -> str | None:
    parts = [p for p in value.split(",") if p.strip()]
    good = all(re.fullmatch(r"(order=)?\d+|up=\d+|down=\d+", p) for p in parts)
    return None if good else "unable to parse startup options"


def _hotplug(value: str) -> str | None:
    if value in ("0", "1"):
        return None
    return next((f"invalid hotplug feature '{f}'" for f in split_list(value) if f not in HOTPLUG), None)


def _volume_id(value: str) -> str | None:
    return None if _VOLUME.fullmatch(value) else f"unable to parse volume ID '{value}'"


def _volume_or_qm_path(value: str) -> str | None:
    return None if value in ("none", "cdrom") or value.startswith("/") else _volume_id(value)


def _volume_or_path(value: str) -> str | None:
    return None if value.startswith("/") else _volume_id(value)


def check_cpu_type(value: str) -> str | None:
    """Return what is wrong with the name of a CPU model; whether there is a custom one, ``qemu_options`` looks."""
    from pxhelm.simulator.models import CPU_MODELS

    name = value.removeprefix("cputype=")
    if name in CPU_MODELS or name.startswith("custom-"):
        return None
    return f"Built-in cputype '{name}' is not defined (missing 'custom-' prefix?)"


def _fw_address(value: str) -> str | None:
    for part in value.split(","):
        part = part.strip()  # noqa: PLW2901 - Perl trims in place as well
        if part.startswith("+") or re.fullmatch(r"(?:dc/|guest/)?[A-Za-z][A-Za-z0-9\-_]+", part):
            continue
        ends = part.split("-") if "-" in part else [part]
        for end in ends:
            if not re.fullmatch(r"[0-9a-fA-F.:/]+", end):
                return f"invalid IP address: Invalid chars in IP {part}"
            found = re.fullmatch(r"([0-9.]+)/(\d+)", end)
            if found and int(found[2]) > 32:
                return f"invalid IP address: Prefix length {found[2]} is longer than IP address (32)"
            if _ip_or_cidr(end):
                return f"invalid IP address: {end}"
    return None


def _fw_port(value: str) -> str | None:
    for part in value.split(","):
        for end in part.split(":"):
            if end.isdigit():
                if not 0 <= int(end) <= 65535:
                    return f"invalid port '{end}'"
            elif not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9\-]*", end):
                return f"invalid port '{end}'"
    return None


CHECKS: dict[str, Check] = {
    "CIDR": _cidr,
    "CIDRv4": _cidr4,
    "CIDRv6": _cidr6,
    "IPorCIDR": _ip_or_cidr,
    "IPorCIDRorAlias": _ip_cidr_alias,
    "address": _address,
    "disk-size": _matches(r"\d+(\.\d+)?[KMGT]?", "value does not look like a valid disk size: {}"),
    "dns-name": _matches(_DNS.pattern, "value does not look like a valid DNS name"),
    "email": _matches(
        r"[\w+\-~]+(\.[\w+\-~]+)*@[a-zA-Z0-9\-]+(\.[a-zA-Z0-9\-]+)*", "value does not look like a valid email address"
    ),
    "ip": _ip,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "mac-addr": _matches(
        r"(?i:[a-f0-9][02468ace](?::[a-f0-9]{2}){5})", "value does not look like a valid unicast MAC address"
    ),
    "mac-prefix": _matches(
        r"(?i:[a-f0-9][02468ace](?::[a-f0-9]{2}){0,4}:?)", "value is not a valid unicast MAC address prefix"
    ),
    "pve-bridge-id": _matches(r"[\-_.\w]+", "invalid bridge ID '{}'"),
    "pve-configid": _matches(r"(?i:[a-z][a-z0-9_\-]+)", "invalid configuration ID '{}'"),
    "pve-cpuset": _cpuset,
    "pve-fw-addr-spec": _fw_address,
    "pve-fw-dport-spec": _fw_port,
    "pve-fw-sport-spec": _fw_port,
    "pve-groupid": _matches(r"[A-Za-z0-9.\-_]+", "group name '{}' contains invalid characters"),
    "pve-hotplug-features": _hotplug,
    "pve-iface": _matches(r"[a-zA-Z][a-zA-Z0-9_]{1,20}([:.]\d+)?", "invalid network interface name '{}'"),
    "pve-ipv4-config": _config4,
    "pve-ipv6-config": _config6,
    "pve-node": _matches(_LABEL, "value does not look like a valid node name"),
    "pve-poolid": _matches(r"[A-Za-z0-9.\-_]+(/[A-Za-z0-9.\-_]+){0,2}", "pool name '{}' contains invalid characters"),
    "pve-realm": _matches(_REALM, "value does not look like a valid realm"),
    "pve-replication-job-id": _matches(r"[1-9][0-9]{2,8}-\d{1,9}", "invalid replication job id '{}'"),
    "pve-roleid": _matches(r"[A-Za-z0-9.\-_]+", "role name '{}' contains invalid characters"),
    "pve-startup-order": _startup,
    "pve-sdn-subnet-id": lambda v: None if re.fullmatch(r"\S+-\S+-\d+", v) else _cidr(v),
    "pve-storage-content": lambda v: None if v in CONTENT_TYPES else f"invalid content type '{v}'",
    "pve-storage-id": _storage_id,
    "pve-storage-path": lambda v: None if v.startswith("/") else "value does not look like a valid absolute path",
    "pve-tag": _matches(r"(?i:[a-z0-9_][a-z0-9_\-+.]*)", "invalid characters in tag"),
    "pve-tokenid": _matches(rf"[^\s:/]+@{_REALM}!{_REALM}", "value '{}' does not look like a valid token ID"),
    "pve-userid": _user_id,
    "pve-vmid": _matches(r"[1-9][0-9]{2,8}", "value does not look like a valid VM ID"),
    "pve-volume-id": _volume_id,
    "pve-volume-id-or-absolute-path": _volume_or_path,
    "pve-volume-id-or-qm-path": _volume_or_qm_path,
    "urlencoded": _matches(r"[-%a-zA-Z0-9_.!~*'()]*", "invalid urlencoded string: {}"),
}


def check_format(name: str, value: str) -> str | None:
    """Return what is wrong with ``value``, without the line end, or ``None``; unknown formats accept everything."""
    if name.endswith("-opt"):
        return check_format(name[:-4], value) if value else None
    if name in CHECKS:
        return CHECKS[name](value)
    if name == "pve-priv-list":
        from pxhelm.simulator.models import PRIVILEGES

        return next((f"invalid privilege '{p}'" for p in split_list(value) if p not in PRIVILEGES), None)
    if name.endswith("-list"):
        check = CHECKS.get(name[:-5])
        return next((bad for part in split_list(value) if (bad := check(part))), None) if check else None
    return None
