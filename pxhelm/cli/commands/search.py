"""``pxhelm search``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.numbers import UINT
from pxhelm.cli.options import flag, output_flag
from pxhelm.errors import PxhelmError


@click.group("search", cls=cli.Group, help="Search for charts in the repositories you have added.")
def command(**_options: Any) -> None:
    """Gather the subcommands."""


@cli.command("repo", usage="[keyword]", arguments=(0, None), help="search repositories for a keyword in charts")
@flag("-r", "--regexp", help="use regular expressions for searching")
@flag("-l", "--versions", help="show each version of each chart on its own line")
@flag("--devel", help="use development versions, too")
@click.option("--version", "chart_version", default="", metavar="string", help="search using version constraints")
@click.option("--max-col-width", type=UINT, default=50, metavar="uint", help="maximum column width for output table")
@flag("--fail-on-no-result", help="search fails if no results are found")
@output_flag("table", "json", "yaml")
def repo(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print what was found."""
    from pxhelm.actions.search import SearchRequest, search
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.table import helm_table

    request = SearchRequest(
        arguments, options["regexp"], options["versions"], options["devel"], options["chart_version"]
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        hits = search(services, request)
    if not hits and options["fail_on_no_result"]:
        raise PxhelmError("no results found")
    if options["output"] in FORMATS:
        rows = [
            {"name": h.name, "version": h.version, "app_version": h.app_version, "description": h.description}
            for h in hits
        ]
        click.echo(FORMATS[options["output"]](rows), nl=False)
    elif not hits:
        click.echo("No results found")
    else:
        header = ("NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION")
        table = [(h.name, h.version, h.app_version, h.description) for h in hits]
        click.echo(helm_table(header, table, width=options["max_col_width"]), nl=False)


command.add_command(repo)
