"""Objects of the cluster as people and programs read them: kubectl's tables, and documents of kubectl's form.

Never asks for anything: everything shown was found before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pxhelm.actions.inspect import NODE, TASK, Found, manifest_of, tags_of
from pxhelm.cli.selectors import value_at
from pxhelm.cli.views.table import plain_table
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.kinds import KINDS
from pxhelm.resource.columns import duration, gib, text
from pxhelm.resource.kind import Column
from pxhelm.store.bindings import BindingState

API_VERSION = "proxmox.io/v1"
SHORT = {"VirtualMachine": "vm", "Container": "ct"}
Document = dict[str, Any]


def _percent(used: str, total: str = "") -> Callable[[Mapping[str, object]], str]:
    def show(row: Mapping[str, object]) -> str:
        value, whole = row.get(used), row.get(total) if total else 1
        if not isinstance(value, int | float) or not isinstance(whole, int | float) or not whole:
            return ""
        return f"{value / whole:.0%}"

    return show


_NODE_COLUMNS = (
    Column("STATUS", text("status")),
    Column("CPUS", text("maxcpu")),
    Column("CPU%", _percent("cpu")),
    Column("MEMORY", lambda row: gib(row.get("maxmem"))),
    Column("MEMORY%", _percent("mem", "maxmem")),
    Column("UPTIME", lambda row: duration(row.get("uptime"))),
    Column("DISK%", _percent("disk", "maxdisk"), wide=True),
)


def _moment(key: str) -> Callable[[Mapping[str, object]], str]:
    def show(row: Mapping[str, object]) -> str:
        seconds = row.get(key)
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(seconds, int) else ""

    return show


def _lasted(row: Mapping[str, object]) -> str:
    begun, ended = row.get("starttime"), row.get("endtime")
    return f"{ended - begun}s" if isinstance(begun, int) and isinstance(ended, int) else ""


_TASK_COLUMNS = (
    Column("STARTED", _moment("starttime")),
    Column("NODE", text("node")),
    Column("TYPE", text("type")),
    Column("ID", text("id")),
    Column("USER", text("user")),
    Column("STATUS", lambda row: str(row.get("status") or "running")),
    Column("DURATION", _lasted),
    Column("UPID", text("upid"), wide=True),
)


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


def table_text(kind: str, found: Sequence[Found], look: Look) -> str:
    """Return the table of one kind's objects."""
    columns = [c for c in _columns(kind) if look.wide or not c.wide]
    titles = [c.title for c in columns]
    cells = [[column.value(one.row) or "-" for column in columns] for one in found]
    if kind in KINDS:
        titles = ["NAME", "READY", *titles, "AGE"]
        for one, row in zip(found, cells, strict=True):
            row[:0] = [_shown_name(one, look), ready(one) or "-"]
            row.append(_age(one, look.now))
        if look.wide:
            titles[-1:-1] = ["RELEASE", "DRIFT"]
            for one, row in zip(found, cells, strict=True):
                row[-1:-1] = [(one.stored.release if one.stored else "") or "-", _drift(one)]
    elif kind == NODE:
        titles = ["NAME", *titles]
        for one, row in zip(found, cells, strict=True):
            row.insert(0, _shown_name(one, look))
    if look.namespaces and kind in KINDS and KINDS[kind].namespaced:
        titles = ["NAMESPACE", *titles]
        for one, row in zip(found, cells, strict=True):
            row.insert(0, one.namespace or "-")
    return plain_table(titles if look.headers else (), cells)


def _columns(kind: str) -> Sequence[Column]:
    if kind == NODE:
        return _NODE_COLUMNS
    return _TASK_COLUMNS if kind == TASK else KINDS[kind].columns


def short_name(kind: str) -> str:
    """Return what a kind is called in ``vm/web``."""
    return SHORT.get(kind, kind.lower())


def _shown_name(one: Found, look: Look) -> str:
    return f"{short_name(one.kind)}/{one.name}" if look.prefix else one.name


def ready(one: Found) -> str:
    """Tell whether an object of ours is as wanted, as far as lists can tell; empty for what is not ours."""
    if one.stored is None:
        return ""
    wanted = one.owned.get("power.policy") or one.owned.get("power")
    power = wanted not in ("Running", "Stopped") or str(one.row.get("status")) == str(wanted).lower()
    settled = one.stored.observed_generation == one.stored.generation
    return "True" if one.row and settled and power and not one.row.get("lock") else "False"


def _drift(one: Found) -> str:
    return "-" if one.drifted is None else str(one.drifted)


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
    since = one.binding.since if one.binding else one.stored.updated_at if one.stored else 0.0
    return (duration(max(1, now - since)) if since else "") or "-"


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
    metadata["labels"] = one.labels if one.kind in KINDS else {}
    manifest = manifest_of(one)
    annotations = (manifest.get("metadata") or {}).get("annotations")
    if annotations:
        metadata["annotations"] = annotations
    found: Document = {"apiVersion": API_VERSION, "kind": one.kind, "metadata": metadata}
    if manifest.get("spec"):
        found["spec"] = manifest["spec"]
    found["status"] = _status(one)
    return found


def _status(one: Found) -> Document:
    if one.kind not in KINDS:
        return {key: value for key, value in one.row.items() if key not in ("id", "type") or one.kind == TASK}
    status = _guest_status(one) if KINDS[one.kind].guest else _plain_status(one)
    if one.stored:
        status |= {
            "observedGeneration": one.stored.observed_generation,
            "release": one.stored.release,
            "ready": ready(one) == "True",
            "conditions": [{"type": "Ready", "status": ready(one)}],
        }
        if one.drifted is not None:
            status["drifted"] = one.drifted
            status["conditions"].append({"type": "Drifted", "status": str(one.drifted)})
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
        "addresses": [{"ip": each, "source": "Declared"} for each in row.get("addresses") or ()],
        "cpus": row.get("maxcpu", 0),
        "memoryBytes": row.get("maxmem", 0),
        "diskBytes": row.get("maxdisk", 0),
    }


def _plain_status(one: Found) -> Document:
    row = one.row
    if one.kind == "Pool":
        return {"phase": "Ready" if row else "Unknown", "guests": row.get("guests", 0)}
    return {
        "phase": "Ready" if row.get("nodes") else "Unknown",
        "type": row.get("plugintype", ""),
        "content": [part for part in str(row.get("content") or "").split(",") if part],
        "shared": bool(row.get("shared")),
        "capacityBytes": row.get("maxdisk", 0),
        "usedBytes": row.get("disk", 0),
        "nodes": list(row.get("where") or ()),
    }


def list_document(documents: Sequence[Document]) -> Document:
    """Return several objects as one document."""
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(documents)}


def sort_by(found: list[Found], path: str) -> list[Found]:
    """Return the objects ordered by a field; PxhelmError when none of them has it."""
    keyed = [(value_at(document(one), path), one) for one in found]
    if found and all(value is None for value, _ in keyed):
        raise PxhelmError(
            f"cannot sort by {path}: no object has this field",
            code=ExitCode.USAGE,
            hint="fields are those of -o json, such as .metadata.name or .status.node",
        )
    return [one for _, one in sorted(keyed, key=lambda pair: _order(pair[0]))]


def _order(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))
