"""Commands in a virtual machine, through the QEMU guest agent.

Proxmox hands bytes through JSON one character a byte. Never knows whose machine it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pxhelm.errors import PxhelmError
from pxhelm.proxmox.cluster import guest_path
from pxhelm.proxmox.request import ApiGen, Param, Request, Wait, call

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a machine is."""

    node: str
    vmid: int


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command in a guest left behind."""

    code: int
    """Its exit status; 128 and the signal's number when one ended it."""
    out: bytes
    err: bytes
    truncated: bool = False
    """Whether the agent could not keep all that it printed."""


class StillRunningError(PxhelmError):
    """The time that a command had is over."""


def ask(machine: Machine, method: str, verb: str, params: Mapping[str, Param]) -> ApiGen[object]:
    """Return what the agent answers to ``POST`` or ``GET agent/VERB``."""
    path = f"{guest_path(machine.node, 'qemu', machine.vmid)}/agent/{verb}"
    found = yield from call(Request("POST" if method == "POST" else "GET", path, params, node=machine.node))
    return found["result"] if isinstance(found, Mapping) and set(found) == {"result"} else found


def execute(machine: Machine, command: Sequence[str], stdin: Param = "", limit: float = 0.0) -> ApiGen[Ran]:
    """Run a command and wait for its end; StillRunningError after ``limit`` seconds (0 = never)."""
    params: dict[str, Param] = {"command": list(command)}
    if stdin:
        params["input-data"] = stdin
    started = yield from ask(machine, "POST", "exec", params)
    pid = started.get("pid") if isinstance(started, Mapping) else None
    waited, pauses = 0.0, iter(_PAUSES)
    pause = _PAUSES[-1]
    while True:
        status = yield from ask(machine, "GET", "exec-status", {"pid": int(str(pid))})
        if isinstance(status, Mapping) and status.get("exited"):
            return _ran(status)
        if limit and waited >= limit:
            raise StillRunningError(f"the command is still running after {limit:g} s (PID {pid})")
        pause = next(pauses, pause)
        yield Wait(pause)
        waited += pause


def _ran(status: Mapping[str, object]) -> Ran:
    signal = int(str(status.get("signal") or 0))
    code = int(str(status.get("exitcode") or 0))
    truncated = bool(status.get("out-truncated") or status.get("err-truncated"))
    out, err = (as_bytes(str(status.get(name) or "")) for name in ("out-data", "err-data"))
    return Ran(128 + signal if signal else code, out, err, truncated)


def as_bytes(text: str) -> bytes:
    """Return the bytes that Proxmox printed as characters; a server that decodes UTF-8 itself is understood, too."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
