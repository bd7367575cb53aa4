"""How a failure reads: Helm's text first, then the place with a caret, then hints.

Never decides the exit status.
"""

from __future__ import annotations

import traceback

import click

from pxhelm.errors import PxhelmError, StageError, Where


def show(error: PxhelmError, *, debug: bool = False) -> None:
    """Print a failure on standard error; ``debug`` adds where in pxhelm it came up, unless a file of the user's is wrong."""
    click.echo(f"Error: {error.message}", err=True)
    if isinstance(error, StageError):
        for one in error.errors:
            click.echo(f"  {one.where}: {one.message}" if one.where else f"  {one.message}", err=True)
            _show_excerpt(one.where)
            _show_rendered(one.rendered)
            _show_hint(one)
    else:
        _show_excerpt(error.where)
        _show_rendered(error.rendered)
    _show_hint(error)
    if debug and error.where is None:
        click.echo("".join(traceback.format_exception(error)), err=True)


def _show_hint(error: PxhelmError) -> None:
    for line in error.hint.splitlines():
        click.echo(f"hint: {line}", err=True)


def _show_rendered(where: Where | None) -> None:
    """Show the line that the template wrote."""
    if where is not None and where.text:
        click.echo(f"  rendered as line {where.line} of its output:", err=True)
        _show_lines(where)


def _show_excerpt(where: Where | None) -> None:
    if where is None:
        return
    if not where.text:
        return
    click.echo(f"  --> {where}", err=True)
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
    click.echo(f"{number} | {before}{text}{after}", err=True)
    lead = "".join("\t" if c == "\t" else " " for c in before + text[: begin - first])
    click.echo(f"{' ' * len(number)} | {lead}{'^' * min(count, _WIDEST - (begin - first))}", err=True)
