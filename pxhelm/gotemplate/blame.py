"""Which node Go blames for an error: the last one its evaluator visited. Only reads trees."""

from __future__ import annotations

from pxhelm.gotemplate import nodes as n


def last_visited(node: n.Node) -> n.Node:
    """Return the node that stands in Go's ``s.node`` once ``node`` has been evaluated."""
    match node:
        case n.Pipe(commands=[*_, last]):
            return last_visited(last)
        case n.Command(args=[head]):
            return last_visited(head)
        case n.Command(args=[*_, last]):
            return last_visited(last)
        case n.Chain(node=inner):
            return last_visited(inner)
    return node
