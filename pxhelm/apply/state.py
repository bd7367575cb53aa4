"""What a machine keeps between its commands, and the words that its parts are made of (engine.md D8).

All of it can be found again by looking; a phase is not kept. Pure: every word that needs the world is a command to whoever
runs the machine.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from pxhelm.apply import command as c
from pxhelm.apply.command import CREATING, Command, Event, Outcome, Result
from pxhelm.apply.job import Job, OpenStep
from pxhelm.plan.next_step import difference, steps_of, wants_of, with_live
from pxhelm.plan.observe import Verdict, identify
from pxhelm.plan.steering import ARTIFACTS
from pxhelm.plan.waiting import unseen
from pxhelm.proxmox.task import TaskResult
from pxhelm.resource.effect import Effect
from pxhelm.resource.model import Existence, Resource
from pxhelm.resource.step import Step
from pxhelm.store.journal import StepState

Part = Generator[Command, Event, None]
"""A stretch of the way; its end is an exception (``Stop``) or the next part."""


class Stop(Exception):  # noqa: N818 - not an error: the end, from inside a part
    """The end of the way, whatever was still to be done."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class State:
    """One object on its way from what is to what is wanted."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.s = job.situation
        self.wanted: Resource | None = job.situation.desired
        """What is wanted in the end; while an object is replaced, the situation first wants it gone."""
        self.seq = job.next_seq - 1
        self.is_bound = job.is_bound
        self.now = 0.0
        self.started: float | None = None
        self.fresh = False
        """Nothing happened since the object was looked at."""
        self.sent = 0
        self.creates = sum(o.verb in CREATING for o in job.open_steps)
        self.destroyed = any(o.verb in ("destroy", "delete") for o in job.open_steps)
        self.tries: dict[tuple[str, ...], int] = {}
        self.succeeded: dict[tuple[str, ...], int] = {}
        """How often a step of a signature succeeded; none is sent again."""
        self.warnings: list[str] = []
        self.foreseen: dict[str, Effect] = {}
        """What the leaves of the step under way were foreseen to do to the guest."""

    # -- looking

    def look(self, *, relist: bool = False) -> Part:
        """Look at the object, unless nothing happened since; ``relist`` asks the whole cluster where it is."""
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
        self.s = replace(with_live(self.s, seen.live), now=seen.now)

    def verdict(self) -> Verdict | None:
        """Return whose the guest is that is there; None when there is none."""
        if self.s.live.existence is not Existence.PRESENT:
            return None
        return identify(self.s.kind, self.s.live, self.s.target, self.s.seen)

    def made(self, verb: str) -> None:
        """Remember that an artifact is there: what is made of the object itself does not show it."""
        if verb in ARTIFACTS:
            self.s = replace(self.s, artifacts=self.s.artifacts | {verb})

    def wrote(self, leaves: tuple[str, ...]) -> None:
        """Remember which of the leaves just written the guest, as it was seen last, does not have by that."""
        self.s = replace(self.s, unseen=self.s.unseen | unseen(self.s.kind, leaves, self.s.live))

    # -- telling the journal

    def note(self, command: Command) -> Part:
        """Give a command to which the time is all the answer."""
        noted = yield command
        self.now = noted.now

    def commit(self, seq: int, verb: str, state: StepState, *, upid: str = "", lines: tuple[str, ...] = ()) -> Part:
        """Commit a step that happened, with the binding and the base that follow from what was seen."""
        live = self.s.live
        ours = live.existence is Existence.PRESENT and self.verdict() is Verdict.OURS
        diff = difference(self.s)
        waits = self.s.kind.whole and bool(steps_of(self.s, diff))
        owned = diff.owned if ours and self.s.desired is not None and not waits else None
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

    def rebind(self, *, quarantine: bool) -> Part:
        """Take another VMID; after twenty that others were quicker to take, stop."""
        if self.count("rebind") > 20:
            self.stop("Taken", "twenty VMIDs in a row were taken by others", result=Result.FAILED)
        got = yield c.Rebind(quarantine)
        assert isinstance(got, c.Retargeted)
        self.now, self.fresh, self.creates = got.now, False, 0
        self.succeeded.clear()
        self.s = replace(self.s, target=got.target, created=False)

    # -- waiting and ending

    def follow(self, upid: str, limit: float = 0.0) -> Generator[Command, Event, TaskResult | None]:
        """Wait until a task has ended, or stop it after ``limit`` seconds; None when it cannot be asked."""
        ended = yield c.Follow(upid, limit)
        self.now, self.fresh = ended.now, False
        return ended.result if isinstance(ended, c.Ended) else None

    def wait(self, reason: str, message: str) -> Part:
        """Wait for something that passes by itself, longer each time, and stop when patience is at its end."""
        assert self.started is not None
        if self.now - self.started >= self.job.patience.lock:
            self.stop(_WAITS.get(reason, reason), message, "try again later; pxhelm never unlocks a guest by itself")
        tries = self.count("wait", reason)
        yield from self.pause(min(self.job.patience.first * 2 ** min(tries - 1, 10), self.job.patience.longest), reason)

    def pause(self, seconds: float, reason: str = "") -> Part:
        """Let time pass; stop when the object has used up its own."""
        yield from self.note(c.Pause(seconds, reason))
        self.fresh = False
        if self.started is not None and self.now - self.started >= self.job.patience.whole:
            why = f"it took longer than {self.job.patience.whole:g} s (pxhelm.io/apply-timeout)"
            self.stop("Timeout", why, "the same command goes on with it", result=Result.FAILED)

    def count(self, *what: str) -> int:
        """Return how often this was called with the same words."""
        self.tries[what] = self.tries.get(what, 0) + 1
        return self.tries[what]

    def open_step(self, step: Step, upid: str) -> OpenStep:
        """Return the step that was just sent as one of which nobody knows the end."""
        node = step.request.node or self.s.target.node
        return OpenStep(self.seq, step.verb, node, upid, self.now, step.leaves, step.vmid or self.s.target.vmid)

    def stop(self, reason: str, message: str, hint: str = "", result: Result = Result.BLOCKED) -> None:
        """End here."""
        raise Stop(self.outcome(result, reason, message, hint))

    def outcome(self, result: Result, reason: str, message: str, hint: str) -> Outcome:
        """Return an end that is not what was wanted."""
        return Outcome(result, reason, message, hint, self.sent, self.s.live, warnings=tuple(self.warnings))


_WAITS = {"busy": "Lock", "quorum": "QuorumLost", "transient": "Unreachable"}


def signature(step: Step) -> tuple[str, ...]:
    """Return what makes a step the same as another one: its verb and what it writes."""
    return (step.verb, *step.leaves)
