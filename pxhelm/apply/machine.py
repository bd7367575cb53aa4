"""One object from what is to what is wanted: events in, commands out (engine.md D8, D10).

Pure; time is part of every event. Theory: the machine keeps no phase. It first resolves every write of which the journal
does not know the end, by looking at what is there; then it looks, asks ``next_step``, does that one step and looks again,
until nothing is left. A write is journaled before it is sent and is never sent twice without having looked in between.
A VMID is given up only when it is provably somebody else's or dead.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from pxhelm.apply import command as c
from pxhelm.apply.command import CREATING, Command, Event, Outcome, Result
from pxhelm.apply.failures import Why, failed, refused
from pxhelm.apply.job import Job
from pxhelm.apply.resolve import resolve
from pxhelm.apply.state import Part, State, Stop, signature
from pxhelm.plan.model import Action, Blocked
from pxhelm.plan.next_step import Done, Go, Wait, difference, next_step
from pxhelm.plan.observe import Verdict
from pxhelm.plan.surprises import surprises
from pxhelm.proxmox.task import TaskResult, TaskState, Upid
from pxhelm.resource.guest_power import WAS_RUNNING
from pxhelm.resource.model import Existence, Resource
from pxhelm.resource.step import Step
from pxhelm.store.journal import StepState

Run = Generator[Command, Event, Outcome]

_RELIST = ("migrate", "pool", "destroy", "delete")
"""After these, the list of the cluster says more than the node where the guest was."""


def run(job: Job) -> Run:
    """Return the machine of one object; drive it with ``send(event)`` until it returns its Outcome."""
    m = State(job)
    try:
        for each in m.job.open_steps:
            yield from resolve(m, each)
        yield from _check_plan(m)
        if _replacing(job) and m.s.live.existence is Existence.PRESENT:
            m.s = replace(m.s, desired=None)
            yield from _work(m)
            yield from _elsewhere(m)
            m.s = replace(m.s, desired=m.wanted, created=False)
            m.is_bound = m.destroyed = False
        yield from _work(m)
    except Stop as stop:
        return stop.outcome
    live = m.s.live
    owned = difference(m.s).owned if m.s.desired is not None else {}
    result = Result.DONE if m.sent or m.job.open_steps else Result.UNCHANGED
    return Outcome(result, steps=m.sent, live=live, owned=owned, warnings=tuple(m.warnings))


def _replacing(job: Job) -> bool:
    return job.bound is not None and job.bound.action is Action.REPLACE


def _check_plan(m: State) -> Part:
    """Refuse a saved plan's object that changed since (engine.md D19)."""
    yield from m.look()
    bound = m.job.bound
    if not m.job.strict or bound is None or m.job.open_steps or not bound.digest:
        return
    if m.s.live.digest != bound.digest:
        m.stop("Stale", "it changed since the plan was made", "make a new plan and look at it")


def _work(m: State) -> Part:
    """Do what is left, one step after the other."""
    while True:
        yield from m.look()
        if m.destroyed and m.s.desired is None and m.verdict() is Verdict.FOREIGN:
            return  # ours is gone, and somebody was quick to take its VMID
        decision = next_step(m.s, m.job.bound)
        if isinstance(decision, Done):
            return
        if isinstance(decision, Blocked):
            yield from _blocked(m, decision)
        elif isinstance(decision, Wait):
            yield from m.wait(decision.reason, decision.message)
        else:
            yield from _perform(m, decision)


def _blocked(m: State, decision: Blocked) -> Part:
    taken = decision.reason == "IdentityConflict" and not m.is_bound and m.s.desired is not None
    if taken and "vmid" not in m.s.desired.leaves:  # type: ignore[union-attr]
        yield from m.rebind(quarantine=False)
        return
    if decision.reason == "ObservationUnknown" and m.count("unknown") <= 3:
        # Lists lag: what was just made or removed is told apart by asking again.
        yield from m.pause(m.tries["unknown",])
        m.fresh = False
        return
    raise Stop(m.outcome(Result.BLOCKED, decision.reason, decision.message, decision.hint))


def _elsewhere(m: State) -> Part:
    """Go where the object is to be made anew: at another VMID, or under the id that is wanted."""
    if m.s.kind.guest:
        yield from m.rebind(quarantine=True)
    elif m.wanted is not None:
        row = {**m.s.target.row, "id": m.s.kind.identifier(m.wanted)}
        m.s = replace(m.s, target=replace(m.s.target, row=row))
        m.succeeded.clear()
        m.fresh = False


def _perform(m: State, decision: Go) -> Part:
    """Do one step: a turn, the intent, the request, its task, its effect (engine.md D8.2)."""
    step = decision.step
    if m.succeeded.get(signature(step)):
        yield from _wait_for_effect(m, step)
        return
    admitted = yield c.Admit(step)
    assert isinstance(admitted, c.Admitted)
    m.now = admitted.now
    if admitted.waited:
        m.fresh = False
        yield from m.look()
        again = next_step(m.s, m.job.bound)
        if not isinstance(again, Go) or signature(again.step) != signature(step):
            yield from m.note(c.Leave())
            return
        decision, step = again, again.step
    m.seq += 1
    m.foreseen = {change.path: change.effect for change in decision.diff.changes if change.path in step.leaves}
    yield from m.note(c.Intend(m.seq, step, m.s.target, m.s.live))
    m.sent += 1
    if step.verb in CREATING:
        m.creates += 1
        if step.request.node:
            m.s = replace(m.s, target=replace(m.s.target, node=step.request.node))
    m.destroyed = m.destroyed or step.verb in ("destroy", "delete")
    answer = yield c.Send(step.request, step.secret_to, step.operation, step.errand)
    m.now, m.fresh = answer.now, False
    if isinstance(answer, c.Refused):
        yield from refused(m, step, answer)
        return
    assert isinstance(answer, c.Replied)
    if not Upid.matches(answer.data):
        yield from _settle(m, step, StepState.DONE, lines=answer.lines)
        return
    upid = str(answer.data)
    yield from m.note(c.Accept(m.seq, upid))
    result = yield from m.follow(upid, step.limit)
    if result is None or result.state in (TaskState.UNKNOWN, TaskState.RUNNING):
        yield from resolve(m, m.open_step(step, upid))
        return
    yield from _ended(m, step, result)


def _ended(m: State, step: Step, result: TaskResult) -> Part:
    if result.succeeded:
        state = StepState.WARN if result.state is TaskState.WARNINGS else StepState.DONE
        lines = tuple(line for line in result.log if state is StepState.WARN)
        warned = [line for line in lines if "WARN" in line]
        m.warnings += warned
        yield from _settle(m, step, state, upid=str(result.upid), lines=lines)
        if state is StepState.WARN:
            said = "; ".join(warned[:5]) or "see its log"
            yield from m.note(c.Say("TaskWarnings", f"the {step.verb} ended with warnings: {said}"))
        return
    yield from failed(m, step, Why(result.verdict.cls, result.exitstatus, upid=str(result.upid)))


def _settle(m: State, step: Step, state: StepState, *, upid: str = "", lines: tuple[str, ...] = ()) -> Part:
    """Look at the effect of a step that succeeded, then commit it with binding and base."""
    m.succeeded[signature(step)] = m.succeeded.get(signature(step), 0) + 1
    anew = m.s.kind.renews and m.s.desired is not None and m.s.live.existence is Existence.ABSENT
    if step.verb in CREATING or anew:
        m.s = replace(m.s, created=True)
    if stopped_for_a_step(step.verb, m.s.desired):
        m.s = replace(m.s, options={**m.s.options, WAS_RUNNING: True})
    m.made(step.verb)
    m.s = replace(m.s, written=m.s.written | frozenset(step.leaves))
    if step.verb == "config":
        m.wrote(step.leaves)
    before = m.s.live
    lost = m.is_bound and before.marker is None and step.verb == "config" and m.s.desired is not None
    yield from m.look(relist=_list_says_more(m, step))
    yield from m.commit(m.seq, step.verb, state, upid=upid, lines=lines)
    if lost and m.s.live.marker is not None:
        proof = "its UUID" if m.s.live.uuid else "its volumes and MAC addresses"
        message = f"somebody removed the marker from its notes; {proof} proved it ours, and the marker is back"
        yield from m.note(c.Say("MarkerRestored", message))
    if step.verb == "config" and (told := surprises(m.s.kind, m.foreseen, before, m.s.live).told):
        yield from m.note(c.Say("ClassificationMismatch", told))


def _list_says_more(m: State, step: Step) -> bool:
    """Whether the node alone cannot show what a step did: where a guest went, and in which pool it is."""
    in_pool = step.verb in CREATING and m.s.desired is not None and "pool" in m.s.desired.leaves
    return m.s.kind.guest and (step.verb in _RELIST or in_pool)


def _wait_for_effect(m: State, step: Step) -> Part:
    """A step that succeeded is never sent again: its effect may take a moment (an HA manager, a slow list)."""
    tries = m.count("effect", *signature(step))
    if tries > 6:
        leaves = f" ({', '.join(step.leaves)})" if step.leaves else ""
        told = f"the {step.verb}{leaves} was accepted, and nothing changed"
        m.stop("NoEffect", told, step.unseen, result=Result.FAILED)
    yield from m.pause(min(0.5 * 2**tries, 10.0))


def stopped_for_a_step(verb: str, desired: Resource | None) -> bool:
    """Whether a shutdown was only for a step that needs the guest stopped, so that it is started again afterwards."""
    return verb == "shutdown" and desired is not None and desired.leaves.get("power.policy") != "Stopped"
