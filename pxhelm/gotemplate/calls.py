"""Function calls: arguments by Go's types, the count checked, errors wrapped as ``error calling NAME``.

``and`` and ``or`` stop early; the engine's own functions (include, tpl …) get the run, families get the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pxhelm.golang.value import type_name
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.blame import last_visited
from pxhelm.gotemplate.building import Compiler
from pxhelm.gotemplate.builtins import length_of_piped
from pxhelm.gotemplate.errors import BudgetError, TemplateError
from pxhelm.gotemplate.runtime import Frame, Get
from pxhelm.gotemplate.signature import ANY, Function, FunctionError
from pxhelm.gotemplate.values import MismatchError, check_for, truth

Prepare = Callable[[Frame], list[object]]


class EngineFunction(Function):
    """A function whose callable takes the ``Run`` first."""


def compile_call(
    compiler: Compiler, command: n.Command, head: n.Identifier, args: Sequence[n.Node], final: Get | None
) -> Get:
    """Compile a call of a function."""
    name = head.name
    function = compiler.functions[name]
    if name in ("and", "or"):
        return _short_circuit(compiler, head, args, final)
    problem = wrong_count(function, name, len(args), piped=final is not None)
    if problem:

        def fail(f: Frame) -> object:
            if final:
                final(f)
            raise compiler.error(head, problem)

        return fail
    callable_ = _callable(compiler, function, name, args)
    wants = "run" if isinstance(function, EngineFunction) else "host" if function.host else ""
    node = command if len(command.args) > 1 or command.args[0] is head else head
    if not wants and not final and all(check_for(t) is None for t in (*function.params, function.variadic or ANY)):
        return _untyped(compiler, node, name, callable_, [compiler.operand(arg) for arg in args])
    if not wants and final and not args:
        return _piped(compiler, (node, head), function, callable_, final)
    prepare = compile_arguments(compiler, function, name, head, (args, final))

    def call(f: Frame) -> object:
        values = prepare(f)
        if wants:
            values.insert(0, f.run if wants == "run" else f.run.host)
        try:
            return callable_(*values)
        except BudgetError:
            raise
        except _FAILURES as error:
            raise _failed(compiler, node, name, error) from error

    return call


_FAILURES = (FunctionError, TemplateError, RecursionError)


def _failed(compiler: Compiler, node: n.Node, name: str, error: Exception) -> Exception:
    """Return what to raise for an error of a function."""
    if isinstance(error, RecursionError):
        return compiler.error(node, f"error calling {name}: a value is nested too deep")
    return compiler.error(node, f"error calling {name}: {error}", error)


def _piped(
    compiler: Compiler,
    nodes: tuple[n.Node, n.Identifier],
    function: Function,
    callable_: Callable[..., object],
    final: Get,
) -> Get:
    """Return the fast way for what only the pipe gives an argument."""
    node, head = nodes
    name = head.name
    check = check_for(function.params[0] if function.params else function.variadic)

    def call(f: Frame) -> object:
        value = final(f)
        if check is not None:
            try:
                value = check(value, False)
            except MismatchError as error:
                raise compiler.error(head, str(error)) from None
        try:
            return callable_(value)
        except BudgetError:
            raise
        except _FAILURES as error:
            raise _failed(compiler, node, name, error) from error

    return call


def _callable(compiler: Compiler, function: Function, name: str, args: Sequence[n.Node]) -> Callable[..., object]:
    """Return what is called; ``len`` and ``call`` tell how their argument is written."""
    if name == "len" and not (args and compiler.in_interface(args[0])):
        return length_of_piped
    if name != "call":
        return function.call
    shown = str(args[0]) if args else ""

    def call(callee: object, *rest: object) -> object:
        written = shown or (callee if isinstance(callee, str) else f"<{type_name(callee)} Value>")
        return function.call(written, callee, *rest)

    return call


def _untyped(compiler: Compiler, node: n.Node, name: str, callable_: Callable[..., object], getters: list[Get]) -> Get:
    """Return the fast way for functions that take anything."""
    if len(getters) == 1:
        (only,) = getters

        def one(f: Frame) -> object:
            try:
                return callable_(only(f))
            except FunctionError as error:
                raise compiler.error(node, f"error calling {name}: {error}", error) from error

        return one
    if len(getters) == 2:
        first, second = getters

        def two(f: Frame) -> object:
            try:
                return callable_(first(f), second(f))
            except FunctionError as error:
                raise compiler.error(node, f"error calling {name}: {error}", error) from error

        return two

    def many(f: Frame) -> object:
        values = [get(f) for get in getters]
        try:
            return callable_(*values)
        except FunctionError as error:
            raise compiler.error(node, f"error calling {name}: {error}", error) from error

    return many


def invoke(
    compiler: Compiler, node: n.Node, name: str, callable_: Callable[..., object], values: list[object]
) -> object:
    """Call a method and wrap its error."""
    try:
        return callable_(*values)
    except (FunctionError, TemplateError) as error:
        raise compiler.error(node, f"error calling {name}: {error}", error) from error


def wrong_count(function: Function, name: str, count: int, *, piped: bool) -> str:
    """Return Go's complaint about the number of arguments; empty when it is right."""
    fixed = len(function.params)
    total = count + piped
    if function.variadic:
        if total < fixed:
            return f"wrong number of args for {name}: want at least {fixed} got {count}"
    elif total != fixed:
        return f"wrong number of args for {name}: want {fixed} got {total}"
    return ""


def compile_arguments(
    compiler: Compiler, function: Function, name: str, head: n.Node, given: tuple[Sequence[n.Node], Get | None]
) -> Prepare:
    """Compile arguments and what the pipe brings to a list of checked values, evaluated in Go's order."""
    args, final = given
    problem = wrong_count(function, name, len(args), piped=final is not None)
    if problem:

        def fail(f: Frame) -> list[object]:
            if final:
                final(f)
            raise compiler.error(head, problem)

        return fail
    types = [*function.params[: len(args)], *[function.variadic] * (len(args) - len(function.params))]
    getters = [_argument(compiler, arg, go_type) for arg, go_type in zip(args, types, strict=True)]
    if final is None:
        return lambda f: [get(f) for get in getters]
    position = len(args)
    final_type = function.params[position] if position < len(function.params) else function.variadic
    check = check_for(final_type)
    blamed = last_visited(args[-1]) if args else head

    def prepare(f: Frame) -> list[object]:
        brought = final(f)
        values = [get(f) for get in getters]
        if check is not None:
            try:
                brought = check(brought, False)
            except MismatchError as error:
                raise compiler.error(blamed, str(error)) from None
        values.append(brought)
        return values

    return prepare


def _argument(compiler: Compiler, node: n.Node, go_type: str) -> Get:
    """Compile one argument for a parameter of a type (evalArg)."""
    check = check_for(go_type)
    if isinstance(node, n.Nil):
        if check is None or go_type.startswith(("[]", "map[", "*", "func")):
            return lambda _f: None
        return compiler.failing(node, f"cannot assign nil to {go_type}")
    if check is None:
        return compiler.operand(node)
    if isinstance(node, n.Bool | n.Number | n.String):
        return _constant(compiler, node, go_type)
    get = compiler.operand(node)
    held = compiler.in_interface(node)
    blamed = last_visited(node)

    def checked(f: Frame) -> object:
        try:
            return check(get(f), held)
        except MismatchError as error:
            raise compiler.error(blamed, str(error)) from None

    return checked


def _constant(compiler: Compiler, node: n.Bool | n.Number | n.String, go_type: str) -> Get:
    """Convert a literal to a parameter's type, as evalString, evalInteger and their like do."""
    value: object = None
    wanted = go_type
    match go_type:
        case "string":
            value = node.text if isinstance(node, n.String) else None
        case "bool":
            value = node.value if isinstance(node, n.Bool) else None
        case "float64":
            wanted = "float"
            value = node.real if isinstance(node, n.Number) else None
        case "int" | "int64" | "int32" | "rune":
            wanted = "integer"
            value = node.whole if isinstance(node, n.Number) else None
        case "uint" | "uint8" | "uint32" | "uint64":
            wanted = "unsigned integer"
            value = node.whole if isinstance(node, n.Number) and (node.whole or 0) >= 0 else None
        case _:
            return compiler.failing(node, f"can't handle {node} for arg of type {go_type}")
    if value is None:
        return compiler.failing(node, f"expected {wanted}; found {node}")
    return lambda _f: value


def _short_circuit(compiler: Compiler, head: n.Identifier, args: Sequence[n.Node], final: Get | None) -> Get:
    name = head.name
    if not args and final is None:
        return compiler.failing(head, f"wrong number of args for {name}: want at least 1 got 0")
    getters = [compiler.operand(arg) for arg in args]
    stops = name == "or"

    def decide(f: Frame) -> object:
        brought = final(f) if final else None
        value: object = None
        for get in getters:
            value = get(f)
            if truth(value) is stops:
                return value
        return brought if final else value

    return decide
