"""Drives the machine of one object: every command is done against the cluster and the store, and answered by an event.

Each journal write carries the object's lease. Pure but for what ``Shared`` brings; decides nothing about an object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial

from pxhelm.apply import command as c
from pxhelm.apply.admission import Turn, turns_of
from pxhelm.apply.command import Command, Event, Outcome, Result
from pxhelm.apply.job import Job
from pxhelm.apply.journal import Journal
from pxhelm.apply.leases import STOP_AFTER, Held
from pxhelm.apply.machine import run
from pxhelm.apply.memory import target_of
from pxhelm.apply.queue import GOOD, Work
from pxhelm.apply.secrets import keep
from pxhelm.apply.shared import Shared
from pxhelm.apply.tasks import Search, find_task, until_late
from pxhelm.events import StepFinished, StepStarted, TaskProgress, Warned
from pxhelm.plan.observe import View, guest_type, is_nowhere, look_round, observe
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, T, Wait, call
from pxhelm.resource.guest_remove import TRASH
from pxhelm.resource.kind import Surroundings
from pxhelm.resource.model import ABSENT, Existence, Live, Target
from pxhelm.resource.readiness import PAUSE, timeout_of, unready
from pxhelm.resource.step import Step
from pxhelm.secret import Secret
from pxhelm.store.journal import StepState
from pxhelm.store.leases import Lease
from pxhelm.store.outcome import LeaseHeldError


class Interrupted(Exception):  # noqa: N818 - the user's wish, no error
    """The run was asked to stop."""


class Worker:
    """One object's machine being driven."""

    def __init__(self, shared: Shared, work: Work) -> None:
        self.shared = shared
        self.work = work
        self.ports = shared.ports
        self.records = shared.records
        self.journal = Journal(shared.records)
        self.memory = work.memory
        self.view: View | None = None
        self.doubtful = False
        """One question about a guest to be made was not enough."""
        self.steps: dict[int, Step] = {}
        self.turns: dict[Turn, int] = {}
        self.held: Held
        self.job: Job

    def run(self) -> Outcome:
        """Work on the object until it is as wanted or cannot be; LeaseHeldError, Interrupted, PxhelmError."""
        name = f"object:{self.memory.known.uid}"
        self.held = self._lease(name)
        try:
            self.memory = self._write(partial(self.journal.begin, self.memory, self.work.verb, self.work.plan_hash))
            with self.shared.asking if self.work.kind.renews else nullcontext():
                self.job = self.work.make(self.memory)
            outcome = self._drive()
            if self.work.awaited and outcome.result in GOOD:
                outcome = self._ready(outcome)
            if self.work.verb in ("delete", TRASH):
                self._write(partial(self.journal.finish_removal, self.memory, self.work.verb, outcome))
            else:
                self._write(partial(self.journal.finish, self.memory, self.work.manager, outcome))
            return outcome
        finally:
            self._leave()
            self.shared.leases.free(name)

    def _lease(self, name: str) -> Held:
        deadline = self.ports.now() + self.shared.settings.lock_timeout
        while True:
            try:
                return self.shared.leases.take(name)
            except LeaseHeldError:
                if self.ports.now() >= deadline:
                    raise
                self._sleep(0.5)

    def _write(self, change: Callable[[Lease], T]) -> T:
        """Have a change made under our lease and wait for its commit."""
        return self.shared.writer.write(lambda: change(self.held.lease))

    def _drive(self) -> Outcome:
        machine = run(self.job)
        try:
            asked = next(machine)
            while True:
                # What was journaled as about to be sent is sent, and its answer recorded.
                if self.shared.stop.is_set() and not isinstance(asked, (c.Send, c.Accept, c.Settle)):
                    raise Interrupted
                asked = machine.send(self._do(asked))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        finally:
            machine.close()

    def _ready(self, outcome: Outcome) -> Outcome:
        """Wait until the guest says that it is ready, for as long as its manifest allows."""
        leaves, kind = self.work.awaited, self.work.kind
        deadline = self.ports.now() + timeout_of(leaves)
        target = target_of(self.ports, self.work.key, self.memory)
        while True:
            why = "it cannot be asked"
            with suppress(ApiError):
                live = self.ports.cluster.run(kind.observe(replace(target, fresh=True)))
                why = self.ports.cluster.run(unready(live, leaves, guest_type(kind), self.ports.reach))
            if not why:
                return outcome
            if self.ports.now() >= deadline:
                message = f"{self.work.key.address} is not ready: {why}"
                return replace(outcome, result=Result.FAILED, reason="NotReady", message=message)
            self._sleep(PAUSE)

    def _do(self, asked: Command) -> Event:
        if isinstance(asked, c.Observe):
            return self._observe(asked)
        if isinstance(asked, c.Send):
            return self._send(asked)
        if isinstance(asked, c.Follow):
            return self._follow(asked)
        if isinstance(asked, c.Admit):
            return self._admit(asked)
        if isinstance(asked, c.FindTask):
            return self._find(asked)
        if isinstance(asked, c.Rebind):
            return self._rebind(asked)
        if isinstance(asked, c.Pause):
            self._leave()
            self._sleep(asked.seconds)
        else:
            self._note(asked)
        return c.Noted(self.ports.now())

    def _note(self, asked: c.Leave | c.Intend | c.Accept | c.Settle | c.Say) -> None:
        address = self.work.key.address
        assert self.memory.op is not None
        if isinstance(asked, c.Intend):
            self.steps[asked.seq] = asked.step
            self._write(partial(self.journal.intend, self.memory.op.op_id, asked))
            self.ports.listen(StepStarted(address, asked.step.verb, _detail(asked.step)))
        elif isinstance(asked, c.Accept):
            self._write(partial(self.journal.accepted, self.memory.op.op_id, asked.seq, asked.upid))
        elif isinstance(asked, c.Settle):
            self.memory = self._write(partial(self.journal.settle, self.memory, self.work.manager, asked))
            error = asked.error or ("" if asked.state is not StepState.FAILED else "failed")
            self.ports.listen(StepFinished(address, asked.verb, error))
        elif isinstance(asked, c.Say):
            self.shared.writer.write(partial(self.records.say, self.memory.known.uid, asked.reason, asked.message))
            self.ports.listen(Warned(f"{address}: {asked.message}"))
        if isinstance(asked, (c.Leave, c.Settle)):
            self._leave()

    def _observe(self, asked: c.Observe) -> Event:
        target = replace(asked.target, fresh=True)
        live, view = None, None
        if not asked.relist:
            with suppress(ApiError):
                live, view = self._in_place(target)
        if live is None:
            try:
                view = self.ports.cluster.run(look_round(self._around.version))
                live = self.ports.cluster.run(observe(self.work.kind, target, view))
            except ApiError as error:
                live = Live(Existence.UNKNOWN, reason=error.message, vmid=target.vmid)
        self.view = view or self.view
        return c.Seen(self.ports.now(), live, view)

    def _in_place(self, target: Target) -> tuple[Live | None, View | None]:
        """Look where the object was or was made, and return it with a view that has it, if that is another one.

        A guest that is not there is None: the whole cluster is asked before anything is concluded.
        """
        kind, around = self.work.kind, self._around
        if is_nowhere(target):
            return ABSENT, None
        if not kind.guest:
            return (self.ports.cluster.run(kind.observe(target)) if target.row else None), None
        if row := around.guests.get(target.vmid):
            live = self.ports.cluster.run(kind.observe(replace(target, row=row)))
            return (live if live.existence is Existence.PRESENT else None), None
        if target.node:
            row = {"vmid": target.vmid, "type": guest_type(kind), "node": target.node}
            live = self.ports.cluster.run(kind.observe(replace(target, row=row)))
            if live.existence is not Existence.PRESENT:
                return None, None
            found = {**row, "node": live.node, "status": live.power}
            return live, View(replace(around, guests={**around.guests, target.vmid: found}))
        if self.doubtful or self.memory.known.bound:
            return None, None
        # A guest to be made: Proxmox' claim of the VMID decides, one question is courtesy enough.
        live = self.ports.cluster.run(observe(kind, target, View(around)))
        self.doubtful = live.existence is not Existence.ABSENT
        return live, None

    @property
    def _around(self) -> Surroundings:
        return self.view.surroundings if self.view else self.job.situation.surroundings

    def _holds(self) -> None:
        """See that the object is still ours; LeaseLost when another worker has it (engine.md D8.2).

        A process that was paused, or that waited for a connection, must not send late what others have gone on from.
        """
        if self.shared.clock() - self.held.at > STOP_AFTER:
            self.shared.leases.renew(self.held)

    def _send(self, asked: c.Send) -> Event:
        self._holds()
        if asked.secret_to is not None and asked.secret_to.source == "file":
            # What Proxmox shows once must not be lost for want of a folder.
            self.ports.write_secret(asked.secret_to.name, None)
        request = asked.request
        try:
            data: object = None
            lines: tuple[str, ...] = ()
            if asked.errand is not None:
                lines = self.ports.errand(asked.errand)
            elif asked.operation is not None:
                lines = self.ports.cluster.run(self._until_stopped(asked.operation))
            else:
                version = self.job.situation.surroundings.version
                request = self.shared.domains.over(self.work.kind, request, version)
                data = self.ports.cluster.run(call(replace(request, gate=self._holds)))
                self.shared.domains.applied(request)
        except ApiError as error:
            self.shared.domains.refused(request, error)
            return c.Refused(self.ports.now(), error)
        if asked.secret_to is not None and isinstance(data, Mapping) and data.get("value"):
            value = Secret(str(data["value"]))
            self.shared.writer.write(partial(keep, self.ports, self.work.key.namespace, asked.secret_to, value))
        for line in lines:
            self.ports.listen(TaskProgress(self.work.key.address, "", line))
        return c.Replied(self.ports.now(), data, lines)

    def _follow(self, asked: c.Follow) -> Event:
        address = self.work.key.address

        def heard(line: str) -> None:
            self.ports.listen(TaskProgress(address, asked.upid, line))

        if not asked.limit:  # a limit counts the pauses that were asked for
            with self.shared.news:
                self.shared.watch.begin(asked.upid)
        try:
            polling = replace(self.shared.settings.polling, limit=asked.limit)
            watched = self._until_stopped(until_late(asked.upid, polling, heard), asked.upid)
            return c.Ended(self.ports.now(), self.ports.cluster.run(watched))
        except ApiError as error:
            return c.Refused(self.ports.now(), error)
        finally:
            with self.shared.news:
                self.shared.watch.end(asked.upid)

    def _until_stopped(self, operation: ApiGen[T], upid: str = "") -> ApiGen[T]:
        """Let an operation go on only while nobody asked to stop; its pauses end when its task is said to have ended."""
        answer, error = None, None
        while True:
            try:
                asked = operation.throw(error) if error is not None else operation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer, error = None, None
            if isinstance(asked, Wait):
                self._nap(asked.seconds, upid)
                if self.shared.stop.is_set():
                    operation.close()
                    raise Interrupted
                continue
            try:
                answer = yield asked
            except ApiError as failure:
                error = failure

    def _nap(self, seconds: float, upid: str) -> None:
        """Wait so long, or longer while the cluster's list shows the task as running; no longer once it shows its end."""
        began, watch = self.shared.clock(), self.shared.watch
        with self.shared.news:
            while not self.shared.stop.is_set() and not watch.calls(upid):
                left = began + watch.pause(upid, seconds) - self.shared.clock()
                if left <= 0:
                    return
                self.shared.news.wait(left)

    def _admit(self, asked: c.Admit) -> Event:
        limits = self.shared.settings.limits
        wanted = turns_of(asked.step, self.job.situation.target.node, self._around, limits)
        waited = False
        with self.shared.turn_given:
            while not self.shared.turns.take(wanted):
                if self.shared.stop.is_set():
                    raise Interrupted
                waited = True
                self.shared.turn_given.wait(0.5)
        self.turns = wanted
        return c.Admitted(self.ports.now(), waited)

    def _leave(self) -> None:
        if not self.turns:
            return
        with self.shared.turn_given:
            self.shared.turns.give_back(self.turns)
            self.turns = {}
            self.shared.turn_given.notify_all()

    def _find(self, asked: c.FindTask) -> Event:
        try:
            assert self.memory.op is not None
            steps = self.shared.writer.write(partial(self.ports.store.journal.steps, self.memory.op.op_id))
            known = {s.upid for s in steps if s.upid}
            search = Search(asked, self.ports.now(), frozenset(known), self.ports.user)
            upid = self.ports.cluster.run(find_task(search))
        except ApiError:
            upid = ""  # the list of tasks is a hint, never a proof
        return c.Found(self.ports.now(), upid)

    def _rebind(self, asked: c.Rebind) -> Event:
        self._leave()
        wanted = self.job.situation.desired
        assert wanted is not None
        view = self.ports.cluster.run(look_round(self._around.version))
        taken = view.surroundings.guests.keys()
        self.memory = self.shared.writer.write(
            partial(self.records.vmids.rebind, self.work.kind, wanted, self.memory, asked, taken)
        )
        assert self.memory.op is not None
        target = target_of(self.ports, self.work.key, replace(self.memory, steps=()), self.memory.op.op_id)
        return c.Retargeted(self.ports.now(), target)

    def _sleep(self, seconds: float) -> None:
        end = self.shared.clock() + seconds
        while not self.shared.stop.is_set():
            left = end - self.shared.clock()
            if left <= 0:
                return
            self.ports.sleep(min(left, 0.5))
        raise Interrupted


def _detail(step: Step) -> str:
    return ", ".join(f"{k} {v}" for k, v in step.detail.items()) or ", ".join(step.leaves)
