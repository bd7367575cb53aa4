"""``pxhelm verify``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli

HELP = """Verify that a packaged chart was signed by a key of the keyring and is as it was signed."""


@cli.command("verify", usage="PATH", arguments=(1, 1), help=HELP)
@click.option("--keyring", default="", metavar="FILE", help="keyring of the public keys (~/.gnupg/pubring.gpg)")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Check one archive."""
    from pxhelm.actions.verify import verify_file
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        for line in verify_file(services.sources, arguments[0], options["keyring"]).lines():
            click.echo(line)
