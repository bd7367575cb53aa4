"""What fields mean, in one line each, written beside the table they belong to: for ``explain``, pages and editors.

A kind keeps its lines as one text, ``path   words``; what means the same everywhere has its line here. After a bar a line may
say the parameter that a field is written to, where the table does not: ``source.clone.mode   … | clone full``. Knows no kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pxhelm.resource.field import Field

_EVERYWHERE = """
id                          Proxmox' id; the object's name unless given
comment                     a remark; the mark of pxhelm is not shown
enabled                     false: it stays and has no effect
nodes                       only on these nodes; on all unless given
pruneBackups.keepAll        keep all backups
pruneBackups.keepLast       keep so many of the latest
pruneBackups.keepHourly     keep the latest of so many hours
pruneBackups.keepDaily      keep the latest of so many days
pruneBackups.keepWeekly     keep the latest of so many weeks
pruneBackups.keepMonthly    keep the latest of so many months
pruneBackups.keepYearly     keep the latest of so many years
bandwidth.default           upper limit where none of the others is given
bandwidth.clone             upper limit of copies of guests
bandwidth.migration         upper limit of migrations
bandwidth.move              upper limit when a disk moves to another storage
bandwidth.restore           upper limit of restores
location.name               where it is, for the map
location.latitude           degrees north
location.longitude          degrees east
"""


def told(text: str) -> dict[str, str]:
    """Return path → words of a text with one of them a line."""
    return dict(line.split(None, 1) for line in text.strip().splitlines())


def worded(fields: tuple[Field, ...], text: str = "") -> tuple[Field, ...]:
    """Return the fields, and the parts of records, with the words of the text where they have none of their own.

    Raises ValueError for words of a field that the table does not have.
    """
    own = told(text)
    paths = {path for each in fields for path in (each.path, *(f"{each.path}.{part.path}" for part in each.parts))}
    if gone := own.keys() - paths:
        raise ValueError(f"words without a field: {', '.join(sorted(gone))}")
    return said(fields, {**told(_EVERYWHERE), **own})


def said(fields: tuple[Field, ...], words: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields with these words where they have none of their own."""
    return tuple(_one(each, each.path, words) for each in fields)


def _one(each: Field, path: str, words: Mapping[str, str]) -> Field:
    parts = tuple(_one(part, f"{path}.{part.path}", words) for part in each.parts)
    text, _, via = (side.strip() for side in words.get(path, "").partition("|"))
    return replace(each, help=each.help or text, via=each.via or via, parts=parts)
