"""``pxhelm test-connection``: is the cluster there, is it the right one, may we work with it."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import output_flag
from pxhelm.errors import ExitCode


@cli.command("test-connection", help="Check address, certificate, token and rights of the context. Changes nothing.")
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, **options: Any) -> int:
    """Print what the cluster answered; exit 1 when rights are missing."""
    from pxhelm.actions.connect import test_connection
    from pxhelm.app import open_services
    from pxhelm.cli.contexts import show_missing
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS

    with showing() as listen, open_services(session.flags, listen) as services:
        found = test_connection(services, services.user)
        simulated = services.place.simulated
    if options["output"] != "text":
        data = {
            "version": found.version,
            "cluster": found.cluster,
            "nodes": dict(found.nodes),
            "quorate": found.quorate,
            "user": found.user,
            "simulated": simulated,
            "missingPrivileges": list(found.missing),
        }
        click.echo(FORMATS[options["output"]](data), nl=False)
        return ExitCode.FAILED if found.missing else ExitCode.OK
    nodes = ", ".join(name if online else f"{name} (offline)" for name, online in found.nodes.items())
    click.echo(f"Proxmox VE {found.version}" + (f", cluster {found.cluster}" if found.cluster else ""))
    click.echo(f"nodes: {nodes}" + ("" if found.quorate else " (no quorum: nothing can be changed)"))
    click.echo(f"signed in as {found.user}")
    if not found.missing:
        click.echo("all rights that pxhelm needs are there")
        return ExitCode.OK
    show_missing(found)
    return ExitCode.FAILED
