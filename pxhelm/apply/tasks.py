"""Which task was started by a request whose answer nobody got (engine.md D8.3).

A list of tasks is a hint, never a proof: what is found is followed, and what is there decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pxhelm.apply.command import FindTask
from pxhelm.errors import PxhelmError
from pxhelm.proxmox.cluster import server_clock
from pxhelm.proxmox.request import ApiGen, Request, call
from pxhelm.proxmox.task import Listener, Polling, TaskResult, TaskState, Upid, follow, interrupt, read_log

SLACK = 2.0
"""Seconds by which a task may seem to have begun too early: both clocks tell whole seconds."""


@dataclass(frozen=True, slots=True)
class Search:
    """A task that is looked for."""

    asked: FindTask
    now: float
    """Unix seconds on our clock; the node's may be another."""
    known: frozenset[str] = frozenset()
    """UPIDs of the operation that the journal has: they belong to other steps."""
    user: str = ""
    """Who signs in: ``user@realm`` or ``user@realm!token``; empty matches everybody."""


def find_task(search: Search) -> ApiGen[str]:
    """Return the UPID of the task that a lost request started; empty when no such task is to be seen."""
    asked = search.asked
    begun = asked.since + (yield from _offset(search.now)) - SLACK
    query: dict[str, str | int] = {"source": "all", "limit": 100, "since": max(0, int(begun))}
    if not asked.clone:
        query["vmid"] = asked.vmid
    rows = yield from call(Request("GET", f"/nodes/{asked.node}/tasks", query, node=asked.node))
    texts = [str(r.get("upid")) for r in rows if isinstance(r, Mapping)] if isinstance(rows, list) else []
    found = [Upid.parse(text) for text in texts if Upid.matches(text) and text not in search.known]
    for upid in sorted(found, key=lambda each: each.starttime):
        ours = not search.user or upid.auth_id == search.user
        if upid.type not in asked.types or upid.starttime < begun or not ours:
            continue
        if not asked.clone:
            return str(upid)
        lines = yield from read_log(str(upid))  # a clone's UPID names the source; its log names what is made
        if any(line.rstrip().endswith((f"ID {asked.vmid}", f"CT {asked.vmid}")) for line in lines[:3]):
            return str(upid)
    return ""


def until_late(upid: str, polling: Polling, on_line: Listener) -> ApiGen[TaskResult]:
    """Follow a task to its end, and stop it when it takes longer than the limit of ``polling``."""
    result = yield from follow(upid, polling, on_line)
    if result.state is not TaskState.RUNNING:
        return result
    yield from interrupt(upid)
    ended = yield from follow(upid, replace(polling, limit=0.0))
    why = f"it did not end within {polling.limit:g} s, and was stopped"
    return ended if ended.succeeded else replace(ended, exitstatus=why)


def _offset(now: float) -> ApiGen[float]:
    """Return by how much the node's clock is ahead of ours, from the ``Date`` of an answer; 0 when it tells none."""
    try:
        return (yield from server_clock()) - now
    except PxhelmError:
        return 0.0
