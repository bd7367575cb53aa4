"""The changes of an object as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from pxhelm.actions.rows import GUESTS
from pxhelm.actions.timeline import Change
from pxhelm.cli.views.document import FORMATS
from pxhelm.cli.views.plan import show_leaf
from pxhelm.cli.views.table import plain_table

_HEADER = ("TIME", "WHAT", "FROM", "TO", "BY")
_WIDEST = 60


def timeline_text(changes: Sequence[Change], output: str) -> str:
    """Return a table, latest change first, or the changes as data."""
    if output in FORMATS:
        data = [
            {**asdict(change), "at": _moment(change.at), "since": _moment(change.since) if change.since else ""}
            for change in changes
        ]
        return FORMATS[output](data)
    several = len({change.ref for change in changes}) > 1
    rows = [
        (
            _moment(change.at),
            f"{change.ref} {change.what}" if several else change.what,
            _cell(change, change.old),
            _cell(change, change.new),
            change.actor or "-",
        )
        for change in changes
    ]
    return plain_table(_HEADER, rows)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _cell(change: Change, value: object) -> str:
    if value is None or value == "":
        return "-"
    text = _spelt(change, value).replace("\n", "\\n")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def _spelt(change: Change, value: object) -> str:
    """Return a guest's leaf as a manifest has it; of all else the history holds Proxmox' own cells."""
    if change.kind not in GUESTS.values():
        return value if isinstance(value, str) else json.dumps(value, default=str)
    return show_leaf(change.kind, change.what, tuple(value) if isinstance(value, list) else value)
