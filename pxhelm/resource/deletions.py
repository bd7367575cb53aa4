"""How many objects may go in one operation before somebody has to say so (engine.md D11.4, ADR 11).

Pure: who is asked, and how, is the door's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pxhelm.errors import ExitCode, PxhelmError

Ask = Callable[[Sequence[str], int], bool]
"""Shows what would go, of how many, and returns whether the user means it."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the user said of deletions."""

    confirmed: int | None = None
    """The number given with ``--confirm-deletes``."""
    allow_empty: bool = False
    ask: Ask | None = None
    """Nobody is there to be asked when None."""
    unasked: Callable[[str], None] | None = None
    """Told what goes, where nobody can be asked and the operation goes on all the same, as Helm's does."""


def limit(inventory: int) -> int:
    """Return how many of so many objects may go without a word."""
    return max(3, inventory // 5)


def check(going: Sequence[str], inventory: int, wanted: int, word: Word) -> None:
    """Refuse to delete much more than people mean to; PxhelmError (REFUSED) names what would go.

    ``inventory`` is how many objects there are, ``wanted`` how many will be wanted.
    """
    if going and not wanted and not word.allow_empty:
        raise PxhelmError(
            f"cannot delete all {len(going)} objects: the manifests are empty",
            code=ExitCode.REFUSED,
            hint="check the values; if it is meant, give --allow-empty",
        )
    if word.confirmed is not None and word.confirmed != len(going):
        raise PxhelmError(
            f"cannot delete {len(going)} objects: --confirm-deletes says {word.confirmed}",
            code=ExitCode.REFUSED,
            hint="look at the plan again",
        )
    if word.confirmed is not None or len(going) <= limit(inventory):
        return
    names = ", ".join(going[:5]) + (" …" if len(going) > 5 else "")
    if word.ask is not None:
        if word.ask(going, inventory):
            return
        raise PxhelmError("nothing was done", code=ExitCode.REFUSED)
    if word.unasked is not None:
        word.unasked(f"{len(going)} of {inventory} objects go: {names}")
        return
    raise PxhelmError(
        f"cannot delete {len(going)} of {inventory} objects without your word for it: {names}",
        code=ExitCode.REFUSED,
        hint=f"look at the plan, then give --confirm-deletes={len(going)}",
    )
