"""How the trace of a rendering reads: a tree of templates with the time each took."""

from __future__ import annotations

from collections.abc import Iterator

from pxhelm.render.trace import Call


def trace_text(root: Call) -> str:
    """Return one line for each template under its caller: milliseconds, name, number of calls, where it is defined."""
    total = sum(call.seconds for call in root.calls.values())
    lines = [f"trace: {len(root.calls)} templates rendered in {total * 1000:.3f} ms"]
    return "\n".join([*lines, *_lines(root, 0)]) + "\n"


def _lines(above: Call, depth: int) -> Iterator[str]:
    for call in above.calls.values():
        often = f" x{call.count}" if call.count > 1 else ""
        where = f"  ({call.file}:{call.line})" if call.file != call.name else ""
        yield f"{call.seconds * 1000:10.3f} ms  {'  ' * depth}{call.name}{often}{where}"
        yield from _lines(call, depth + 1)
