"""How a failure reads: Helm's text first, then the place with a caret, then hints.

Never decides the exit status.
"""

from __future__ import annotations

import traceback

import click

from pxhelm.cli.views.terminal import harmless
from pxhelm.errors import PxhelmError, StageError, Where


def show(error: PxhelmError, *, debug: bool = False) -> None:
    """Print a failure on standard error; ``debug`` adds where in pxhelm it came up, unless a file of the user's is wrong."""
    _say(f"Error: {error.message}")
    if isinstance(error, StageError):
        for one in error.errors:
            _say(f"  {one.where}: {one.message}" if one.where else f"  {one.message}")
            if one.where is not None and one.where.text:
                _show_lines(one.where)
            _show_rendered(one.rendered)
            _show_hint(one)
    else:
        _show_excerpt(error.where)
        _show_rendered(error.rendered)
    _show_hint(error)
    if debug and error.where is None:
        _say("".join(traceback.format_exception(error)))


def _say(text: str) -> None:
    click.echo(harmless(text), err=True)


def _show_hint(error: PxhelmError) -> None:
    for line in error.hint.splitlines():
        _say(f"hint: {line}")


def _show_rendered(where: Where | None) -> None:
    """Show the line that the template wrote."""
    if where is not None and where.text:
        _say(f"  rendered as line {where.line} of its output:")
        _show_lines(where)


def _show_excerpt(where: Where | None) -> None:
    if where is None:
        return
    if not where.text:
        return
    _say(f"  --> {where}")
    _show_lines(where)


_WIDEST = 160
"""Characters of a line that are shown; of a longer one, those around the caret."""


def _show_lines(where: Where) -> None:
    number = str(where.line)
    # A parser that knows only the line means all of it.
    begin = where.column - 1 if where.column else len(where.text) - len(where.text.lstrip())
    count = 1 if where.column else max(len(where.text.strip()), 1)
    first = max(0, begin - _WIDEST // 2) if len(where.text) > _WIDEST else 0
    text = where.text[first : first + _WIDEST]
    before, after = "…" if first else "", "…" if first + _WIDEST < len(where.text) else ""
    _say(f"{number} | {before}{text}{after}")
    lead = "".join("\t" if c == "\t" else " " for c in before + text[: begin - first])
    _say(f"{' ' * len(number)} | {lead}{'^' * min(count, _WIDEST - (begin - first))}")
