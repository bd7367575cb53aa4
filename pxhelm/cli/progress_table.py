"""A live table on a terminal: one row for each object that something happens to, redrawn in place.

Erased at the end: what became of each stands in the result. Never decides what happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from pxhelm.cli.views.terminal import harmless
from pxhelm.events import Event, StepFinished, StepStarted, TaskProgress, Warned
from pxhelm.resource.columns import duration

_QUIET_SECONDS = 0.5
"""A command that ends sooner shows no table."""
_REDRAW_SECONDS = 0.1


@dataclass(slots=True)
class _Row:
    step: str
    began: float
    ended: float = 0.0
    line: str = ""
    failed: bool = False


class ProgressTable:
    """Hears events and draws; the clock and the size of the terminal are given."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], size: Callable[[], tuple[int, int]]) -> None:
        self._stream = stream
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}
        self._told: set[str] = set()
        self._drawn = 0
        self._began = clock()
        self._last = 0.0

    def hear(self, event: Event) -> None:
        """Take note of an event, and redraw now and then."""
        with self._lock:
            now = self._clock()
            match event:
                case Warned(message):
                    self._note(message)
                case StepStarted(address, step, _):
                    self._rows[address] = _Row(step, now)
                case StepFinished(address, _, error):
                    row = self._rows.get(address)
                    if row is not None:
                        row.ended, row.failed = now, bool(error)
                case TaskProgress(address, _, last_line):
                    if address in self._rows and last_line.strip():
                        self._rows[address].line = last_line.strip()
            if now - self._began >= _QUIET_SECONDS and now - self._last >= _REDRAW_SECONDS:
                self._last = now
                self._draw(now)

    def end(self) -> None:
        """Erase the table."""
        with self._lock:
            self._erase()
            self._stream.flush()

    def _note(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._erase()
            self._stream.write(f"note: {harmless(message)}\n")

    def _draw(self, now: float) -> None:
        columns, height = self._size()
        text = table_lines(self._rows, now, columns, max(3, height - 2))
        self._erase()
        self._stream.write("".join(f"{line}\n" for line in text))
        self._stream.flush()
        self._drawn = len(text)

    def _erase(self) -> None:
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0


def table_lines(rows: dict[str, _Row], now: float, columns: int, height: int) -> list[str]:
    """Return the lines of the table: what is under way first, and how much does not fit."""
    ordered = sorted(rows.items(), key=lambda pair: bool(pair[1].ended))
    shown = ordered if len(ordered) < height else ordered[: height - 2]
    names = [address.rpartition("/")[2] for address, _ in shown]
    width = max([5, *map(len, names)])
    found = [f"{'GUEST':<{width}}   STATE       TIME   "]
    for name, (_, row) in zip(names, shown, strict=True):
        state = ("failed" if row.failed else "done") if row.ended else row.step
        spent = duration(max(1.0, (row.ended or now) - row.began))
        found.append(f"{name:<{width}}   {state:<11} {spent:<6} {'' if row.ended else row.line}")
    if len(shown) < len(ordered):
        waiting = sum(not row.ended for _, row in ordered[len(shown) :])
        found.append(f"… and {len(ordered) - len(shown)} more, {waiting} of them under way")
    return [harmless(line).rstrip()[: columns - 1] for line in found]
