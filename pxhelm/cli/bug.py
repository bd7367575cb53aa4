"""Our own bugs: a short apology on the terminal, everything else in a log file.

Never prints a value of the user's: the log holds versions, the command's name and the frames, not the message.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback

import click

from pxhelm.cli import ALIASES, COMMANDS, VERSION
from pxhelm.errors import ExitCode
from pxhelm.settings import Directories


def report(arguments: list[str]) -> int:
    """Write the log of the exception being handled and return the exit status of a bug."""
    error = sys.exc_info()[1]
    folder = Directories.from_environment(os.environ).state
    path = folder / f"bug-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    command = next((a for a in arguments if a in COMMANDS or a in ALIASES), "")  # the value of a flag may be a secret
    frames = "".join(traceback.format_tb(error.__traceback__)) if error else ""
    text = (
        f"pxhelm {VERSION}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {command}\n\n{type(error).__name__}\n{frames}"
    )
    what = f" {error.name}" if isinstance(error, ImportError | NameError | AttributeError) and error.name else ""
    click.echo(f"Error: this is a bug in pxhelm: {type(error).__name__}{what}", err=True)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    except OSError:
        click.echo(text, err=True)
    else:
        click.echo(f"hint: please report it with {path}", err=True)
    return ExitCode.BUG
