"""Trees to closures: every node becomes a function of the frame, chosen once by what is known before it runs.

Types are looked at only where Go would complain. What Go's evaluator would have visited last is known here, too, so
that running code keeps no position. A closure that emits takes a frame and writes; one that evaluates returns a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from pxhelm.golang.fmt import action_text, result_text
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.blame import last_visited
from pxhelm.gotemplate.branches import compile_branch
from pxhelm.gotemplate.building import Call
from pxhelm.gotemplate.calls import compile_call
from pxhelm.gotemplate.errors import ExecError, Place
from pxhelm.gotemplate.fields import compile_fields
from pxhelm.gotemplate.runtime import BreakLoop, ContinueLoop, Emit, Frame, Get
from pxhelm.gotemplate.signature import ANY, Function
from pxhelm.gotemplate.writing import LARGE, NO_VALUE, Piece, Show, write_row


@dataclass(slots=True)
class Program:
    """One template, ready to run; its body is compiled when it first runs."""

    tree: n.Tree
    functions: Mapping[str, Function]
    strict: bool
    spans: bool
    like: Program | None = None
    """The program of an equal source under another name, whose code this one runs."""
    shared: bool = False
    code: Emit | None = None
    emit: Emit | None = None

    def under(self, tree: n.Tree) -> Program:
        """Return the program of an equal tree under another name; they are compiled once."""
        self.shared = True
        return Program(tree, self.functions, self.strict, self.spans, self, shared=True)

    def body(self) -> Emit:
        """Return what writes the template to a frame."""
        if self.emit is None:
            source = self.like or self
            if source.code is None:
                source.code = Compiler(source).items(source.tree.root)
            self.emit = _naming(source.code, self.tree) if self.shared else source.code
        return self.emit


def _naming(code: Emit, tree: n.Tree) -> Emit:
    """Give the errors of shared code the name under which it runs."""

    def emit(f: Frame) -> None:
        try:
            code(f)
        except ExecError as error:
            if error.named:
                raise
            raise error.under(tree.parse_name, tree.name) from None

    return emit


class Compiler:
    """Compiles one tree. ``dot_is_element`` and ``elements`` say where a value still sits in an interface{}."""

    def __init__(self, program: Program) -> None:
        self.tree = program.tree
        self.functions = program.functions
        self.strict = program.strict
        self.spans = program.spans
        self.shared = program.shared
        self.dot_is_element = False
        self.elements: set[int] = set()

    # errors

    def place(self, pos: int) -> Place:
        """Return the line and byte column of an offset."""
        source = self.tree.source
        start = source.rfind("\n", 0, pos) + 1
        end = source.find("\n", pos)
        column = len(source[start:pos].encode("utf-8", "surrogateescape"))
        line = source.count("\n", 0, pos) + 1
        return Place(self.tree.parse_name, line, column, source[start : end if end >= 0 else None])

    def error(self, node: n.Node, message: str, cause: Exception | None = None) -> ExecError:
        """Make the error that blames ``node``."""
        error = ExecError(message, self.place(node.pos), self.tree.name, str(node), cause)
        error.named = not self.shared
        return error

    def failing(self, node: n.Node, message: str) -> Get:
        """Return a closure that fails: what Go finds out only when it gets there."""

        def fail(_f: Frame) -> object:
            raise self.error(node, message)

        return fail

    # emitting

    def items(self, found: n.List) -> Emit:
        """Compile a sequence."""
        parts = self._spanned_items(found) if self.spans else self._rows(found)
        if not parts:
            return lambda _f: None
        if len(parts) == 1:
            return parts[0]
        fixed = tuple(parts)

        def emit(f: Frame) -> None:
            for part in fixed:
                part(f)

        return emit

    def _rows(self, found: n.List) -> list[Emit]:
        """Compile the items of a list; texts and printed values that stand in a row become one."""
        parts: list[Emit] = []
        row: list[Piece] = []
        for node in found.nodes:
            if isinstance(node, n.Text):
                row.append(node.text)
                continue
            if isinstance(node, n.Action):
                if not node.pipe.declared:
                    row.append(_printed_slot(node.pipe) or (self.pipeline(node.pipe), _shown(node.pipe)))
                    continue
                part: Emit = _only_evaluated(self.pipeline(node.pipe))
            else:
                part = self.item(node)
            if row:
                parts.append(write_row(row))
                row = []
            parts.append(part)
        if row:
            parts.append(write_row(row))
        return parts

    def _spanned_items(self, found: n.List) -> list[Emit]:
        """Compile the items of a list so that each tells which template line wrote what."""
        parts: list[Emit] = []
        for node in found.nodes:
            if isinstance(node, n.Text):
                parts.append(self._spanned(node, _constant_text(node.text)))
            elif isinstance(node, n.Action):
                get = self.pipeline(node.pipe)
                parts.append(_only_evaluated(get) if node.pipe.declared else self._spanned(node, get))
            else:
                parts.append(self.item(node))
        return parts

    def item(self, node: n.Node) -> Emit:
        """Compile one node that is neither text nor an action."""
        match node:
            case n.Branch():
                return compile_branch(self, node)
            case n.Call():
                return self._template(node)
            case n.Jump(word="break"):
                return _break
            case n.Jump():
                return _continue
        raise AssertionError(f"unknown node {node!r}")

    def _spanned(self, node: n.Node, get: Get) -> Emit:
        name, line = self.tree.parse_name, self.place(node.pos).line
        show = _shown(node.pipe) if isinstance(node, n.Action) else action_text

        def emit(f: Frame) -> None:
            value = get(f)
            text = value if type(value) is str else NO_VALUE if value is None else show(value)
            run = f.run
            if len(text) > LARGE:
                run.grow(len(text))
            if run.spans is not None:
                run.spans.append((id(f.out), len(f.out), name, line))  # type: ignore[arg-type]
            f.write(text)

        return emit

    def _template(self, node: n.Call) -> Emit:
        get = self.pipeline(node.pipe) if node.pipe else None
        name = node.name
        from pxhelm.golang.strconv import quote

        def emit(f: Frame) -> None:
            run = f.run
            program = run.programs.get(name)
            if program is None:
                raise self.error(node, f"template {quote(name)} not defined")
            if run.depth >= run.budget.depth:
                raise self.error(node, _TOO_DEEP)
            inner = Frame(run, get(f) if get else None, program.tree.slots)
            inner.out, inner.write, inner.measured = f.out, f.write, f.measured
            run.step(inner)
            run.depth += 1
            try:
                program.body()(inner)
            except RecursionError:
                raise self.error(node, _TOO_DEEP) from None
            run.depth -= 1
            f.measured = inner.measured

        return emit

    # evaluating

    def pipeline(self, pipe: n.Pipe) -> Get:
        """Compile a pipeline, with the assignment of its result."""
        get = self._in_pipe(pipe.commands[0], None, pipe)
        for before, command in pairwise(pipe.commands):
            get = self._in_pipe(command, get, before)
        if not pipe.declared:
            return get
        slots = tuple(v.slot for v in pipe.declared)
        for variable in pipe.declared:
            if variable.slot < 0:
                return self._unassignable(pipe, get, variable.names[0])
            self.elements.discard(variable.slot)
        if len(slots) == 1:
            (slot,) = slots

            def assign(f: Frame) -> object:
                value = f.vars[slot] = get(f)
                return value

            return assign

        def assign_both(f: Frame) -> object:
            value = get(f)
            for slot in slots:
                f.vars[slot] = value
            return value

        return assign_both

    def _unassignable(self, pipe: n.Pipe, get: Get, name: str) -> Get:
        def fail(f: Frame) -> object:
            get(f)
            raise self.error(last_visited(self, pipe, f), f"undefined variable: {name}")

        return fail

    def _in_pipe(self, command: n.Command, final: Get | None, before: n.Node) -> Get:
        head = command.args[0]
        if isinstance(head, n.Pipe) and (final or len(command.args) > 1):
            # Go looks at this before it visits the parentheses: the place is what it visited before.
            return self._not_a_function(head, before, final)
        return self.command(command, final)

    def command(self, command: n.Command, final: Get | None) -> Get:
        """Compile a command; ``final`` is what the pipe brings it."""
        head, *args = command.args
        match head:
            case n.Field():
                return compile_fields(self, head, None, head.names, (args, final, command))
            case n.Chain():
                return self._chain(head, (args, final, command))
            case n.Identifier():
                return compile_call(self, command, head, args, final)
            case n.Pipe():
                return self.pipeline(head)
            case n.Variable():
                return self._variable(head, (args, final, command))
        if args or final:
            return self._not_a_function(head, head, final)
        return self._constant(head)

    def _not_a_function(self, head: n.Node, blamed: n.Node, final: Get | None) -> Get:
        def fail(f: Frame) -> object:
            if final:
                final(f)
            at = last_visited(self, blamed, f) if isinstance(blamed, n.Command) else blamed
            raise self.error(at, f"can't give argument to non-function {head}")

        return fail

    def _constant(self, node: n.Node) -> Get:
        match node:
            case n.Bool():
                value: object = node.value
            case n.String():
                value = node.text
            case n.Number():
                return self.number(node)
            case n.Dot():
                return _dot
            case n.Nil():
                return self.failing(node, "nil is not a command")
            case _:
                raise AssertionError(f"unknown constant {node!r}")
        return lambda _f: value

    def number(self, node: n.Number) -> Get:
        """Compile an untyped constant: float64 when it is written as one, else int."""
        if node.imaginary is not None:
            value: object = node.imaginary
        elif node.real is not None and _looks_real(node.text):
            value = node.real
        elif node.whole is not None and -(2**63) <= node.whole < 2**63:
            value = node.whole
        else:
            return self.failing(node, f"{node.text} overflows int")
        return lambda _f: value

    def _variable(self, node: n.Variable, call: Call) -> Get:
        args, final, _ = call
        slot = node.slot
        if slot < 0:
            return self.failing(node, f"undefined variable: {node.names[0]}")
        if len(node.names) == 1:
            if args or final:
                return self._not_a_function(node, node, final)
            return _slot(slot)
        return compile_fields(self, node, (_slot(slot), slot in self.elements), node.names[1:], call)

    def _chain(self, node: n.Chain, call: Call) -> Get:
        inner = node.node
        if isinstance(inner, n.Nil):
            return self.failing(node, f"indirection through explicit nil in {node}")
        get = self.operand(inner)
        held = isinstance(inner, n.Identifier) and self.in_interface(inner)
        return compile_fields(self, node, (get, held), tuple(node.names), call)

    def operand(self, node: n.Node) -> Get:
        """Compile an argument without a declared type."""
        if isinstance(node, n.Variable) and len(node.names) == 1 and node.slot >= 0:
            return _slot(node.slot)
        match node:
            case n.Pipe():
                return self.pipeline(node)
            case n.Nil():
                return lambda _f: None
            case n.Field() | n.Variable() | n.Chain() | n.Identifier():
                return self.command(n.Command(node.pos, [node]), final=None)
        return self._constant(node)

    def in_interface(self, node: n.Node) -> bool:
        """Tell whether a nil from this operand is one held in an interface{} rather than no value."""
        match node:
            case n.Identifier():
                return self.functions[node.name].result == ANY
            case n.Field() | n.Chain():
                return True
            case n.Variable():
                return len(node.names) > 1 or node.slot in self.elements
            case n.Dot():
                return self.dot_is_element
        return False


_TOO_DEEP = "exceeded maximum template depth (100000)"
"""Go's text and Go's limit, whatever ours is."""


def _looks_real(text: str) -> bool:
    """Whether a constant is written as a float; one in hexadecimal with a sign may be, too (idealConstant)."""
    is_hexadecimal = text[:2] in ("0x", "0X") and not any(c in text for c in "pP")
    return text[0] != "'" and not is_hexadecimal and any(c in text for c in ".eEpP")


def _printed_slot(pipe: n.Pipe) -> int:
    """Return the slot of a variable that is all of a pipeline; 0, which is that of ``$``, when it is anything else."""
    if len(pipe.commands) == 1 and len(pipe.commands[0].args) == 1:
        only = pipe.commands[0].args[0]
        if isinstance(only, n.Variable) and len(only.names) == 1 and only.slot > 0:
            return only.slot
    return 0


def _shown(pipe: n.Pipe) -> Show:
    """Return how a pipeline's value is printed: what a function gives has no place of its own."""
    head = pipe.commands[-1].args[0]
    if isinstance(head, n.Pipe):
        return _shown(head)
    called = isinstance(head, n.Identifier) and head.name not in ("and", "or")
    return result_text if called else action_text


def _only_evaluated(get: Get) -> Emit:
    def emit(f: Frame) -> None:
        get(f)

    return emit


def _constant_text(text: str) -> Get:
    return lambda _f: text


def _dot(f: Frame) -> object:
    return f.dot


def _slot(slot: int) -> Get:
    return lambda f: f.vars[slot]


def _break(_f: Frame) -> None:
    raise BreakLoop


def _continue(_f: Frame) -> None:
    raise ContinueLoop
