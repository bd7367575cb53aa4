"""Tables: Helm's (cells padded, joined by tabs) and kubectl's (cells padded, joined by three spaces).

Never computes a cell.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pxhelm.cli.views.terminal import harmless, one_line

_DOTS = "..."


def helm_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int = 0) -> str:
    """Return Helm's table, with a trailing newline; no header row when ``header`` is empty.

    ``width`` > 0 cuts cells to that many columns, ``...`` included. As in the library that Helm uses (gosuri/uitable)
    a cell of several lines is one text until it is padded: it is cut when the whole is longer than the column, which is
    as wide as the longest line.
    """
    table = [[harmless(cell) for cell in row] for row in ((header, *rows) if header else rows)]
    widths = [max(map(_line_width, column)) for column in zip(*table, strict=True)]
    if width:
        widths = [min(one, width) for one in widths]
    lines: list[str] = []
    for row in table:
        cells = [_resized(cell, size).split("\n") for cell, size in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = zip(cells, widths, strict=True)
            lines.append("\t".join(_resized(c[number], w) if number < len(c) else " ".rjust(w) for c, w in parts))
    return "".join(f"{line}\n" for line in lines)


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int] = ()) -> str:
    """Return kubectl's table, with a trailing newline; no header row when ``header`` is empty, one line for each row.

    ``least`` are the widths that columns have at least, so that rows printed later stand below earlier ones.
    """
    table = [[one_line(cell) for cell in row] for row in ((header, *rows) if header else rows)]
    if not table:
        return ""
    widths = widths_of(table)
    if least:
        widths = [max(pair) for pair in zip(widths, least, strict=True)]
    lines = []
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("   ".join([*cells[:-1], row[-1]]))
    return "\n".join(lines) + "\n"


def widths_of(table: Sequence[Sequence[str]]) -> list[int]:
    """Return the widths of a table's columns."""
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _line_width(cell: str) -> int:
    return max(map(_columns, cell.split("\n")))


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() and text.isprintable() else sum(map(_breadth, text))


def _breadth(character: str) -> int:
    if unicodedata.category(character) in ("Cc", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _resized(cell: str, width: int) -> str:
    """Pad a cell, or cut it; a column of no width leaves it alone."""
    have = _columns(cell)
    if not width or have == width:
        return cell
    if have < width:
        return cell + " " * (width - have)
    kept, room = "", width - len(_DOTS)
    for character in cell:
        if _columns(kept) >= room:
            break
        kept += character
    return kept + _DOTS
