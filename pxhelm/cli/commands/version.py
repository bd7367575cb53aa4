"""``pxhelm version``. Without flags it is answered before this module is imported."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import VERSION
from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag


@cli.command("version", help="Print the version, and what it was built with.")
@flag("--short", help="print the version number")
@output_flag("text", "json", default="text")
def command(_session: cli.Session, **options: Any) -> None:
    """Print the version."""
    if options["output"] == "json":
        import platform

        from pxhelm.cli.views.document import as_json
        from pxhelm.proxmox.schema import versions

        data = {"version": VERSION, "python": platform.python_version(), "proxmoxSchemas": list(versions())}
        click.echo(as_json(data), nl=False)
        return
    click.echo(VERSION if options["short"] else f"pxhelm {VERSION}")
