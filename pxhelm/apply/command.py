"""The words between the machine and whoever runs it: commands out, events in.

Every command is answered by exactly one event; every event says what time it is. Plain data, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from pxhelm.plan.observe import View
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, Request
from pxhelm.proxmox.task import TaskResult
from pxhelm.resource.model import Live, SecretSource, Target
from pxhelm.resource.step import Delivery, Errand, Step
from pxhelm.store.journal import StepState


@dataclass(frozen=True, slots=True)
class Observe:
    """Look at the object now. → Seen."""

    target: Target
    relist: bool = False
    """Ask the cluster where it is, instead of the node where it was."""


@dataclass(frozen=True, slots=True)
class Admit:
    """Wait for a turn: limits per node, storage and clone source (engine.md D9.2). → Admitted."""

    step: Step


@dataclass(frozen=True, slots=True)
class Leave:
    """Give the turn back without a step. → Noted."""


@dataclass(frozen=True, slots=True)
class Intend:
    """Commit the intent to the journal. → Noted."""

    seq: int
    step: Step
    target: Target
    live: Live


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request, once. → Replied or Refused."""

    request: Request
    secret_to: SecretSource | None = None
    """Where the secret in the answer goes."""
    operation: ApiGen[tuple[str, ...]] | None = None
    """Run in place of the request."""
    errand: Errand | Delivery | None = None
    """Done in place of asking the cluster."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Commit the task's UPID, before waiting for it. → Noted."""

    seq: int
    upid: str


@dataclass(frozen=True, slots=True)
class Follow:
    """Wait until a task has ended. → Ended or Refused."""

    upid: str
    limit: float = 0.0
    """Seconds after which it is stopped; 0 = never."""


CREATING = ("create", "clone")
"""Verbs of the steps that make a guest: they claim its VMID."""

_POWER = ("start", "stop", "shutdown", "reboot", "reset", "suspend", "resume")
TASKS: Mapping[str, tuple[str, ...]] = {
    "create": ("qmcreate", "vzcreate", "qmrestore", "vzrestore"),
    "clone": ("qmclone", "vzclone"),
    "config": ("qmconfig",),
    "resize": ("resize",),
    "move": ("qmmove", "move_volume"),
    "migrate": ("qmigrate", "vzmigrate", "hamigrate"),
    "start": ("qmstart", "vzstart", "hastart"),
    "shutdown": ("qmshutdown", "vzshutdown", "hastop"),
    "stop": ("qmstop", "vzstop", "hastop"),
    "restart": ("qmreboot", "vzreboot"),
    "convert": ("qmtemplate", "vztemplate"),
    "destroy": ("qmdestroy", "vzdestroy"),
    "run snapshot": ("qmsnapshot", "vzsnapshot"),
    "run rollback": ("qmrollback", "vzrollback"),
    "run backup": ("vzdump",),
    "run power": tuple(f"{tool}{verb}" for tool in ("qm", "vz") for verb in _POWER),
}
"""Verb of a step → types of the tasks that it starts."""


@dataclass(frozen=True, slots=True)
class FindTask:
    """Look for the task of a step whose answer was lost. → Found."""

    node: str
    types: tuple[str, ...]
    vmid: int
    since: float
    clone: bool = False
    """The task names the source; its log names the VMID."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Commit how a step ended, with binding and base in the same transaction. → Noted."""

    seq: int
    verb: str
    state: StepState
    error: str = ""
    upid: str = ""
    lines: tuple[str, ...] = ()
    owned: Mapping[str, object] | None = None
    """New base values; None leaves them."""
    bind: Live | None = None
    """The guest seen to be ours: its binding becomes bound."""


@dataclass(frozen=True, slots=True)
class Rebind:
    """Give the VMID up and reserve another one. → Retargeted."""

    quarantine: bool
    """Keep the old VMID out of use for a while; else somebody else holds it and it is forgotten."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait. → Noted."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the user and remember it as an event of the object. → Noted."""

    reason: str
    message: str


Command = Observe | Admit | Leave | Intend | Send | Accept | Follow | FindTask | Settle | Rebind | Pause | Say


@dataclass(frozen=True, slots=True)
class Seen:
    """The object as it is."""

    now: float
    live: Live
    view: View | None = None
    """The cluster as well, if it was asked."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """It is our turn; ``waited`` when what was seen before may be old."""

    now: float
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """Done."""

    now: float


@dataclass(frozen=True, slots=True)
class Replied:
    """The server accepted the request."""

    now: float
    data: object
    lines: tuple[str, ...] = ()
    """What a command printed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The request failed, or nobody knows."""

    now: float
    error: ApiError


@dataclass(frozen=True, slots=True)
class Ended:
    """The task has ended, or nobody knows how."""

    now: float
    result: TaskResult


@dataclass(frozen=True, slots=True)
class Found:
    """The task that was looked for; empty when there is none."""

    now: float
    upid: str = ""


@dataclass(frozen=True, slots=True)
class Retargeted:
    """Another VMID is reserved."""

    now: float
    target: Target


Event = Seen | Admitted | Noted | Replied | Refused | Ended | Found | Retargeted


class Result(Enum):
    """How an object ended."""

    DONE = "done"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object."""

    result: Result
    reason: str = ""
    """Machine word: ``Lock``, ``IdentityConflict``, ``PermissionDenied``, ``Dependency`` …"""
    message: str = ""
    hint: str = ""
    steps: int = 0
    """Writes that were sent."""
    live: Live | None = None
    owned: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
