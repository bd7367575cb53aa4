"""What a running command tells: warnings at once, steps as plain lines, a live line on a terminal.

Everything goes to standard error, so that standard output stays a program's. Never decides what happens.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pxhelm.cli.views.terminal import harmless
from pxhelm.events import Event, HookStarted, Listener, StepFinished, StepStarted, TaskProgress, Warned

if TYPE_CHECKING:
    from pxhelm.cli.progress_table import ProgressTable

_QUIET_SECONDS = 1.0
"""A command that ends sooner shows no progress."""


class _Teller:
    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._lock = threading.Lock()
        self._live = sys.stderr.isatty()
        self._running: dict[str, str] = {}
        self._waiting: list[str] = []
        self._told: set[str] = set()
        self._width = 0

    def hear(self, event: Event) -> None:
        with self._lock:
            match event:
                case Warned(message):
                    if message not in self._told:
                        self._told.add(message)
                        self._line(f"note: {message}")
                case StepStarted(address, step, detail):
                    self._running[address] = f"{step} {detail}".strip()
                    self._progress(f"{address}: {step}{f' {detail}' if detail else ''}")
                case StepFinished(address, step, error):
                    self._running.pop(address, None)
                    if error:
                        self._line(f"{address}: {step} failed: {error}")
                    elif self._live:
                        self._draw()
                case TaskProgress(address, _, last_line):
                    if self._live and address in self._running:
                        self._running[address] = last_line
                        self._draw()
                case HookStarted(event_name, address):
                    self._progress(f"hook {event_name}: {address}")

    def _progress(self, text: str) -> None:
        if time.monotonic() - self._begun < _QUIET_SECONDS:
            return
        if self._live:
            self._draw()
        else:
            self._line(text)

    def _line(self, text: str) -> None:
        self._erase()
        click.echo(harmless(text), err=True)

    def _draw(self) -> None:
        if time.monotonic() - self._begun < _QUIET_SECONDS or not self._running:
            return
        address, what = next(iter(self._running.items()))
        more = f" (+{len(self._running) - 1} more)" if len(self._running) > 1 else ""
        text = harmless(f"{address}: {what}{more}")[:100]
        self._erase()
        click.echo(text, nl=False, err=True)
        self._width = len(text)

    def _erase(self) -> None:
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0

    def end(self) -> None:
        with self._lock:
            self._erase()


@contextmanager
def showing(*, table: bool = False) -> Iterator[Listener]:
    """Hand out a listener that shows events on standard error, and clear what is live at the end.

    ``table`` shows a row for each object on a terminal, instead of one line for all.
    """
    teller: _Teller | ProgressTable = _Teller()
    if table and sys.stderr.isatty():
        from pxhelm.cli.progress_table import ProgressTable

        teller = ProgressTable(sys.stderr, time.monotonic, shutil.get_terminal_size)
    try:
        yield teller.hear
    finally:
        teller.end()
