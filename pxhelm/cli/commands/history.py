"""``pxhelm history``: the revisions of a release as Helm lists them, or the changes of an object of the cluster."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.numbers import INT
from pxhelm.cli.options import flag, output_flag

HELP = """List the revisions of a release, or the changes of an object.

\b
  pxhelm history shop             revisions of the release shop
  pxhelm history vm/web           each field of the machine that changed: when, by whom, from what to what
  pxhelm history vm/vmid:101      one that is not ours, by its VMID
  pxhelm history net/pve1/vmbr0   also: storages, pools, nodes

Changes are noticed when the cluster is looked at, by `discover` and `apply`: what happened between two looks is one
change. Who did it stands there when Proxmox' tasks or log tell.
"""


@cli.command("history", usage="RELEASE_NAME", arguments=(1, 1), help=HELP)
@click.option("--max", "most", type=INT, default=256, show_default=True, help="maximum number of revisions or changes")
@flag("--show-rollback-revision", help="show the revision that a rollback went back to")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the history."""
    from pxhelm.app import open_services

    kind, slash, name = arguments[0].partition("/")
    if slash:
        from pxhelm.actions.inspect import kinds_of
        from pxhelm.actions.rows import NETWORK
        from pxhelm.actions.timeline import timeline
        from pxhelm.cli.views.timeline import timeline_text

        kinds = (NETWORK,) if kind.lower() in ("net", "network", "networks") else kinds_of(kind)
        with open_services(session.flags) as services:
            changes = timeline(services, kinds, name, options["most"])
        click.echo(timeline_text(changes, options["output"]), nl=False)
        return
    from pxhelm.actions.releases import history
    from pxhelm.cli.views.release import history_text

    with open_services(session.flags) as services:
        found = history(services, arguments[0], options["most"])
    click.echo(history_text(found, options["output"], rollbacks=options["show_rollback_revision"]), nl=False)
