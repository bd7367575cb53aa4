"""Columns of live things that nobody declares: nodes, tasks, volumes, backups, events.

Never asks for anything: a cell comes from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pxhelm.resource.columns import duration, gib, text
from pxhelm.resource.kind import Column

Row = Mapping[str, object]


def percent(used: str, total: str = "") -> Callable[[Row], str]:
    """Return the reader of a share: of another cell, or of one."""

    def show(row: Row) -> str:
        value, whole = row.get(used), row.get(total) if total else 1
        if not isinstance(value, int | float) or not isinstance(whole, int | float) or not whole:
            return ""
        return f"{value / whole:.0%}"

    return show


def moment(seconds: object) -> str:
    """Return Unix seconds as a time in UTC; empty when there are none."""
    if not isinstance(seconds, int | float):
        return ""
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(key: str) -> Callable[[Row], str]:
    return lambda row: moment(row.get(key))


def _lasted(row: Row) -> str:
    begun, ended = row.get("starttime"), row.get("endtime")
    return f"{ended - begun}s" if isinstance(begun, int) and isinstance(ended, int) else ""


def _size(key: str) -> Callable[[Row], str]:
    return lambda row: gib(row.get(key))


def _object(row: Row) -> str:
    kind, name = str(row.get("kind") or ""), str(row.get("name") or "")
    return f"{kind.lower()}/{name}" if name else str(row.get("uid") or "")


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "Node": (
        Column("STATUS", text("status")),
        Column("CPUS", text("maxcpu")),
        Column("CPU%", percent("cpu")),
        Column("MEMORY", _size("maxmem")),
        Column("MEMORY%", percent("mem", "maxmem")),
        Column("UPTIME", lambda row: duration(row.get("uptime"))),
        Column("DISK%", percent("disk", "maxdisk"), wide=True),
    ),
    "Task": (
        Column("STARTED", _moment("starttime")),
        Column("NODE", text("node")),
        Column("TYPE", text("type")),
        Column("ID", text("id")),
        Column("USER", text("user")),
        Column("STATUS", lambda row: str(row.get("status") or "running")),
        Column("DURATION", _lasted),
        Column("UPID", text("upid"), wide=True),
    ),
    "Volume": (
        Column("CONTENT", text("content")),
        Column("FORMAT", text("format")),
        Column("SIZE", _size("size")),
        Column("VMID", text("vmid")),
        Column("NODE", text("node")),
        Column("CREATED", _moment("ctime"), wide=True),
        Column("NOTES", text("notes"), wide=True),
    ),
    "Backup": (
        Column("VMID", text("vmid")),
        Column("TAKEN", _moment("ctime")),
        Column("SIZE", _size("size")),
        Column("FORMAT", text("format")),
        Column("PROTECTED", lambda row: "True" if row.get("protected") else "False"),
        Column("NODE", text("node"), wide=True),
        Column("NOTES", text("notes"), wide=True),
    ),
    "Event": (
        Column("TYPE", text("type")),
        Column("REASON", text("reason")),
        Column("OBJECT", _object),
        Column("COUNT", text("count"), wide=True),
        Column("MESSAGE", text("message")),
    ),
}
UNNAMED = frozenset(("Task", "Event"))
"""Kinds whose table has no NAME: what they are called says nothing to people."""
