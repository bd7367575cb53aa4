"""Who changed a guest, as far as Proxmox tells: from its tasks and its cluster log (engine.md D4.3, D4.5).

Both are hints. The task list is cut at 25 entries per node, a token without Sys.Audit and Sys.Syslog sees only its own,
and plain updates of containers are logged nowhere: nobody is named then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Request, call

_MENTIONED = re.compile(r"\b(?:VM|CT) (\d+)\b")
_UPID = re.compile(r"UPID:[^:]+:[^:]+:[^:]+:[^:]+:(?P<type>\w+):(?P<id>\d+):")
_ENTRIES = 500
_HARMLESS = frozenset(("vncproxy", "vncshell", "spiceproxy", "spiceshell", "vzdump"))
"""Tasks that leave the configuration and the power state as they are."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did to a guest."""

    vmid: int
    at: float
    """Unix seconds."""
    user: str


def read_deeds() -> ApiGen[tuple[Deed, ...]]:
    """Return what tasks and log tell, latest first; what may not be seen is left out."""
    found: list[Deed] = []
    for request, read in (
        (Request("GET", "/cluster/log", {"max": _ENTRIES}), _of_log),
        (Request("GET", "/cluster/tasks"), _of_tasks),
    ):
        try:
            data = yield from call(request)
        except ApiError:
            continue
        for row in data if isinstance(data, list) else []:
            if isinstance(row, Mapping):
                found += read(row)
    return tuple(sorted(found, key=lambda deed: -deed.at))


def author(deeds: tuple[Deed, ...], vmid: int, after: float, until: float) -> str:
    """Return who touched a guest last in a span of time; empty when nothing tells.

    A second is allowed on either side: Proxmox' times have no fractions, and clocks differ.
    """
    return next((d.user for d in deeds if d.vmid == vmid and after - 1 <= d.at <= until + 1), "")


def _of_log(row: Mapping[str, object]) -> Iterator[Deed]:
    text, at = str(row.get("msg") or ""), row.get("time")
    task = _UPID.search(text)
    named = _MENTIONED.search(text)
    vmid = (task["id"] if task["type"] not in _HARMLESS else "") if task else named[1] if named else ""
    if vmid and isinstance(at, int | float):
        yield Deed(int(vmid), float(at), str(row.get("user") or ""))


def _of_tasks(row: Mapping[str, object]) -> Iterator[Deed]:
    vmid, at = str(row.get("id") or ""), row.get("endtime") or row.get("starttime")
    if vmid.isdigit() and row.get("type") not in _HARMLESS and isinstance(at, int | float):
        yield Deed(int(vmid), float(at), str(row.get("user") or ""))
