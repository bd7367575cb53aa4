"""``pxhelm history``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import output_flag


@cli.command("history", usage="RELEASE_NAME", arguments=(1, 1), help="List the revisions of a release.")
@click.option("--max", "most", type=int, default=256, show_default=True, help="maximum number of revisions")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the history."""
    from pxhelm.actions.releases import history
    from pxhelm.app import open_services
    from pxhelm.cli.views.release import history_text

    with open_services(session.flags) as services:
        found = history(services, arguments[0], options["most"])
    click.echo(history_text(found, options["output"]), nl=False)
