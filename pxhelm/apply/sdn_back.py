"""What is staged in the SDN taken back where Proxmox has no call for that: before version 9, each object is written back.

Everything that is staged goes, so whoever asks has made sure that all of it is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.proxmox.schema import Schema

ROLLBACK = "/cluster/sdn/rollback"
"""The call of version 9 that takes back all that is staged."""
_TABLES = (
    ("/cluster/sdn/controllers", "controller"),
    ("/cluster/sdn/zones", "zone"),
    ("/cluster/sdn/vnets", "vnet"),
)
"""Collections in the order in which their objects are made, and the parameter that names one."""

Row = Mapping[str, object]


def take_back(schema: Schema) -> ApiGen[None]:
    """Bring back what was deleted, write back what was changed, then remove what is new."""
    new: list[str] = []
    for path, name in _TABLES:
        new += yield from _written_back(schema, path, name)
    vnets = yield from call(Request("GET", "/cluster/sdn/vnets"))
    for vnet in vnets if isinstance(vnets, list) else []:
        new += yield from _written_back(schema, f"/cluster/sdn/vnets/{vnet['vnet']}/subnets", "subnet")
    for item in reversed(new):
        yield from call(Request("DELETE", item))


def _written_back(schema: Schema, path: str, name: str) -> ApiGen[list[str]]:
    """Make the objects of a collection what they were; return the paths of those that were not there."""
    rows = yield from _staged(path)
    for row in rows:
        if row["state"] != "new":
            yield from _write(schema, path, name, row)
    return [f"{path}/{row[name]}" for row in rows if row["state"] == "new"]


def _staged(path: str) -> ApiGen[list[Row]]:
    data = yield from call(Request("GET", path, {"pending": True}))
    return [row for row in data if isinstance(row, Mapping) and row.get("state")] if isinstance(data, list) else []


def _write(schema: Schema, path: str, name: str, row: Row) -> ApiGen[None]:
    """Make an object that was deleted what it was, or write back what was changed in one that is there."""
    if row["state"] == "deleted":
        own = {name: str(row["cidr"] if name == "subnet" else row[name])}
        params = {**_params(schema, ("POST", path), row, row), **own}
        yield from call(Request("POST", path, params))
        return
    pending = row.get("pending")
    changed = pending if isinstance(pending, Mapping) else {}
    item = f"{path}/{row[name]}"
    found = _params(schema, ("PUT", item), row, changed)
    gone = [key for key in changed if key not in row]
    yield from call(Request("PUT", item, {**found, **({"delete": gone} if gone else {})}))


def _params(schema: Schema, endpoint: tuple[str, str], row: Row, keys: Row) -> dict[str, Param]:
    """Return what a row says of some keys as parameters of an endpoint; never what names the object."""
    known = schema.endpoint(*endpoint)
    allowed = known.parameters if known is not None else {}
    never = ("digest", "lock-token", "subnet", "zone" if endpoint[1].endswith("/zones") else "")
    return {key: _param(row[key]) for key in keys if key in row and key in allowed and key not in never}


def _param(value: object) -> Param:
    if isinstance(value, list):
        return [",".join(_pairs(each)) if isinstance(each, Mapping) else str(each) for each in value]
    return value if isinstance(value, (int, float)) else str(value)


def _pairs(record: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{key}={value}" for key, value in record.items())
