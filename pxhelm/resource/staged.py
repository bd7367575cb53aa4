"""Rows of a list that holds both what runs and what is staged: each as it will be, with what is to change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHANGES = "staged"
"""Key in a row for what is staged of it."""
_STATE = "state"
_DELETED = "deleted"

Row = Mapping[str, Any]


def staged(row: Row) -> dict[str, Any] | None:
    """Return a row as it will be once what is staged is applied, None when it goes.

    Proxmox shows ``pending=1`` as the row that runs, with ``state`` (new, changed, deleted) and the values to come below
    ``pending``; the word ``deleted`` stands for a value that goes.
    """
    if not row.get(_STATE):
        return {key: value for key, value in row.items() if key != "pending"}
    if row[_STATE] == _DELETED:
        return None
    pending = row.get("pending")
    coming = pending if isinstance(pending, Mapping) else {}
    runs = {key: value for key, value in row.items() if key != "pending"}
    found = {key: coming.get(key, value) for key, value in {**runs, **coming}.items() if coming.get(key) != _DELETED}
    changes = [
        {"path": key, "current": runs.get(key), "desired": None if value == _DELETED else value}
        for key, value in sorted(coming.items())
    ]
    return {**found, CHANGES: changes}
