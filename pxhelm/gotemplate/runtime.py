"""What a running template works on: frames, the state of one rendering, and its budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pxhelm.gotemplate.budget import Budget
from pxhelm.gotemplate.errors import BudgetError
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.nodes import Tree

Emit = Callable[["Frame"], None]
Get = Callable[["Frame"], object]


class Runnable(Protocol):
    """A template that can run."""

    tree: Tree
    spans: bool

    def body(self) -> Emit:
        """Return what writes the template to a frame."""


class BreakLoop(Exception):  # noqa: N818 - a jump, not an error
    """``{{break}}``."""


class ContinueLoop(Exception):  # noqa: N818 - a jump, not an error
    """``{{continue}}``."""


class Frame:
    """One invocation of a template: its dot, its variables, its output."""

    __slots__ = ("dot", "held", "measured", "out", "run", "vars", "write")

    def __init__(self, run: Run, dot: object, slots: int) -> None:
        self.run = run
        self.dot = dot
        self.vars: list[object] = [None] * slots
        self.vars[0] = dot
        self.held = True
        """Whether elements of the list being ranged over sit in an interface{}."""
        self.measured = 0
        """How many pieces of the output the budget has seen."""
        self.out: list[str] = []
        self.write = self.out.append


@dataclass(slots=True)
class Run:
    """One rendering: the programs by name, what is spent, who may be asked."""

    programs: Mapping[str, Runnable]
    host: Host
    budget: Budget
    strict: bool = False
    lint: bool = False
    steps: int = 0
    size: int = 0
    depth: int = 0
    included: dict[str, int] = field(default_factory=dict)
    spans: list[tuple[int, str, int]] | None = None
    """(offset in the output, template, line) of each piece of the file being rendered; None = not asked for."""
    root: Frame | None = None
    """The frame of the file being rendered, whose output the spans count."""
    began: float = 0
    """When it began, by the host's ``elapsed``."""

    def step(self, frame: Frame) -> None:
        """Count one call; now and then look at what was written and how long it took."""
        self.steps += 1
        if not self.steps & 1023 or self.steps > self.budget.steps:
            self.look(frame)

    def count(self, frame: Frame, steps: int) -> None:
        """Count iterations, as ``step`` counts a call."""
        before = self.steps
        self.steps += steps
        if before >> 10 != self.steps >> 10 or self.steps > self.budget.steps:
            self.look(frame)

    def look(self, frame: Frame) -> None:
        """Count what was written since the last look; BudgetError when the rendering has spent too much."""
        budget = self.budget
        if self.steps > budget.steps:
            raise BudgetError(f"rendering took more than {budget.steps} steps")
        count = len(frame.out)
        self.grow(sum(map(len, frame.out[frame.measured : count])))
        frame.measured = count
        if self.host.elapsed() - self.began > budget.seconds:
            raise BudgetError(f"rendering took more than {budget.seconds:g} seconds")

    def grow(self, count: int) -> None:
        """Count output."""
        self.size += count
        if self.size > self.budget.output:
            raise BudgetError(f"rendering wrote more than {self.budget.output} characters")
