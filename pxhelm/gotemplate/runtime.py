"""What a running template works on: frames, the state of one rendering, and its budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxhelm.gotemplate.errors import BudgetError
from pxhelm.gotemplate.host import Host

if TYPE_CHECKING:
    from pxhelm.gotemplate.compiler import Program

Emit = Callable[["Frame"], None]
Get = Callable[["Frame"], object]


class BreakLoop(Exception):  # noqa: N818 - a jump, not an error
    """``{{break}}``."""


class ContinueLoop(Exception):  # noqa: N818 - a jump, not an error
    """``{{continue}}``."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a rendering may spend; generous for charts, fatal for bombs."""

    steps: int = 50_000_000
    """Loop iterations and template calls."""
    output: int = 256 * 1024 * 1024
    """Characters written, nested templates included."""
    depth: int = 1_000
    """Nested template calls; Go allows 100,000, Helm 1,000 includes of one name."""


class Frame:
    """One invocation of a template: its dot, its variables, its output."""

    __slots__ = ("dot", "out", "run", "vars", "write")

    def __init__(self, run: Run, dot: object, slots: int) -> None:
        self.run = run
        self.dot = dot
        self.vars: list[object] = [None] * slots
        self.vars[0] = dot
        self.out: list[str] = []
        self.write = self.out.append


@dataclass(slots=True)
class Run:
    """One rendering: the programs by name, what is spent, who may be asked."""

    programs: Mapping[str, Program]
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
    evaluate: Callable[[Run, str, object], str] | None = None
    """Runs ``tpl``; set by the engine."""

    def step(self) -> None:
        """Count one iteration or call."""
        self.steps += 1
        if self.steps > self.budget.steps:
            raise BudgetError(f"rendering took more than {self.budget.steps} steps")

    def grow(self, count: int) -> None:
        """Count output."""
        self.size += count
        if self.size > self.budget.output:
            raise BudgetError(f"rendering wrote more than {self.budget.output} characters")
