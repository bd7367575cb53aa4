"""Asking before many objects go: flags, and the question itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli.options import all_of, flag

if TYPE_CHECKING:
    from pxhelm.events import Listener
    from pxhelm.resource.deletions import Word

confirm_flag = click.option(
    "--confirm-deletes", type=int, metavar="N", help="allow that exactly so many objects go, when many do"
)
upgrade_deletion_flags = all_of(confirm_flag, flag("--allow-empty", help="allow that nothing is left of the release"))
_SHOWN = 20


def word(options: dict[str, Any]) -> Word:
    """Return what the flags say; on a terminal the user is asked."""
    from pxhelm.resource.deletions import Word

    return Word(options["confirm_deletes"], options.get("allow_empty", False), _ask if _interactive() else None)


def word_as_helm(options: dict[str, Any], listen: Listener) -> Word:
    """Return what the flags say; where nobody can be asked the command goes on as Helm's does, and says so."""
    from dataclasses import replace

    from pxhelm.events import Warned

    return replace(word(options), unasked=lambda text: listen(Warned(text)))


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(going: Sequence[str], inventory: int) -> bool:
    for name in going[:_SHOWN]:
        click.echo(f"  - {name}", err=True)
    if len(going) > _SHOWN:
        click.echo(f"  … and {len(going) - _SHOWN} more", err=True)
    return click.confirm(f"delete {len(going)} of {inventory} objects?", err=True)
