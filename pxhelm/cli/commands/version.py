"""``pxhelm version``. Without flags it is answered before this module is imported."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import VERSION
from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag


@cli.command("version", help="Print the version, and what it was built with.")
@flag("--short", help="print the version number")
@click.option("--template", default="", metavar="string", help="Go template of what is printed, such as {{.Version}}")
@output_flag("text", "json", "yaml", default="text")
def command(_session: cli.Session, **options: Any) -> None:
    """Print the version."""
    import platform

    if options["template"]:
        from pxhelm.actions.names import shown_by

        click.echo(
            shown_by(options["template"], {"Version": f"v{VERSION}", "Python": platform.python_version()}), nl=False
        )
        return
    if options["output"] != "text":
        from pxhelm.cli.views.document import FORMATS
        from pxhelm.proxmox.schema import versions

        data = {"version": VERSION, "python": platform.python_version(), "proxmoxSchemas": list(versions())}
        click.echo(FORMATS[options["output"]](data), nl=False)
        return
    click.echo(VERSION if options["short"] else f"pxhelm {VERSION}")
