"""What the schema demands of one parameter, compiled from the schema facts; named property formats spelled out here.

The facts carry the keys of an anonymous property string; of the named ones (``pve-vm-cpu-conf`` …) only the grammar
line is published, so their limits and patterns are stated in ``NAMED``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pxhelm.proxmox.schema import ParamSpec


@dataclass(frozen=True, slots=True)
class Rule:
    """The demands on one value."""

    type: str = "string"
    optional: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    min_length: int | None = None
    max_length: int | None = None
    format: str = ""
    keys: Mapping[str, Rule] | None = None
    """Of a property string."""
    items: Rule | None = None
    requires: str = ""
    alias: str = ""
    key_alias: str = ""
    default_key: bool = False
    instance_types: tuple[str, ...] = ()
    type_property: str = ""


@lru_cache(maxsize=1024)
def perl(pattern: str) -> re.Pattern[str]:
    """Compile a Perl pattern of the schema; the whole value must match."""
    source = pattern.replace("(?^:", "(?:").replace("(?^i:", "(?i:").replace("(?^u:", "(?:").replace("(?^ui:", "(?i:")
    source = source.replace("{,", "{0,").replace(r"\z", r"\Z").replace("(?<", "(?P<").replace("(?P<!", "(?<!")
    source = source.replace("(?P<=", "(?<=").replace(r"\h", r"[ \t]").replace("[:alnum:]", "a-zA-Z0-9")
    source = source.replace("[:xdigit:]", "a-fA-F0-9").removeprefix("^")
    source = source.removesuffix("$")
    return re.compile(f"(?:{source})\\n?")


_BOOL = Rule("boolean", optional=True)
_TEXT = Rule(optional=True)
_INT = Rule("integer", optional=True)
_VOLUME = Rule(optional=True, format="pve-volume-id")
_BASE64 = Rule(optional=True, pattern=r"[A-Za-z0-9+\/]+={0,2}")
_PCI = r"(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?"
_HEX = Rule(optional=True, pattern=r"0x[0-9a-fA-F]{1,4}")

NAMED: dict[str, dict[str, Rule]] = {
    "pve-vm-cpu-conf": {
        "cputype": Rule(default_key=True, optional=True, format="pve-cpu-type"),
        "flags": Rule(optional=True, pattern=r"([+\-][a-zA-Z0-9\-_.]+)(;([+\-][a-zA-Z0-9\-_.]+))*"),
        "guest-phys-bits": Rule("integer", optional=True, minimum=32, maximum=64),
        "hidden": _BOOL,
        "hv-vendor-id": Rule(optional=True, pattern=r"[a-zA-Z0-9]{1,12}"),
        "level": Rule("integer", optional=True, minimum=0),
        "phys-bits": Rule(optional=True, pattern=r"host|[89]|[1-5][0-9]|6[0-4]"),
        "reported-model": _TEXT,
    },
    "pve-qm-boot": {
        "legacy": Rule(default_key=True, optional=True, pattern=r"[acdn]{1,4}"),
        "order": Rule(optional=True, format="pve-qm-bootdev-list"),
    },
    "pve-qm-cicustom": dict.fromkeys(("meta", "network", "user", "vendor"), _VOLUME),
    "pve-qm-ipconfig": {
        "ip": Rule(optional=True, format="pve-ipv4-config"),
        "gw": Rule(optional=True, format="ipv4", requires="ip"),
        "ip6": Rule(optional=True, format="pve-ipv6-config"),
        "gw6": Rule(optional=True, format="ipv6", requires="ip6"),
    },
    "pve-qm-hostpci": {
        "host": Rule(default_key=True, optional=True, pattern=f"(?i:{_PCI}(?:;{_PCI})*)"),
        "mapping": Rule(optional=True, format="pve-configid"),
        **dict.fromkeys(("pcie", "rombar", "x-vga", "legacy-igd"), _BOOL),
        **dict.fromkeys(("mdev", "romfile"), _TEXT),
        **dict.fromkeys(("vendor-id", "device-id", "sub-vendor-id", "sub-device-id"), _HEX),
        "driver": Rule(optional=True, enum=("vfio", "keep")),
    },
    "pve-qm-smbios1": {
        "uuid": Rule(optional=True, pattern=r"[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"),
        **dict.fromkeys(("version", "serial", "manufacturer", "product", "sku", "family"), _BASE64),
        "base64": _BOOL,
    },
    "pve-qm-watchdog": {
        "model": Rule(default_key=True, optional=True, enum=("i6300esb", "ib700")),
        "action": Rule(optional=True, enum=("reset", "shutdown", "poweroff", "pause", "debug", "none")),
    },
    "pve-qm-rng": {
        "source": Rule(default_key=True, enum=("/dev/urandom", "/dev/random", "/dev/hwrng")),
        "max_bytes": _INT,
        "period": _INT,
    },
}


def _of(spec: ParamSpec) -> Rule:
    keys: Mapping[str, Rule] | None = None
    if spec.type == "string":
        if spec.format in NAMED:
            keys = NAMED[spec.format]
        elif spec.properties and spec.format not in ("pve-startup-order", "pve-ha-node-list"):
            keys = {name: _of(spec.properties[name]) for name in spec.properties}
    named = spec.format if keys is None else ""
    return Rule(
        type=spec.type,
        optional=spec.optional,
        enum=spec.enum,
        minimum=spec.minimum,
        maximum=spec.maximum,
        pattern=spec.pattern,
        min_length=spec.min_length,
        max_length=spec.max_length,
        format=named,
        keys=keys,
        items=_of(spec.items) if spec.items is not None else None,
        requires=spec.requires,
        alias=spec.alias,
        key_alias=spec.key_alias,
        default_key=spec.default_key,
        instance_types=spec.instance_types,
        type_property=spec.type_property,
    )


_NOT_IDE = ("iothread", "queues", "ro", "scsiblock", "product", "vendor")
_IDE: dict[str, Rule] = {}


def rule_of(spec: ParamSpec) -> Rule:
    """Return the rule of a parameter."""
    rule = _of(spec)
    if spec.format == "pve-qm-ide":
        return replace(rule, keys=ide_keys(), format="")
    return rule


def ide_keys() -> Mapping[str, Rule]:
    """Return the keys of an IDE disk: those of a SCSI disk that IDE knows, and ``model``."""
    if not _IDE:
        from pxhelm.proxmox.schema import load

        endpoint = load().endpoint("POST", "/nodes/{node}/qemu")
        assert endpoint is not None
        keys = _of(endpoint.parameters["scsi0"]).keys or {}
        _IDE.update({k: v for k, v in keys.items() if k not in _NOT_IDE})
        _IDE["model"] = Rule(optional=True, format="urlencoded", max_length=120)
    return _IDE
