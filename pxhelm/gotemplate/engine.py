"""The namespace of templates and its rendering, as Helm's engine runs text/template.

All templates of a chart and its subcharts share one namespace. Parsing and execution go through the files sorted by
depth and name, reversed, so that parents override children and ``_a.tpl`` overrides ``_b.tpl``. ``include``, ``tpl``,
``required``, ``fail`` and ``lookup`` live here, since they need the run. Never reads a file.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pxhelm.golang.strconv import quote
from pxhelm.golang.value import joined
from pxhelm.gotemplate import lexer
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.budget import Budget
from pxhelm.gotemplate.builtins import BUILTINS
from pxhelm.gotemplate.calls import EngineFunction
from pxhelm.gotemplate.compiler import Program
from pxhelm.gotemplate.errors import BudgetError, ExecError, ParseError, Place, TemplateError
from pxhelm.gotemplate.host import Host
from pxhelm.gotemplate.objects import Values
from pxhelm.gotemplate.parser import parse
from pxhelm.gotemplate.runtime import Frame, Run
from pxhelm.gotemplate.signature import ANY, Function, FunctionError
from pxhelm.gotemplate.writing import NO_VALUE

MAX_INCLUDES = 1000
"""Nested includes of one name that Helm allows."""
_STACK = 15_000
"""Python frames for the deepest recursion of templates; few enough that recursion in C ends before the C stack does."""
_START, _END = "HELM_ERR_START", "HELM_ERR_END"
_WARNED = re.compile(f"{_START}(.*){_END}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Template:
    """A file to render: its source and what the dot is."""

    source: str
    data: dict[str, object]
    """``Template`` is set in it before the file is rendered, as Helm does."""
    base_path: str = ""
    library: bool = False
    """Of a library chart: parsed, never rendered."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of output: where it begins (characters) and the template line that wrote it."""

    offset: int
    template: str
    line: int


@dataclass(frozen=True, slots=True)
class Output:
    """What one file rendered to."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Engine:
    """How to render."""

    host: Host = field(default_factory=Host)
    strict: bool = False
    """``missingkey=error``."""
    lint: bool = False
    """``required`` and ``fail`` log instead of failing, ``lookup`` finds nothing."""
    budget: Budget | None = None
    """None = the host's, or the usual."""
    spans: bool = False
    """Keep which template line wrote which piece of output."""

    @property
    def allowed(self) -> Budget:
        """What a rendering may spend."""
        return self.budget or self.host.budget or Budget()

    def render(self, templates: Mapping[str, Template]) -> dict[str, Output]:
        """Render every file whose base name does not start with ``_``; RenderFailedError in Helm's words."""
        order = execution_order(templates)
        functions = all_functions()
        rendered: dict[str, Output] = {}
        with _deep_stack():
            programs = self._programs({name: templates[name].source for name in order}, functions)
            for name in order:
                if name.rpartition("/")[2].startswith("_") or templates[name].library:
                    continue
                template = templates[name]
                template.data["Template"] = Values({"Name": name, "BasePath": template.base_path})
                rendered[name] = self._one(name, template.data, programs)
        return rendered

    def evaluate(self, templates: Mapping[str, str], expression: str, data: object) -> str:
        """Render a text with the defines of ``templates`` at hand, as ``tpl`` does."""
        programs = self._programs(dict(templates), all_functions())
        run = Run(programs, self.host, self.allowed, self.strict, self.lint)
        with _deep_stack():
            return _tpl(run, expression, data)

    def _programs(self, sources: Mapping[str, str], functions: Mapping[str, Function]) -> dict[str, Program]:
        programs: dict[str, Program] = {}
        first: dict[int, Program] = {}
        for name, source in sources.items():
            try:
                trees = _parsed(name, source)
            except ParseError as error:
                raise RenderFailedError(_parse_text(error), error) from None
            for tree in trees:
                known = programs.get(tree.name)
                if known is None or not tree.empty:
                    programs[tree.name] = self._program(tree, functions, first)
        return programs

    def _program(self, tree: n.Tree, functions: Mapping[str, Function], first: dict[int, Program]) -> Program:
        """Return the program of a tree, or share the one of an equal tree, which has the same root (``_parsed``)."""
        like = first.get(id(tree.root))
        if like is not None and not self.spans:
            return like.under(tree)
        program = first[id(tree.root)] = Program(tree, functions, self.strict, self.spans)
        return program

    def _one(self, name: str, data: object, programs: Mapping[str, Program]) -> Output:
        run = Run(programs, self.host, self.allowed, self.strict, self.lint)
        run.spans = [] if self.spans else None
        run.began = self.host.elapsed()
        program = programs[name]
        frame = Frame(run, data, program.tree.slots)
        try:
            program.body()(frame)
        except ExecError as error:
            raise RenderFailedError(_exec_text(error), error) from None
        except TemplateError as error:
            raise RenderFailedError(f"rendering template failed: {error}", error) from None
        return _finished(frame, run)


class RenderFailedError(Exception):
    """A chart that does not render: Helm's text, and the template error behind it."""

    def __init__(self, text: str, cause: TemplateError) -> None:
        super().__init__(text)
        self.cause = cause

    @property
    def place(self) -> Place | None:
        """Where the innermost template failed."""
        cause = self.cause
        return cause.innermost().place if isinstance(cause, ExecError) else cause.place


def execution_order(names: Mapping[str, object]) -> list[str]:
    """Return template names in the order of parsing and execution: deepest first, then Z to A (Helm's sortTemplates)."""
    return sorted(names, key=lambda name: (name.count("/"), name.encode("utf-8", "surrogateescape")), reverse=True)


def _written(frame: Frame) -> str:
    text = "".join(frame.out)
    return joined(text.replace(NO_VALUE, "") if NO_VALUE in text else text)


def _finished(frame: Frame, run: Run) -> Output:
    if run.spans is None:
        return Output(_written(frame))
    own = id(frame.out)
    by_piece = {number: (name, line) for out, number, name, line in run.spans if out == own}  # type: ignore[misc]
    spans: list[Span] = []
    pieces: list[str] = []
    offset = 0
    for number, piece in enumerate(frame.out):
        shown = piece.replace(NO_VALUE, "") if NO_VALUE in piece else piece
        if number in by_piece:
            spans.append(Span(offset, *by_piece[number]))
        pieces.append(shown)
        offset += len(shown)
    whole = "".join(pieces)
    return Output(whole.replace(NO_VALUE, "") if NO_VALUE in whole else whole, tuple(spans))


# parsing


def _parsed(name: str, source: str) -> Iterable[n.Tree]:
    """Parse a source, or take the trees of an equal one under another name: subcharts are often alike."""
    try:
        trees = _shared(source)
    except ParseError:
        return parse(name, source, function_names()).values()  # words the error with the name
    if name in trees:
        return parse(name, source, function_names()).values()  # the file defines itself
    return [
        replace(tree, name=name if tree.name == _ANY_FILE else tree.name, parse_name=name) for tree in trees.values()
    ]


_ANY_FILE = "\0"


@lru_cache(maxsize=4096)
def _shared(source: str) -> Mapping[str, n.Tree]:
    return parse(_ANY_FILE, source, function_names())


class _Functions(dict[str, Function]):
    """Functions by name, those of families as they are first used."""

    def __missing__(self, name: str) -> Function:
        from pxhelm.gotemplate.functions import ALL

        found = self[name] = ALL[name]
        return found


@lru_cache(maxsize=1)
def all_functions() -> Mapping[str, Function]:
    """Return every function templates may call by its name, the engine's own included."""
    return _Functions({**ENGINE, **BUILTINS})


def forget() -> None:
    """Forget every template that was parsed: what comes next costs what it costs a new process."""
    _shared.cache_clear()
    lexer.forget()


@lru_cache(maxsize=1)
def function_names() -> frozenset[str]:
    """Return the names of all functions: the parser looks every one up."""
    from pxhelm.gotemplate.functions import ALL

    return frozenset([*BUILTINS, *ENGINE, *ALL])


# Helm's own functions


_NESTED = "rendering template has a nested reference name: {}: unable to execute template"


def _handed_on(data: object) -> object:
    """Return the dot as a function hands it on: a struct that had a place in Go has none any more."""
    if type(data) is dict or not hasattr(data, "go_moved"):
        return data
    moved: object = data.go_moved()
    return moved


def _include(run: Run, name: str, data: object) -> str:
    count = run.included.get(name, 0)
    if count > MAX_INCLUDES:
        raise FunctionError(_NESTED.format(name))
    program = run.programs.get(name)
    if program is None:
        raise FunctionError(f"template: no template {quote(name)} associated with template {quote('gotpl')}")
    run.included[name] = count + 1
    frame = Frame(run, _handed_on(data), program.tree.slots)
    run.step(frame)
    try:
        program.body()(frame)
    except RecursionError:
        raise FunctionError(_NESTED.format(name)) from None
    run.included[name] = count
    return joined("".join(frame.out))


def _tpl(run: Run, text: str, data: object) -> str:
    try:
        trees = _parsed("gotpl", text)
    except ParseError as error:
        raise FunctionError(f"cannot parse template {quote(text)}: {error}") from None
    outer = run.programs
    programs = dict(outer)
    some = next(iter(outer.values()), None)
    for tree in trees:
        if tree.name not in programs or not tree.empty or tree.name == "gotpl":
            programs[tree.name] = Program(tree, all_functions(), run.strict, some.spans if some else False)
    if run.depth >= run.budget.depth:  # Helm counts none and ends with its stack
        raise BudgetError(f"rendering nested tpl more than {run.budget.depth} deep")
    run.depth += 1
    run.programs = programs
    program = programs["gotpl"]
    frame = Frame(run, _handed_on(data), program.tree.slots)
    run.step(frame)
    try:
        program.body()(frame)
    except RecursionError:
        raise BudgetError("rendering nested texts given to tpl too deep") from None
    except ExecError as error:
        raise _TplError(f"error during tpl function execution for {quote(text)}: {error}", error) from None
    finally:
        run.programs = outer
        run.depth -= 1
    return _written(frame)


class _TplError(FunctionError, TemplateError):
    """An error inside ``tpl``, with the template error that it quotes."""

    def __init__(self, text: str, cause: ExecError) -> None:
        super().__init__(text)
        self.cause = cause


def _required(run: Run, warning: str, value: object) -> object:
    if value is None or value == "":
        if run.lint:
            run.host.log(f"[INFO] Missing required value: {warning}")
            return ""
        raise FunctionError(f"{_START}{warning}{_END}")
    return value


def _fail(run: Run, message: str) -> str:
    if run.lint:
        run.host.log(f"[INFO] Fail: {message}")
        return ""
    raise FunctionError(f"{_START}{message}{_END}")


def _lookup(run: Run, api_version: str, kind: str, namespace: str, name: str) -> object:
    return {} if run.lint else dict(run.host.lookup(api_version, kind, namespace, name))


ENGINE: dict[str, Function] = {
    "include": EngineFunction(_include, ("string", ANY), result="string"),
    "tpl": EngineFunction(_tpl, ("string", ANY), result="string"),
    "required": EngineFunction(_required, ("string", ANY)),
    "fail": EngineFunction(_fail, ("string",), result="string"),
    "lookup": EngineFunction(_lookup, ("string", "string", "string", "string"), result="map[string]interface {}"),
}


# error texts


def _parse_text(error: ParseError) -> str:
    """Word a parse error as Helm's cleanupParseError: the location, and the text's last part."""
    tokens = str(error).split(": ")
    return f"parse error at ({tokens[1]}): {tokens[-1]}"


def _exec_text(error: ExecError) -> str:
    """Word an execution error as Helm's cleanupExecError: what required and fail said stands alone."""
    _, location, rest = str(error).split(": ", 2)
    found = _WARNED.search(rest)
    return f"execution error at ({location}): {found.group(1)}" if found else str(error)


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Let Python recurse as deep as the limits on templates allow, and collect no garbage: trees and outputs are none."""
    before, collects = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(before, _STACK))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
        if collects:
            gc.enable()
