"""``pxhelm list``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import colour
from pxhelm.cli import command as cli
from pxhelm.cli.numbers import INT
from pxhelm.cli.options import flag, output_flag
from pxhelm.errors import ExitCode, PxhelmError

STATES = ("deployed", "failed", "pending", "superseded", "uninstalled", "uninstalling")


@cli.command("list", help="List the releases of a namespace. Read from the store: the cluster is not asked.")
@flag("-a", "--all", "all_states", help="show all releases without any filter applied")
@flag("-A", "--all-namespaces", help="list releases across all namespaces")
@flag("-d", "--date", help="sort by release date")
@flag("--deployed", help="show deployed releases")
@flag("--failed", help="show failed releases")
@flag("--pending", help="show pending releases")
@flag("--superseded", help="show superseded releases")
@flag("--uninstalled", help="show uninstalled releases (if --keep-history was used)")
@flag("--uninstalling", help="show releases that are currently being uninstalled")
@click.option("-f", "--filter", default="", metavar="string", help="a regular expression on the names")
@click.option("-m", "--max", type=INT, default=256, show_default=True, help="maximum number of releases")
@click.option("--offset", type=INT, default=0, help="next release index in the list")
@flag("-r", "--reverse", help="reverse the sort order")
@click.option("-l", "--selector", default="", metavar="string", help="label query on the releases' labels")
@flag("-q", "--short", help="output short (quiet) listing format")
@flag("--no-headers", help="don't print headers")
@click.option("--time-format", default="", metavar="string", help="Go layout of the time")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, **options: Any) -> None:
    """Print the list."""
    from pxhelm.actions.releases import list_releases
    from pxhelm.app import open_services
    from pxhelm.cli.views.release import list_text, names_text
    from pxhelm.release.history import DEFAULT_STATES, PENDING_STATES, ListOptions, SortBy, go_time
    from pxhelm.release.model import Release, Status

    if options["offset"] < 0:
        raise PxhelmError(f"cannot begin at release {options['offset']}: --offset counts from 0", code=ExitCode.USAGE)
    states = set(DEFAULT_STATES)
    if options["all_states"]:
        states = set(Status)
    elif any(options[state] for state in STATES):
        states = {Status(state) for state in STATES if state != "pending" and options[state]}
        states |= PENDING_STATES if options["pending"] else set()
    asked = ListOptions(
        all_namespaces=options["all_namespaces"],
        states=frozenset(states),
        filter=options["filter"],
        selector=options["selector"],
        limit=options["max"],
        offset=options["offset"],
        sort=SortBy.DATE if options["date"] else SortBy.NAME,
        reverse=options["reverse"],
    )
    try:
        with open_services(session.flags) as services:
            found = list_releases(services, asked)
    except ValueError as error:
        raise PxhelmError(str(error), code=ExitCode.USAGE) from None
    if options["short"]:
        click.echo(names_text(found, options["output"]), nl=False)
        return

    def updated(release: Release) -> str:
        if not options["time_format"] or release.info.last_deployed is None:
            return go_time(release)
        from pxhelm.golang.times import Time

        return Time(int(release.info.last_deployed.timestamp())).format(options["time_format"])

    text = list_text(found, options["output"], updated, headers=not options["no_headers"])
    click.echo(colour.releases(text) if options["output"] == "table" else text, nl=False)
