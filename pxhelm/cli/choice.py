"""A choice from a list when a name is missing: on a terminal only; a pipe gets an error that lists the names.

Never chooses by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from pxhelm.errors import ExitCode, PxhelmError

_LISTED = 20


def interactive() -> bool:
    """Tell whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def choose(what: str, names: Sequence[str], *, rows: Sequence[str] = (), several: bool = True) -> list[int]:
    """Let somebody choose from a list, and return the places; PxhelmError that lists the names without a terminal.

    ``rows`` is what is shown for each name.
    """
    if not names:
        raise PxhelmError(f"no {what} is named, and there is none to choose from", code=ExitCode.USAGE)
    if not interactive():
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        raise PxhelmError(f"no {what} is named", code=ExitCode.USAGE, hint=f"one of {', '.join(names[:_LISTED])}{more}")
    for number, row in enumerate(rows or names, 1):
        click.echo(f"{number:>4}  {row}", err=True)
    example = "number or name; several as 1,3-5" if several else "number or name"
    while True:
        answer = click.prompt(f"{what}? ({example})", err=True)
        try:
            found = places(answer, names)
        except ValueError as error:
            click.echo(str(error), err=True)
            continue
        if several or len(found) == 1:
            return found
        click.echo("choose one", err=True)


def places(answer: str, names: Sequence[str]) -> list[int]:
    """Read an answer such as ``1,3-5`` or a name; ValueError says what is wrong with it."""
    found: dict[int, None] = {}
    for part in answer.replace(" ", ",").split(","):
        if not part:
            continue
        if part in names:
            found[names.index(part)] = None
            continue
        low, dash, high = part.partition("-")
        if not low.isdigit() or (dash and not high.isdigit()):
            raise ValueError(f"{part} is neither a number nor a name of the list")
        first, last = int(low), int(high or low)
        if not 1 <= first <= last <= len(names):
            raise ValueError(f"{part} is not in the list of 1 to {len(names)}")
        found.update(dict.fromkeys(range(first - 1, last)))
    if not found:
        raise ValueError("choose something, or leave with Ctrl-C")
    return list(found)


def confirm(question: str, refusal: str, *, yes: bool) -> None:
    """Ask before something is lost; PxhelmError (REFUSED) without a terminal and without ``--yes``."""
    if yes:
        return
    if not interactive():
        raise PxhelmError(
            f"{refusal}, and nobody is there to confirm it",
            code=ExitCode.REFUSED,
            hint="give --yes if that is what you want",
        )
    if not click.confirm(question, err=True):
        raise PxhelmError("nothing was done", code=ExitCode.REFUSED)
