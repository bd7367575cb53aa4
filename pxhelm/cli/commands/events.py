"""``pxhelm events``: what happened to objects, as far as pxhelm noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import flag, output_flag, texts

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

HELP = """Show events: conflicts, drift, failures and what else pxhelm noticed of its objects, the latest last.

\b
  pxhelm events
  pxhelm events --for vm/web
  pxhelm events -A --types Warning -w

What Proxmox itself did stands in `pxhelm get tasks` and `pxhelm logs`.
"""


@cli.command("events", help=HELP)
@click.option("--for", "about", default="", metavar="KIND/NAME", help="only events of this object")
@texts("--types", commas=True, metavar="TYPE", help="only Normal or Warning events")
@flag("-A", "--all-namespaces", help="events of every namespace")
@flag("-w", "--watch", help="go on with what happens from now; Ctrl-C ends it")
@click.option("--watch-timeout", default="0s", metavar="duration", help="end the watch after this time; 0s = never")
@flag("--no-headers", help="do not print headers")
@output_flag("table", "json", "yaml")
@refused_flags("events")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:  # noqa: ARG001 - takes none
    """Print them."""
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds

    limit = seconds(options["watch_timeout"])
    with showing() as listen, open_services(session.flags, listen) as services:
        began, seen, first = services.elapsed(), set[tuple[str, object]](), True
        while True:
            found = [one for one in _events(services, options) if (one.name, one.row["count"]) not in seen]
            seen |= {(one.name, one.row["count"]) for one in found}
            _show(found, options, services.now().timestamp(), headers=first and not options["no_headers"])
            if not options["watch"] or (limit and services.elapsed() - began + 1 > limit):
                return
            first = False
            services.sleep(1.0)


def _events(services: Services, options: dict[str, Any]) -> list[Found]:
    from pxhelm.actions.inspect import Query, find, kinds_of
    from pxhelm.actions.rows import EVENT

    found = find(services, Query((EVENT,), all_namespaces=options["all_namespaces"]))
    if options["types"]:
        wanted = {each.lower() for each in options["types"]}
        found = [one for one in found if str(one.row["type"]).lower() in wanted]
    if options["about"]:
        kind, _, name = options["about"].partition("/")
        kinds = kinds_of(kind)
        found = [one for one in found if one.row["kind"] in kinds and one.row["name"] == name]
    return found


def _show(found: list[Found], options: dict[str, Any], now: float, *, headers: bool) -> None:
    from pxhelm.cli.views import objects as view
    from pxhelm.cli.views.document import FORMATS

    if options["output"] in FORMATS:
        if found:
            click.echo(FORMATS[options["output"]](view.list_document([view.document(one) for one in found])), nl=False)
        return
    if found:
        look = view.Look(now, headers=headers, namespaces=options["all_namespaces"])
        click.echo(view.table_text("Event", found, look), nl=False)
    elif headers:
        click.echo("No events found", err=True)
