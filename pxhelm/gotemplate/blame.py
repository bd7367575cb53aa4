"""Which node Go blames for an error: the last one its evaluator visited.

Asked once something failed. What the trees do not tell is evaluated again: the rendering is lost, so nobody sees it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pxhelm.gotemplate import nodes as n
from pxhelm.gotemplate.building import Compiler
from pxhelm.gotemplate.runtime import Frame
from pxhelm.gotemplate.values import truth


def last_visited(compiler: Compiler, node: n.Node, f: Frame) -> n.Node:
    """Return the node that stands in Go's ``s.node`` once ``node`` has been evaluated in a frame."""
    while True:
        match node:
            case n.Pipe(commands=[*_, last]):
                node = last
            case n.Command(args=[head]):
                node = head
            case n.Command(args=[n.Identifier(name="and" | "or") as head, *args]):
                node = _decisive(compiler, head, args, f)
            case n.Command(args=[head, *args]):
                node = head if _nothing_there(compiler, head, f) else args[-1]
            case n.Chain(node=inner):
                node = inner
            case _:
                return node


def _decisive(compiler: Compiler, head: n.Identifier, args: Sequence[n.Node], f: Frame) -> n.Node:
    """Return the operand after which ``and`` or ``or`` looked at no other."""
    for arg in args:
        if truth(compiler.operand(arg)(f)) is (head.name == "or"):
            return arg
    return args[-1]


def _nothing_there(compiler: Compiler, head: n.Node, f: Frame) -> bool:
    """Whether a field is asked of no value at all: Go gives up before it visits the arguments."""
    match head:
        case n.Field():
            return f.dot is None
        case n.Variable(names=[_, _, *_], slot=slot) if slot >= 0:
            return f.vars[slot] is None
        case n.Chain(node=inner) if not isinstance(inner, n.Nil):
            return compiler.operand(inner)(f) is None
    return False
