"""Function calls: arguments by Go's types, the count checked, errors wrapped as ``error calling NAME``.

``and`` and ``or`` stop early; the engine's own functions (include, tpl …) get the run, families get the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from pxhelm.golang.value import NilMap, type_name
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.applying import FAILURES, Called, CheckFinal, apply, apply_piped, apply_with_host, apply_with_run
from pxhelm.gotemplate.blame import last_visited
from pxhelm.gotemplate.building import Compiler
from pxhelm.gotemplate.builtins import length, length_of_piped
from pxhelm.gotemplate.errors import TemplateError
from pxhelm.gotemplate.runtime import Frame, Get
from pxhelm.gotemplate.signature import ANY, Function, FunctionError
from pxhelm.gotemplate.values import MismatchError, check_for, plain_type, truth

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
    if name == "len" and args and compiler.in_interface(args[0]):
        return _length(compiler, command, args[0])
    wants_run = isinstance(function, EngineFunction)
    node = command if len(command.args) > 1 or command.args[0] is head else head
    typed = wants_run or function.host or _checks(function.params, function.variadic)
    called = Called(compiler, node, name, _callable(function, name, args), typed=typed)
    if final is None:
        getters = _arguments(compiler, function, args)
        if wants_run:
            return apply_with_run(called, getters)
        return apply_with_host(called, getters) if function.host else apply(called, getters)
    if not wants_run and not function.host:
        go_type = _final_type(function, len(args))
        check = _check_final(compiler, go_type, args[-1] if args else head)
        return apply_piped(called, _arguments(compiler, function, args), final, check, plain_type(go_type))
    prepare = compile_arguments(compiler, function, name, head, (args, final))

    def call(f: Frame) -> object:
        values = prepare(f)
        try:
            return called.call(f.run if wants_run else f.run.host, *values)
        except FAILURES as error:
            raise called.failed(error) from error

    return call


@lru_cache(maxsize=256)
def _checks(params: tuple[str, ...], variadic: str) -> bool:
    """Tell whether any parameter has a type of its own."""
    return any(check_for(go_type) for go_type in (*params, variadic or ANY))


def _length(compiler: Compiler, command: n.Command, arg: n.Node) -> Get:
    """Return ``len`` of what sits in an interface{}, if it is a value at all."""
    get, origin = compiler.operand(arg), _origin(compiler, arg)

    def call(f: Frame) -> object:
        value = get(f)
        measure = length if value is not None or origin is None or origin(f) is not None else length_of_piped
        try:
            return measure(value)
        except FunctionError as error:
            raise compiler.error(command, f"error calling len: {error}", error) from error

    return call


def _callable(function: Function, name: str, args: Sequence[n.Node]) -> Callable[..., object]:
    """Return what is called; ``len`` and ``call`` tell how their argument is written."""
    if name == "len":
        return length_of_piped
    if name != "call":
        return function.call
    shown = str(args[0]) if args else ""

    def call(callee: object, *rest: object) -> object:
        written = shown or (callee if isinstance(callee, str) else f"<{type_name(callee)} Value>")
        return function.call(written, callee, *rest)

    return call


def invoke(
    compiler: Compiler, node: n.Node, name: str, callable_: Callable[..., object], values: list[object]
) -> object:
    """Call a method and wrap its error."""
    try:
        return callable_(*values)
    except (FunctionError, TemplateError, ValueError) as error:
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
            raise compiler.error(last_visited(compiler, head, f), problem)

        return fail
    getters = _arguments(compiler, function, args)
    if final is None:
        return lambda f: [get(f) for get in getters]
    check = _check_final(compiler, _final_type(function, len(args)), args[-1] if args else head)

    def prepare(f: Frame) -> list[object]:
        brought = final(f)
        values = [get(f) for get in getters]
        values.append(check(f, brought) if check else brought)
        return values

    return prepare


def _arguments(compiler: Compiler, function: Function, args: Sequence[n.Node]) -> list[Get]:
    """Compile the arguments that are written, each with its check."""
    types = [*function.params[: len(args)], *[function.variadic] * (len(args) - len(function.params))]
    return [_argument(compiler, arg, go_type) for arg, go_type in zip(args, types, strict=True)]


def _final_type(function: Function, position: int) -> str:
    """Return the type of the parameter that what the pipe brings is for."""
    return function.params[position] if position < len(function.params) else function.variadic


def _check_final(compiler: Compiler, go_type: str, before: n.Node) -> CheckFinal | None:
    """Return the check of what the pipe brings, which Go makes after it visited ``before``; None when anything fits."""
    check = check_for(go_type)
    if check is None:
        return None

    def checked(f: Frame, value: object) -> object:
        try:
            return check(value, False)
        except MismatchError as error:
            raise compiler.error(last_visited(compiler, before, f), str(error)) from None

    return checked


def _argument(compiler: Compiler, node: n.Node, go_type: str) -> Get:
    """Compile one argument for a parameter of a type (evalArg)."""
    check = check_for(go_type)
    if isinstance(node, n.Nil):
        if go_type.startswith("map["):
            return lambda _f: NilMap()
        if check is None or go_type.startswith(("[]", "map[", "*", "func")):
            return lambda _f: None
        return compiler.failing(node, f"cannot assign nil to {go_type}")
    if check is None:
        return compiler.operand(node)
    if isinstance(node, n.Bool | n.Number | n.String):
        return _constant(compiler, node, go_type)
    get, plain = compiler.operand(node), plain_type(go_type)
    held = compiler.in_interface(node)
    origin = _origin(compiler, node)

    def checked(f: Frame) -> object:
        value = get(f)
        if type(value) is plain:
            return value
        try:
            return check(value, held and (value is not None or origin is None or origin(f) is not None))
        except MismatchError as error:
            raise compiler.error(last_visited(compiler, node, f), str(error)) from None

    return checked


def _origin(compiler: Compiler, node: n.Node) -> Get | None:
    """Return where a chain of fields begins: one that begins at nil gives no value, not a nil in an interface{}."""
    match node:
        case n.Field():
            return lambda f: f.dot
        case n.Variable(names=[_, _, *_], slot=slot) if slot >= 0:
            return lambda f: f.vars[slot]
        case n.Chain(node=n.Pipe() as inner):
            # Compiled only when it is asked for: parentheses nest.
            return lambda f: compiler.pipeline(inner)(f)  # noqa: PLW0108
    return None


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
        case "int" | "int64" | "int32" | "rune" | "time.Duration":
            wanted = "integer"
            value = node.whole if isinstance(node, n.Number) and (node.whole or 0) < 2**63 else None
        case "uint" | "uint8" | "uint32" | "uint64":
            wanted = "unsigned integer"
            value = node.whole if isinstance(node, n.Number) and _unsigned(node) else None
            if go_type == "uint32" and value is not None:
                value &= 2**32 - 1  # reflect cuts what is too large
        case _:
            return compiler.failing(node, f"can't handle {node} for arg of type {go_type}")
    if value is None:
        return compiler.failing(node, f"expected {wanted}; found {node}")
    return lambda _f: value


def _unsigned(node: n.Number) -> bool:
    """Whether a literal is an unsigned integer: none has a plus, but one that is written as a float."""
    whole = node.whole or 0
    return whole == 0 or (whole > 0 and (node.text[0] != "+" or any(c in node.text for c in ".eEpP")))


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
