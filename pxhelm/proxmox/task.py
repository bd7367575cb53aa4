"""Tasks of Proxmox VE: the UPID that names one, and following it to its end.

A task runs on one node after the API call returned; its UPID says what it does, to what, for whom. ``OK`` and
``WARNINGS: n`` are success; ``unexpected status`` means that the node died or the log was cut, so that nothing is known.
Never starts a task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.errors import ApiError, ErrorClass, Verdict, classify
from pxhelm.proxmox.request import ApiGen, Request, Wait, call

_UPID = re.compile(
    r"UPID:(?P<node>[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):(?P<pid>[0-9A-Fa-f]{8}):(?P<pstart>[0-9A-Fa-f]{8,16})"
    r":(?P<start>[0-9A-Fa-f]{8}):(?P<type>[^:\s]+):(?P<id>[^:\s]*):(?P<user>[^:\s!]+)(?:!(?P<token>[^:\s]+))?:"
)
_REQUESTS = frozenset(("hastart", "hastop", "hashutdown", "hamigrate", "harelocate"))
_LOG_ROWS = 500


@dataclass(frozen=True, slots=True)
class Upid:
    """A unique process identifier: ``UPID:NODE:PID:PSTART:START:TYPE:ID:USER[!TOKEN]:``."""

    node: str
    pid: int
    pstart: int
    """Start of the process in clock ticks since boot: tells apart processes that got the same PID."""
    starttime: int
    """Unix time on the node's clock."""
    type: str
    """``qmcreate``, ``vzstart``, ``imgcopy`` …"""
    id: str
    """What it works on: a VMID, ``170@vmdata``, or nothing. A clone's is the *source*."""
    user: str
    token: str = ""
    """Name of the API token that asked for it; empty for a ticket."""

    @classmethod
    def parse(cls, text: str) -> Upid:
        """Return the parts; PxhelmError when it is no UPID."""
        match = _UPID.fullmatch(text)
        if match is None:
            raise PxhelmError(f"cannot read task {text!r}: not a UPID")
        return cls(
            match["node"],
            int(match["pid"], 16),
            int(match["pstart"], 16),
            int(match["start"], 16),
            match["type"],
            match["id"],
            match["user"],
            match["token"] or "",
        )

    @staticmethod
    def matches(value: object) -> bool:
        """Say whether a reply is a UPID: many calls are a task only sometimes."""
        return isinstance(value, str) and _UPID.fullmatch(value) is not None

    @property
    def auth_id(self) -> str:
        """User, with the token's name when one was used."""
        return f"{self.user}!{self.token}" if self.token else self.user

    @property
    def only_requests(self) -> bool:
        """Whether its end means no more than that the HA manager was asked."""
        return self.type in _REQUESTS

    @property
    def path(self) -> str:
        """The API path of the task."""
        return f"/nodes/{self.node}/tasks/{quote(str(self), safe='')}"

    def __str__(self) -> str:
        """Print it as Proxmox does."""
        return f"UPID:{self.node}:{self.pid:08X}:{self.pstart:08X}:{self.starttime:08X}:{self.type}:{self.id}:{self.auth_id}:"


class TaskState(Enum):
    """How far a task is."""

    RUNNING = "running"
    OK = "ok"
    WARNINGS = "warnings"
    """Success; the log says what to look at."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have done its work, or not, or half of it."""

    @classmethod
    def of(cls, exitstatus: str) -> TaskState:
        """Return the state that an exit status (or ``status`` of a task list) tells; empty is running."""
        if exitstatus in ("", "RUNNING"):
            return cls.RUNNING
        if exitstatus == "OK":
            return cls.OK
        if exitstatus.startswith("WARNINGS: "):
            return cls.WARNINGS
        return cls.UNKNOWN if exitstatus.startswith("unexpected status") else cls.FAILED


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of a task."""

    upid: Upid
    state: TaskState
    exitstatus: str = ""
    log: tuple[str, ...] = ()
    """Its lines, if it was listened to or did not end well."""

    @property
    def succeeded(self) -> bool:
        """Whether it ended well, with or without warnings."""
        return self.state in (TaskState.OK, TaskState.WARNINGS)

    @property
    def verdict(self) -> Verdict:
        """What kind of failure it was; ``LOST`` when the end is unknown."""
        if self.state in (TaskState.UNKNOWN, TaskState.RUNNING):
            return Verdict(ErrorClass.LOST)
        return classify(0, self.exitstatus)


class TaskError(PxhelmError):
    """A task that did not end well; ``result`` and ``cls`` say how."""

    def __init__(self, result: TaskResult) -> None:
        self.result = result
        self.cls = result.verdict.cls
        self.what = result.verdict.what
        upid = result.upid
        subject = f"{upid.type} {upid.id}".strip()
        reason = result.exitstatus or "nobody knows how it ended"
        super().__init__(f"task {subject} on {upid.node} failed: {reason}", hint=_last_words(result))


@dataclass(frozen=True, slots=True)
class Polling:
    """How a task is watched; seconds."""

    first: float = 0.5
    factor: float = 1.5
    longest: float = 5.0
    patience: float = 60.0
    """How long the node may be out of reach before the end of the task counts as unknown."""
    limit: float = 0.0
    """How long to wait at all; 0 = without end. A task still running then is returned as running."""
    to_the_end: bool = True
    """Tell the last lines, too, of a task that ended with ``OK``: for who shows a log, not only how far a task is."""


Listener = Callable[[str], None]


def follow(upid: Upid | str, polling: Polling | None = None, on_line: Listener | None = None) -> ApiGen[TaskResult]:
    """Wait until a task has ended and return how.

    ``on_line`` is told every line of the log as it comes; without it the log is read only when the task did not end
    with ``OK``. Raises ApiError when the task may not be read; a node out of reach is waited for.
    """
    task = Upid.parse(upid) if isinstance(upid, str) else upid
    how = polling or Polling()
    lines: list[str] = []
    pause, waited, silent = how.first, 0.0, 0.0
    while True:
        try:
            status = yield from call(Request("GET", f"{task.path}/status", node=task.node))
            exitstatus = _exitstatus(status)
            if _told(how, on_line, exitstatus):
                yield from _read_on(task, lines, on_line)
            if exitstatus:
                return TaskResult(task, TaskState.of(exitstatus), exitstatus, tuple(lines))
            silent = 0.0
        except ApiError as error:
            if error.cls is ErrorClass.GONE:
                return TaskResult(task, TaskState.UNKNOWN, "", tuple(lines))
            if error.cls is not ErrorClass.TRANSIENT:
                raise
            if silent >= how.patience:
                return TaskResult(task, TaskState.UNKNOWN, "", tuple(lines))
            silent += pause
        if how.limit and waited >= how.limit:
            return TaskResult(task, TaskState.RUNNING, "", tuple(lines))
        yield Wait(pause)
        waited += pause
        pause = min(pause * how.factor, how.longest)


def finish(upid: Upid | str, polling: Polling | None = None, on_line: Listener | None = None) -> ApiGen[TaskResult]:
    """Wait until a task has ended well; TaskError when it has not."""
    result = yield from follow(upid, polling, on_line)
    if not result.succeeded:
        raise TaskError(result)
    return result


def read_log(upid: Upid | str) -> ApiGen[tuple[str, ...]]:
    """Return all lines of a task's log so far."""
    task = Upid.parse(upid) if isinstance(upid, str) else upid
    lines: list[str] = []
    yield from _read_on(task, lines, None)
    return tuple(lines)


def interrupt(upid: Upid | str) -> ApiGen[None]:
    """Ask a task to stop; no error when it has ended already."""
    task = Upid.parse(upid) if isinstance(upid, str) else upid
    yield from call(Request("DELETE", task.path, node=task.node))


def _read_on(task: Upid, lines: list[str], on_line: Listener | None) -> ApiGen[None]:
    """Read the rows that came after ``lines``."""
    while True:
        where = {"start": len(lines), "limit": _LOG_ROWS}
        rows = yield from call(Request("GET", f"{task.path}/log", where, node=task.node))
        found = [str(row.get("t", "")) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        if not lines and found == ["no content"]:
            return
        lines += found
        if on_line is not None:
            for line in found:
                on_line(line)
        if len(found) < _LOG_ROWS:
            return


def _told(how: Polling, on_line: Listener | None, exitstatus: str) -> bool:
    """Whether the log is to be read now."""
    state = TaskState.of(exitstatus)
    if state in (TaskState.FAILED, TaskState.WARNINGS):
        return True
    return on_line is not None and (state is not TaskState.OK or how.to_the_end)


def _exitstatus(status: Any) -> str:
    """Return the exit status of a stopped task; empty while it runs."""
    if not isinstance(status, Mapping) or status.get("status") == "running":
        return ""
    return str(status.get("exitstatus") or "unexpected status")


def _last_words(result: TaskResult) -> str:
    """Return what the log says before its end, when the exit status does not say it."""
    own = [line for line in result.log if line.strip() and not line.startswith("TASK ")]
    return f"its log ends with: {own[-1].strip()}" if own and own[-1].strip() not in result.exitstatus else ""
