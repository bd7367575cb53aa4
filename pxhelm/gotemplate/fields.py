"""Field chains: ``.a.b``, ``$x.a``, ``(pipeline).a``: maps, structs and methods, with Go's rules about nil.

The fast way goes through plain maps; anything else starts again on the slow way, which knows every rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxhelm.golang.strconv import quote
from pxhelm.golang.value import type_name
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.blame import last_visited
from pxhelm.gotemplate.building import Call, Compiler
from pxhelm.gotemplate.calls import compile_arguments, invoke
from pxhelm.gotemplate.objects import MAP_TYPES, METHOD_NAMES, field_names, method, struct_fields
from pxhelm.gotemplate.runtime import Frame, Get
from pxhelm.gotemplate.signature import ANY, Function


def compile_fields(
    compiler: Compiler, node: n.Node, start: tuple[Get, bool] | None, names: tuple[str, ...], call: Call
) -> Get:
    """Compile a chain of fields; ``start`` is where it begins (None: the dot) and whether that sits in an interface{}."""
    args, final, _ = call
    slow = _Slow(compiler, node, names, call)
    get, slow.held = start or (None, compiler.dot_is_element)
    if final:
        return _piped(slow, get, final)
    if args or compiler.strict or not METHOD_NAMES.isdisjoint(names):
        if get is None:
            return lambda f: slow.run(f, f.dot)
        return lambda f: slow.run(f, get(f))
    return _quick(get, names, slow)


def _piped(slow: _Slow, get: Get | None, final: Get) -> Get:
    """Return the way for a method that a pipe brings an argument: that is evaluated before all else."""
    args, _, command = slow.call

    def run(f: Frame) -> object:
        brought = final(f)
        ready = _Slow(slow.compiler, slow.node, slow.names, (args, lambda _f: brought, command))
        ready.held = slow.held
        return ready.run(f, f.dot if get is None else get(f))

    return run


def _quick(get: Get | None, names: tuple[str, ...], slow: _Slow) -> Get:
    """Return the fast way for chains through plain maps."""
    if get is None and len(names) == 1:
        (only,) = names

        def one(f: Frame) -> object:
            dot = f.dot
            if type(dot) in MAP_TYPES:
                return dot.get(only)  # type: ignore[attr-defined]  # told by type()
            return slow.run(f, dot)

        return one

    def many(f: Frame) -> object:
        origin = value = f.dot if get is None else get(f)
        for name in names:
            kind: Any = type(value)
            if kind in MAP_TYPES:
                value = value.get(name)  # type: ignore[attr-defined]  # told by type()
            else:
                attribute = struct_fields(kind).get(name)
                if attribute is None:
                    return slow.run(f, origin)
                value = getattr(value, attribute)
        return value

    return many


def _holds(kind: type, name: str) -> bool:
    """Tell whether what a field gives is a value in an interface{}: of an untyped map, or of a method without a type."""
    found = method(kind, name)
    if found is not None:
        return found.result == ANY
    return issubclass(kind, dict) and getattr(kind, "GO_MISSING", None) is None


class _Slow:
    """Every rule of evalField, in Go's order."""

    __slots__ = ("call", "compiler", "elements", "held", "names", "node")

    def __init__(self, compiler: Compiler, node: n.Node, names: tuple[str, ...], call: Call) -> None:
        self.compiler = compiler
        self.node = node
        self.names = names
        self.call = call
        self.held = False
        self.elements = not isinstance(node, n.Chain)
        """Whether it begins at a dot or variable, which is held only if it is an element of an untyped list or map."""

    def run(self, f: Frame, value: object) -> object:
        names, held = self.names, self.held
        if held and self.elements and not f.held:
            held = False
        for name in names[:-1]:
            kind, missing = type(value), value is None
            value = self._step(f, value, name, held, None)
            held = not missing and _holds(kind, name)
        return self._step(f, value, names[-1], held, self.call)

    def _step(self, f: Frame, value: object, name: str, held: bool, call: Call | None) -> object:
        if value is None:
            if held:
                raise self._error(f, f"nil pointer evaluating interface {{}}.{name}")
            if self.compiler.strict:
                raise self._error(f, f"nil data; no entry for key {quote(name)}")
            return None
        found = method(type(value), name)
        if found is not None:
            return self._method(f, value, name, found, call)
        has_arguments = call is not None and (bool(call[0]) or call[1] is not None)
        if isinstance(value, dict):
            if has_arguments:
                raise self._error(f, f"{name} is not a method but has arguments")
            if name not in value and self.compiler.strict:
                raise self._error(f, f"map has no entry for key {quote(name)}")
            return self._entry(value, name)
        fields = field_names(value)
        if fields is not None and name in fields:
            if has_arguments:
                raise self._error(f, f"{name} has arguments but cannot be invoked as function")
            found_field: object = getattr(value, fields[name])
            return found_field
        shown = "interface {}" if held else type_name(value)
        if name in getattr(value, "GO_LAYOUT", ()):
            raise self._error(f, f"{name} is an unexported field of struct type {shown}")
        raise self._error(f, f"can't evaluate field {name} in type {shown}")

    @staticmethod
    def _entry(value: dict[str, object], name: str) -> object:
        if name in value:
            return value[name]
        return getattr(value, "GO_MISSING", None)

    def _method(self, f: Frame, value: object, name: str, found: Function, call: Call | None) -> object:
        args: Sequence[n.Node] = call[0] if call else ()
        final = call[1] if call else None
        prepare = compile_arguments(self.compiler, found, name, self.node, (args, final))
        return invoke(self.compiler, self.node, name, found.call, [value, *prepare(f)])

    def _error(self, f: Frame, message: str) -> Exception:
        return self.compiler.error(last_visited(self.compiler, self.node, f), message)
