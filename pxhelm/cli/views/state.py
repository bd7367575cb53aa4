"""How bindings, ghosts and a rebuilding read, for people and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pxhelm.cli.views.table import plain_table
from pxhelm.resource.columns import duration
from pxhelm.store.bindings import BindingState

if TYPE_CHECKING:
    from pxhelm.actions.state import State
    from pxhelm.apply.restore import Restoration


def state_text(state: State, now: float) -> str:
    """Return the state for people."""
    head = [
        f"CLUSTER:       {state.cluster}" + (f" ({state.name})" if state.name else ""),
        f"ROOT CA:       {state.root_ca or '(not shown)'}",
        f"INSTALLATION:  {state.installation or '(none yet)'}",
        f"CONTEXTS:      {', '.join(state.contexts)}",
    ]
    rows = []
    for b in state.bindings:
        note = b.problem
        if b.state is BindingState.QUARANTINED:
            note = "not used again for a day"
        rows.append(
            (str(b.vmid), b.state.value, b.address or "-", b.release or "-", b.node or "-", _age(b.since, now), note)
        )
    rows += [(str(g.vmid), "ghost", g.address or f"({g.name})", "-", g.node, "-", g.reason) for g in state.ghosts or ()]
    lines = ["\n".join(head) + "\n\n"]
    titles = ("VMID", "STATE", "OBJECT", "RELEASE", "NODE", "AGE", "NOTE")
    lines.append(plain_table(titles, rows) if rows else "nothing is bound\n")
    if state.ghosts:
        lines.append("\nghosts are guests of ours that no binding knows: `pxhelm state rebuild` binds them again\n")
    if state.others:
        told = ", ".join(f"{name} ({count} guests)" for name, count in sorted(state.others.items()))
        lines.append(f"\nother installations manage guests here, too: {told}\n")
    return "".join(lines)


def _age(since: float, now: float) -> str:
    return duration(max(1.0, now - since)) if since else "-"


def state_data(state: State) -> dict[str, Any]:
    """Return the state as data."""
    return {
        "cluster": state.cluster,
        "name": state.name,
        "rootCertificate": state.root_ca,
        "installation": state.installation,
        "contexts": list(state.contexts),
        "bindings": [
            {
                "vmid": b.vmid,
                "state": b.state.value,
                "kind": b.kind,
                "object": b.address,
                "release": b.release,
                "node": b.node,
                "name": b.name,
                "since": b.since,
                **({"problem": b.problem} if b.problem else {}),
            }
            for b in state.bindings
        ],
        "ghosts": None
        if state.ghosts is None
        else [
            {"vmid": g.vmid, "node": g.node, "name": g.name, "object": g.address, "reason": g.reason}
            for g in state.ghosts
        ],
        "otherInstallations": dict(state.others),
    }


def rebuild_text(planned: Restoration) -> str:
    """Return what a rebuilding finds, for people."""
    words = {"bound": "bound already", "restored": "comes back"}
    rows = [
        (
            str(g.guest.live.vmid),
            g.guest.name,
            g.key.address,
            g.guest.marker.release or "-",
            words.get(g.outcome, g.outcome),
            g.reason or ("namespace and name are assumed" if g.assumed else ""),
        )
        for g in sorted(planned.guests, key=lambda g: g.guest.live.vmid)
    ]
    text = (
        f"installation {planned.installation}: {len(rows)} guests carry its marker, {len(planned.restored)} come back\n"
    )
    if rows:
        text += plain_table(("VMID", "NAME", "OBJECT", "RELEASE", "STATE", "NOTE"), rows)
    if planned.others:
        told = ", ".join(f"{name} ({count} guests)" for name, count in sorted(planned.others.items()))
        text += f"of other installations, left alone: {told}\n"
    return text


def rebuild_data(planned: Restoration, *, done: bool) -> dict[str, Any]:
    """Return what a rebuilding found, as data."""
    return {
        "installation": planned.installation,
        "done": done,
        "guests": [
            {
                "vmid": g.guest.live.vmid,
                "name": g.guest.name,
                "object": g.key.address,
                "release": g.guest.marker.release,
                "outcome": g.outcome,
                **({"reason": g.reason} if g.reason else {}),
            }
            for g in planned.guests
        ],
        "otherInstallations": dict(planned.others),
    }
