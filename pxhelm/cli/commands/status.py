"""``pxhelm status``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import colour
from pxhelm.cli import command as cli
from pxhelm.cli.numbers import INT
from pxhelm.cli.options import flag, output_flag


@cli.command("status", usage="RELEASE_NAME", arguments=(1, 1), help="Display the status of the named release.")
@click.option("--revision", type=INT, default=0, help="show this revision instead of the last")
@flag("--show-desc", help="display the description of the release")
@flag("--show-resources", help="display the objects of the release")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the status."""
    from pxhelm.actions.releases import get
    from pxhelm.app import open_services
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.release import release_document, resources_text, status_text

    with open_services(session.flags) as services:
        release = get(services, arguments[0], options["revision"])
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]](release_document(release)), nl=False)
        return
    resources = resources_text(release) if options["show_resources"] else ""
    text = status_text(release, description=options["show_desc"], resources=resources)
    click.echo(colour.status(text), nl=False)
