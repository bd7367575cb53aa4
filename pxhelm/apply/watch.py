"""What one list of the cluster's tasks says of all tasks under way (engine.md D8.4).

The list is a hint and never a proof: it is cut at 25 tasks of a node, leaves out what the user may not see, and may be
seconds old. A task that it shows as running is asked for itself more rarely, one that it shows as ended is asked at once, and
one that it does not show is asked as if there were no list. How a task ended only its own status tells.

Pure; the runner asks for the list, and guards this against threads.
"""

from __future__ import annotations

from collections.abc import Iterable

from pxhelm.proxmox.cluster import TaskEntry
from pxhelm.proxmox.task import TaskState

FEW = 3
"""From so many tasks on, one list costs less than asking for each."""
RARER = 2.0
"""By so much longer are the pauses between questions for a task that the list shows as running …"""
LONGEST = 5.0
"""… but no longer than this, in seconds: a list may be late by a whole round of Proxmox' status daemon."""


class Watch:
    """Tasks under way, and what the last list said of each."""

    def __init__(self) -> None:
        self._said: dict[str, TaskState | None] = {}

    @property
    def worthwhile(self) -> bool:
        """Whether there are enough tasks for a list."""
        return len(self._said) >= FEW

    def begin(self, upid: str) -> None:
        """Take a task in."""
        self._said[upid] = None

    def end(self, upid: str) -> None:
        """Let a task go."""
        self._said.pop(upid, None)

    def hear(self, listed: Iterable[TaskEntry]) -> bool:
        """Take a list; return whether it shows the end of a task that was under way."""
        states = {str(entry.upid): entry.state for entry in listed}
        self._said = {upid: states.get(upid) for upid in self._said}
        return any(state not in (None, TaskState.RUNNING) for state in self._said.values())

    def deaf(self) -> bool:
        """There is no list: nothing is known of any task, and there is no news."""
        self._said = dict.fromkeys(self._said)
        return False

    def pause(self, upid: str, seconds: float) -> float:
        """Return how long to wait instead of ``seconds`` until the task is asked for itself."""
        shown = self._said.get(upid) is TaskState.RUNNING
        return max(seconds, min(seconds * RARER, LONGEST)) if shown else seconds

    def calls(self, upid: str) -> bool:
        """Whether the list shows the task as ended; told once for each list, for the list may be wrong."""
        if self._said.get(upid) in (None, TaskState.RUNNING):
            return False
        self._said[upid] = None
        return True
