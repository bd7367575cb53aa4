"""What nodes, guests and storages use, as ``kubectl top`` shows it: cores in thousandths, memory in MiB, shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxhelm.actions.inspect import Found
from pxhelm.cli.views.live import percent
from pxhelm.cli.views.table import plain_table
from pxhelm.resource.columns import duration, gib

_MIB = 1 << 20


def usage_text(kind: str, found: Sequence[Found], *, headers: bool) -> str:
    """Return the table of one kind."""
    if kind == "Storage":
        titles = ["NAME", "USED", "TOTAL", "USED%"]
        rows = [[one.name, gib(one.row.get("disk")), gib(one.row.get("maxdisk")), _share(one, "disk")] for one in found]
    else:
        guest = kind != "Node"
        titles = [
            "NAME",
            *(["NODE"] if guest else []),
            "CPU(cores)",
            "CPU%",
            "MEMORY(bytes)",
            "MEMORY%",
            "DISK%",
            "UPTIME",
        ]
        rows = [
            [
                one.name,
                *([str(one.row.get("node") or "-")] if guest else []),
                f"{_cores(one) * 1000:.0f}m",
                percent("cpu")(one.row),
                f"{int(one.row.get('mem') or 0) // _MIB}Mi",
                _share(one, "mem"),
                _share(one, "disk"),
                duration(one.row.get("uptime")),
            ]
            for one in found
        ]
    cells = [[cell or "-" for cell in row] for row in rows]
    return plain_table(titles if headers else (), cells)


def usage_document(one: Found) -> dict[str, Any]:
    """Return what one uses, for programs."""
    row = one.row
    found: dict[str, Any] = {"kind": one.kind, "name": one.name, "node": row.get("node") or ""}
    if one.kind != "Storage":
        found |= {"cpuCores": round(_cores(one), 4), "cpuMax": row.get("maxcpu") or 0}
        found |= {"memoryBytes": row.get("mem") or 0, "memoryMaxBytes": row.get("maxmem") or 0}
        found |= {"uptimeSeconds": row.get("uptime") or 0}
    return found | {"diskBytes": row.get("disk") or 0, "diskMaxBytes": row.get("maxdisk") or 0}


def _cores(one: Found) -> float:
    return float(one.row.get("cpu") or 0) * float(one.row.get("maxcpu") or 0)


def _share(one: Found, key: str) -> str:
    return percent(key, f"max{key}")(one.row)
