"""``pxhelm undelete``: guests come back out of the trash."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_namespaces_flag, output_flag
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Bring guests back that `pxhelm.io/deletion-policy: Trash(7d)` put into the trash.

\b
  pxhelm undelete vm/web
  pxhelm undelete vm web db
  pxhelm undelete vm web~trash-10012     one of several of that name

Name, tags and start at boot are as they were, and what ran is started. `pxhelm trash` lists what is there.
"""


@cli.command("undelete", usage="KIND NAME ... | KIND/NAME ...", arguments=(1, None), help=HELP)
@all_namespaces_flag
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Bring back each that is named."""
    from pxhelm.actions.inspect import kinds_of
    from pxhelm.actions.operate import exit_code
    from pxhelm.actions.trash import chosen, trashed, undelete
    from pxhelm.app import open_services
    from pxhelm.cli.listing import pairs_of
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.objects import short_name

    pairs = pairs_of(arguments, "undelete")
    if not all(names for _, names in pairs):
        raise PxhelmError("no guest is named", code=ExitCode.USAGE, hint="`pxhelm trash` lists what is in the trash")
    with showing() as listen, open_services(session.flags, listen) as services:
        there = trashed(services, all_namespaces=options["all_namespaces"])
        wanted = [chosen(there, kinds_of(kind), name) for kind, names in pairs for name in names]
        done = [undelete(services, one) for one in wanted]
    rows = [{"name": f"{short_name(one.guest.kind)}/{one.guest.name}", "result": one.result} for one in done]
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]({"guests": rows}), nl=False)
    for one, row in zip(done, rows, strict=True):
        if one.error is not None:
            click.echo(f"Error: {row['name']}: {one.error.message}", err=True)
        elif options["output"] not in FORMATS:
            click.echo(f"{row['name']} {row['result']}")
    return exit_code(done)
