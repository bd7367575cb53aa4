"""Has many objects worked on at once, each when what it waits for is done (edge).

Each object has a thread and a ``Worker`` in it. Threads of their own renew the leases, write the store and watch the tasks.
Decides nothing about an object.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue

from pxhelm.apply.admission import Turns
from pxhelm.apply.command import Outcome, Result
from pxhelm.apply.domains import Domains, Recovered
from pxhelm.apply.kept import Kept
from pxhelm.apply.leases import RENEW_EVERY, Leases
from pxhelm.apply.network_watch import NetworkWatch
from pxhelm.apply.ports import Ports
from pxhelm.apply.queue import Queue, Work
from pxhelm.apply.records import Records
from pxhelm.apply.sdn_lock import SdnLock
from pxhelm.apply.shared import Settings, Shared
from pxhelm.apply.staging import Staging
from pxhelm.apply.watch import Watch
from pxhelm.apply.worker import Interrupted, Worker
from pxhelm.apply.writer import Writer
from pxhelm.errors import PxhelmError
from pxhelm.plan.order import Order
from pxhelm.proxmox.cluster import TaskEntry, tasks
from pxhelm.resource.identity import ObjectKey
from pxhelm.store.outcome import LeaseHeldError

_RUNS = count(1)


class Runner:
    """Runs work in dependency order; one use."""

    def __init__(self, ports: Ports, settings: Settings, staging: Staging) -> None:
        self.stop = threading.Event()
        self.ended = threading.Event()
        writer, clock = Writer(ports.store), time.monotonic
        leases = Leases(ports, writer, clock)
        kept, free = Kept(ports, writer.write), leases.free
        take = partial(leases.take, worker=f"run {next(_RUNS)}")  # what one run stages is not another's of this process
        self.shared = Shared(
            ports,
            settings,
            Records(ports),
            writer,
            leases,
            Domains(
                staging,
                SdnLock(kept, staging, take, free, threading.Lock()),
                NetworkWatch(kept, staging, settings.contact, take, free, threading.Lock()),
            ),
            clock,
            self.stop,
            Turns(settings.limits),
            threading.Condition(),
            Watch(),
            threading.Condition(),
            threading.Lock(),
        )

    def run(self, work: Sequence[Work], order: Order) -> dict[ObjectKey, Outcome]:
        """Do all of it, each object as soon as what it waits for is done; a failure blocks alone what needs the object.

        After the first Ctrl-C nothing new is sent; what is under way is left to the journal.
        """
        queue = Queue(work, order)
        finished: SimpleQueue[tuple[ObjectKey, Outcome]] = SimpleQueue()
        size = max(1, min(self.shared.settings.limits.objects, len(work)))
        pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="apply")
        with self._helpers():
            try:
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
                pool.shutdown(wait=True, cancel_futures=True)
            return self.shared.domains.end(queue.outcomes)

    def recover(self) -> tuple[Recovered, ...]:
        """Do in the domains what runs have left undone that were killed; returns what there is to tell."""
        with self._helpers():
            return tuple(self.shared.domains.recover())

    @contextmanager
    def _helpers(self) -> Iterator[None]:
        """Have leases renewed, the store written and tasks watched while the block runs."""
        renewer, watcher, writer = (
            threading.Thread(target=what, name=name, daemon=True)
            for name, what in (("leases", self._renew), ("tasks", self._watch), ("writer", self.shared.writer.serve))
        )
        for each in (renewer, watcher, writer):
            each.start()
        try:
            yield
        finally:
            self.ended.set()
            renewer.join()
            self.shared.writer.close()
            writer.join()
            watcher.join(1.0)  # it may be in the middle of a question that nobody waits for any more

    def _interrupt(self) -> None:
        self.stop.set()
        for waiting in (self.shared.turn_given, self.shared.news):
            with waiting:
                waiting.notify_all()

    def _start_ready(
        self, pool: ThreadPoolExecutor, queue: Queue, finished: SimpleQueue[tuple[ObjectKey, Outcome]]
    ) -> None:
        while queue.ready:
            key = queue.ready.popleft()
            if self.stop.is_set():
                queue.end(key, Outcome(Result.INTERRUPTED, "Interrupted", "not begun"))
                continue
            failed = next((k for k in queue.needs.get(key, ()) if queue.failed(k)), None)
            if failed is None:
                pool.submit(self._one, queue.begin(key), finished)
                continue
            why = f"it waits for {failed.address}: {queue.outcomes[failed].message or 'not done'}"
            queue.end(key, Outcome(Result.BLOCKED, "Dependency", why))

    def _one(self, work: Work, finished: SimpleQueue[tuple[ObjectKey, Outcome]]) -> None:
        try:
            outcome = Worker(self.shared, work).run()
        except Interrupted:
            outcome = Outcome(Result.INTERRUPTED, "Interrupted", "interrupted; the same command goes on with it")
        except LeaseHeldError as held:
            outcome = Outcome(Result.BLOCKED, "Locked", held.message, held.hint)
        except PxhelmError as error:
            outcome = Outcome(Result.FAILED, "Failed", error.message, error.hint)
        except BaseException as bug:  # noqa: BLE001 - a worker's bug must reach the door, not vanish in a thread
            outcome = Outcome(Result.FAILED, "Bug", _where(bug), "this is a bug of pxhelm, please report it")
        finished.put((work.key, outcome))

    def _renew(self) -> None:
        while not self.ended.wait(RENEW_EVERY):
            self.shared.leases.renew_all()

    def _watch(self) -> None:
        """Ask for the cluster's list of tasks as long as that costs less than asking for each (engine.md D8.4)."""
        shared, how = self.shared, self.shared.settings.listing
        pause = how.first
        while not self.ended.wait(pause):
            if not shared.watch.worthwhile:
                pause = how.first
                continue
            listed: tuple[TaskEntry, ...] | None = None
            with suppress(PxhelmError):
                listed = shared.ports.cluster.run(tasks())
            with shared.news:
                news = shared.watch.hear(listed) if listed is not None else shared.watch.deaf()
                shared.news.notify_all()
            pause = how.first if news else min(pause * how.factor, how.longest)


def _where(bug: BaseException) -> str:
    """Return what went wrong and at which line of ours; never its message, which may hold a value of the user's."""
    last = traceback.extract_tb(bug.__traceback__)[-1]
    return f"{type(bug).__name__} at {last.filename.rpartition('/pxhelm/')[2]}:{last.lineno}"
