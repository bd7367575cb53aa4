"""``if``, ``with`` and ``range``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pxhelm.golang.fmt import result_text
from pxhelm.golang.value import Uint8, sorted_texts, type_name
from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.blame import last_visited
from pxhelm.gotemplate.building import Compiler
from pxhelm.gotemplate.runtime import BreakLoop, ContinueLoop, Emit, Frame
from pxhelm.gotemplate.values import truth


def compile_branch(compiler: Compiler, node: n.Branch) -> Emit:
    """Compile a branch."""
    if node.word == "range":
        return _compile_range(compiler, node)
    get = compiler.pipeline(node.pipe)
    saved = compiler.dot_is_element
    if node.word == "with":
        compiler.dot_is_element = False
    body = compiler.items(node.body)
    compiler.dot_is_element = saved
    otherwise = compiler.items(node.otherwise) if node.otherwise is not None else None
    if node.word == "if":

        def emit_if(f: Frame) -> None:
            value = get(f)
            if value is True or (value is not False and truth(value)):
                body(f)
            elif otherwise is not None:
                otherwise(f)

        return emit_if

    def emit_with(f: Frame) -> None:
        value = get(f)
        if truth(value):
            dot, f.dot = f.dot, value
            body(f)
            f.dot = dot
        elif otherwise is not None:
            otherwise(f)

    return emit_with


def _compile_range(compiler: Compiler, node: n.Branch) -> Emit:
    get = compiler.pipeline(node.pipe)
    slots = [v.slot for v in node.pipe.declared]
    element_slot = slots[-1] if slots else -1
    index_slot = slots[0] if len(slots) > 1 else -1
    saved = compiler.dot_is_element
    otherwise = compiler.items(node.otherwise) if node.otherwise is not None else None  # the variable is no element yet
    compiler.dot_is_element = True
    if element_slot >= 0:
        compiler.elements.add(element_slot)
    body = compiler.items(node.body)
    compiler.dot_is_element = saved

    def emit(f: Frame) -> None:
        found = get(f)
        try:
            pairs = _pairs(found, two=index_slot >= 0)
        except _NotIterableError as error:
            raise compiler.error(last_visited(compiler, node.pipe, f), str(error)) from None
        if pairs is None:
            if otherwise is not None:
                otherwise(f)
            return
        dot, run, variables, held = f.dot, f.run, f.vars, f.held
        f.held = type(found) in _PLAIN or type_name(found).startswith(_UNTYPED)
        few = type(found) in _PLAIN and len(found) < _FEW  # type: ignore[arg-type]  # told by type()
        if few:
            run.count(f, len(found))  # type: ignore[arg-type]  # told by type()
        for index, element in pairs:
            if not few:
                run.count(f, 1)
            f.dot = element
            if element_slot >= 0:
                if index_slot >= 0:
                    variables[index_slot] = index
                variables[element_slot] = element  # last: both may be one variable
            try:
                body(f)
            except ContinueLoop:
                continue
            except BreakLoop:
                break
        f.dot, f.held = dot, held

    return emit


_FEW = 1000
"""Elements that are counted at once."""
_PLAIN = (list, dict)
_UNTYPED = ("map[string]interface", "[]interface", "chartutil.Values")


class _NotIterableError(Exception):
    pass


def _pairs(value: object, *, two: bool) -> Iterable[tuple[object, object]] | None:
    """Return index and element of each iteration; None when there is none."""
    if isinstance(value, list | tuple):
        return enumerate(list(value)) if value else None
    if isinstance(value, dict):
        if not value:
            return None
        return [(key, value[key]) for key in sorted_texts(value)]
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        if two:
            raise _NotIterableError(f"can't use {value} to iterate over more than one variable")
        return _counted(value) if value > 0 else None
    if isinstance(value, bytes):
        return enumerate(map(Uint8, value)) if value else None
    raise _NotIterableError(f"range can't iterate over {result_text(value)}")


def _counted(limit: int) -> Iterator[tuple[object, object]]:
    kind = type(limit)
    if kind is int:
        return ((i, i) for i in range(limit))
    return ((kind(i), kind(i)) for i in range(limit))
