"""Runs machines against the cluster and the store, many at once (edge).

Each object has a thread while it is worked on. Every command of a machine is done here and answered by an event; every
journal write carries the object's lease, which a thread of its own renews. Decides nothing about an object.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Empty, SimpleQueue

from pxhelm.apply import command as c
from pxhelm.apply.admission import Limits, Turn, Turns, turns_of
from pxhelm.apply.command import Command, Event, Outcome, Result
from pxhelm.apply.job import Job
from pxhelm.apply.journal import Journal
from pxhelm.apply.machine import run
from pxhelm.apply.memory import target_of
from pxhelm.apply.ports import Ports
from pxhelm.apply.queue import GOOD, Queue, Work
from pxhelm.apply.reach import reach
from pxhelm.apply.records import Records
from pxhelm.apply.sdn_lock import SdnLock
from pxhelm.apply.secrets import keep
from pxhelm.apply.tasks import Search, find_task, until_late
from pxhelm.apply.writer import Writer
from pxhelm.errors import PxhelmError
from pxhelm.events import StepFinished, StepStarted, TaskProgress, Warned
from pxhelm.plan.observe import View, guest_type, look_round, observe
from pxhelm.proxmox.errors import ApiError
from pxhelm.proxmox.request import ApiGen, T, Wait, call
from pxhelm.proxmox.task import Polling
from pxhelm.resource.domain import SDN_CHANGES
from pxhelm.resource.identity import ObjectKey
from pxhelm.resource.model import Existence, Live
from pxhelm.resource.readiness import PAUSE, timeout_of, unready
from pxhelm.resource.step import Step
from pxhelm.secret import Secret
from pxhelm.store.journal import StepState
from pxhelm.store.leases import Lease
from pxhelm.store.outcome import LeaseHeldError

LEASE_TTL = 15.0
RENEW_EVERY = 5.0
STOP_AFTER = 10.0
"""Without a renewal for so long nothing is sent any more."""
POLLING = Polling(first=0.2, factor=1.6, longest=3.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run goes."""

    limits: Limits = field(default_factory=Limits)
    lock_timeout: float = 0.0
    """Seconds to wait for another worker's lease on an object."""
    polling: Polling = POLLING


class _Interrupted(Exception):  # noqa: N818 - the user's wish, no error
    """The run was asked to stop."""


class Runner:
    """Runs work in dependency order; one use."""

    def __init__(self, ports: Ports, settings: Settings) -> None:
        self.ports = ports
        self.settings = settings
        self.records = Records(ports)
        self.writer = Writer(ports.store)
        self.stop = threading.Event()
        self.turns = Turns(settings.limits)
        self.turn_given = threading.Condition()
        self.leases: dict[str, _Held] = {}
        self.ended = threading.Event()
        self.sdn = SdnLock(ports, self.writer.write, self.lease, self.free, threading.Lock())

    def run(self, work: Sequence[Work], edges: Mapping[ObjectKey, tuple[ObjectKey, ...]]) -> dict[ObjectKey, Outcome]:
        """Do all of it, each object as soon as what it waits for is done; a failure blocks its dependents alone.

        After the first Ctrl-C nothing new is sent; what is under way is left to the journal.
        """
        queue = Queue(work, edges)
        finished: SimpleQueue[tuple[ObjectKey, Outcome]] = SimpleQueue()
        renewer = threading.Thread(target=self._renew, name="leases", daemon=True)
        renewer.start()
        writer = threading.Thread(target=self.writer.serve, name="writer", daemon=True)
        writer.start()
        size = max(1, min(self.settings.limits.objects, len(work)))
        pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="apply")
        try:
            self.sdn.recover()
            while True:
                self._start_ready(pool, queue, finished)
                if not queue.running:
                    break
                try:
                    key, outcome = finished.get(timeout=0.5)
                except Empty:
                    continue
                except KeyboardInterrupt:
                    self._interrupt()
                    continue
                queue.end(key, outcome)
        except KeyboardInterrupt:
            self._interrupt()
            raise
        finally:
            self.ended.set()
            pool.shutdown(wait=True, cancel_futures=True)
            renewer.join()
            with suppress(PxhelmError):
                self.sdn.release()
            self.writer.close()
            writer.join()
        return queue.outcomes

    def _interrupt(self) -> None:
        self.stop.set()
        with self.turn_given:
            self.turn_given.notify_all()

    def _start_ready(
        self, pool: ThreadPoolExecutor, queue: Queue, finished: SimpleQueue[tuple[ObjectKey, Outcome]]
    ) -> None:
        while queue.ready:
            key = queue.ready.popleft()
            if self.stop.is_set():
                queue.end(key, Outcome(Result.INTERRUPTED, "Interrupted", "not begun"))
                continue
            failed = next((k for k in queue.edges.get(key, ()) if queue.failed(k)), None)
            if failed is None:
                pool.submit(self._one, queue.begin(key), finished)
                continue
            why = f"it waits for {failed.address}: {queue.outcomes[failed].message or 'not done'}"
            queue.end(key, Outcome(Result.BLOCKED, "Dependency", why))

    def _one(self, work: Work, finished: SimpleQueue[tuple[ObjectKey, Outcome]]) -> None:
        try:
            outcome = _Worker(self, work).run()
        except _Interrupted:
            outcome = Outcome(Result.INTERRUPTED, "Interrupted", "interrupted; the same command goes on with it")
        except LeaseHeldError as held:
            outcome = Outcome(Result.BLOCKED, "Locked", held.message, held.hint)
        except PxhelmError as error:
            outcome = Outcome(Result.FAILED, "Failed", error.message, error.hint)
        except BaseException as bug:  # noqa: BLE001 - a worker's bug must reach the door, not vanish in a thread
            outcome = Outcome(Result.FAILED, "Bug", f"{type(bug).__name__}: {bug}")
        finished.put((work.key, outcome))

    def lease(self, name: str) -> _Held:
        """Take a lease and keep it alive until ``free``; LeaseHeldError when somebody else has it."""
        leases, ports = self.ports.store.leases, self.ports
        taken = partial(leases.acquire, name, ports.holder, LEASE_TTL, ports.now(), ports.is_dead)
        held = self.leases[name] = _Held(self.writer.write(taken), time.monotonic())
        return held

    def free(self, name: str) -> None:
        """Give a lease back, wherever it is by now."""
        held = self.leases.pop(name, None)
        if held is not None:
            with suppress(PxhelmError):
                self.writer.write(partial(self.ports.store.leases.release, held.lease))

    def _renew(self) -> None:
        while not self.ended.wait(RENEW_EVERY):
            for held in list(self.leases.values()):
                with suppress(PxhelmError):
                    held.renew(self)


@dataclass(slots=True)
class _Held:
    """A lease of ours, and when it was last known to be."""

    lease: Lease
    at: float

    def renew(self, runner: Runner) -> None:
        leases, now, lease = runner.ports.store.leases, runner.ports.now(), self.lease
        self.lease = runner.writer.write(lambda: leases.renew(lease, LEASE_TTL, now))
        self.at = time.monotonic()


class _Worker:
    """One object's machine being driven."""

    def __init__(self, runner: Runner, work: Work) -> None:
        self.r = runner
        self.work = work
        self.ports = runner.ports
        self.records = runner.records
        self.journal = Journal(runner.records)
        self.memory = work.memory
        self.view: View | None = None
        self.looked = False
        self.steps: dict[int, Step] = {}
        self.turns: dict[Turn, int] = {}
        self.held: _Held
        self.job: Job

    def run(self) -> Outcome:
        name = f"object:{self.memory.known.uid}"
        self.held = self._lease(name)
        try:
            self.memory = self._write(partial(self.journal.begin, self.memory, self.work.verb, self.work.plan_hash))
            self.job = self.work.make(self.memory)
            outcome = self._drive()
            if self.work.awaited and outcome.result in GOOD:
                outcome = self._ready(outcome)
            if self.work.verb == "delete":
                self._write(partial(self.journal.finish_removal, self.memory, outcome))
            else:
                self._write(partial(self.journal.finish, self.memory, self.work.manager, outcome))
            return outcome
        finally:
            self._leave()
            self.r.free(name)

    def _lease(self, name: str) -> _Held:
        deadline = self.ports.now() + self.r.settings.lock_timeout
        while True:
            try:
                return self.r.lease(name)
            except LeaseHeldError:
                if self.ports.now() >= deadline:
                    raise
                self._sleep(0.5)

    def _write(self, change: Callable[[Lease], T]) -> T:
        """Have a change made under our lease and wait for its commit."""
        return self.r.writer.write(lambda: change(self.held.lease))

    def _drive(self) -> Outcome:
        machine = run(self.job)
        try:
            asked = next(machine)
            while True:
                # What was journaled as about to be sent is sent, and its answer recorded.
                if self.r.stop.is_set() and not isinstance(asked, (c.Send, c.Accept, c.Settle)):
                    raise _Interrupted
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
                why = self.ports.cluster.run(unready(live, leaves, guest_type(kind), reach))
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
            self.r.writer.write(partial(self.records.say, self.memory.known.uid, asked.reason, asked.message))
            self.ports.listen(Warned(f"{address}: {asked.message}"))
        if isinstance(asked, (c.Leave, c.Settle)):
            self._leave()

    def _observe(self, asked: c.Observe) -> Event:
        kind = self.work.kind
        live: Live | None = None
        view: View | None = None
        around = self.view.surroundings if self.view else self.job.situation.surroundings
        row = around.guests.get(asked.target.vmid) if kind.guest else asked.target.row
        if not asked.relist and row:
            target = replace(asked.target, row=row, fresh=True)
            with suppress(ApiError):
                live = self.ports.cluster.run(kind.observe(target))
                if kind.guest and live.existence is not Existence.PRESENT:
                    live = None  # not where it was: the whole cluster is asked before anything is concluded
        first = kind.guest and not asked.relist and not self.looked and not self.memory.known.bound
        if first and live is None and not row and not asked.target.node:
            # A guest to be made: Proxmox' claim of the VMID decides, one question is courtesy enough.
            with suppress(ApiError):
                live = self.ports.cluster.run(observe(kind, asked.target, View(around)))
        self.looked = True
        if live is None:
            try:
                view = self.ports.cluster.run(look_round())
                live = self.ports.cluster.run(observe(kind, replace(asked.target, fresh=True), view))
            except ApiError as error:
                live = Live(Existence.UNKNOWN, reason=error.message, vmid=asked.target.vmid)
        self.view = view or self.view
        return c.Seen(self.ports.now(), live, view)

    def _send(self, asked: c.Send) -> Event:
        if time.monotonic() - self.held.at > STOP_AFTER:
            self.held.renew(self.r)  # LeaseLost: another worker has the object, nothing is sent
        try:
            data: object = None
            lines: tuple[str, ...] = ()
            if asked.errand is not None:
                lines = self.ports.errand(asked.errand)
            elif asked.operation is not None:
                lines = self.ports.cluster.run(self._until_stopped(asked.operation))
            else:
                version = self.job.situation.surroundings.version
                request = self.r.sdn.over(asked.request, version, stages=self.work.kind.domain == SDN_CHANGES.name)
                data = self.ports.cluster.run(call(request))
                self.r.sdn.applied(request)
        except ApiError as error:
            return c.Refused(self.ports.now(), error)
        if asked.secret_to is not None and isinstance(data, Mapping) and data.get("value"):
            value = Secret(str(data["value"]))
            self.r.writer.write(partial(keep, self.ports, self.work.key.namespace, asked.secret_to, value))
        for line in lines:
            self.ports.listen(TaskProgress(self.work.key.address, "", line))
        return c.Replied(self.ports.now(), data, lines)

    def _follow(self, asked: c.Follow) -> Event:
        address = self.work.key.address

        def heard(line: str) -> None:
            self.ports.listen(TaskProgress(address, asked.upid, line))

        try:
            polling = replace(self.r.settings.polling, limit=asked.limit)
            watched = self._until_stopped(until_late(asked.upid, polling, heard))
            return c.Ended(self.ports.now(), self.ports.cluster.run(watched))
        except ApiError as error:
            return c.Refused(self.ports.now(), error)

    def _until_stopped(self, operation: ApiGen[T]) -> ApiGen[T]:
        """Let an operation go on only while nobody asked to stop."""
        answer, error = None, None
        while True:
            try:
                asked = operation.throw(error) if error is not None else operation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            if self.r.stop.is_set() and isinstance(asked, Wait):
                operation.close()
                raise _Interrupted
            answer, error = None, None
            try:
                answer = yield asked
            except ApiError as failure:
                error = failure

    def _admit(self, asked: c.Admit) -> Event:
        around = (self.view.surroundings if self.view else None) or self.job.situation.surroundings
        wanted = turns_of(asked.step, self.job.situation.target.node, around, self.r.settings.limits)
        waited = False
        with self.r.turn_given:
            while not self.r.turns.take(wanted):
                if self.r.stop.is_set():
                    raise _Interrupted
                waited = True
                self.r.turn_given.wait(0.5)
        self.turns = wanted
        return c.Admitted(self.ports.now(), waited)

    def _leave(self) -> None:
        if not self.turns:
            return
        with self.r.turn_given:
            self.r.turns.give_back(self.turns)
            self.turns = {}
            self.r.turn_given.notify_all()

    def _find(self, asked: c.FindTask) -> Event:
        try:
            assert self.memory.op is not None
            steps = self.r.writer.write(partial(self.ports.store.journal.steps, self.memory.op.op_id))
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
        view = self.ports.cluster.run(look_round())
        taken = view.surroundings.guests.keys()
        self.memory = self.r.writer.write(
            partial(self.records.vmids.rebind, self.work.kind, wanted, self.memory, asked, taken)
        )
        assert self.memory.op is not None
        target = target_of(self.ports, self.work.key, replace(self.memory, steps=()), self.memory.op.op_id)
        return c.Retargeted(self.ports.now(), target)

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.r.stop.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return
            self.ports.sleep(min(left, 0.5))
        raise _Interrupted


def _detail(step: Step) -> str:
    return ", ".join(f"{k} {v}" for k, v in step.detail.items()) or ", ".join(step.leaves)
