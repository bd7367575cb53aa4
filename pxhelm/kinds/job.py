"""Something that is done once: a command in a guest, a snapshot, a backup, a question by HTTP; the body of hooks and tests.

A job whose spec changed is another one and is done again; one that failed is done again by the next apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait, call
from pxhelm.resource import natural
from pxhelm.resource.columns import text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.kind import Change, Column, Kind, Surroundings
from pxhelm.resource.model import Existence, Leaves, Live, Resource, Target
from pxhelm.resource.references import guest_type
from pxhelm.resource.step import Guard, Step

ACTIONS = ("guestExec", "snapshot", "rollback", "backup", "power", "http", "wait")
_GUESTS = ("VirtualMachine", "Container")
_POLL = 1.0


def _input(path: str, kind: str = "line", **more: object) -> Field:
    return replace(Field(path, kind, write_only=True), **more)  # type: ignore[arg-type]


def _guest(action: str) -> Field:
    return _input(f"{action}.guest", "ref", refers=_GUESTS)


def observe(_target: Target) -> ApiGen[Live]:
    """Return that there is nothing to see: what was done the store knows."""
    yield from ()
    return Live(Existence.PRESENT)


def action_of(leaves: Leaves) -> str:
    """Return what a job does; empty when it says nothing, or several things."""
    found = {name for name in ACTIONS for path in leaves if path == name or path.startswith(f"{name}.")}
    return found.pop() if len(found) == 1 else ""


def sources(resource: Resource, _around: Surroundings) -> tuple[int, ...]:
    """Return the guest that the job is about: it has to be looked up when it was made since."""
    vmid = _vmid(resource.leaves)
    return (vmid,) if vmid else ()


def _vmid(leaves: Leaves) -> int:
    guest = str(leaves.get(f"{action_of(leaves)}.guest", ""))
    return int(guest.removeprefix("vmid:")) if guest.startswith("vmid:") else 0


def steps(change: Change) -> tuple[Step, ...]:
    """Return the one thing to do, unless it was done."""
    if change.desired is None:
        return ()
    _check(change.desired)
    if not change.changes:
        return ()
    natural.raise_unresolved(JOB, change)
    leaves = change.desired.leaves
    request, operation = _work(change, action_of(leaves))
    leaf_names = tuple(leaves)
    return (Step("run", request, Guard.NONE, leaf_names, Effect.ONLINE, operation=operation, probe=_probe(leaves)),)


def _probe(leaves: Leaves) -> tuple[str, int] | None:
    if "http.url" not in leaves:
        return None
    status = leaves.get("http.expectStatus", 200)
    assert isinstance(status, int)
    return str(leaves["http.url"]), status


def _work(change: Change, action: str) -> tuple[Request, ApiGen[object] | None]:
    assert change.desired is not None
    leaves = change.desired.leaves
    if action == "wait":
        seconds = leaves["wait"]
        assert isinstance(seconds, (int, float))
        return _NOTHING, _pause(seconds)
    if action == "http":
        return _NOTHING, None
    vmid = _vmid(leaves)
    row = change.surroundings.guests.get(vmid, {})
    online = sorted(name for name, up in change.surroundings.nodes.items() if up)
    node = str(row.get("node") or next(iter(online), ""))
    path = f"/nodes/{node}/{guest_type(vmid, change.surroundings) or 'qemu'}/{vmid}"
    own = {p.removeprefix(f"{action}."): v for p, v in leaves.items() if p.startswith(f"{action}.")}
    if action == "guestExec":
        words = own.get("command")
        command = [str(word) for word in words] if isinstance(words, tuple) else []
        limit = own.get("timeout", 600)
        assert isinstance(limit, (int, float))
        return Request("POST", f"{path}/agent/exec", {"command": command}, node=node), _execute(path, command, limit)
    if action == "power":
        return Request("POST", f"{path}/status/{own['action']}", {}, node=node), None
    if action == "rollback":
        return Request("POST", f"{path}/snapshot/{own['name']}/rollback", {}, node=node), None
    if action == "snapshot":
        params: dict[str, Param] = {"snapname": str(own["name"])}
        if "description" in own:
            params["description"] = str(own["description"])
        if own.get("includeRAM"):
            params["vmstate"] = True
        return Request("POST", f"{path}/snapshot", params, node=node), None
    wanted: dict[str, Param] = {name: str(own[name]) for name in ("storage", "mode", "compress") if name in own}
    return Request("POST", f"/nodes/{node}/vzdump", {"vmid": str(vmid), **wanted}, node=node), None


_NOTHING = Request("GET", "/version")
"""What stands in the plan where Proxmox is asked for nothing."""


def _pause(seconds: float) -> ApiGen[object]:
    yield Wait(seconds)
    return None


def _execute(path: str, command: list[str], limit: float) -> ApiGen[object]:
    """Run a command through the guest agent and wait for its end."""
    started = yield from call(Request("POST", f"{path}/agent/exec", {"command": command}))
    pid = str(started.get("pid", "")) if isinstance(started, Mapping) else ""
    waited = 0.0
    while True:
        status = yield from call(Request("GET", f"{path}/agent/exec-status", {"pid": int(pid)}))
        found: Mapping[str, object] = status if isinstance(status, Mapping) else {}
        if found.get("exited"):
            code = int(str(found.get("exitcode") or 0))
            if code:
                said = str(found.get("err-data") or found.get("out-data") or "").strip()
                raise _failed(path, f"{command[0]} ended with status {code}: {said}")
            return None
        if waited >= limit:
            raise _failed(path, f"{command[0]} did not end within {limit:g} seconds")
        yield Wait(_POLL)
        waited += _POLL


def _failed(path: str, why: str) -> ApiError:
    return ApiError(Failure("POST", f"{path}/agent/exec", 0, why), cls=ErrorClass.FAILED)


_NEEDED = {
    "guestExec": ("guestExec.guest", "guestExec.command"),
    "snapshot": ("snapshot.guest", "snapshot.name"),
    "rollback": ("rollback.guest", "rollback.name"),
    "backup": ("backup.guest", "backup.storage"),
    "power": ("power.guest", "power.action"),
    "http": ("http.url",),
}


def _check(wanted: Resource) -> None:
    action = action_of(wanted.leaves)
    missing = [path for path in _NEEDED.get(action, ()) if path not in wanted.leaves]
    if action and not missing:
        return
    why = f"a Job with {action} needs {' and '.join(missing)}" if action else f"a Job does one of {', '.join(ACTIONS)}"
    raise PxhelmError(f"cannot do {wanted.key.address}: {why}", where=wanted.where)


def identifier(resource: Resource) -> str:
    """Return a name that no other job has."""
    return "/".join(part for part in (resource.key.namespace, resource.key.name) if part)


JOB = Kind(
    name="Job",
    plural="jobs",
    short=("job",),
    namespaced=True,
    guest=False,
    rank=80,
    fields=(
        _guest("guestExec"),
        _input("guestExec.command", "list", help="the program and its arguments"),
        _input("guestExec.timeout", "duration", help="ten minutes unless given"),
        _guest("snapshot"),
        _input("snapshot.name"),
        _input("snapshot.description", "note"),
        _input("snapshot.includeRAM", "bool"),
        _guest("rollback"),
        _input("rollback.name", help="the snapshot"),
        _guest("backup"),
        _input("backup.storage", "ref", refers=("Storage",)),
        _input("backup.mode", choices=("snapshot", "suspend", "stop")),
        _input("backup.compress", choices=("0", "gzip", "lzo", "zstd")),
        _guest("power"),
        _input("power.action", choices=("start", "stop", "shutdown", "reboot", "reset", "suspend", "resume")),
        _input("http.url"),
        _input("http.expectStatus", "int", bounds=(100, 599)),
        _input("wait", "duration"),
        _input("timeout", "duration"),
        _input("retry", "bool"),
    ),
    observe=observe,
    steps=steps,
    identifier=identifier,
    sources=sources,
    always=True,
    columns=(Column("ACTION", text("action")),),
)
