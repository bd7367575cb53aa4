"""Representative values of a field, from its type, its choices and Proxmox' schema."""

from pxhelm.resource.table import spec_of, table_of

BY_TYPE = {
    "text": ["some text", 'quotes " and = signs'],
    "line": ["word", "two words"],
    "note": ["one line", "one\ntwo, three", "# a heading\n\nümlaut; & <tags>"],
    "name": ["some.example.net", "Upper01"],
    "tags": [["prod"], ["Web", "db", "a-1"]],
    "number": [1, 1.5],
    "size": ["8G", "1536M"],
    "memory": [1024, "2G", "3072M"],
    "rate": ["100MB/s", "2GB/s"],
    "duration": ["30s", "2m", "1h30m"],
    "schedule": ["mon..fri 02:00", "*/15"],
    "mac": ["BC:24:11:AA:BB:CC", "bc:24:11:0a:0b:0c"],
    "address": ["10.1.2.1"],
    "prefix4": ["10.1.2.3/24"],
    "prefix6": ["fd00::5/64"],
    "network": ["10.1.2.3", "10.1.2.0/24"],
    "addresses": [["10.1.2.3"], ["10.1.2.0/24", "10.1.3.1-10.1.3.9"]],
    "cidr": ["10.1.2.3/24", "dhcp"],
    "cidr6": ["fd00::5/64", "dhcp", "auto"],
    "ct-cidr": ["10.1.2.3/24", "dhcp", "manual"],
    "ct-cidr6": ["fd00::5/64", "dhcp", "auto", "manual"],
    "volume": ["local:snippets/user-data.yaml"],
    "set": [["one"], ["b", "a"]],
    "list": [["one"], ["b", "a"]],
    "ref": ["some"],
    "refs": [["some"]],
    "secret": [{"valueFrom": {"env": "ONE"}}, {"valueFrom": {"env": "TWO"}}],
    "date-time": ["2031-01-02T03:04:05Z"],
    "source": [{"valueFrom": {"env": "ONE"}}],
    "document": [{"key": "value"}, "a text"],
    "record": [{}],
    "raw": ["1"],
}
BY_REFERENCE = {"Storage": ["local-lvm", "shared"], "Network": ["vmbr0"], "SDNVNet": ["vmbr0"], "Pool": ["ops", "dev"]}


def representative(kind, each):
    """Return values that stand for all that a field takes; data of the kind may say otherwise."""
    if each.choices:
        found = list(each.choices)
        return [[found[0]], found[:3]] if each.type in ("set", "list") else found
    if each.type == "bool":
        return [True, False]
    spec = _spec(kind, each)
    if spec is not None and spec.enum and each.type == "line":
        return list(spec.enum)
    if each.type in ("int", "number"):
        return _numbers(each, spec)
    for referred in each.refers:
        if referred in BY_REFERENCE and each.type == "ref":
            return BY_REFERENCE[referred]
    return BY_TYPE.get(each.type, ["word"])


def _numbers(each, spec):
    low, high = each.bounds
    if spec is not None and spec.type in ("integer", "number"):
        low = spec.minimum if low is None else low
        high = spec.maximum if high is None else high
    low = 1 if low is None else low
    high = low + 100 if high is None else high
    inner = {int(low), int(low) + 1, min(int(high), int(low) + 7), int(high)}
    return sorted(inner) if each.type == "int" else [low, low + 0.5, high]


def _spec(kind, each):
    slots = kind.slots.get(each.path.split(".")[0], ("x0",))
    place = table_of(kind.fields, kind.slots).place(each.path.replace("*", slots[0], 1).replace("*", "x"))
    if place is None or not place.param:
        return None
    spec = spec_of(kind.api, "9.2", place.param)
    return spec.properties.get(place.key) if spec is not None and place.key and spec.properties else spec
