"""Objects of the cluster as people and programs read them: kubectl's tables, and documents of kubectl's form.

Never asks for anything: everything shown was found before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pxhelm.actions.conditions import conditions
from pxhelm.actions.health import ready
from pxhelm.actions.inside import ADDRESSES
from pxhelm.actions.inspect import Found, declared_addresses, tags_of
from pxhelm.actions.rows import EVENT, TASK
from pxhelm.cli.views.closer import closer_status, past_status
from pxhelm.cli.views.live import COLUMNS, UNNAMED, moment
from pxhelm.cli.views.table import plain_table
from pxhelm.kinds import KINDS
from pxhelm.resource.columns import duration, gib
from pxhelm.resource.kind import Column
from pxhelm.store.bindings import BindingState

API_VERSION = "proxmox.io/v1"
SHORT = {"VirtualMachine": "vm", "Container": "ct"}
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """How a table shall look."""

    now: float
    """Unix seconds."""
    wide: bool = False
    headers: bool = True
    namespaces: bool = False
    """Whether the namespace stands first."""
    prefix: bool = False
    """Whether names are preceded by their kind, because the table is one of several."""
    labels: tuple[str, ...] = ()
    """Labels that have a column each."""
    all_labels: bool = False
    """Whether all labels stand in a last column."""


Table = tuple[list[str], list[list[str]]]
"""Titles and cells."""


def table_text(kind: str, found: Sequence[Found], look: Look, least: Sequence[int] = ()) -> str:
    """Return the table of one kind's objects."""
    titles, cells = table_of(kind, found, look)
    return plain_table(titles if look.headers else (), cells, least)


def table_of(kind: str, found: Sequence[Found], look: Look) -> Table:
    """Return titles and cells of one kind's objects."""
    columns = [c for c in _columns(kind) if look.wide or not c.wide]
    titles = [c.title for c in columns]
    cells = [[column.value(one.row) or "-" for column in columns] for one in found]
    table = titles, cells
    if kind in KINDS:
        _put(table, 0, "READY", [ready(one) or "-" for one in found])
        if look.wide:
            _put(table, len(titles), "RELEASE", [(one.stored.release if one.stored else "") or "-" for one in found])
            _put(table, len(titles), "DRIFT", [_drift(one) for one in found])
            if KINDS[kind].guest:
                _put(table, len(titles), "RESTART", [_restart(one) for one in found])
            if "COMMENT" not in titles:
                _put(table, len(titles), "COMMENT", [one.comment or "-" for one in found])
        _put(table, len(titles), "AGE", [_age(one, look.now) for one in found])
    elif kind == EVENT:
        _put(table, 0, "LAST SEEN", [_since(one.row.get("lastTimestamp"), look.now) for one in found])
    if kind not in UNNAMED:
        _put(table, 0, "NAME", [_shown_name(one, look) for one in found])
    if look.namespaces and (kind == EVENT or (kind in KINDS and KINDS[kind].namespaced)):
        _put(table, 0, "NAMESPACE", [one.namespace or "-" for one in found])
    for label in look.labels:
        title = label.rpartition("/")[2].upper()
        _put(table, len(titles), title, [one.labels.get(label, "<none>") for one in found])
    if look.all_labels:
        shown = [",".join(f"{key}={value}" for key, value in sorted(one.labels.items())) for one in found]
        _put(table, len(titles), "LABELS", [each or "<none>" for each in shown])
    return table


def _put(table: Table, place: int, title: str, cells: Sequence[str]) -> None:
    """Insert a column."""
    titles, rows = table
    titles.insert(place, title)
    for row, cell in zip(rows, cells, strict=True):
        row.insert(place, cell)


def _columns(kind: str) -> Sequence[Column]:
    return KINDS[kind].columns if kind in KINDS else COLUMNS[kind]


def short_name(kind: str) -> str:
    """Return what a kind is called in ``vm/web``."""
    return SHORT.get(kind, kind.lower())


def _shown_name(one: Found, look: Look) -> str:
    return f"{short_name(one.kind)}/{one.name}" if look.prefix else one.name


def _drift(one: Found) -> str:
    return "-" if one.drifted is None else str(one.drifted)


def _restart(one: Found) -> str:
    return "-" if one.waits is None else "needed" if one.waits.restart else "no"


def condition_documents(one: Found) -> list[Document]:
    """Return the conditions of an object of ours, as far as somebody looked, in Kubernetes' form."""
    assert one.stored is not None
    found = []
    for each in conditions(one):
        told: Document = {"type": each.type, "status": each.status, "reason": each.reason, "message": each.message}
        told["observedGeneration"] = one.stored.observed_generation
        told["lastTransitionTime"] = moment(one.since.get(each.type))
        found.append({key: value for key, value in told.items() if value not in ("", None)})
    return found


def phase(one: Found) -> str:
    """Return the summary of kinds.md 11 for a guest."""
    if one.binding and one.binding.state is BindingState.RELEASING:
        return "Deleting"
    if not one.row:
        reserved = one.binding is None or one.binding.state is BindingState.RESERVED
        return "Pending" if reserved else "Unknown"
    if one.row.get("lock"):
        return "Creating" if one.row["lock"] in ("create", "clone") else "Locked"
    return str(one.row.get("status") or "unknown").capitalize()


def _age(one: Found, now: float) -> str:
    return _since(one.binding.since if one.binding else one.stored.updated_at if one.stored else 0.0, now)


def _since(since: object, now: float) -> str:
    return (duration(max(1, now - since)) if isinstance(since, int | float) and since else "") or "-"


def names_text(found: Sequence[Found]) -> str:
    """Return ``-o name``: one ``kind/name`` per line."""
    return "".join(f"{short_name(one.kind)}/{one.name}\n" for one in found)


def document(one: Found) -> Document:
    """Return an object as ``-o json`` holds it, in kubectl's form."""
    metadata: Document = {"name": one.name}
    if one.namespace:
        metadata["namespace"] = one.namespace
    if one.stored:
        metadata |= {"uid": one.stored.uid, "generation": one.stored.generation}
    if one.binding:
        metadata["creationTimestamp"] = moment(one.binding.since)
    metadata["labels"] = one.labels if one.kind in KINDS else {}
    manifest = one.manifest
    annotations = (manifest.get("metadata") or {}).get("annotations")
    if annotations:
        metadata["annotations"] = annotations
    found: Document = {"apiVersion": API_VERSION, "kind": one.kind, "metadata": metadata}
    if manifest.get("spec"):
        found["spec"] = manifest["spec"]
    if one.kind == EVENT:
        return found | _event(one.row)
    found["status"] = _status(one)
    return found


def _event(row: Mapping[str, Any]) -> Document:
    told: Document = {key: row.get(key) for key in ("type", "reason", "message", "count")}
    told |= {key: moment(row.get(key)) for key in ("firstTimestamp", "lastTimestamp")}
    return told | {"involvedObject": {key: row.get(key) for key in ("kind", "name", "uid")}}


def _status(one: Found) -> Document:
    if one.kind not in KINDS:
        return {key: value for key, value in one.row.items() if key not in ("id", "type") or one.kind == TASK}
    status = _guest_status(one) if KINDS[one.kind].guest else _plain_status(one)
    if one.os_type:
        status["osType"] = one.os_type
    if one.stored:
        status |= {
            "observedGeneration": one.stored.observed_generation,
            "release": one.stored.release,
            "ready": ready(one) == "True",
            "conditions": condition_documents(one),
        }
        if one.drifted is not None:
            status["drifted"] = one.drifted
    if one.closer is not None:
        status |= closer_status(one.kind, one.closer)
    if one.past is not None:
        status |= past_status(one.kind, one.past)
    return status


def _guest_status(one: Found) -> Document:
    row = one.row
    binding: Document = {"vmid": one.vmid or None}
    if one.binding:
        binding |= {"uuid": one.binding.guest_uuid, "cluster": one.binding.cluster}
    return {
        "phase": phase(one),
        "binding": binding,
        "node": row.get("node", ""),
        "power": row.get("status", ""),
        "uptime": row.get("uptime", 0),
        "lock": row.get("lock", ""),
        "ha": {"state": row.get("hastate", ""), "managed": bool(row.get("hastate"))},
        "hostname": row.get("name", ""),
        "isTemplate": one.template,
        "pool": row.get("pool", ""),
        "tags": tags_of(row),
        "addresses": _addresses(one),
        "cpus": row.get("maxcpu", 0),
        "memoryBytes": row.get("maxmem", 0),
        "diskBytes": row.get("maxdisk", 0),
    }


def _addresses(one: Found) -> list[Document]:
    """Return the addresses of a guest: those that its agent tells, and those of its manifest that it does not tell."""
    told = one.told.get(ADDRESSES, ())
    declared = [each for each in declared_addresses(one.owned) if each[1] not in {ip for _, ip in told}]
    sources = [(told, "Agent"), (declared, "Declared")]
    return [{"network": net, "ip": ip, "source": source} for found, source in sources for net, ip in found]


def _plain_status(one: Found) -> Document:
    row = one.row
    if one.kind == "Storage":
        return {
            "phase": "Ready" if row.get("nodes") else "Unknown",
            "type": row.get("plugintype", ""),
            "content": [part for part in str(row.get("content") or "").split(",") if part],
            "shared": bool(row.get("shared")),
            "capacity": gib(row.get("maxdisk")),
            "used": gib(row.get("disk")) or "0",
            "capacityBytes": row.get("maxdisk", 0),
            "usedBytes": row.get("disk", 0),
            "nodes": list(row.get("where") or ()),
            "active": {node: node in (row.get("where") or ()) for node in row.get("on") or ()},
        }
    if one.kind == "Job":
        return _job_status(row)
    cells = {key: value for key, value in row.items() if key not in ("id", "type", one.kind.lower(), *_TIMES)}
    times = {name: moment(row[key]) for key, name in _TIMES.items() if row.get(key)}
    return {"phase": "Ready" if row else "Unknown", **cells, **times, **one.told}


_TIMES = {
    "next-run": "nextRun",
    "last-run": "lastRun",
    "last_sync": "lastSync",
    "last_try": "lastTry",
    "next_sync": "nextSync",
}
"""Cells that are Unix seconds, and what Kubernetes would call them."""


_JOB_PHASES = {"True": "Ready", "Unknown": "Unknown"}


def _job_status(row: Mapping[str, Any]) -> Document:
    done: Document = (
        {"finishedAt": moment(row["finished"]), "durationSeconds": round(row["seconds"], 1)}
        if row.get("seconds")
        else {}
    )
    phase = _JOB_PHASES.get(str(row.get("completed")), "Failed" if done else "Pending")
    return {"phase": phase, "action": row.get("action", ""), "completed": row.get("completed", ""), **done}


def list_document(documents: Sequence[Document]) -> Document:
    """Return several objects as one document."""
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(documents)}
