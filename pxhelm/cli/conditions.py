"""Conditions of an object that can be waited for (engine.md D13): what lists tell, and what only a closer look tells.

A guest is asked itself only here, by who waits for it (ADR 14). Never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services
    from pxhelm.resource.model import Live

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


def condition_named(name: str) -> Callable[[Services, Found], str]:
    """Return what tells a condition as ``True``, ``False`` or ``Unknown``; PxhelmError for a name that there is not."""
    told = {known.lower(): known for known in CONDITIONS}
    if name.lower() not in told:
        near = get_close_matches(name.lower(), told, 1, 0.6)
        raise PxhelmError(
            f'unrecognized condition: "{name}"',
            code=ExitCode.USAGE,
            hint=f"did you mean {told[near[0]]}?" if near else f"one of {', '.join(CONDITIONS)}",
        )
    return CONDITIONS[told[name.lower()]]


def _ready(services: Services, one: Found) -> str:
    from pxhelm.actions.health import ready

    told = ready(one) or UNKNOWN
    return str(not _why_unready(services, one)) if told == TRUE else told


def _why_unready(services: Services, one: Found) -> str:
    """Return what the guest's own readiness still lacks."""
    from pxhelm.apply.reach import reach
    from pxhelm.plan.leaf import as_leaf
    from pxhelm.resource.readiness import declared, unready

    leaves = {path: as_leaf(base) for path, base in one.owned.items()}
    live = _live(services, one) if declared(leaves) else None
    return services.cluster.run(unready(live, leaves, str(one.row.get("type")), reach)) if live is not None else ""


def _live(services: Services, one: Found) -> Live | None:
    from pxhelm.actions.describe import describe

    return describe(services, one).live


def looked_at(services: Services, one: Found) -> Found:
    """Return the object with all that its configuration, its journal and a question tell."""
    from pxhelm.actions.asked import with_answers
    from pxhelm.actions.describe import look_closer
    from pxhelm.actions.past import with_past

    (found,) = with_past(services, with_answers(services, look_closer(services, [one], others=True)))
    return found


def _told(name: str) -> Callable[[Services, Found], str]:
    """Return what tells a condition as the object's status has it."""

    def tell(services: Services, one: Found) -> str:
        from pxhelm.actions.conditions import conditions
        from pxhelm.actions.describe import look_closer
        from pxhelm.actions.past import with_past

        (looked,) = with_past(services, look_closer(services, [one]))
        return next((each.status for each in conditions(looked, whole=True) if each.type == name), UNKNOWN)

    return tell


def _agent_connected(services: Services, one: Found) -> str:
    from pxhelm.proxmox.agent import Machine, ask
    from pxhelm.proxmox.errors import ApiError

    if one.row.get("type") != "qemu" or one.row.get("status") != "running":
        return FALSE
    try:
        services.cluster.run(ask(Machine(str(one.row["node"]), one.vmid), "POST", "ping", {}))
    except ApiError as error:
        return UNKNOWN if error.cls.passes and error.cls.value != "guest" else FALSE
    return TRUE


def _complete(_services: Services, one: Found) -> str:
    return str(one.row.get("completed") or UNKNOWN)


CONDITIONS: Mapping[str, Callable[[Services, Found], str]] = {
    "Ready": _ready,
    **{name: _told(name) for name in ("Synced", "Drifted", "Reconciling", "Stalled", "Conflict", "Blocked")},
    **{name: _told(name) for name in ("NeedsRestart", "GuestActionNeeded", "Migratable", "IdentityConflict")},
    "AgentConnected": _agent_connected,
    "Complete": _complete,
}
