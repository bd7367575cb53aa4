"""``pxhelm state``: what pxhelm remembers of the cluster's guests, and how to get it back."""

from __future__ import annotations

import sys
from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag, yes_flag
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Show what pxhelm remembers of the cluster's guests, or rebuild it from the guests.

\b
  pxhelm state             bindings, VMIDs at rest, and ghosts: guests of ours that no binding knows
  pxhelm state --cached    the same without asking the cluster, and without ghosts
  pxhelm state rebuild     after the store was lost: bind the guests again by the markers in their notes
"""


class _StateGroup(cli.Group):
    """A group that lists when no subcommand is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` in front when no word names a subcommand."""
        asks_help = any(a in ("-h", "--help") for a in args)
        if not asks_help and not any(a in self.commands for a in args) and all(a.startswith("-") for a in args[:1]):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("state", cls=_StateGroup, help=HELP)
def command(**_options: Any) -> None:
    """Hold the subcommands."""


@command.command("list")
@flag("--cached", help="do not ask the cluster")
@output_flag("table", "json", "yaml")
def list_(session: cli.Session, **options: Any) -> None:
    """List bindings, VMIDs at rest after a removal, and ghosts."""
    from pxhelm.actions.state import look
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.state import state_data, state_text

    with showing() as listen, open_services(session.flags, listen) as services:
        found = look(services, cached=options["cached"])
        now = services.now().timestamp()
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]](state_data(found)), nl=False)
    else:
        click.echo(state_text(found, now), nl=False)


@command.command("rebuild")
@click.option("--installation", default="", metavar="ID", help="whose guests, when several installations left markers")
@flag("--dry-run", help="show what would come back, write nothing")
@yes_flag
@output_flag("text", "json", "yaml", default="text")
def rebuild(session: cli.Session, **options: Any) -> int:
    """Bind guests again by the markers in their notes, after the store was lost or restored from an old backup.

    Reads every guest and writes only the store. Afterwards apply the same manifests, or install the same charts, again:
    their plan is empty, and labels, annotations and owners are known again. Guests whose marker is of an older version
    are put into the namespace of -n.
    """
    from pxhelm.actions.state import plan_rebuild
    from pxhelm.actions.state import rebuild as bring_back
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.state import rebuild_data, rebuild_text

    with showing() as listen, open_services(session.flags, listen) as services:
        planned = plan_rebuild(services, options["installation"])
        structured = options["output"] in FORMATS
        changes = bool(planned.restored) or (planned.takes_over and bool(planned.guests))
        if not structured:
            click.echo(rebuild_text(planned), nl=False)
        done = changes and not options["dry_run"]
        if done:
            if not options["yes"]:
                _ask(f"restore {len(planned.restored)} of installation {planned.installation}?")
            bring_back(services, planned)
    if structured:
        click.echo(FORMATS[options["output"]](rebuild_data(planned, done=done)), nl=False)
    elif done:
        click.echo(f"restored {len(planned.restored)}; now apply the manifests again, or install the charts again")
    return ExitCode.CONFLICT if any(g.outcome == "conflict" for g in planned.guests) else ExitCode.OK


def _ask(question: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise PxhelmError(
            "cannot go on: nobody is there to confirm that these guests are yours",
            code=ExitCode.REFUSED,
            hint="look at the list above, then give --yes",
        )
    if not click.confirm(question, err=True):
        raise PxhelmError("nothing was done", code=ExitCode.REFUSED)
