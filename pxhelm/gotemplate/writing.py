"""What templates write: texts and actions that stand in a row become one closure.

A closure for each would do little more than be called: most of a large chart's time went there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pxhelm.golang.fmt import action_text
from pxhelm.gotemplate.runtime import Emit, Frame, Get

NO_VALUE: Final = "<no value>"
LARGE: Final = 256
"""Characters from which on a piece of output is counted at once; smaller ones are counted now and then."""

Show = Callable[[object], str]
"""Returns what is printed for a value."""
Piece = str | int | tuple[Get, Show]
"""A text, the slot of a variable to print, or what gives the value to print and how."""
_Row = tuple[str, int, Get, Show]


def write_row(pieces: Sequence[Piece]) -> Emit:
    """Return what writes texts and values in their order."""
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return _text(pieces[0])
    rows: list[_Row] = []
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        rows.append((text, piece, _never, action_text) if isinstance(piece, int) else (text, -1, *piece))
        text = ""
    return _row(rows[0], text) if len(rows) == 1 else _rows(tuple(rows), text)


def _text(text: str) -> Emit:
    def emit(f: Frame) -> None:
        f.write(text)

    return emit


def _row(row: _Row, rest: str) -> Emit:
    before, slot, get, show = row

    def emit(f: Frame) -> None:
        write = f.write
        if before:
            write(before)
        value = get(f) if slot < 0 else f.vars[slot]
        text = value if type(value) is str else NO_VALUE if value is None else show(value)
        if len(text) > LARGE:
            f.run.grow(len(text))
        write(text)
        if rest:
            write(rest)

    return emit


def _rows(rows: Sequence[_Row], rest: str) -> Emit:
    def emit(f: Frame) -> None:
        write, variables = f.write, f.vars
        for before, slot, get, show in rows:
            if before:
                write(before)
            value = get(f) if slot < 0 else variables[slot]
            text = value if type(value) is str else NO_VALUE if value is None else show(value)
            if len(text) > LARGE:
                f.run.grow(len(text))
            write(text)
        if rest:
            write(rest)

    return emit


def _never(_f: Frame) -> object:
    raise AssertionError("a variable is read from its slot")
