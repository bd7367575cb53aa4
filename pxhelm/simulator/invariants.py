"""Checks against the ground truth of a simulated cluster (engine.md D1), for tests and fault sweeps.

Every function takes what ``Simulator.truth()`` returns and gives the violations as sentences; an empty list is good.
Reads the markers of pxhelm's guests with code of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Truth = Mapping[str, Mapping[str, Any]]

_MARKER = re.compile(r"<!-- pxhelm:1 i=(\S+) u=(\S+) v=(\d+) o=(\S+)(?: d=(\S+))?(?: [nr]=\S+)* -->")
_VOLUME = re.compile(r"(?:^|[,=])([A-Za-z][\w.\-]*:[^,\s]+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """A guest that says whose it is."""

    vmid: int
    installation: str
    uid: str
    named: int
    """The number the marker names: another one on a copy."""
    tombstone: str


def marks(truth: Truth) -> list[Mark]:
    """Return the markers of all guests."""
    found = []
    for vmid, row in truth.get("guest", {}).items():
        description = {**row["conf"], **row["pending"]}.get("description", "")
        match = _MARKER.search(str(description))
        if match:
            found.append(Mark(int(vmid), match[1], match[2], int(match[3]), match[5] or ""))
    return found


def one_guest_per_uid(truth: Truth) -> list[str]:
    """I1: at most one guest whose marker names itself for each uid."""
    owners: dict[tuple[str, str], list[int]] = {}
    for mark in marks(truth):
        if mark.named == mark.vmid:
            owners.setdefault((mark.installation, mark.uid), []).append(mark.vmid)
    return [f"guests {', '.join(map(str, v))} all carry uid {uid}" for (_, uid), v in owners.items() if len(v) > 1]


def foreign_untouched(before: Truth, after: Truth, installation: str) -> list[str]:
    """I2: no guest without this installation's marker was changed, moved, started, stopped or removed."""
    ours = {str(m.vmid) for m in marks(before) if m.installation == installation and m.named == m.vmid}
    found = []
    for vmid, row in before.get("guest", {}).items():
        if vmid in ours:
            continue
        now = after.get("guest", {}).get(vmid)
        if now is None:
            found.append(f"foreign guest {vmid} is gone")
            continue
        parts = ("node", "conf", "pending", "gone", "snaps", "run")
        found += [f"foreign guest {vmid}: {part} changed" for part in parts if now[part] != row[part]]
    return found


def findable(truth: Truth, bindings: Mapping[str, int]) -> list[str]:
    """I3: every guest of ours is where the store says, or its marker says it is ours; ``bindings`` is uid → VMID."""
    found = []
    carried = {m.uid: m.vmid for m in marks(truth) if m.named == m.vmid}
    for uid, vmid in bindings.items():
        if uid not in carried and str(vmid) in truth.get("guest", {}):
            found.append(f"guest {vmid} is bound to {uid} and carries no marker of it")
    for uid, vmid in carried.items():
        if uid in bindings and bindings[uid] != vmid:
            found.append(f"uid {uid} is bound to {bindings[uid]} and lives at {vmid}")
    return found


def writes(log: Iterable[Any]) -> list[str]:
    """I4: what a log holds beside reading and logging in."""
    return [
        f"{entry.method} {entry.path}"
        for entry in log
        if entry.method != "GET" and not entry.path.endswith("/access/ticket")
    ]


def consistent(truth: Truth) -> list[str]:
    """Return what no cluster should look like: disks without volumes, volumes without guests, locks without tasks."""
    return [*_missing_volumes(truth), *_orphan_volumes(truth), *_stale_locks(truth), *_stale_members(truth)]


def _volumes(truth: Truth, node: str) -> set[str]:
    return {key.partition("/")[2] for key in truth.get("volume", {}) if key.partition("/")[0] in ("*", node)}


def _referenced(row: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for part in (row["conf"], row["pending"], *row["snaps"].values()):
        for option, value in part.items():
            if re.match(r"(?:scsi|virtio|sata|ide|efidisk|tpmstate|rootfs|mp|unused)\d*$", option):
                found |= {m[1] for m in _VOLUME.finditer(str(value))}
    return found


def _missing_volumes(truth: Truth) -> list[str]:
    found = []
    for vmid, row in truth.get("guest", {}).items():
        there = _volumes(truth, row["node"])
        found += [
            f"guest {vmid} refers to {v}, which is not on {row['node']}" for v in sorted(_referenced(row) - there)
        ]
    return found


def _orphan_volumes(truth: Truth) -> list[str]:
    guests = truth.get("guest", {})
    found = []
    for key, volume in truth.get("volume", {}).items():
        if volume["content"] not in ("images", "rootdir"):
            continue
        volid = key.partition("/")[2]
        owner = guests.get(str(volume["vmid"]))
        if owner is None:
            found.append(f"volume {volid} belongs to guest {volume['vmid']}, which is not there")
        elif volid not in _referenced(owner):
            found.append(f"volume {volid} is not in the configuration of guest {volume['vmid']}")
    return found


def _stale_locks(truth: Truth) -> list[str]:
    running = [row for row in truth.get("task", {}).values() if row["status"] is None]
    busy = {row["id"] for row in running} | {str(row["args"].get("new", "")) for row in running}
    found = []
    for vmid, row in truth.get("guest", {}).items():
        lock = row["conf"].get("lock")
        if lock in ("create", "clone") and vmid not in busy:
            found.append(f"guest {vmid} is locked ({lock}) and no task works on it")
    lost = [upid for upid in truth.get("due", {}) if upid not in truth.get("task", {})]
    return found + [f"a task is due and not there: {upid}" for upid in lost]


def _stale_members(truth: Truth) -> list[str]:
    guests = truth.get("guest", {})
    return [
        f"pool {pool} has a member {vmid} that is not there"
        for pool, row in truth.get("pool", {}).items()
        for vmid in row["vms"]
        if str(vmid) not in guests
    ]
