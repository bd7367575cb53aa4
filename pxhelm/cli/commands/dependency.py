"""``pxhelm dependency``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.numbers import UINT
from pxhelm.cli.options import access_flags, flag, output_flag, text_or_document, verify_flags
from pxhelm.cli.results import document, voice
from pxhelm.cli.sources import chart_location, tell

if TYPE_CHECKING:
    from pxhelm.actions.dependency import Listed


@click.group("dependency", cls=cli.Group, help="Manage a chart's dependencies: Chart.yaml, charts/, Chart.lock.")
def command(**_options: Any) -> None:
    """Gather the subcommands."""


def _add(name: str, text: str) -> None:
    @cli.command(name, usage="CHART", arguments=(0, 1), help=text)
    @flag("--skip-refresh", help="do not refresh the local repository cache")
    @access_flags
    @verify_flags
    @text_or_document
    def run(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
        from pxhelm.actions.dependency import DependencyRequest, build, list_dependencies, update
        from pxhelm.app import open_services

        request = DependencyRequest(
            path=arguments[0] if arguments else ".",
            skip_refresh=options["skip_refresh"],
            flags=chart_location(options),
            said=voice(options),
            told=tell,
        )
        with open_services(session.flags) as services:
            (update if name == "update" else build)(services, request)
            if options["output"] != "text":
                document(options, _rows(list_dependencies(services, request.path)))

    command.add_command(run)


_add("update", "update charts/ based on the contents of Chart.yaml")
_add("build", "rebuild the charts/ directory based on the Chart.lock file")


def _rows(found: Listed) -> list[dict[str, str]]:
    names = ("name", "version", "repository", "status")
    return [dict(zip(names, row, strict=True)) for row in found.rows]


@cli.command("list", usage="CHART", arguments=(0, 1), help="list the dependencies for the given chart")
@click.option("--max-col-width", type=UINT, default=80, metavar="uint", help="maximum column width for output table")
@output_flag("table", "json", "yaml")
def list_(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print dependencies and whether they are there."""
    from pxhelm.actions.dependency import list_dependencies
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.table import helm_table

    with showing() as listen, open_services(session.flags, listen) as services:
        found = list_dependencies(services, arguments[0] if arguments else ".")
    if options["output"] != "table":
        from pxhelm.cli.views.document import FORMATS

        click.echo(FORMATS[options["output"]](_rows(found)), nl=False)
        return
    if found.asked:
        header = ("NAME", "VERSION", "REPOSITORY", "STATUS")
        click.echo(helm_table(header, found.rows, width=options["max_col_width"]))
    for line in found.warnings:
        click.echo(line)


command.add_command(list_)
