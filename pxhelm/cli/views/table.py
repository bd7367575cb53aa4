"""Tables: Helm's (cells padded, joined by tabs) and kubectl's (cells padded, joined by three spaces).

Never computes a cell.
"""

from __future__ import annotations

from collections.abc import Sequence


def helm_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int = 0) -> str:
    """Return Helm's table, with a trailing newline; no header row when ``header`` is empty.

    ``width`` > 0 cuts cells to that many characters, ``...`` included.
    """
    table = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    if width:
        table = [[_cut(cell, width) for cell in row] for row in table]
    return _join(table, "\t", pad_last=True)


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int] = ()) -> str:
    """Return kubectl's table, with a trailing newline; no header row when ``header`` is empty.

    ``least`` are the widths that columns have at least, so that rows printed later stand below earlier ones.
    """
    table = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    return _join(table, "   ", pad_last=False, least=least)


def widths_of(table: Sequence[Sequence[str]]) -> list[int]:
    """Return the widths of a table's columns."""
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _join(table: list[list[str]], gap: str, *, pad_last: bool, least: Sequence[int] = ()) -> str:
    if not table:
        return ""
    widths = widths_of(table)
    if least:
        widths = [max(pair) for pair in zip(widths, least, strict=True)]
    lines = []
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if not pad_last:
            cells[-1] = row[-1]
        lines.append(gap.join(cells))
    return "\n".join(lines) + "\n"


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else cell[: width - 3] + "..."
