"""``pxhelm env``."""

from __future__ import annotations

import os
from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import text_or_document

HELP = """Print the environment that pxhelm works in, or one variable of it."""


@cli.command("env", usage="", arguments=(0, 1), help=HELP)
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print variables."""
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        folders, sources = services.settings.directories, services.sources
        found = {
            "PXHELM_BURST_LIMIT": os.environ.get("PXHELM_BURST_LIMIT") or "24",
            "PXHELM_CACHE_HOME": str(folders.cache),
            "PXHELM_CONFIG_HOME": str(folders.config),
            "PXHELM_DATA_HOME": str(folders.data),
            "PXHELM_DEBUG": str(bool(session.flags.get("debug"))).lower(),
            "PXHELM_NAMESPACE": services.settings.namespace or "default",
            "PXHELM_REPOSITORY_CACHE": sources.cache,
            "PXHELM_REPOSITORY_CONFIG": sources.repositories,
            "PXHELM_STATE_HOME": str(folders.state),
            "PXHELM_STORE": str(services.settings.store),
        }
    if options["output"] != "text":
        from pxhelm.cli.views.document import FORMATS

        wanted = {name: found.get(name, "") for name in arguments} or found
        click.echo(FORMATS[options["output"]](wanted), nl=False)
        return
    if arguments:
        click.echo(found.get(arguments[0], ""))
        return
    for name, value in found.items():
        click.echo(f'{name}="{value}"')
