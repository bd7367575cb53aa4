"""``pxhelm validate``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import files_flag, output_flag, pve_version
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Check manifests without a cluster: YAML, kinds, fields, types, names.

Every mistake is told at once, with file, line and column. Exits with 1 when there is one. With --pve 8.4, what that
version of Proxmox VE does not have is one, too.
"""


@cli.command("validate", usage="-f FILE|DIR|-", arguments=(0, 0), help=HELP)
@files_flag
@pve_version
@output_flag("text", "json", "yaml", "name", default="text")
def command(session: cli.Session, **options: Any) -> None:
    """Print what is valid."""
    from pxhelm.actions.objects import validate
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS

    if not options["files"]:
        raise PxhelmError(
            "must specify -f", code=ExitCode.USAGE, hint="pxhelm validate -f FILE|DIR|-; charts: pxhelm template"
        )
    with showing() as listen, open_services(session.flags, listen) as services:
        found = validate(services, options["files"], options["pve"])
    addresses = [resource.key.address for resource in found]
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]({"valid": True, "objects": addresses}), nl=False)
    elif options["output"] == "name":
        click.echo("".join(f"{address}\n" for address in addresses), nl=False)
    else:
        for address in addresses:
            click.echo(f"{address} is valid")
