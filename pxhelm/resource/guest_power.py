"""Where a guest runs and whether: migration, start, shutdown and the restart that pending values wait for.

Pure. Never restarts a guest unless its manifest says so, and never copies local disks through the network unasked.
"""

from __future__ import annotations

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.request import Param
from pxhelm.resource.effect import Effect
from pxhelm.resource.model import Value
from pxhelm.resource.references import bare
from pxhelm.resource.step import Guard, Step
from pxhelm.resource.window import is_open
from pxhelm.resource.writer import Writer

HELD = "held"
"""Option of a change: the plan was accepted while the window was closed, so it is not restarted though it is open now."""
WAS_RUNNING = "was-running"
"""Option of a change: this operation shut the guest down for a step, so it starts it again."""


def migration(writer: Writer) -> list[Step]:
    """Return the migration: asked for by a change (``Pin``), or because a clone came out on its template's node."""
    change, leaves = writer.change, writer.desired.leaves
    wanted = leaves.get("placement.nodes")
    asked = next((c for c in change.changes if c.path == "placement.nodes"), None)
    fresh = change.created and leaves.get("placement.policy") != "Ignore"
    if not isinstance(wanted, tuple) or change.live.node in wanted or not (asked or fresh):
        return []
    online = [str(node) for node in wanted if change.surroundings.nodes.get(str(node), True)]
    if not online:
        return []
    qemu, running = writer.api.type == "qemu", change.live.power == "running"
    params: dict[str, Param] = {"target": online[0]}
    steps: list[Step] = []
    if running and qemu and _on_local_storage(writer) and leaves.get("placement.withLocalDisks") is not True:
        if leaves.get("placement.allowOffline") is not True:
            raise PxhelmError(
                f"cannot migrate {writer.desired.key.address} to {online[0]} while it runs: it has disks on local storage",
                where=writer.desired.locate("placement") if writer.desired.locate else None,
                hint="allow one of both: placement: {withLocalDisks: true} copies them while it runs, "
                "{allowOffline: true} shuts it down for the move",
            )
        steps.append(shutdown(writer, "it is migrated while it is stopped"))
    elif running:
        params["online" if qemu else "restart"] = True
    params |= _options(writer, running=running and not steps)
    effect = asked.effect if asked else Effect.ONLINE
    effect = max(effect, Effect.ONLINE_DISRUPTIVE) if running and not qemu else effect
    request = writer.request("POST", "migrate", params)
    steps.append(Step("migrate", request, Guard.IDENTITY, ("placement.nodes",), effect, detail={"to": online[0]}))
    if running and len(steps) > 1:
        steps.append(start(writer))
    return steps


def _options(writer: Writer, *, running: bool) -> dict[str, Param]:
    """Return what the manifest says about how to migrate, as far as it has a meaning for this guest now."""
    leaves, params = writer.desired.leaves, dict[str, Param]()
    qemu = writer.api.type == "qemu"
    storage, rate = leaves.get("placement.targetStorage"), leaves.get("placement.bandwidth")
    if storage is not None:
        params["targetstorage" if qemu else "target-storage"] = bare(str(storage))
    if isinstance(rate, (int, float)):
        params["bwlimit"] = int(rate // 1024)
    if running and not qemu:
        if leaves.get("placement.restart") is False:
            raise PxhelmError(
                f"cannot migrate {writer.desired.key.address}: a running container moves by a restart only",
                where=writer.desired.locate("placement.restart") if writer.desired.locate else None,
                hint="write placement: {restart: true}, or stop it",
            )
        if isinstance(timeout := leaves.get("placement.timeout"), (int, float)):
            params["timeout"] = int(timeout)
    if running and qemu:
        for leaf, name in _ONLINE.items():
            value: Value = leaves.get(f"placement.{leaf}")
            if value is not None:
                params[name] = value if isinstance(value, bool) else str(value)
    return params


_ONLINE = {
    "withLocalDisks": "with-local-disks",
    "network": "migration_network",
    "type": "migration_type",
    "withConntrackState": "with-conntrack-state",
}


def _on_local_storage(writer: Writer) -> bool:
    """Whether a disk of the guest is only on its node; a storage of which nothing is known counts as shared."""
    live, rows = writer.change.live, writer.change.surroundings.storages
    names = {str(v) for p, v in live.intended.items() if p.endswith(".storage") and not p.startswith("placement")}
    return any((row := rows.get((live.node, name))) is not None and not row.get("shared") for name in names)


def stopped_for(writer: Writer, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Put a shutdown before steps that need the guest stopped; ``refuse`` has said no where that is not allowed."""
    if writer.change.live.power != "running":
        return steps
    first = next((i for i, s in enumerate(steps) if s.effect is Effect.OFFLINE_OP), None)
    if first is None:
        return steps
    down = shutdown(writer, "the next step needs the guest stopped")
    again = () if steps[-1].verb == "convert" else (start(writer),)
    return (*steps[:first], down, *steps[first:], *again)


def power(writer: Writer) -> tuple[Step, ...]:
    """Return the step to the wanted power state; ``OnCreate`` starts a guest once, when it was just made."""
    change, leaves = writer.change, writer.desired.leaves
    policy = leaves.get("power.policy", "OnCreate")
    if leaves.get("ha.state", "ignored") != "ignored":
        return ()  # the HA manager starts and stops it
    is_template = bool(leaves.get("isTemplate", change.live.intended.get("isTemplate", False)))
    on = change.live.power == "running"
    wants = policy == "Running" or (policy == "OnCreate" and change.created) or WAS_RUNNING in change.options
    if wants and not on and not is_template:
        return (start(writer),)
    if policy == "Stopped" and on:
        return (shutdown(writer, "power: Stopped"),)
    return ()


def may_restart(writer: Writer) -> bool:
    """Whether the manifest lets the guest be restarted now; PxhelmError when it speaks of a window that there is not."""
    leaves, change = writer.desired.leaves, writer.change
    policy, windows = leaves.get("power.restart"), leaves.get("power.window")
    if policy != "Window":
        return policy == "IfRequired"
    if not isinstance(windows, tuple):
        raise PxhelmError(
            f"cannot tell when {writer.desired.key.address} may be restarted: power.restart is Window, and there is none",
            where=writer.desired.locate("power.restart") if writer.desired.locate else None,
            hint='write power: {window: "sun 02:00-06:00"}, or restartWindow in its Namespace',
        )
    return HELD not in change.options and is_open((str(each) for each in windows), change.now)


def restart(writer: Writer) -> tuple[Step, ...]:
    """Return the restart that pending values wait for, if the manifest allows it and nothing else is left to write."""
    change = writer.change
    waits = change.restart or any(c.effect is Effect.RESTART for c in change.changes)
    if not may_restart(writer) or change.live.power != "running" or not waits:
        return ()
    timeout = writer.desired.leaves.get("power.shutdownTimeout", 180)
    params: dict[str, Param] = {"timeout": int(timeout) if isinstance(timeout, (int, float)) else 180}
    request = writer.request("POST", "status/reboot", params)
    return (Step("restart", request, Guard.IDENTITY, (), Effect.RESTART, why="pending values need a restart"),)


def start(writer: Writer) -> Step:
    """Return the start."""
    return Step("start", writer.request("POST", "status/start", {}), Guard.IDENTITY, (), Effect.ONLINE)


def shutdown(writer: Writer, why: str) -> Step:
    """Return the shutdown, by the guest's own system within its timeout; then by force only if that was allowed."""
    leaves = writer.change.desired.leaves if writer.change.desired is not None else writer.change.applied
    timeout = leaves.get("power.shutdownTimeout", 180)
    force = writer.change.desired is None or leaves.get("power.onTimeout") == "Stop"
    params: dict[str, Param] = {
        "timeout": int(timeout) if isinstance(timeout, (int, float)) else 180,
        "forceStop": force,
    }
    request = writer.request("POST", "status/shutdown", params)
    return Step("shutdown", request, Guard.IDENTITY, (), Effect.ONLINE_DISRUPTIVE, why=why)
