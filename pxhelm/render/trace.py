"""Which templates called which, and how long each took, for ``template --trace``.

Renders once more over programs that tell when they begin and end: renderings that do not want to know pay nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pxhelm.chart.model import Chart
from pxhelm.gotemplate.compiler import Program
from pxhelm.gotemplate.engine import Engine
from pxhelm.gotemplate.runtime import Frame
from pxhelm.gotemplate.signature import Function
from pxhelm.render import gotmpl
from pxhelm.render.model import RenderError, RenderRequest
from pxhelm.render.tree import JINJA, arrange
from pxhelm.values.merge import Warnings, coalesce


@dataclass(slots=True)
class Call:
    """One template as it was called from one other, all such calls together."""

    name: str
    file: str = ""
    line: int = 0
    """Where it is defined."""
    count: int = 0
    seconds: float = 0.0
    """With everything that it called."""
    calls: dict[str, Call] = field(default_factory=dict)


@dataclass(slots=True)
class _Book:
    """Where we are in the tree of calls."""

    elapsed: Callable[[], float]
    root: Call
    path: list[Call] = field(default_factory=list)

    def enter(self, program: Program) -> Call:
        above = self.path[-1] if self.path else self.root
        name = program.tree.name
        call = above.calls.get(name)
        if call is None:
            source = program.tree.source
            line = source.count("\n", 0, max(source.find(f'"{name}"'), 0)) + 1
            call = above.calls[name] = Call(name, program.tree.parse_name, line)
        self.path.append(call)
        return call


@dataclass(slots=True)
class _TracedProgram(Program):
    book: _Book | None = None

    def body(self) -> Callable[[Frame], None]:
        """Return what writes the template, and its times to the book."""
        write, book = Program.body(self), self.book
        assert book is not None

        def traced(frame: Frame) -> None:
            call, began = book.enter(self), book.elapsed()
            try:
                write(frame)
            finally:
                call.count += 1
                call.seconds += book.elapsed() - began
                book.path.pop()

        return traced


@dataclass(frozen=True, slots=True)
class _TracingEngine(Engine):
    root: Call = field(default_factory=lambda: Call(""))

    def _programs(self, sources: Mapping[str, str], functions: Mapping[str, Function]) -> dict[str, Program]:
        book = _Book(self.host.elapsed, self.root)
        return {
            name: _TracedProgram(p.tree, p.functions, p.strict, p.spans, book=book)
            for name, p in Engine._programs(self, sources, functions).items()  # noqa: SLF001 - the class above
        }


def trace(request: RenderRequest, chart: Chart) -> Call:
    """Return the calls of a rendering; the files that were rendered stand on top. What was traced before a failure stays.

    ``chart``: with its dependencies settled. What ``tpl`` runs counts for its caller.
    """
    values = coalesce(chart, request.values)
    templates = [t for t in arrange(request, chart, values) if not t.name.endswith(JINJA)]
    root = Call("")

    def engine(**options: object) -> Engine:
        return _TracingEngine(**options, root=root)  # type: ignore[arg-type] # the options of the class above

    try:
        gotmpl.run(request, templates, Warnings(), engine=engine)
    except RenderError:
        return root
    return root
