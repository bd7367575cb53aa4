"""Columns of ``get`` for guests, from an observed row: the cells of ``/cluster/resources`` with what the store knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pxhelm.resource.identity import split_comment
from pxhelm.resource.kind import Column

Row = Mapping[str, object]
GIB = 1 << 30


def text(key: str) -> Callable[[Row], str]:
    """Return the reader of a cell that is shown as it is."""
    return lambda row: "" if row.get(key) is None else split_comment(str(row[key]))[0]


def moment(key: str) -> Callable[[Row], str]:
    """Return the reader of a cell of Unix seconds, shown in UTC to the minute; 0 has never been."""

    def read(row: Row) -> str:
        value = row.get(key)
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%MZ}" if isinstance(value, int) and value else ""

    return read


def gib(value: object) -> str:
    """Return bytes as people read them: ``8G``, ``1.5G``, ``512M``."""
    if not isinstance(value, (int, float)) or not value:
        return ""
    size = value / GIB
    if size < 1:
        return f"{round(value / (1 << 20))}M"
    return f"{size:.0f}G" if float(size).is_integer() or size >= 100 else f"{size:.1f}G"


def duration(value: object) -> str:
    """Return seconds as Kubernetes shows an age: ``45s``, ``12m``, ``5h``, ``3d``."""
    if not isinstance(value, (int, float)) or not value:
        return ""
    seconds = int(value)
    for unit, size, limit in (("d", 86400, 2), ("h", 3600, 3), ("m", 60, 2)):
        if seconds >= size * limit:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _size(key: str) -> Callable[[Row], str]:
    return lambda row: gib(row.get(key))


def _address(row: Row) -> str:
    found = row.get("addresses")
    return ",".join(str(each) for each in found) if isinstance(found, (list, tuple)) else ""


GUEST: tuple[Column, ...] = (
    Column("POWER", text("status")),
    Column("VMID", text("vmid")),
    Column("NODE", text("node")),
    Column("CPU", text("maxcpu")),
    Column("MEMORY", _size("maxmem")),
    Column("IP", _address),
    Column("POOL", text("pool"), wide=True),
    Column("TAGS", text("tags"), wide=True),
    Column("DISK", _size("maxdisk"), wide=True),
    Column("OS", text("osType"), wide=True),
    Column("HA", text("hastate"), wide=True),
    Column("LOCK", text("lock"), wide=True),
    Column("UPTIME", lambda row: duration(row.get("uptime")), wide=True),
)
