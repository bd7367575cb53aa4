"""Colours of plans and of the states of releases; what is no terminal gets none, unless ``--color always``."""

from __future__ import annotations

import os
import re
from typing import Final

import click

_STATES: Final = {"deployed": "green", "failed": "red", "unknown": "red", "uninstalling": "yellow"}
_STATE_COLUMN: Final = 4
_SYMBOLS: Final = {"+": "green", "~": "yellow", "~!": "yellow", "-": "red", "-/+": "red", "!": "red"}
_HEAD: Final = re.compile(r"^ *([-+~!/]+) \S.*$", re.MULTILINE)


def wanted(flag: str | None) -> bool | None:
    """Return whether to colour: True, False, or None for what the terminal says.

    ``flag`` is that of ``--color``; without it ``PXHELM_COLOR`` counts, then ``NO_COLOR`` (https://no-color.org).
    """
    asked = flag or os.environ.get("PXHELM_COLOR") or ("never" if os.environ.get("NO_COLOR") else "auto")
    return {"always": True, "never": False}.get(asked)


def state(word: str) -> str:
    """Colour the state of a release, as Helm 4 does."""
    bare = word.strip()
    colour = "yellow" if bare.startswith("pending-") else _STATES.get(bare)
    return click.style(word, fg=colour) if colour else word


def status(text: str) -> str:
    """Colour the state in what ``status`` prints."""
    return re.sub(r"^STATUS: (.*)$", lambda found: f"STATUS: {state(found[1])}", text, count=1, flags=re.MULTILINE)


def releases(text: str) -> str:
    """Colour the column of states in what ``list`` prints."""
    lines = [line.split("\t") for line in text.split("\n")]
    for cells in lines:
        if len(cells) > _STATE_COLUMN:
            cells[_STATE_COLUMN] = state(cells[_STATE_COLUMN])
    return "\n".join("\t".join(cells) for cells in lines)


def plan(text: str) -> str:
    """Colour the line that says what becomes of an object."""

    def line(found: re.Match[str]) -> str:
        colour = _SYMBOLS.get(found[1])
        return click.style(found[0], fg=colour) if colour else found[0]

    return _HEAD.sub(line, text)
