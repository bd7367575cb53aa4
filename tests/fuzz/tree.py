"""What the generators build: a tree whose text is the input, and which a failing input is cut down along."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of an input: of kind ``seq`` (any part may go), ``expr`` (may be replaced by a simpler one) or ``fixed``."""

    kind: str
    parts: tuple[Node | str, ...]

    def text(self) -> str:
        return "".join(p if isinstance(p, str) else p.text() for p in self.parts)


def fixed(*parts):
    return Node("fixed", parts)


def expr(*parts):
    return Node("expr", parts)


def seq(*parts):
    return Node("seq", parts)


SIMPLE = ('"a"', "1", ".", "nil", "(list 1)", "(dict)")


def smaller(node):
    """Yield trees that are simpler than this one, the most daring first."""
    if node.kind == "seq":
        size = len(node.parts)
        if size:
            yield Node("seq", ())
        step = size // 2
        while step:
            for at in range(0, size, step):
                rest = node.parts[:at] + node.parts[at + step :]
                if 0 < len(rest) < size:
                    yield Node("seq", rest)
            step //= 2
    if node.kind == "expr":
        for part in node.parts:
            if isinstance(part, Node) and part.kind == "expr":
                yield part
        length = len(node.text())
        for simple in SIMPLE:
            if len(simple) < length:
                yield Node("expr", (simple,))
    for at, part in enumerate(node.parts):
        if isinstance(part, Node):
            for less in smaller(part):
                yield Node(node.kind, (*node.parts[:at], less, *node.parts[at + 1 :]))
        elif node.kind == "seq" and len(part) > 1:
            half = len(part) // 2
            for cut in (part[:half], part[half:]):
                yield Node("seq", (*node.parts[:at], cut, *node.parts[at + 1 :]))
