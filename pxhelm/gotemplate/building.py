"""What the parts of the compiler know of the whole: a port, so that none imports another.

Only types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.errors import ExecError
from pxhelm.gotemplate.runtime import Emit, Get
from pxhelm.gotemplate.signature import Function

Call = tuple[Sequence[n.Node], Get | None, n.Node]
"""Arguments, what the pipe brings, and the command: for fields that are methods."""


class Compiler(Protocol):
    """Compiles one tree. ``dot_is_element`` and ``elements`` say where a value still sits in an interface{}."""

    functions: Mapping[str, Function]
    strict: bool
    dot_is_element: bool
    elements: set[int]

    def error(self, node: n.Node, message: str, cause: Exception | None = None) -> ExecError:
        """Make the error that blames ``node``."""

    def failing(self, node: n.Node, message: str) -> Get:
        """Return a closure that fails: what Go finds out only when it gets there."""

    def items(self, found: n.List) -> Emit:
        """Compile a sequence."""

    def pipeline(self, pipe: n.Pipe) -> Get:
        """Compile a pipeline, with the assignment of its result."""

    def operand(self, node: n.Node) -> Get:
        """Compile an argument without a declared type."""

    def in_interface(self, node: n.Node) -> bool:
        """Tell whether a nil from this operand is one held in an interface{} rather than no value."""
