"""``pxhelm trash``: what was deleted and is still there, and its end."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.deletions import confirm_flag
from pxhelm.cli.options import all_namespaces_flag, flag, output_flag, yes_flag
from pxhelm.cli.planning import lock_timeout_flag
from pxhelm.errors import ExitCode

HELP = """Show guests that were deleted with `pxhelm.io/deletion-policy: Trash(7d)`, or empty the trash.

\b
  pxhelm trash                    what is there, and until when
  pxhelm trash empty --yes        destroys those whose time is over; for a timer
  pxhelm trash empty --all        destroys all of them
  pxhelm undelete vm/web          brings one back
"""


class _TrashGroup(cli.Group):
    """A group that lists when no subcommand is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` in front when no word names a subcommand."""
        asks_help = any(a in ("-h", "--help") for a in args)
        if not asks_help and not any(a in self.commands for a in args) and all(a.startswith("-") for a in args[:1]):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("trash", cls=_TrashGroup, help=HELP)
def command(**_options: Any) -> None:
    """Hold the subcommands."""


@command.command("list")
@all_namespaces_flag
@output_flag("table", "json", "yaml")
def list_(session: cli.Session, **options: Any) -> int:
    """List the guests in the trash, the first to go first."""
    from pxhelm.actions.trash import trashed
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.trash import trash_data, trash_text

    with showing() as listen, open_services(session.flags, listen) as services:
        there = trashed(services, all_namespaces=options["all_namespaces"])
        now, namespace = services.now().timestamp(), services.place.namespace
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]](trash_data(there)), nl=False)
    else:
        click.echo(trash_text(there, now), nl=False)
        if not there:
            where = "" if options["all_namespaces"] else f" of namespace {namespace}"
            click.echo(f"the trash{where} is empty", err=True)
    return ExitCode.OK


@command.command("empty")
@all_namespaces_flag
@flag("--all", "everything", help="also those whose time is not over")
@flag("--dry-run", help="show the plan; destroy nothing")
@lock_timeout_flag
@yes_flag
@confirm_flag
@output_flag("text", "json", "yaml", default="text")
def empty(session: cli.Session, **options: Any) -> int:
    """Destroy the guests in the trash whose time is over, with their disks."""
    from pxhelm.actions.objects import carry_out
    from pxhelm.actions.trash import expired, plan_emptying, trashed
    from pxhelm.app import open_services
    from pxhelm.cli.planning import confirm_deletion, how, show_plan, show_result
    from pxhelm.cli.progress import showing

    with showing() as listen, open_services(session.flags, listen) as services:
        there = trashed(services, all_namespaces=options["all_namespaces"])
        going = there if options["everything"] else expired(there, services.now().timestamp())
        for one in (one for one in going if one.taken_out):
            click.echo(
                f"note: {one.found.name} is left alone: it runs or has its own name again; `pxhelm undelete` ends that",
                err=True,
            )
        going = [one for one in going if not one.taken_out]
        if not going:
            click.echo("nothing in the trash is due", err=True)
            return ExitCode.OK
        planned = plan_emptying(services, going)
        if options["dry_run"]:
            show_plan(planned, options["output"])
            return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
        confirm_deletion(services, planned, options)
        result = carry_out(services, planned, how(options))
    return show_result(result, options["output"])
