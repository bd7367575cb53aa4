"""High availability of a guest: its entry with the HA manager, which then decides where and whether the guest runs.

The entry lives and dies with the guest, so it is a part of it and no kind of its own (kinds.md 3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pxhelm.proxmox.errors import ApiError, ErrorClass
from pxhelm.proxmox.request import ApiGen, Param, Request, call
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.forms import form_of
from pxhelm.resource.kind import Change, Op
from pxhelm.resource.model import Live, Value
from pxhelm.resource.normal import Normal
from pxhelm.resource.step import Guard, Step

RAW = "@ha"
STATES = ("started", "stopped", "disabled", "ignored")

FIELDS: tuple[Field, ...] = (
    Field("ha.state", "line", f"{RAW}.state", choices=STATES, kept=True, help="what the HA manager keeps the guest at"),
    Field("ha.maxRestart", "int", f"{RAW}.max_restart", default=1, bounds=(0, None), help="starts to try on one node"),
    Field("ha.maxRelocate", "int", f"{RAW}.max_relocate", default=1, bounds=(0, None), help="nodes to try after that"),
    Field("ha.failback", "bool", f"{RAW}.failback", default=True, help="go back to a preferred node when it returns"),
    Field("ha.comment", "line", f"{RAW}.comment", help="a remark"),
    Field("ha.group", "line", f"{RAW}.group", help="HA group; gone in Proxmox VE 9, see the kind HARule"),
)


def normalize(spec: Normal) -> None:
    """Expand ``ha: true`` and say the state that Proxmox would take."""
    value = spec.get("ha")
    if value is False:
        del spec["ha"]
    elif value is True:
        spec["ha"] = {"state": "started"}
        spec.origins["ha", "state"] = ("ha",)
    elif isinstance(value, Mapping) and value.get("state") is None and value.get("absent") is not True:
        spec["ha"] = {"state": "started", **{k: v for k, v in value.items() if k != "state"}}
        spec.origins["ha", "state"] = ("ha",)


def plug(_path: str, _before: Value, _after: Value, _live: Live) -> tuple[Effect, str]:
    """Return the effect of an entry that comes or goes: none that the guest feels by itself."""
    return Effect.ONLINE, ""


def sid(kind: str, vmid: int) -> str:
    """Return how the HA manager calls a guest."""
    return f"{'ct' if kind == 'lxc' else 'vm'}:{vmid}"


def read(kind: str, vmid: int) -> ApiGen[Mapping[str, object]]:
    """Return a guest's entry; empty when it has none."""
    try:
        data = yield from call(Request("GET", f"/cluster/ha/resources/{sid(kind, vmid)}"))
    except ApiError as error:
        if error.cls is ErrorClass.GONE:
            return {}
        raise
    return {"state": "started", **data} if isinstance(data, Mapping) else {}


def leaves(row: Mapping[str, object]) -> dict[str, Value]:
    """Return the leaves under ``ha``."""
    found: dict[str, Value] = {}
    for each in FIELDS:
        value = row.get(each.wire.partition(".")[2])
        if value is not None:
            found[each.path] = form_of(each.type, "").read({"": str(value)}, "", "")
    return found


def keep(row: Mapping[str, object]) -> str:
    """Return the text under which an entry stands in ``Live.raw``."""
    return json.dumps(dict(row))


def managed(live: Live) -> bool:
    """Whether the guest was seen to have an entry."""
    return "ha.state" in live.intended


def steps(change: Change, kind: str) -> tuple[Step, ...]:
    """Return the write still missing: at most one."""
    about = [c for c in change.changes if c.path == "ha" or c.path.startswith("ha.")]
    if not about or change.desired is None:
        return ()
    path = f"/cluster/ha/resources/{sid(kind, change.live.vmid)}"
    if any(c.path == "ha" for c in about):
        return (removal(change.live, kind),) if managed(change.live) else ()
    params: dict[str, Param] = {}
    gone: list[str] = []
    wanted = change.desired.leaves
    told = {c.path: c.after for c in about if c.op is Op.SET}
    if not managed(change.live):
        told = {p: v for p, v in wanted.items() if p.startswith("ha.")}
    for each in FIELDS:
        wire = each.wire.partition(".")[2]
        if each.path in told:
            value = told[each.path]
            params[wire] = value if isinstance(value, (bool, int)) else str(value)
        elif any(c.path == each.path and c.op is Op.UNSET for c in about) and not each.kept:
            gone.append(wire)
    if not params and not gone:
        return ()
    reached = tuple(c.path for c in about)
    if managed(change.live):
        whole = {**params, **({"delete": ",".join(gone)} if gone else {})}
        return (Step("ha", Request("PUT", path, whole), Guard.IDENTITY, reached, Effect.ONLINE),)
    made = Request("POST", "/cluster/ha/resources", {"sid": sid(kind, change.live.vmid), **params})
    return (Step("ha", made, Guard.IDENTITY, tuple(told), Effect.ONLINE),)


def removal(live: Live, kind: str) -> Step:
    """Return the step that takes a guest away from the HA manager; it goes on running."""
    request = Request("DELETE", f"/cluster/ha/resources/{sid(kind, live.vmid)}", {})
    return Step("ha-remove", request, Guard.IDENTITY, ("ha",), Effect.ONLINE, why="the HA manager lets go of it")


def disagreement(wanted: Mapping[str, Value]) -> str:
    """Return how ``power`` and ``ha`` contradict each other; empty when they do not."""
    policy, state = wanted.get("power.policy"), wanted.get("ha.state")
    agrees = {"Running": ("started", "ignored"), "Stopped": ("stopped", "disabled", "ignored")}.get(str(policy))
    if state is None or agrees is None or state in agrees:
        return ""
    return f"power: {policy} and ha.state: {state} contradict each other; with HA the state decides, so say it there"
