"""Something that is done once: a command, a snapshot, a backup, a question by HTTP; the body of hooks and tests.

A job whose spec changed is another one and is done again; one that failed is done again by the next apply. One that was cut
off, so that nobody knows how far it came, is done again only with ``retry: true``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.proxmox.agent import Machine, StillRunningError, execute
from pxhelm.proxmox.errors import ApiError, ErrorClass, Failure
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait
from pxhelm.resource import natural
from pxhelm.resource.columns import duration, text
from pxhelm.resource.effect import Effect
from pxhelm.resource.field import Field
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.kind import Change, Column, Kind, Mistake, Surroundings
from pxhelm.resource.model import ABSENT, Existence, Leaves, Live, Resource, Target, Value
from pxhelm.resource.references import guest_type
from pxhelm.resource.step import Errand, Guard, Step
from pxhelm.secret import Secret

_GUESTS = ("VirtualMachine", "Container")
_POLL = 1.0
_PATIENCE = 600.0
"""Seconds for a command in a guest that names none."""
_NOTHING = Request("GET", "/version")
"""What stands in the plan where Proxmox is asked for nothing."""


def observe(target: Target) -> ApiGen[Live]:
    """Return whether the store knows of it: what was done it knows as well, and nobody else."""
    yield from ()
    return Live(Existence.PRESENT) if target.uid else ABSENT


def action_of(leaves: Mapping[str, object]) -> str:
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
    action = _checked(change)
    if not change.changes:
        return ()
    natural.raise_unresolved(JOB, change)
    leaves = change.desired.leaves
    step = Step(f"run {action}", _NOTHING, Guard.NONE, tuple(leaves), Effect.ONLINE, limit=_seconds(leaves, "timeout"))
    return (ACTIONS[action].step(_Work(change, action), step),)


@dataclass(frozen=True, slots=True)
class _Work:
    """A job about to be done."""

    change: Change
    action: str

    @property
    def leaves(self) -> Leaves:
        assert self.change.desired is not None
        return self.change.desired.leaves

    @property
    def vmid(self) -> int:
        return _vmid(self.leaves)

    @property
    def node(self) -> str:
        around = self.change.surroundings
        online = sorted(name for name, up in around.nodes.items() if up)
        return str(around.guests.get(self.vmid, {}).get("node") or next(iter(online), ""))

    @property
    def guest_type(self) -> str:
        return guest_type(self.vmid, self.change.surroundings) or "qemu"

    def own(self, name: str) -> Value:
        """Return a leaf of the action."""
        return self.leaves.get(f"{self.action}.{name}")

    def params(self, *names: str) -> dict[str, Param]:
        """Return those of the action's leaves that are set, as texts."""
        return {name: str(self.own(name)) for name in names if self.own(name) is not None}

    def asking(self, step: Step, verb: str, params: Mapping[str, Param] | None = None) -> Step:
        """Return the step as a request about the guest."""
        path = f"/nodes/{self.node}/{self.guest_type}/{self.vmid}/{verb}"
        return replace(step, request=Request("POST", path, params or {}, node=self.node), vmid=self.vmid)


def _seconds(leaves: Leaves, path: str) -> float:
    value = leaves.get(path, 0)
    assert isinstance(value, (int, float))
    return float(value)


def _wait(work: _Work, step: Step) -> Step:
    def pause() -> ApiGen[tuple[str, ...]]:
        yield Wait(_seconds(work.leaves, "wait"))
        return ()

    return replace(step, operation=pause())


def _http(work: _Work, step: Step) -> Step:
    status = work.leaves.get("http.expectStatus", 200)
    assert isinstance(status, int)
    insecure = bool(work.leaves.get("http.insecure"))
    return replace(step, errand=Errand(str(work.leaves["http.url"]), status, insecure, limit=step.limit))


def _command(work: _Work, step: Step) -> Step:
    if not work.change.options.get("allow-commands"):
        raise PxhelmError(
            f"it would run {_words(work.leaves['command'])[0]} on this machine",
            code=ExitCode.REFUSED,
            hint="if you trust it: allowCommands: true in the context, or PXHELM_ALLOW_COMMANDS=1",
        )
    return replace(step, errand=Errand(command=tuple(_words(work.leaves["command"])), limit=step.limit))


def _words(value: Value) -> list[str]:
    return [str(word) for word in value] if isinstance(value, tuple) else []


def _power(work: _Work, step: Step) -> Step:
    return work.asking(step, f"status/{work.own('action')}")


def _rollback(work: _Work, step: Step) -> Step:
    return work.asking(step, f"snapshot/{work.own('name')}/rollback")


def _snapshot(work: _Work, step: Step) -> Step:
    params: dict[str, Param] = {"snapname": str(work.own("name")), **work.params("description")}
    if work.own("includeRAM"):
        params["vmstate"] = True
    return work.asking(step, "snapshot", params)


def _backup(work: _Work, step: Step) -> Step:
    params: dict[str, Param] = {"vmid": str(work.vmid), **work.params("storage", "mode", "compress")}
    return replace(step, request=Request("POST", f"/nodes/{work.node}/vzdump", params, node=work.node), vmid=work.vmid)


def _guest_exec(work: _Work, step: Step) -> Step:
    if work.guest_type == "lxc":
        raise PxhelmError(
            "Proxmox' API runs no commands in containers",
            code=ExitCode.REFUSED,
            hint=f"a Job with command: [ssh, root@{work.node}, pct, exec, '{work.vmid}', --, …] does, where commands are allowed",
        )
    command = _words(work.own("command"))
    limit = _seconds(work.leaves, "guestExec.timeout") or step.limit or _PATIENCE
    told = work.own("input")
    stdin: Param = told if isinstance(told, Secret) else ""
    params: dict[str, Param] = {"command": command, **({"input-data": stdin} if stdin else {})}
    asked = work.asking(step, "agent/exec", params)
    return replace(asked, operation=_in_guest(Machine(work.node, work.vmid), command, stdin, limit))


def _in_guest(machine: Machine, command: list[str], stdin: Param, limit: float) -> ApiGen[tuple[str, ...]]:
    """Run a command, once the agent answers: a machine that was just started takes a moment."""
    waited = 0.0
    while True:
        try:
            ran = yield from execute(machine, command, stdin, limit)
        except StillRunningError as error:
            raise _failed(machine, error.message) from None
        except ApiError as error:
            if "agent is not running" not in error.text or waited >= limit:
                raise
            yield Wait(_POLL)
            waited += _POLL
            continue
        lines = tuple((ran.out + ran.err).decode("utf-8", "replace").splitlines())
        if ran.code:
            last = f": {lines[-1]}" if lines else ""
            raise _failed(machine, f"{command[0]} ended with status {ran.code}{last}")
        return lines


def _failed(machine: Machine, why: str) -> ApiError:
    path = f"/nodes/{machine.node}/qemu/{machine.vmid}/agent/exec"
    return ApiError(Failure("POST", path, 0, why), cls=ErrorClass.FAILED)


@dataclass(frozen=True, slots=True)
class _Action:
    """What a job may do: how, and what it has to say for it."""

    step: Callable[[_Work, Step], Step]
    needs: tuple[str, ...] = ()
    harmless: bool = False
    """Doing it twice is as doing it once."""


ACTIONS: Mapping[str, _Action] = {
    "guestExec": _Action(_guest_exec, ("guest", "command")),
    "snapshot": _Action(_snapshot, ("guest", "name")),
    "rollback": _Action(_rollback, ("guest", "name")),
    "backup": _Action(_backup, ("guest", "storage")),
    "power": _Action(_power, ("guest", "action")),
    "http": _Action(_http, ("url",), harmless=True),
    "command": _Action(_command),
    "wait": _Action(_wait, harmless=True),
}


def _incomplete(leaves: Leaves) -> str:
    """Return why it cannot be done: nothing is said, several things, or half a one."""
    action = action_of(leaves)
    if not action:
        return f"a Job does one of {', '.join(ACTIONS)}"
    missing = [f"{action}.{name}" for name in ACTIONS[action].needs if f"{action}.{name}" not in leaves]
    return f"a Job with {action} needs {' and '.join(missing)}" if missing else ""


def check(_key: ObjectKey, leaves: Leaves) -> Iterator[Mistake]:
    """Yield what a job lacks to be done."""
    if why := _incomplete(leaves):
        yield Mistake(action_of(leaves), why)


def _checked(change: Change) -> str:
    """Return the action; PxhelmError when there is none, several, or half a one."""
    wanted = change.desired
    assert wanted is not None
    if why := _incomplete(wanted.leaves):
        raise PxhelmError(f"cannot do {wanted.key.address}: {why}", where=wanted.where)
    return action_of(wanted.leaves)


def repeats(leaves: Leaves) -> bool:
    """Whether a job that was cut off may be done again: when it says so, or when twice is as good as once."""
    action = action_of(leaves)
    return bool(leaves.get("retry")) or not action or ACTIONS[action].harmless


def identifier(resource: Resource) -> str:
    """Return a name that no other job has."""
    return "/".join(part for part in (resource.key.namespace, resource.key.name) if part)


def _input(path: str, kind: str = "line", **more: object) -> Field:
    return replace(Field(path, kind, write_only=True), **more)  # type: ignore[arg-type]


def _guest(action: str) -> Field:
    return _input(f"{action}.guest", "ref", refers=_GUESTS, help="the guest to do it with")


_POWER = ("start", "stop", "shutdown", "reboot", "reset", "suspend", "resume")
JOB = Kind(
    name="Job",
    plural="jobs",
    short=("job",),
    namespaced=True,
    guest=False,
    rank=80,
    act=True,
    fields=(
        _guest("guestExec"),
        _input(
            "guestExec.command", "list", help="the program and its arguments; the guest agent runs it, once it answers"
        ),
        _input("guestExec.input", "secret", help="what the program reads from its standard input"),
        _input("guestExec.timeout", "duration", help="the job's timeout unless given, else ten minutes"),
        _guest("snapshot"),
        _input("snapshot.name", help="name of the snapshot"),
        _input("snapshot.description", "note", help="a remark"),
        _input("snapshot.includeRAM", "bool", help="keep the state of a running machine"),
        _guest("rollback"),
        _input("rollback.name", help="the snapshot"),
        _guest("backup"),
        _input("backup.storage", "ref", refers=("Storage",), help="where the backup goes"),
        _input("backup.mode", choices=("snapshot", "suspend", "stop"), help="whether the guest runs on meanwhile"),
        _input("backup.compress", choices=("0", "gzip", "lzo", "zstd"), help="how the backup is compressed"),
        _guest("power"),
        _input("power.action", choices=_POWER, help="what the guest does"),
        _input("http.url", help="asked from here, again and again until timeout; once without one"),
        _input("http.expectStatus", "int", bounds=(100, 599), help="200 unless given"),
        _input("http.insecure", "bool", help="take any certificate"),
        _input(
            "command",
            "list",
            help="a program of the machine that pxhelm runs on, and its arguments; only where the context allows it",
        ),
        _input("wait", "duration", help="let time pass"),
        _input("timeout", "duration", help="after which a task is stopped, a program ended, a page no longer asked"),
        _input("retry", "bool", help="do it again when it was cut off and nobody knows how far it came"),
    ),
    observe=observe,
    steps=steps,
    identifier=identifier,
    sources=sources,
    check=check,
    always=True,
    repeats=repeats,
    columns=(
        Column("ACTION", text("action")),
        Column("COMPLETED", text("completed")),
        Column("DURATION", lambda row: duration(row.get("seconds"))),
    ),
)
