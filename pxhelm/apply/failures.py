"""Writes that failed: what each class of error means for what comes next (engine.md D10).

A refusal is committed, then the object is looked at again: what is there decides, the class only for how often and how
long. Never sends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pxhelm.apply import command as c
from pxhelm.apply.command import CREATING, Result
from pxhelm.apply.resolve import resolve
from pxhelm.apply.state import Part, State, signature
from pxhelm.plan.next_step import Go, next_step
from pxhelm.plan.observe import Verdict
from pxhelm.plan.steering import SNAPSHOT
from pxhelm.proxmox.errors import ErrorClass
from pxhelm.resource.blame import told
from pxhelm.resource.guest_seed import COLLECT
from pxhelm.resource.model import Existence
from pxhelm.resource.step import Step
from pxhelm.secret import REDACTED, Secret
from pxhelm.store.journal import StepState

_ATTEMPTS = {ErrorClass.CAS: 5, ErrorClass.GONE: 3, ErrorClass.RUNNING: 3, ErrorClass.STOPPED: 3, ErrorClass.LOST: 3}
_SHARED_ATTEMPTS = 20
"""Definitions such as storages stand in one file with one digest: those of the same plan come in between, too."""
_REASONS = {
    ErrorClass.DENIED: "PermissionDenied",
    ErrorClass.RESOURCE: "InsufficientResources",
    ErrorClass.CAS: "Conflict",
    ErrorClass.PROTECTED: "Refused",
    ErrorClass.INVALID: "Invalid",
}


@dataclass(frozen=True, slots=True)
class Why:
    """What a server or the end of a task said."""

    cls: ErrorClass
    text: str
    hint: str = ""
    upid: str = ""


def refused(m: State, step: Step, answer: c.Refused) -> Part:
    """Go on after an answer that is an error, or after none."""
    error = answer.error
    if error.cls is ErrorClass.TRANSIENT and error.sent:
        yield from resolve(m, m.open_step(step, ""))
        return
    yield from failed(m, step, Why(error.cls, told(m.s.kind, m.s.desired, error), error.hint))


def failed(m: State, step: Step, why: Why) -> Part:
    """Commit the failure, look, and decide by its class whether to go on (engine.md D10)."""
    text, cls = _without_secrets(step, why.text), why.cls
    yield from m.note(c.Settle(m.seq, step.verb, StepState.FAILED, error=text, upid=why.upid))
    before = m.s.live
    if step.verb == COLLECT:
        m.s = replace(m.s, written=m.s.written | frozenset(step.leaves))
        m.warnings.append(f"{step.request.path.rpartition('/')[2]} stays: {text}")
        return
    if step.verb == SNAPSHOT and cls is ErrorClass.TAKEN:
        m.made(step.verb)  # its name holds this operation's id: an earlier send made it
        return
    if step.verb in CREATING and cls is ErrorClass.TAKEN:
        yield from _taken(m, step)
        return
    if cls in (ErrorClass.BUSY, ErrorClass.QUORUM, ErrorClass.TRANSIENT):
        yield from m.wait(cls.value, text)
        return
    shares_a_file = cls is ErrorClass.CAS and not m.s.kind.guest
    limit = _SHARED_ATTEMPTS if shares_a_file else _ATTEMPTS.get(cls, 1)
    tries = m.count(cls.value, *signature(step))
    yield from m.look(relist=cls is ErrorClass.GONE)
    again = next_step(m.s, m.job.bound)
    if isinstance(again, Go) and signature(again.step) == signature(step) and tries >= limit:
        reason = _REASONS.get(cls, "Failed")
        what = f" ({', '.join(step.leaves)})" if step.leaves and cls is not ErrorClass.DENIED else ""
        m.stop(reason, f"{step.verb}{what}: {text}", why.hint, result=Result.FAILED)
    if cls is not ErrorClass.CAS and m.s.live == before:
        yield from m.pause(m.job.patience.first)


def _taken(m: State, step: Step) -> Part:
    """Proxmox says that the VMID exists: find out whose it is."""
    yield from m.look(relist=True)
    existence = m.s.live.existence
    if existence is Existence.PRESENT and m.verdict() is not Verdict.FOREIGN:
        return  # an earlier send of ours: the loop waits for it, or goes on with it
    if existence is Existence.UNKNOWN and m.creates > 1:
        return  # it may be ours, from an earlier send: the loop asks again and then stops
    if m.s.desired is not None and "vmid" in m.s.desired.leaves:
        m.stop("Taken", f"VMID {m.s.target.vmid} is held by a guest that is not ours", "choose another spec.vmid")
    if existence is not Existence.ABSENT:
        yield from m.rebind(quarantine=False)
    elif m.count("taken", *signature(step)) > 3:
        m.stop("Taken", f"VMID {m.s.target.vmid} is said to exist, and is not there", result=Result.FAILED)


def _without_secrets(step: Step, text: str) -> str:
    for value in step.request.params.values():
        if isinstance(value, Secret) and value.reveal():
            text = text.replace(value.reveal(), REDACTED)
    return text
