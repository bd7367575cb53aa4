"""``pxhelm verify``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import text_or_document

HELP = """Verify that a packaged chart was signed by a key of the keyring and is as it was signed."""


@cli.command("verify", usage="PATH", arguments=(1, 1), help=HELP)
@click.option("--keyring", default="", metavar="FILE", help="keyring of the public keys (~/.gnupg/pubring.gpg)")
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Check one archive."""
    from pxhelm.actions.verify import verify_file
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        checked = verify_file(services.sources, arguments[0], options["keyring"])
    if options["output"] != "text":
        from pxhelm.cli.views.charts import verified_document
        from pxhelm.cli.views.document import FORMATS

        click.echo(FORMATS[options["output"]](verified_document(checked)), nl=False)
        return
    for line in checked.lines():
        click.echo(line)
