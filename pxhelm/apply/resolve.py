"""Writes of which the journal does not know the end: what became of them (engine.md D8.3).

After a crash, a lost lease or a lost answer. Never sends; a write is sent again by the machine alone, once what is there
shows that it did not happen.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from pxhelm.apply import command as c
from pxhelm.apply.command import CREATING, Command, Event
from pxhelm.apply.job import OpenStep
from pxhelm.apply.state import Part, State
from pxhelm.plan.next_step import Go, next_step
from pxhelm.plan.observe import Verdict
from pxhelm.proxmox.task import TaskState
from pxhelm.resource.model import Existence
from pxhelm.store.journal import StepState


def resolve(m: State, step: OpenStep) -> Part:
    """Find out what became of a write, by the table of engine.md D8.3."""
    upid = step.upid
    if step.verb in CREATING and step.node:
        m.s = replace(m.s, target=replace(m.s.target, node=m.s.target.node or step.node))
    while True:
        if upid:
            result = yield from m.follow(upid)
            if result is not None and result.state in (TaskState.OK, TaskState.WARNINGS, TaskState.FAILED):
                yield from _resolved(m, step, succeeded=result.succeeded, error=result.exitstatus, upid=upid)
                return
        yield from m.look(relist=step.verb in CREATING)
        if m.s.live.existence is Existence.UNKNOWN:
            yield from _blocked_unknown(m)
            continue
        making = m.s.live.lock in CREATING
        if step.verb not in CREATING or making or m.s.live.existence is Existence.ABSENT:
            found = "" if upid else (yield from _find_task(m, step))
            if found:
                upid = found
                yield from m.note(c.Accept(step.seq, upid))
                continue
            if step.verb in CREATING and (yield from _still_unseen(m, step)):
                continue
        if step.verb in CREATING and making:
            yield from _residue(m, step)
            return
        yield from _resolved(m, step, succeeded=None)
        return


def _still_unseen(m: State, step: OpenStep) -> Generator[Command, Event, bool]:
    """Wait while a create may still be on its way, or a guest under creation may have a task we cannot see."""
    making = m.s.live.lock in CREATING
    until = step.sent_at + (m.job.patience.dead if making else m.job.patience.unseen)
    if m.now >= until:
        return False
    yield from m.pause(min(2.0, until - m.now))
    return True


def _resolved(m: State, step: OpenStep, *, succeeded: bool | None, error: str = "", upid: str = "") -> Part:
    """Commit what was found out; ``succeeded`` None: only what is there can tell."""
    if step.verb in CREATING:
        m.s = replace(m.s, created=True)
    if succeeded:
        m.made(step.verb)
        m.s = replace(m.s, written=m.s.written | frozenset(step.leaves))
    yield from m.look()
    if succeeded is None and m.s.desired is not None and not m.s.kind.repeats(m.s.desired.leaves):
        _unknown(m, step)
    exists = m.s.live.existence is Existence.PRESENT
    if step.verb in CREATING:
        ours = exists and m.verdict() is Verdict.OURS
        m.s = replace(m.s, created=ours or m.job.situation.created)
        state = StepState.DONE if ours else StepState.FAILED if succeeded is False else StepState.SKIPPED
    else:
        decision = next_step(m.s, None)
        needed = isinstance(decision, Go) and decision.step.verb == step.verb and decision.step.leaves == step.leaves
        state = StepState.SKIPPED if needed else StepState.DONE
        state = StepState.FAILED if succeeded is False else state
    if state is StepState.DONE:
        if step.verb == "config":
            m.wrote(step.leaves)
        yield from m.commit(step.seq, step.verb, state, upid=upid)
    else:
        yield from m.note(c.Settle(step.seq, step.verb, state, error=error, upid=upid))


def _unknown(m: State, step: OpenStep) -> None:
    """Leave it to the operator what must not happen twice (engine.md D15)."""
    address = m.s.target.key.address
    m.stop(
        "Unknown",
        f"nobody knows how far {address} came: it was cut off during its {step.verb}",
        "look what was done; then give it retry: true to have it done again, or delete it: "
        f"pxhelm delete {m.s.kind.short[0]}/{m.s.target.key.name}",
    )


def _residue(m: State, step: OpenStep) -> Part:
    """A node died while it made the guest: leave the remains, say how to remove them, take another VMID."""
    live, vmid = m.s.live, m.s.live.vmid
    tool = "pct" if m.s.kind.name == "Container" else "qm"
    message = (
        f"VMID {vmid} on {live.node} is the remains of a {step.verb} that was cut off (lock: {live.lock}); "
        f"remove it as root on that node: {tool} unlock {vmid} && {tool} destroy {vmid}"
    )
    m.warnings.append(message)
    yield from m.note(c.Settle(step.seq, step.verb, StepState.FAILED, error="cut off"))
    yield from m.note(c.Say("Stuck", message))
    if m.wanted is not None and "vmid" in m.wanted.leaves:
        m.stop("Stuck", message)
    yield from m.rebind(quarantine=True)


def _find_task(m: State, step: OpenStep) -> Generator[Command, Event, str]:
    node = step.node or m.s.target.node
    if not node or step.verb not in c.TASKS:
        return ""
    vmid = step.vmid or m.s.target.vmid
    found = yield c.FindTask(node, c.TASKS[step.verb], vmid, step.sent_at, clone=step.verb == "clone")
    assert isinstance(found, c.Found)
    m.now = found.now
    return found.upid


def _blocked_unknown(m: State) -> Part:
    if m.count("unknown") > 5:
        message = f"cannot tell whether {m.s.target.key.address} exists: {m.s.live.reason}"
        m.stop("ObservationUnknown", message)
    yield from m.pause(min(m.tries["unknown",] * 1.0, 5.0))
