"""From a line of a template's output to the template line that wrote it.

Works out nothing until a line is asked for: most renderings have no error to explain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from pxhelm.errors import Where
from pxhelm.gotemplate.engine import Span

Spans = Callable[[str], tuple[str, Sequence[Span]]]
"""From a file to its output and the spans of it."""


class SourceMap:
    """The lines of one rendered file."""

    __slots__ = ("_find", "_lines", "_name", "_output", "_sources", "_spans")

    def __init__(self, name: str, find: Spans, sources: Mapping[str, str]) -> None:
        """Remember whom to ask; ``sources`` are the templates' texts, for the line itself."""
        self._name = name
        self._find = find
        self._sources = sources
        self._lines: list[int] = []
        self._output = ""
        self._spans: Sequence[Span] = ()

    def __call__(self, line: int) -> Where | None:
        """Return the template line that wrote the first visible character of an output line."""
        if not self._lines:
            self._output, self._spans = self._find(self._name)
            self._lines = [0, *(i + 1 for i, char in enumerate(self._output) if char == "\n")]
        if not self._spans or not 0 < line <= len(self._lines):
            return None
        start = self._lines[line - 1]
        end = self._lines[line] if line < len(self._lines) else len(self._output)
        text = self._output[start:end]
        start += len(text) - len(text.lstrip())
        span = self._spans[max(bisect_right(self._spans, start, key=_offset) - 1, 0)]
        number = span.line + self._within(span, start)
        lines = self._sources.get(span.template, "").split("\n")
        return Where(span.template, number, 0, lines[number - 1] if number <= len(lines) else "")

    def _within(self, span: Span, start: int) -> int:
        """Return how many lines into a span of literal text an offset is; an action's output all comes from its line."""
        written = self._output[span.offset : start].split("\n")
        lines = self._sources.get(span.template, "").split("\n")[span.line - 1 : span.line + len(written) - 2]
        literal = len(lines) == len(written) - 1 and all(w in line for w, line in zip(written[:-1], lines, strict=True))
        return len(written) - 1 if literal else 0


def _offset(span: Span) -> int:
    return span.offset
