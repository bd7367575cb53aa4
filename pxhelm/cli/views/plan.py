"""Plans for people: what happens to each object, leaf by leaf, and the sum. JSON is ``plan.document``'s business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pxhelm.cli.views.terminal import harmless
from pxhelm.kinds import KINDS
from pxhelm.plan.document import summary
from pxhelm.plan.leaf import flow, shown
from pxhelm.plan.model import SYMBOLS, Action, ObjectPlan, Plan
from pxhelm.resource.effect import Effect
from pxhelm.resource.kind import LeafChange, Op
from pxhelm.resource.step import Undo
from pxhelm.resource.table import Table
from pxhelm.resource.types import shown as shown_as

_SAY = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be changed",
    Action.REPLACE: "will be destroyed and made anew",
    Action.DELETE: "will be deleted",
    Action.ADOPT: "will be taken over",
    Action.READ: "is left alone",
}
_SHOWN = 2**30 / 20
"""Bytes: what is less is 0.0 GiB, and not worth a word."""


def plan_text(plan: Plan) -> str:
    """Return the plan: changed objects, what is blocked, and the footer."""
    parts = ["\n".join(_object(o)) + "\n" for o in plan.objects if o.action is not Action.NOTHING or o.notes or o.drift]
    parts += [
        f"! {b.key.address} {b.reason}: {b.message}\n"
        + (f"    at {b.place}\n" if b.place else "")
        + (f"    hint: {b.hint}\n" if b.hint else "")
        for b in plan.blocked
    ]
    return harmless("\n".join([*parts, footer(plan)]))


def footer(plan: Plan) -> str:
    """Return the last line: ``Plan: a to create, …``."""
    counts = summary(plan)
    if plan.empty:
        return "No changes: everything is as wanted.\n"
    restarts = f" ({counts['restart']} need a restart)" if counts["restart"] else ""
    parts = [
        f"{counts['create']} to create",
        f"{counts['update']} to update{restarts}",
        f"{counts['delete']} to delete",
    ]
    if counts["replace"]:
        parts.insert(2, f"{counts['replace']} to replace")
    if counts["adopt"]:
        parts.append(f"{counts['adopt']} to take over")
    if counts["refused"]:
        parts.append(f"{counts['refused']} refused")
    freed = f"; {counts['frees_bytes'] / 2**30:.1f} GiB will be freed" if counts["frees_bytes"] >= _SHOWN else ""
    return f"Plan: {', '.join(parts)}{freed}.\n"


def _object(o: ObjectPlan) -> Iterator[str]:
    symbol = SYMBOLS[o.action]
    if o.action is Action.UPDATE and o.effect >= Effect.RESTART:
        symbol = "~!"
    what = _SAY.get(o.action, "stays as it is")
    if o.moved_from is not None:
        more = "" if o.action is Action.UPDATE else f" and {what}"
        what = f"is moved from {o.moved_from.address}{more}"
    place = f"  (VMID {o.vmid} on {o.node})" if o.vmid and o.node else f"  (VMID {o.vmid})" if o.vmid else ""
    yield f"{symbol:>3} {o.key.address} {what}{place}"
    drifted = {d.path: d for d in o.drift}
    for change in o.changes:
        yield f"      {_leaf(o.key.kind, change, new=o.action is Action.CREATE)}" + (
            "  # changed outside pxhelm" if change.path in drifted else ""
        )
    changed = {c.path for c in o.changes}
    for path, drift in drifted.items():
        if path not in changed:
            yield f"      {path}: {show_leaf(o.key.kind, path, drift.live)}  # changed outside pxhelm, was {show_leaf(o.key.kind, path, drift.base)}"
    for step in o.steps:
        mark = "  irreversible" if step.undo is Undo.IRREVERSIBLE else ""
        detail = "".join(f" {k} {v}" for k, v in step.detail.items())
        why = f"  ({step.why})" if step.why else ""
        yield f"      > {step.verb}{detail}{why}{mark}"
    for note in o.notes:
        yield f"      note: {note}"


def _leaf(kind: str, change: LeafChange, *, new: bool) -> str:
    before, after = show_leaf(kind, change.path, change.before), show_leaf(kind, change.path, change.after)
    if new:
        return f"{change.path}: {after}"
    effect = f"  [{change.effect.label}]" if change.effect is not Effect.NONE else ""
    why = f"  {change.why}" if change.why else ""
    if change.op is Op.UNSET:
        return f"{change.path}: {before} -> (unset){effect}{why}"
    if change.before is None:
        return f"{change.path}: (unset) -> {after}{effect}{why}"
    return f"{change.path}: {before} -> {after}{effect}{why}"


def show_leaf(kind: str, path: str, value: object) -> str:
    """Return a canonical value as the manifest would spell it."""
    place = _table(kind).place(path) if kind in KINDS else None
    plain = shown(value)
    readable = plain is value or (isinstance(value, tuple) and plain == _listed(value))
    return flow(shown_as(place.field.type, value) if place is not None and readable else plain)  # type: ignore[arg-type]


def _listed(value: object) -> object:
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


@lru_cache(maxsize=64)
def _table(kind: str) -> Table:
    return Table(KINDS[kind].fields, {})


def result_text(results: Mapping[str, str], sums: str) -> str:
    """Return one line per object and the sum, after an apply."""
    lines = [f"{address} {what}" for address, what in results.items()]
    return "\n".join([*lines, sums]) + "\n"
