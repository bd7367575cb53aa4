"""How the result of an apply reads: what became of every object, and what waits for a restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pxhelm.plan.diff import LEFT
from pxhelm.plan.leaf import shown
from pxhelm.plan.model import Action

if TYPE_CHECKING:
    from pxhelm.apply.result import ApplyResult, ObjectResult

_WORDS = {
    Action.CREATE: "created",
    Action.UPDATE: "configured",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.NOTHING: "unchanged",
    Action.READ: "unchanged",
    None: "blocked",
}
FORGOTTEN = "forgotten"


def word(result: ApplyResult, one: ObjectResult) -> str:
    """Return what became of an object; what stays in Proxmox was forgotten, not deleted, and what has another name was moved."""
    planned = next((o for o in result.plan.objects if o.key == one.key), None)
    if planned is None:
        return _WORDS[one.action]
    if planned.moved_from is not None:
        return f"moved from {planned.moved_from.address}"
    stays = one.action is Action.DELETE and any(note.startswith("it stays") for note in planned.notes)
    return FORGOTTEN if stays else _WORDS[one.action]


def lines(result: ApplyResult) -> Iterator[str]:
    """Yield a line for each object that is as wanted."""
    for o in result.objects:
        if o.ok:
            said = word(result, o)
            yield f"{o.key.address} {said}" + ("; it stays in Proxmox VE" if said == FORGOTTEN else "")


def names(result: ApplyResult) -> Iterator[str]:
    """Yield ``kind/name`` of each object that is as wanted."""
    from pxhelm.cli.views.objects import short_name

    return (f"{short_name(o.key.kind)}/{o.key.name}" for o in result.objects if o.ok)


def waiting(one: ObjectResult) -> list[dict[str, Any]]:
    """Return the leaves of a running guest, ours, that wait for a restart (engine.md D4.2)."""
    live = one.outcome.live
    if not one.ok or live is None or live.power in ("", "stopped") or not live.current:
        return []
    ours = [path for path in one.outcome.owned if live.current.get(path) != live.intended.get(path)]
    return [
        {"path": p, "configured": shown(live.intended.get(p)), "running": shown(live.current.get(p))}
        for p in sorted(ours)
    ]


def notes(result: ApplyResult) -> Iterator[str]:
    """Yield what was left to others, and what somebody has to do after it: restarts."""
    for planned in result.plan.objects:
        yield from (f"{planned.key.address}: {note}" for note in planned.notes if note.endswith(LEFT))
    for o in result.objects:
        paths = ", ".join(each["path"] for each in waiting(o))
        if paths:
            kind = "container" if o.key.kind == "Container" else "vm"
            where = f" -n {o.key.namespace}" if o.key.namespace != "default" else ""
            yield f"{o.key.address} waits for a restart ({paths}): pxhelm {kind} restart {o.key.name}{where}"


def data(result: ApplyResult) -> dict[str, Any]:
    """Return the result as data."""
    rows = []
    for o in result.objects:
        row: dict[str, Any] = {"address": o.key.address, "action": word(result, o), "ok": o.ok}
        if not o.ok:
            row |= {"reason": o.outcome.reason, "message": o.outcome.message}
        pending = waiting(o)
        if pending:
            row["waitsForRestart"] = pending
        rows.append(row)
    return {"objects": rows, "exitCode": int(result.exit_code)}
