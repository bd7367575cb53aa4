"""``pxhelm discover``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import output_flag

HELP = """Record what the cluster holds in the store, with its history. Changes nothing in the cluster.

Everything, or only vms, containers, storage, nodes or tasks. `get --cached` shows what was recorded, without asking the
cluster; `history vm/NAME` what changed, `get ... --at TIME` how it was. Something that did not change takes no room.
"""


@cli.command("discover", usage="[all|vms|containers|storage|nodes|tasks]", arguments=(0, 1), help=HELP)
@click.option(
    "--keep",
    default="365d",
    show_default=True,
    envvar="PXHELM_HISTORY_KEEP",
    metavar="duration",
    help="forget history that is older, such as 90d or 720h; 0 keeps all",
)
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the counts."""
    from pxhelm.actions.discover import discover
    from pxhelm.actions.inspect import plural_of
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.times import seconds_of
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.table import plain_table

    keep = seconds_of("--keep", options["keep"]) or float("inf")
    with showing() as listen, open_services(session.flags, listen) as services:
        counts = discover(services, arguments[0] if arguments else "all", keep)
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]({plural_of(kind): asdict(one) for kind, one in counts.items()}), nl=False)
        return
    header = ("KIND", "TOTAL", "MANAGED", "NEW", "CHANGED", "GONE")
    rows = [
        (plural_of(kind), *map(str, (one.total, one.managed, one.new, one.changed, one.gone)))
        for kind, one in counts.items()
    ]
    click.echo(plain_table(header, rows), nl=False)
