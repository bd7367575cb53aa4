"""``pxhelm completion``: the script a shell loads; releases, objects and contexts complete from the store."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import get_completion_class

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag
from pxhelm.errors import ExitCode, PxhelmError

_NO_SPACE = "    [[ ${COMPREPLY[0]} == /* || ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"

HELP = """Generate the completion script for bash, zsh or fish.

\b
bash:  source <(pxhelm completion bash)
zsh:   source <(pxhelm completion zsh)
fish:  pxhelm completion fish | source

It needs bash 4.4 or newer.
"""


_SHELLS = ("bash", "zsh", "fish")
"""The shells that this was tried in."""


@cli.command("completion", usage="bash|zsh|fish", arguments=(1, 1), help=HELP)
@flag("--no-descriptions", help="disable completion descriptions")
def command(_session: cli.Session, arguments: tuple[str, ...], **_options: Any) -> None:
    """Print the script."""
    from pxhelm.cli.root import root

    shell = get_completion_class(arguments[0]) if arguments[0] in _SHELLS else None
    if shell is None:
        raise PxhelmError(
            f"cannot complete for {arguments[0]}: not a known shell",
            code=ExitCode.USAGE,
            hint=f"one of {', '.join(_SHELLS)}",
        )
    source = shell(root, {}, "pxhelm", "_PXHELM_COMPLETE").source()
    if arguments[0] == "bash":  # paths of the API and key= go on behind what was completed
        source = source.replace("    done\n\n    return 0", f"    done\n{_NO_SPACE}\n    return 0")
    click.echo(source)
