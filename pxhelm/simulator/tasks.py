"""Tasks: UPIDs, the queue of what ends when, guest locks, logs; and the API that shows them.

A task is data: the name of a job, its arguments, and the time its effects take place. Nothing runs in between, so that
a server that is killed loses nothing: whoever asks next finds the time passed and lets the effects happen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pxhelm.simulator import clusterlog
from pxhelm.simulator.errors import ApiError, BlockedError, denied, parameter_error
from pxhelm.simulator.permissions import Rights
from pxhelm.simulator.world import Call, Identity, Routes, Text, World

LOCK_TIMEOUT = 10.0
KEPT_TASKS = 2000
_UPID = re.compile(
    r"UPID:(?P<node>[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?):(?P<pid>[0-9A-Fa-f]{8}):(?P<pstart>[0-9A-Fa-f]{8,9})"
    r":(?P<start>[0-9A-Fa-f]{8}):(?P<type>[^:\s]+):(?P<id>[^:\s]*):(?P<user>[^:\s]+):"
)


class TaskError(Exception):
    """The task ends with this text as its status; ``interrupt`` texts stand as they are."""


class Running:
    """A task as its job sees it."""

    def __init__(self, world: World, upid: str, row: dict[str, Any]) -> None:
        self.world = world
        self.upid = upid
        self.row = row
        self.warnings = 0

    @property
    def args(self) -> dict[str, Any]:
        """What the job was started with; ``begin`` may add to it."""
        found: dict[str, Any] = self.row["args"]
        return found

    @property
    def node(self) -> str:
        """The node it runs on."""
        return str(self.row["node"])

    @property
    def identity(self) -> Identity:
        """On whose behalf it runs."""
        return Identity(self.row["user"], self.row.get("tokenid", ""))

    @property
    def rights(self) -> Rights:
        """The rights it has."""
        return Rights(self.world, self.identity)

    def log(self, *lines: str) -> None:
        """Write lines to the task's log."""
        self.row["log"].extend(lines)

    def warn(self, line: str) -> None:
        """Write a warning; the task then ends with ``WARNINGS: n``."""
        self.warnings += 1
        self.row["log"].append(f"WARN: {line}")


Step = Callable[[Running], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a kind of task does at its start and at its end."""

    end: Step
    begin: Step | None = None


JOBS: dict[str, Job] = {}
"""Filled by ``cluster`` from the tables of the modules."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A task to be started."""

    node: str
    type: str
    id: str
    job: str
    args: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 1.0
    """How long it takes in a real cluster."""
    holds: Sequence[str] = ()
    """Lock files it takes; with a leading ``~`` shared."""
    patience: float = LOCK_TIMEOUT
    """How long it waits for them."""
    delay: float = 0.0
    """How long the worker takes before it begins."""


def fork(world: World, identity: Identity, plan: Plan) -> str:
    """Start a task and return its UPID; what it does at its start happens now."""
    _prune(world)
    pid = 1000 + world.number(0x3FFFFF)
    pstart = int(world.now * 100) & 0xFFFFFFF
    start = int(world.now)
    upid = f"UPID:{plan.node}:{pid:08X}:{pstart:08X}:{start:08X}:{plan.type}:{plan.id}:{identity.name}:"
    row: dict[str, Any] = {
        "node": plan.node,
        "type": plan.type,
        "id": plan.id,
        "user": identity.user,
        "start": start,
        "began": world.now,
        "pid": pid,
        "pstart": pstart,
        "log": [],
        "job": plan.job,
        "args": dict(plan.args),
        "seconds": plan.seconds,
        "holds": list(plan.holds),
        "patience": plan.patience,
        "status": None,
    }
    if identity.token:
        row["tokenid"] = identity.token
    world.state.put("task", upid, row)
    clusterlog.write(world, plan.node, identity, f"starting task {upid}")
    if plan.delay and world.moment.scale:
        world.state.put("due", upid, {"at": world.now + world.seconds(plan.delay)})
    else:
        _enter(world, upid, row)
    return upid


def _prune(world: World) -> None:
    """Forget the oldest tasks that ended, when there are many."""
    keys = world.state.keys("task")
    if len(keys) < KEPT_TASKS * 2:
        return
    ended = [(row["began"], upid) for upid, row in world.state.items("task") if row["status"] is not None]
    for _, upid in sorted(ended)[: len(keys) - KEPT_TASKS]:
        world.state.delete("task", upid)


def _enter(world: World, upid: str, row: dict[str, Any]) -> None:
    """Take the locks and do what is done first, or wait for the locks."""
    until = max((_held_until(world, name) for name in row["holds"]), default=0.0)
    if until > world.now:
        if not row.get("waiting"):
            row["waiting"] = True
            row["log"].append("trying to acquire lock...")
        limit = row["began"] + world.seconds(row["patience"])
        if world.now >= limit:
            name = next(n for n in row["holds"] if _held_until(world, n) > world.now)
            _finish(world, upid, row, f"can't lock file '{name.lstrip('~')}' - got timeout")
        else:
            world.state.put("due", upid, {"at": min(until, limit)})
        return
    if row.pop("waiting", False):
        row["log"].append(" OK")
    row["entered"] = True
    job = JOBS[row["job"]]
    running = Running(world, upid, row)
    if job.begin is not None:
        try:
            job.begin(running)
        except (TaskError, ApiError) as error:
            _finish(world, upid, row, _text(error))
            return
    due = world.now + world.seconds(row["seconds"])
    world.state.put("due", upid, {"at": due})
    for name in row["holds"]:
        _hold(world, name, upid, due)
    if due <= world.now:
        _leave(world, upid, row)


def _text(error: TaskError | ApiError) -> str:
    if isinstance(error, ApiError) and error.errors:
        lines = "".join(f"{name}: {text}\n" for name, text in error.errors.items())
        return f"{error.message}\n{lines}".rstrip("\n")
    return str(error)


def _leave(world: World, upid: str, row: dict[str, Any]) -> None:
    running = Running(world, upid, row)
    _release(world, upid, row["holds"])
    try:
        JOBS[row["job"]].end(running)
    except (TaskError, ApiError) as error:
        _finish(world, upid, row, _text(error))
        return
    _finish(world, upid, row, f"WARNINGS: {running.warnings}" if running.warnings else "OK")


def _hold(world: World, name: str, upid: str, until: float) -> None:
    plain = name.lstrip("~")
    fresh: dict[str, Any] = {"until": 0.0, "shared": {}}
    row = world.state.edit("flock", plain) if world.state.has("flock", plain) else fresh
    if name.startswith("~"):
        row["shared"][upid] = until
    else:
        row["until"] = until
    world.state.put("flock", plain, row)


def _release(world: World, upid: str, holds: Sequence[str]) -> None:
    for name in holds:
        plain = name.lstrip("~")
        if not world.state.has("flock", plain):
            continue
        row = world.state.edit("flock", plain)
        if name.startswith("~"):
            row["shared"].pop(upid, None)
        else:
            row["until"] = 0.0
        if not row["until"] and not row["shared"]:
            world.state.delete("flock", plain)


def _held_until(world: World, name: str) -> float:
    """Return until when a task has to wait for a lock it wants."""
    if name.startswith("~"):
        row = world.state.get("flock", name[1:])
        return float(row["until"]) if row else 0.0
    return lock_until(world, name)


def _finish(world: World, upid: str, row: dict[str, Any], status: str) -> None:
    row["status"] = status.replace("\n", " ").strip()
    row["end"] = int(world.now)
    who = Identity(row["user"], row.get("tokenid", ""))
    clusterlog.write(world, row["node"], who, f"end task {upid} {row['status']}")
    if status == "OK" or status.startswith("WARNINGS: "):
        row["log"].append(f"TASK {status}")
    else:
        row["log"].append(f"TASK ERROR: {status}")
    if row.get("entered"):
        _release(world, upid, row["holds"])
    world.state.delete("due", upid)


def next_due(world: World) -> float | None:
    """Return when the next task ends or tries again; ``None`` if none runs."""
    return min((row["at"] for _, row in world.state.items("due")), default=None)


def settle(world: World) -> None:
    """Let the effects of every task take place whose time has passed, oldest first, each at its own time."""
    while True:
        ready = sorted((row["at"], upid) for upid, row in world.state.items("due") if row["at"] <= world.now)
        if not ready:
            return
        at, upid = ready[0]
        past = World(world.state, replace(world.moment, now=at))
        row = world.state.edit("task", upid)
        if row.get("entered"):
            _leave(past, upid, row)
        else:
            world.state.delete("due", upid)
            _enter(past, upid, row)


def lock_until(world: World, name: str) -> float:
    """Return until when a lock file is held by anybody; 0 if it is free."""
    row = world.state.get("flock", name)
    return max(float(row["until"]), *row["shared"].values(), 0.0) if row else 0.0


def need_flock(world: World, name: str) -> None:
    """Wait for a lock file: the request is asked again when it is free."""
    until = lock_until(world, name)
    if until > world.now:
        raise BlockedError(until, f"can't lock file '{name}' - got timeout")


def interrupt(world: World, upid: str) -> None:
    """Stop a task that runs; its effects do not take place."""
    row = world.state.get("task", upid)
    if row and row["status"] is None:
        _finish(world, upid, world.state.edit("task", upid), "received interrupt")


# the API


def _parse(call: Call) -> tuple[str, dict[str, Any] | None]:
    upid = str(call.params["upid"])
    if not _UPID.fullmatch(upid):
        raise parameter_error("upid", "unable to parse worker upid")
    row = call.state.get("task", upid)
    if row is not None and row["node"] != call.node:
        row = None
    return upid, row


def _own(call: Call, row: Mapping[str, Any]) -> bool:
    mine = call.identity
    return row["user"] == mine.user and (not mine.token or row.get("tokenid", "") in ("", mine.token))


def _need(call: Call, row: Mapping[str, Any] | None, upid: str, privilege: str) -> None:
    found = _UPID.fullmatch(upid)
    assert found is not None
    owner = row["user"] if row else found["user"].partition("!")[0]
    if owner != call.identity.user or (row and not _own(call, row)):
        Rights(call.world, call.identity).need(f"/nodes/{call.node}", [privilege])


def list_tasks(call: Call) -> list[dict[str, Any]]:
    """GET /nodes/{node}/tasks."""
    params = call.params
    source = params.get("source", "archive")
    everything = Rights(call.world, call.identity).has(f"/nodes/{call.node}", ["Sys.Audit"])
    wanted = [w.strip() for w in str(params.get("statusfilter", "")).split(",") if w.strip()]
    found: list[dict[str, Any]] = []
    for upid, row in call.state.items("task"):
        if row["node"] != call.node or not (everything or _own(call, row)):
            continue
        running = row["status"] is None
        if (source == "archive" and running) or (source == "active" and not running):
            continue
        if _filtered(params, row, wanted):
            continue
        found.append(_entry(upid, row))
    found.sort(key=lambda e: (e["starttime"], e["pstart"]), reverse=True)
    if found:
        call.extra["total"] = len(found)
    start = params.get("start", 0)
    return found[start : start + params.get("limit", 50)]


def _filtered(params: Mapping[str, Any], row: Mapping[str, Any], wanted: Sequence[str]) -> bool:
    status = row["status"]
    if params.get("errors") and (status is None or status == "OK"):
        return True
    if wanted:
        kind = "ok" if status == "OK" else "warning" if (status or "").startswith("WARNINGS") else "error"
        if status is not None and kind not in wanted:
            return True
    return bool(
        ("vmid" in params and row["id"] != str(params["vmid"]))
        or ("typefilter" in params and row["type"] != params["typefilter"])
        or ("userfilter" in params and params["userfilter"] not in row["user"])
        or ("since" in params and row["start"] < params["since"])
        or ("until" in params and row["start"] > params["until"])
    )


def _entry(upid: str, row: Mapping[str, Any], *, pid: bool = True) -> dict[str, Any]:
    entry: dict[str, Any] = {k: row[k] for k in ("node", "type", "id", "user", "tokenid", "pstart") if k in row}
    entry |= {"upid": upid, "starttime": row["start"]}
    if pid:
        entry["pid"] = row["pid"]
    if row["status"] is None:
        entry |= {"status": "RUNNING", "saved": "0"}
    else:
        entry |= {"status": row["status"], "endtime": row["end"]}
    return entry


def cluster_tasks(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/tasks: the latest tasks of every node; without ``pid``."""
    rights = Rights(call.world, call.identity)
    everything = rights.has("/", ["Sys.Audit"])
    found: list[dict[str, Any]] = []
    for upid, row in call.state.items("task"):
        if everything or (row["user"] == call.identity.user and not call.identity.token):
            entry = _entry(upid, row, pid=False)
            entry["saved"] = "0" if row["status"] is None else "1"
            if row["status"] is None:
                del entry["status"]
            found.append(entry)
    found.sort(key=lambda e: (e.get("endtime") is not None, -e["starttime"]))
    counts: dict[str, int] = {}
    kept = []
    for entry in found:
        counts[entry["node"]] = counts.get(entry["node"], 0) + 1
        if counts[entry["node"]] <= 25:
            kept.append(entry)
    return kept


def task_index(call: Call) -> list[dict[str, str]]:
    """GET /nodes/{node}/tasks/{upid}."""
    _parse(call)
    return [{"name": "log"}, {"name": "status"}]


def task_status(call: Call) -> dict[str, Any]:
    """GET /nodes/{node}/tasks/{upid}/status."""
    upid, row = _parse(call)
    if row is None:
        raise parameter_error("upid", "no such task")
    _need(call, row, upid, "Sys.Audit")
    entry: dict[str, Any] = {k: row[k] for k in ("node", "type", "id", "user", "tokenid", "pstart", "pid") if k in row}
    entry |= {"upid": upid, "starttime": row["start"]}
    if row["status"] is None:
        entry["status"] = "running"
    else:
        entry |= {"status": "stopped", "exitstatus": row["status"]}
    return entry


def task_log(call: Call) -> Any:
    """GET /nodes/{node}/tasks/{upid}/log."""
    upid, row = _parse(call)
    _need(call, row, upid, "Sys.Audit")
    params = call.params
    if params.get("download"):
        if "start" in params or "limit" in params:
            raise ApiError("'download' cannot be used together with 'start' or 'limit' parameters")
        return Text("".join(f"{line}\n" for line in row["log"])) if row else Text("")
    lines = ["unable to open file - No such file or directory"] if row is None else row["log"] or ["no content"]
    start = params.get("start", 0)
    limit = params.get("limit", 50) or len(lines)
    call.extra["total"] = len(lines)
    return [{"n": n + 1, "t": line} for n, line in enumerate(lines)][start : start + limit]


def stop_task(call: Call) -> None:
    """DELETE /nodes/{node}/tasks/{upid}."""
    upid, row = _parse(call)
    if row is None:
        raise parameter_error("upid", "no such task")
    if row["user"] != call.identity.user or not _own(call, row):
        Rights(call.world, call.identity).need(f"/nodes/{call.node}", ["Sys.Modify"])
    interrupt(call.world, upid)


_ONE = "/nodes/{node}/tasks/{upid}"
ROUTES: Routes = {
    ("GET", "/nodes/{node}/tasks"): list_tasks,
    ("GET", _ONE): task_index,
    ("DELETE", _ONE): stop_task,
    ("GET", f"{_ONE}/status"): task_status,
    ("GET", f"{_ONE}/log"): task_log,
    ("GET", "/cluster/tasks"): cluster_tasks,
}

__all__ = ["JOBS", "ROUTES", "Job", "Plan", "Running", "TaskError", "denied", "fork", "interrupt", "settle"]
