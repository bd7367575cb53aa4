"""Questions to whoever types the command, and Helm's words when nobody does."""

from __future__ import annotations

import sys

import click

from pxhelm.errors import PxhelmError


def answer(what: str, instead: str) -> str:
    """Ask for a line on standard input; PxhelmError ``EOF`` when it has ended.

    ``instead``: the flag that makes the question needless.
    """
    click.echo(f"{what}: ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise PxhelmError("EOF", hint=f"give {instead}")
    return line.strip()


def secret(what: str, instead: str) -> str:
    """Ask for a text that the terminal does not show; PxhelmError without a terminal, and for no answer.

    ``instead``: the flag that makes the question needless.
    """
    if not sys.stdin.isatty():
        click.echo(f"{what}: ", nl=False, err=True)
        raise PxhelmError("inappropriate ioctl for device", hint=f"there is no terminal to ask on: give {instead}")
    import getpass

    try:
        return getpass.getpass(f"{what}: ", sys.stderr)
    except EOFError:
        raise PxhelmError("EOF", hint=f"give {instead}") from None
