"""One writer of the store for all workers: what they ask for at the same time is one commit (engine.md D8.1).

A commit to disk costs the same whatever it holds, so twenty workers that each note a step wait for one disk access, not for
twenty. Whoever asked goes on only once the commit with its change is on disk: an intent is durable before its write is
sent. Never waits for company: while one commit is under way the next ones gather by themselves.

Pure; the runner gives it a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from pxhelm.errors import PxhelmError
from pxhelm.store.port import Store

T = TypeVar("T")


class _Ask(Generic[T]):
    """One change that somebody waits for."""

    def __init__(self, change: Callable[[], T]) -> None:
        self.change = change
        self.value: T
        self.error: BaseException | None = None
        self._ended: SimpleQueue[None] = SimpleQueue()

    def run(self) -> None:
        """Make the change in the transaction that is open."""
        self.value = self.change()

    def end(self, error: BaseException | None = None) -> None:
        """Let whoever waits go on."""
        self.error = error
        self._ended.put(None)

    def wait(self) -> T:
        """Wait for the commit and return what the change returned."""
        self._ended.get()
        if self.error is not None:
            raise self.error
        return self.value


class Writer:
    """Makes the changes of many threads in one of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._asked: SimpleQueue[_Ask[object] | None] = SimpleQueue()

    def write(self, change: Callable[[], T]) -> T:
        """Make a change and return what it returned, once it is on disk; raises what it raises, and then nothing was changed.

        The change touches the store alone, and may be made again when one beside it failed. It never calls ``write``.
        """
        ask = _Ask(change)
        self._asked.put(ask)  # type: ignore[arg-type]
        return ask.wait()

    def serve(self) -> None:
        """Make changes until ``close``; call it in the thread that shall make them."""
        while (first := self._asked.get()) is not None:
            asked, closed = self._gathered(first)
            self._commit(asked)
            if closed:
                return

    def close(self) -> None:
        """End ``serve`` after what was asked for until now."""
        self._asked.put(None)

    def _gathered(self, first: _Ask[object]) -> tuple[list[_Ask[object]], bool]:
        asked = [first]
        with suppress(Empty):
            while (more := self._asked.get_nowait()) is not None:
                asked.append(more)
            return asked, True
        return asked, False

    def _commit(self, asked: Sequence[_Ask[object]]) -> None:
        """Commit the changes together; when one of them fails, each alone, so that it fails for nobody else."""
        failed: _Ask[object] | None = None
        try:
            with self.store.transaction():
                for failed in asked:
                    failed.run()
                failed = None
        except BaseException as error:  # noqa: BLE001 - whoever asked gets it
            if len(asked) == 1 or (failed is None and isinstance(error, PxhelmError)):
                for each in asked:  # the commit itself failed: a full disk, a lock that nobody lets go
                    each.end(error)
                return
            for each in asked:
                self._commit((each,))
            return
        for each in asked:
            each.end()
