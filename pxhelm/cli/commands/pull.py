"""``pxhelm pull``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import chart_flags, flag, text_or_document
from pxhelm.cli.results import document, voice
from pxhelm.cli.sources import chart_location, tell

HELP = """Download a chart from a repository, a registry or a URL, and (optionally) unpack it in local directory."""


@cli.command("pull", usage="[chart URL | repo/chartname] [...]", arguments=(1, None), help=HELP)
@chart_flags
@click.option("-d", "--destination", default=".", metavar="DIR", help="location to write the chart")
@flag("--prov", help="fetch the provenance file, but don't perform verification")
@flag("--untar", help="untar the chart after downloading it")
@click.option("--untardir", default=".", metavar="DIR", help="directory into which the chart is expanded")
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Download charts."""
    from pxhelm.actions.pull import PullRequest, pull
    from pxhelm.app import open_services

    pulled = []
    with open_services(session.flags) as services:
        for reference in arguments:
            request = PullRequest(
                reference=reference,
                flags=chart_location(options),
                destination=options["destination"],
                untar=options["untar"],
                untar_folder=options["untardir"],
                provenance=options["prov"],
            )
            found = pull(services, request, voice(options), tell)
            pulled.append({"chart": reference, "url": found.url, "path": found.path, "digest": found.digest})
    document(options, pulled)
