"""What a value of the manifest and a parameter of the API mean, read without a line of pxhelm's own encoding.

Both are brought to one plain form and compared: numbers, truth values, texts, lists. The only thing shared with the
client are facts: the API schema, and which parameter a field of the table stands for.
"""

import base64
import re
from datetime import datetime
from urllib.parse import unquote

from pxhelm.proxmox.schema import load

NEWEST = "9.2"
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
MIB = 1 << 20
SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
SETS = {"set", "refs"}


def wanted(each, value):
    """Return what a value of the manifest means."""
    read = WANTED.get(each.type)
    return read(value) if read else _text(value)


def found(each, raw):
    """Return what a parameter says, in the same form."""
    read = FOUND.get(each.form) or FOUND.get(each.type)
    return read(raw) if read else _text(raw)


def content(spec, raw):
    """Return the keys of a property string as texts; a parameter that is none stands under the empty key."""
    if isinstance(raw, dict):
        return {k: v for k, v in raw.items() if v is not None}
    if spec is None or not spec.properties or spec.type != "string":
        return {"": _decoded(spec, raw)}
    default = next((k for k, s in spec.properties.items() if s.default_key), "")
    keys = {}
    for part in str(raw).split(","):
        name, equals, value = part.partition("=")
        if not equals:
            name, value = default, part
        known = spec.properties.get(name)
        if known is not None and known.key_alias:
            keys[known.key_alias] = name
        keys[known.alias if known is not None and known.alias else name] = _decoded(known, value)
    return keys


def formerly(spec, key):
    """Return what older versions call a key of a property string."""
    return [name for name, each in spec.properties.items() if each.alias == key]


def _decoded(spec, text):
    return unquote(text) if spec is not None and spec.format == "urlencoded" else text


def parameter(version, api, param):
    """Return what the schema says about a parameter of the path that makes or changes an object."""
    facts = load(version)
    endpoint = facts.endpoint("POST", api) or facts.endpoint("PUT", api) if api else None
    return endpoint.parameters.get(param) if endpoint is not None else None


def _text(value):
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dict):
        return str(value.get("vmid", value.get("name", value)))
    return str(value)


def _number(value):
    return float(value)


def _truth(value):
    if isinstance(value, bool):
        return value
    return {"1": True, "0": False, "on": True, "yes": True, "off": False, "no": False, "ignore": False}[str(value)]


def _size(value):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)i?", str(value))
    return float(match[1]) * UNITS[match[2]]


def _memory(value):
    return float(value) * MIB if isinstance(value, int) else _size(value)


def _rate(value):
    number, unit = re.fullmatch(r"([\d.]+) ?([KMG])i?B/s", value).groups()
    return float(number) * UNITS[unit]


def _duration(value):
    parts = re.findall(r"([\d.]+)([dhms])", value)
    assert "".join(n + u for n, u in parts) == value
    return sum(float(n) * SECONDS[u] for n, u in parts)


def _moment(value):
    return 0.0 if value == "never" else datetime.fromisoformat(value).timestamp()


def _list(value):
    return [_text(each) for each in (value if isinstance(value, list) else [value])]


def _set(value):
    return sorted(set(_list(value)))


def _tags(value):
    return sorted({each.lower() for each in _list(value)})


def _parts(separators, *, ordered):
    def read(raw):
        parts = [p for p in re.split(f"[{separators}]+", str(raw)) if p] if not isinstance(raw, list) else _list(raw)
        return parts if ordered else sorted(set(parts))

    return read


def _times(factor):
    return lambda raw: float(raw) * factor


def _hotplug(raw):
    return {"1": ["disk", "network", "usb"], "0": []}.get(str(raw), sorted(str(raw).split(",")))


def _marked(raw):
    """Return a text without the remark that says whose the object is."""
    return re.sub(r"\s*(<!-- pxhelm:.*?-->|px:[\w/]+$)\s*", "", str(raw)).rstrip("\n")


def _record(value):
    """Return maps of a list, their keys as Proxmox writes them."""
    return [{NAMES.get(k, k): str(v) for k, v in each.items()} for each in value]


def _records(raw):
    items = raw if isinstance(raw, list) else [raw]
    return [
        {k: str(v) for k, v in each.items()}
        if isinstance(each, dict)
        else dict(p.split("=", 1) for p in each.split(","))
        for each in items
    ]


NAMES = {
    "iommuGroup": "iommugroup",
    "subsystemID": "subsystem-id",
    "comment": "description",
    "start": "start-address",
    "end": "end-address",
}
WANTED = {
    "secret": lambda v: f"secret env:{v['valueFrom']['env']}",
    "bool": _truth,
    "int": _number,
    "number": _number,
    "size": _size,
    "memory": _memory,
    "rate": _rate,
    "duration": _duration,
    "date-time": _moment,
    "mac": lambda v: v.upper(),
    "tags": _tags,
    "set": _set,
    "refs": _set,
    "list": _list,
    "ports": _set,
    "addresses": _set,
    "records": _record,
    "note": lambda v: str(v).rstrip("\n"),
}
FOUND = {
    "bool": _truth,
    "not": lambda raw: not _truth(raw),
    "on-ignore": _truth,
    "int": _number,
    "number": _number,
    "duration": _number,
    "date-time": _number,
    "size": _size,
    "volume-size": _size,
    "mib": _times(MIB),
    "mbps": _times(MIB),
    "throttle": _times(MIB),
    "kibps": _times(1 << 10),
    "balloon-minimum": _times(MIB),
    "balloon-enabled": lambda raw: float(raw) > 0,
    "mac": lambda raw: str(raw).upper(),
    "tags": lambda raw: sorted(str(raw).lower().split(";")),
    "tag-list": _parts(";, ", ordered=False),
    "set": _parts(",; ", ordered=False),
    "refs": _parts(",; ", ordered=False),
    "list": _parts(",; ", ordered=True),
    "ports": _parts(",; ", ordered=False),
    "addresses": _parts(",; ", ordered=False),
    "semicolons": _parts(";, ", ordered=False),
    "semicolon-list": _parts(";, ", ordered=True),
    "spaces": _parts(" ,;", ordered=True),
    "space-set": _parts(" ,;", ordered=False),
    "commas": _parts(",; ", ordered=False),
    "lines": _parts("\n", ordered=False),
    "array": lambda raw: _list(raw.split("\0") if isinstance(raw, str) else raw),
    "array-set": _set,
    "vmids": _parts(",; ", ordered=False),
    "vmid": _text,
    "hotplug": _hotplug,
    "smbios": lambda raw: base64.b64decode(raw).decode(),
    "base64": lambda raw: base64.b64decode(raw).decode(),
    "storage": lambda raw: str(raw).partition(":")[0],
    "cdrom": lambda raw: {"cdrom": "host"}.get(raw, raw),
    "description": _marked,
    "note": _marked,
    "line": _marked,
    "pci-map": _records,
    "usb-map": _records,
    "dir-map": _records,
    "dhcp-ranges": _records,
    "ha-guests": lambda raw: sorted(each.partition(":")[2] for each in str(raw).split(",")),
}
"""By form, else by type; whatever is not here is a text."""
MAPS = {
    "env": lambda raw: dict(each.partition("=")[::2] for each in str(raw).split("\0")),
    "dirs": lambda raw: dict(each.partition("=")[::2] for each in str(raw).split(",")),
    "priorities": lambda raw: {n: p or "0" for n, _, p in (each.partition(":") for each in str(raw).split(","))},
}
"""Forms of parameters that hold a map with free keys."""
