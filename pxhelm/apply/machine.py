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
from pxhelm.apply.command import Command, Event, Outcome, Result
from pxhelm.apply.job import Job, OpenStep
from pxhelm.plan.model import Action, Blocked
from pxhelm.plan.next_step import Done, Go, Wait, difference, next_step, wants_of, with_live
from pxhelm.plan.observe import Verdict, identify
from pxhelm.plan.steering import ARTIFACTS, SNAPSHOT
from pxhelm.proxmox.errors import ErrorClass
from pxhelm.proxmox.task import TaskResult, TaskState, Upid
from pxhelm.resource.blame import told
from pxhelm.resource.guest_power import WAS_RUNNING
from pxhelm.resource.model import Existence, Resource
from pxhelm.resource.step import Step
from pxhelm.secret import REDACTED, Secret
from pxhelm.store.journal import StepState

Run = Generator[Command, Event, Outcome]
_Part = Generator[Command, Event, None]

CREATING = ("create", "clone")
_RELIST = (*CREATING, "migrate", "pool", "destroy", "delete")
"""After these, the list of the cluster says more than the node where the guest was."""


def run(job: Job) -> Run:
    """Return the machine of one object; drive it with ``send(event)`` until it returns its Outcome."""
    return _Machine(job).go()


class _Stop(Exception):  # noqa: N818 - not an error: the end, from inside a part
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class _Machine:
    """The state that a run keeps between its commands; all of it can be found again by looking."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.s = job.situation
        self.wanted: Resource | None = job.situation.desired
        self.seq = job.next_seq - 1
        self.is_bound = job.is_bound
        self.now = 0.0
        self.started: float | None = None
        self.fresh = False
        self.sent = 0
        self.creates = sum(o.verb in CREATING for o in job.open_steps)
        self.destroyed = any(o.verb in ("destroy", "delete") for o in job.open_steps)
        self.tries: dict[tuple[str, ...], int] = {}
        self.succeeded: dict[tuple[str, ...], int] = {}
        self.warnings: list[str] = []

    def go(self) -> Run:
        try:
            for each in self.job.open_steps:
                yield from self.resolve(each)
            yield from self.check_plan()
            if self.replacing and self.s.live.existence is Existence.PRESENT:
                self.s = replace(self.s, desired=None)
                yield from self.work()
                yield from self.elsewhere()
                self.s = replace(self.s, desired=self.wanted, created=False)
                self.is_bound = self.destroyed = False
            yield from self.work()
        except _Stop as stop:
            return stop.outcome
        live = self.s.live
        owned = difference(self.s).owned if self.s.desired is not None else {}
        result = Result.DONE if self.sent or self.job.open_steps else Result.UNCHANGED
        return Outcome(result, steps=self.sent, live=live, owned=owned, warnings=tuple(self.warnings))

    @property
    def replacing(self) -> bool:
        return self.job.bound is not None and self.job.bound.action is Action.REPLACE

    def check_plan(self) -> _Part:
        """Refuse a saved plan's object that changed since (engine.md D19)."""
        yield from self.look()
        bound = self.job.bound
        if not self.job.strict or bound is None or self.job.open_steps or not bound.digest:
            return
        if self.s.live.digest != bound.digest:
            self.stop("Stale", "it changed since the plan was made", "make a new plan and look at it")

    def work(self) -> _Part:
        """Do what is left, one step after the other."""
        while True:
            yield from self.look()
            if self.destroyed and self.s.desired is None and self.verdict() is Verdict.FOREIGN:
                return  # ours is gone, and somebody was quick to take its VMID
            decision = next_step(self.s, self.job.bound)
            if isinstance(decision, Done):
                return
            if isinstance(decision, Blocked):
                yield from self.blocked(decision)
            elif isinstance(decision, Wait):
                yield from self.wait(decision.reason, decision.message)
            else:
                yield from self.perform(decision)

    def blocked(self, decision: Blocked) -> _Part:
        taken = decision.reason == "IdentityConflict" and not self.is_bound and self.s.desired is not None
        if taken and "vmid" not in self.s.desired.leaves:  # type: ignore[union-attr]
            yield from self.rebind(quarantine=False)
            return
        if decision.reason == "ObservationUnknown" and self.count("unknown") <= 3:
            # Lists lag: what was just made or removed is told apart by asking again.
            yield from self.pause(self.tries["unknown",])
            self.fresh = False
            return
        raise _Stop(self.outcome(Result.BLOCKED, decision.reason, decision.message, decision.hint))

    # -- one step ------------------------------------------------------------------------------------------------------

    def perform(self, decision: Go) -> _Part:
        step = decision.step
        if self.succeeded.get(_signature(step)):
            yield from self.wait_for_effect(step)
            return
        admitted = yield c.Admit(step)
        assert isinstance(admitted, c.Admitted)
        self.now = admitted.now
        if admitted.waited:
            self.fresh = False
            yield from self.look()
            again = next_step(self.s, self.job.bound)
            if not isinstance(again, Go) or _signature(again.step) != _signature(step):
                yield from self.note(c.Leave())
                return
            step = again.step
        self.seq += 1
        yield from self.note(c.Intend(self.seq, step, self.s.target, self.s.live))
        self.sent += 1
        if step.verb in CREATING:
            self.creates += 1
            if step.request.node:
                self.s = replace(self.s, target=replace(self.s.target, node=step.request.node))
        self.destroyed = self.destroyed or step.verb in ("destroy", "delete")
        answer = yield c.Send(step.request, step.secret_to, step.operation, step.probe)
        self.now, self.fresh = answer.now, False
        if isinstance(answer, c.Refused):
            yield from self.refused(step, answer)
            return
        assert isinstance(answer, c.Replied)
        if not Upid.matches(answer.data):
            yield from self.settle(step, StepState.DONE)
            return
        upid = str(answer.data)
        yield from self.note(c.Accept(self.seq, upid))
        result = yield from self.follow(upid)
        if result is None or result.state in (TaskState.UNKNOWN, TaskState.RUNNING):
            yield from self.resolve(self.open_step(step, upid))
            return
        yield from self.ended(step, result)

    def ended(self, step: Step, result: TaskResult) -> _Part:
        if result.succeeded:
            state = StepState.WARN if result.state is TaskState.WARNINGS else StepState.DONE
            lines = tuple(line for line in result.log if state is StepState.WARN)
            warned = [line for line in lines if "WARN" in line]
            self.warnings += warned
            yield from self.settle(step, state, upid=str(result.upid), lines=lines)
            if state is StepState.WARN:
                said = "; ".join(warned[:5]) or "see its log"
                yield from self.note(c.Say("TaskWarnings", f"the {step.verb} ended with warnings: {said}"))
            return
        yield from self.failed(step, result.verdict.cls, result.exitstatus, upid=str(result.upid))

    def settle(self, step: Step, state: StepState, *, upid: str = "", lines: tuple[str, ...] = ()) -> _Part:
        """Look at the effect of a step that succeeded, then commit it with binding and base."""
        signature = _signature(step)
        self.succeeded[signature] = self.succeeded.get(signature, 0) + 1
        if step.verb in CREATING:
            self.s = replace(self.s, created=True)
        if stopped_for_a_step(step.verb, self.s.desired):
            self.s = replace(self.s, options={**self.s.options, WAS_RUNNING: True})
        self.made(step.verb)
        self.s = replace(self.s, written=self.s.written | frozenset(step.leaves))
        lost = self.is_bound and self.s.live.marker is None and step.verb == "config" and self.s.desired is not None
        yield from self.look(relist=step.verb in _RELIST)
        yield from self.commit(self.seq, step.verb, state, upid=upid, lines=lines)
        if lost and self.s.live.marker is not None:
            proof = "its UUID" if self.s.live.uuid else "its volumes and MAC addresses"
            message = f"somebody removed the marker from its notes; {proof} proved it ours, and the marker is back"
            yield from self.note(c.Say("MarkerRestored", message))

    def commit(self, seq: int, verb: str, state: StepState, *, upid: str = "", lines: tuple[str, ...] = ()) -> _Part:
        live = self.s.live
        ours = live.existence is Existence.PRESENT and self.verdict() is Verdict.OURS
        owned = difference(self.s).owned if ours and self.s.desired is not None else None
        if owned is not None:
            bases = {**self.s.ownership.bases, self.s.ownership.manager: owned}
            self.s = replace(self.s, ownership=replace(self.s.ownership, bases=bases))
        if ours and live.uuid and live.uuid != self.s.target.uuid:
            self.s = replace(self.s, target=replace(self.s.target, uuid=live.uuid))
        self.is_bound = self.is_bound or ours
        if ours and self.s.options.get("adopt"):
            self.s = replace(self.s, options={k: v for k, v in self.s.options.items() if k != "adopt"})
        bind = live if ours else None
        yield from self.note(c.Settle(seq, verb, state, upid=upid, lines=lines, owned=owned, bind=bind))

    def wait_for_effect(self, step: Step) -> _Part:
        """A step that succeeded is never sent again: its effect may take a moment (an HA manager, a slow list)."""
        tries = self.count("effect", *_signature(step))
        if tries > 6:
            leaves = f" ({', '.join(step.leaves)})" if step.leaves else ""
            self.stop("NoEffect", f"the {step.verb}{leaves} was accepted, and nothing changed", result=Result.FAILED)
        yield from self.pause(min(0.5 * 2**tries, 10.0))

    # -- failures ------------------------------------------------------------------------------------------------------

    def refused(self, step: Step, answer: c.Refused) -> _Part:
        error = answer.error
        if error.cls is ErrorClass.TRANSIENT and error.sent:
            yield from self.resolve(self.open_step(step, ""))
            return
        yield from self.failed(step, error.cls, told(self.s.kind, self.s.desired, error), hint=error.hint)

    def failed(self, step: Step, cls: ErrorClass, text: str, *, hint: str = "", upid: str = "") -> _Part:
        """Commit the failure, look, and decide by its class whether to go on (engine.md D10)."""
        text = _without_secrets(step, text)
        yield from self.note(c.Settle(self.seq, step.verb, StepState.FAILED, error=text, upid=upid))
        before = self.s.live
        if step.verb == SNAPSHOT and cls is ErrorClass.TAKEN:
            self.made(step.verb)  # its name holds this operation's id: an earlier send made it
            return
        if step.verb in CREATING and cls is ErrorClass.TAKEN:
            yield from self.taken(step)
            return
        if cls in (ErrorClass.BUSY, ErrorClass.QUORUM, ErrorClass.TRANSIENT):
            yield from self.wait(cls.value, text)
            return
        shares_a_file = cls is ErrorClass.CAS and not self.s.kind.guest
        limit = _SHARED_ATTEMPTS if shares_a_file else _ATTEMPTS.get(cls, 1)
        tries = self.count(cls.value, *_signature(step))
        yield from self.look(relist=cls is ErrorClass.GONE)
        again = next_step(self.s, self.job.bound)
        if isinstance(again, Go) and _signature(again.step) == _signature(step) and tries >= limit:
            reason = _REASONS.get(cls, "Failed")
            what = f" ({', '.join(step.leaves)})" if step.leaves and cls is not ErrorClass.DENIED else ""
            self.stop(reason, f"{step.verb}{what}: {text}", hint, result=Result.FAILED)
        if cls is not ErrorClass.CAS and self.s.live == before:
            yield from self.pause(self.job.patience.first)

    def taken(self, step: Step) -> _Part:
        """Proxmox says that the VMID exists: find out whose it is."""
        yield from self.look(relist=True)
        existence = self.s.live.existence
        if existence is Existence.PRESENT and self.verdict() is not Verdict.FOREIGN:
            return  # an earlier send of ours: the loop waits for it, or goes on with it
        if existence is Existence.UNKNOWN and self.creates > 1:
            return  # it may be ours, from an earlier send: the loop asks again and then stops
        if self.s.desired is not None and "vmid" in self.s.desired.leaves:
            self.stop(
                "Taken", f"VMID {self.s.target.vmid} is held by a guest that is not ours", "choose another spec.vmid"
            )
        if existence is not Existence.ABSENT:
            yield from self.rebind(quarantine=False)
        elif self.count("taken", *_signature(step)) > 3:
            self.stop("Taken", f"VMID {self.s.target.vmid} is said to exist, and is not there", result=Result.FAILED)

    # -- steps of which nobody knows the end ---------------------------------------------------------------------------

    def resolve(self, step: OpenStep) -> _Part:
        """Find out what became of a write, by the table of engine.md D8.3."""
        upid = step.upid
        if step.verb in CREATING and step.node:
            self.s = replace(self.s, target=replace(self.s.target, node=self.s.target.node or step.node))
        while True:
            if upid:
                result = yield from self.follow(upid)
                if result is not None and result.state in (TaskState.OK, TaskState.WARNINGS, TaskState.FAILED):
                    yield from self.resolved(step, succeeded=result.succeeded, error=result.exitstatus, upid=upid)
                    return
            yield from self.look(relist=step.verb in CREATING)
            if self.s.live.existence is Existence.UNKNOWN:
                yield from self.blocked_unknown()
                continue
            making = self.s.live.lock in CREATING
            if step.verb not in CREATING or making or self.s.live.existence is Existence.ABSENT:
                found = "" if upid else (yield from self.find_task(step))
                if found:
                    upid = found
                    yield from self.note(c.Accept(step.seq, upid))
                    continue
                if step.verb in CREATING and (yield from self.still_unseen(step)):
                    continue
            if step.verb in CREATING and making:
                yield from self.residue(step)
                return
            yield from self.resolved(step, succeeded=None)
            return

    def still_unseen(self, step: OpenStep) -> Generator[Command, Event, bool]:
        """Wait while a create may still be on its way, or a guest under creation may have a task we cannot see."""
        making = self.s.live.lock in CREATING
        until = step.sent_at + (self.job.patience.dead if making else self.job.patience.unseen)
        if self.now >= until:
            return False
        yield from self.pause(min(2.0, until - self.now))
        return True

    def resolved(self, step: OpenStep, *, succeeded: bool | None, error: str = "", upid: str = "") -> _Part:
        """Commit what was found out; ``succeeded`` None: only what is there can tell."""
        if step.verb in CREATING:
            self.s = replace(self.s, created=True)
        if succeeded:
            self.made(step.verb)
            self.s = replace(self.s, written=self.s.written | frozenset(step.leaves))
        yield from self.look()
        exists = self.s.live.existence is Existence.PRESENT
        if step.verb in CREATING:
            ours = exists and self.verdict() is Verdict.OURS
            self.s = replace(self.s, created=ours or self.job.situation.created)
            state = StepState.DONE if ours else StepState.FAILED if succeeded is False else StepState.SKIPPED
        else:
            decision = next_step(self.s, None)
            needed = (
                isinstance(decision, Go) and decision.step.verb == step.verb and decision.step.leaves == step.leaves
            )
            state = StepState.SKIPPED if needed else StepState.DONE
            state = StepState.FAILED if succeeded is False else state
        if state is StepState.DONE:
            yield from self.commit(step.seq, step.verb, state, upid=upid)
        else:
            yield from self.note(c.Settle(step.seq, step.verb, state, error=error, upid=upid))

    def residue(self, step: OpenStep) -> _Part:
        """A node died while it made the guest: leave the remains, say how to remove them, take another VMID."""
        live, vmid = self.s.live, self.s.live.vmid
        tool = "pct" if self.s.kind.name == "Container" else "qm"
        message = (
            f"VMID {vmid} on {live.node} is the remains of a {step.verb} that was cut off (lock: {live.lock}); "
            f"remove it as root on that node: {tool} unlock {vmid} && {tool} destroy {vmid}"
        )
        self.warnings.append(message)
        yield from self.note(c.Settle(step.seq, step.verb, StepState.FAILED, error="cut off"))
        yield from self.note(c.Say("Stuck", message))
        if self.wanted is not None and "vmid" in self.wanted.leaves:
            self.stop("Stuck", message)
        yield from self.rebind(quarantine=True)

    def find_task(self, step: OpenStep) -> Generator[Command, Event, str]:
        node = step.node or self.s.target.node
        if not node or step.verb not in c.TASKS:
            return ""
        vmid = step.vmid or self.s.target.vmid
        found = yield c.FindTask(node, c.TASKS[step.verb], vmid, step.sent_at, clone=step.verb == "clone")
        assert isinstance(found, c.Found)
        self.now = found.now
        return found.upid

    def blocked_unknown(self) -> _Part:
        if self.count("unknown") > 5:
            message = f"cannot tell whether {self.s.target.key.address} exists: {self.s.live.reason}"
            self.stop("ObservationUnknown", message)
        yield from self.pause(min(self.tries["unknown",] * 1.0, 5.0))

    # -- small words ---------------------------------------------------------------------------------------------------

    def look(self, *, relist: bool = False) -> _Part:
        if self.fresh and not relist:
            return
        wants = wants_of(self.s.kind, self.s.desired, self.s.ownership.bases)
        seen = yield c.Observe(replace(self.s.target, wants=wants), relist)
        assert isinstance(seen, c.Seen)
        self.now, self.fresh = seen.now, True
        if self.started is None:
            self.started = seen.now
        if seen.view is not None:
            known = self.s.surroundings
            found = replace(seen.view.surroundings, templates=known.templates, bound=known.bound, coming=known.coming)
            self.s = replace(self.s, surroundings=found)
        self.s = with_live(self.s, seen.live)

    def made(self, verb: str) -> None:
        """Remember that an artifact is there: what is made of the object itself does not show it."""
        if verb in ARTIFACTS:
            self.s = replace(self.s, artifacts=self.s.artifacts | {verb})

    def verdict(self) -> Verdict | None:
        if self.s.live.existence is not Existence.PRESENT:
            return None
        return identify(self.s.kind, self.s.live, self.s.target, self.s.seen)

    def follow(self, upid: str) -> Generator[Command, Event, TaskResult | None]:
        ended = yield c.Follow(upid)
        self.now, self.fresh = ended.now, False
        return ended.result if isinstance(ended, c.Ended) else None

    def elsewhere(self) -> _Part:
        """Go where the object is to be made anew: at another VMID, or under the id that is wanted."""
        if self.s.kind.guest:
            yield from self.rebind(quarantine=True)
        elif self.wanted is not None:
            row = {**self.s.target.row, "id": self.s.kind.identifier(self.wanted)}
            self.s = replace(self.s, target=replace(self.s.target, row=row))
            self.succeeded.clear()
            self.fresh = False

    def rebind(self, *, quarantine: bool) -> _Part:
        if self.count("rebind") > 20:
            self.stop("Taken", "twenty VMIDs in a row were taken by others", result=Result.FAILED)
        got = yield c.Rebind(quarantine)
        assert isinstance(got, c.Retargeted)
        self.now, self.fresh, self.creates = got.now, False, 0
        self.succeeded.clear()
        self.s = replace(self.s, target=got.target, created=False)

    def wait(self, reason: str, message: str) -> _Part:
        assert self.started is not None
        if self.now - self.started >= self.job.patience.lock:
            self.stop(_WAITS.get(reason, reason), message, "try again later; pxhelm never unlocks a guest by itself")
        tries = self.count("wait", reason)
        yield from self.pause(min(self.job.patience.first * 2 ** min(tries - 1, 10), self.job.patience.longest), reason)

    def pause(self, seconds: float, reason: str = "") -> _Part:
        yield from self.note(c.Pause(seconds, reason))
        self.fresh = False
        if self.started is not None and self.now - self.started >= self.job.patience.whole:
            why = f"it took longer than {self.job.patience.whole:g} s (pxhelm.io/apply-timeout)"
            self.stop("Timeout", why, "the same command goes on with it", result=Result.FAILED)

    def note(self, command: Command) -> _Part:
        noted = yield command
        self.now = noted.now

    def count(self, *what: str) -> int:
        self.tries[what] = self.tries.get(what, 0) + 1
        return self.tries[what]

    def open_step(self, step: Step, upid: str) -> OpenStep:
        node = step.request.node or self.s.target.node
        return OpenStep(self.seq, step.verb, node, upid, self.now, step.leaves, self.s.target.vmid)

    def stop(self, reason: str, message: str, hint: str = "", result: Result = Result.BLOCKED) -> None:
        raise _Stop(self.outcome(result, reason, message, hint))

    def outcome(self, result: Result, reason: str, message: str, hint: str) -> Outcome:
        return Outcome(result, reason, message, hint, self.sent, self.s.live, warnings=tuple(self.warnings))


def stopped_for_a_step(verb: str, desired: Resource | None) -> bool:
    """Whether a shutdown was only for a step that needs the guest stopped, so that it is started again afterwards."""
    return verb == "shutdown" and desired is not None and desired.leaves.get("power.policy") != "Stopped"


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
_WAITS = {"busy": "Lock", "quorum": "QuorumLost", "transient": "Unreachable"}


def _signature(step: Step) -> tuple[str, ...]:
    return (step.verb, *step.leaves)


def _without_secrets(step: Step, text: str) -> str:
    for value in step.request.params.values():
        if isinstance(value, Secret) and value.reveal():
            text = text.replace(value.reveal(), REDACTED)
    return text
