"""``pxhelm exec``: a command in a virtual machine, through the guest agent."""

from __future__ import annotations

import sys
from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Run a command in a virtual machine through its guest agent, and exit with the command's status.

\b
  pxhelm exec vm/web -- uname -a
  pxhelm exec vmid:101 -- sh -c 'df -h | tail -n +2'
  pxhelm exec -i vm/db -- psql app < query.sql        standard input, 64 KiB at most

There is no terminal in it: the agent starts a program and hands over what it printed when it has ended. Containers have
no agent; Proxmox offers `pct exec` on their node.
"""


@cli.command("exec", usage="[-i] vm/NAME -- COMMAND [ARGUMENT ...]", arguments=(1, None), help=HELP)
@flag("-i", "--stdin", help="pass standard input to the command")
@click.option("--timeout", default="0s", metavar="duration", help="time for the command; 0s = without end")
@flag("-t", "--tty", help="refused: the guest agent has no terminal", hidden=True)
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Run it, and pass on what it printed and how it ended."""
    from pxhelm.actions.agent import check_machine, execute
    from pxhelm.app import open_services
    from pxhelm.cli.naming import guest_of
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds

    name, *words = arguments
    if not words:
        raise PxhelmError(
            "you must specify at least one command for the guest",
            code=ExitCode.USAGE,
            hint=f"pxhelm exec {name} -- uname",
        )
    if options["tty"]:
        raise PxhelmError(
            "cannot give the command a terminal: the guest agent has none", code=ExitCode.USAGE, hint="use ssh for that"
        )
    stdin = sys.stdin.buffer.read().decode("utf-8", "surrogateescape") if options["stdin"] else ""
    with showing() as listen, open_services(session.flags, listen) as services:
        guest = guest_of(services, name)
        check_machine(guest, "run a command in")
        ran = services.cluster.run(execute(guest, words, stdin, limit=seconds(options["timeout"])))
    sys.stdout.buffer.write(ran.out)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(ran.err)
    sys.stderr.buffer.flush()
    if ran.truncated:
        click.echo("note: the agent kept only part of what the command printed", err=True)
    return ran.code
