"""``pxhelm create``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import text_or_document
from pxhelm.errors import PxhelmError

HELP = """Create a new chart with the given name, from a starter.

\b
Starters:
  blank      N virtual machines from a template: what a chart needs, explained
  web-app    pool, load balancer, web servers, schema, notes and a test
  platform   an umbrella over the two, which come from a chart repository
  k3s        a Kubernetes cluster that cloud-init installs
  postgresql a primary and its standby, with disks for data and backups
  homelab    a set of containers, each a few lines of values
  windows-vm a Windows machine with UEFI, TPM and drivers
  site       bridges, virtual networks, security groups, pools and rights
  DIR        any chart; <CHARTNAME> in its files becomes the name
  NAME       a chart in the folder starters of the data folder (`pxhelm env PXHELM_DATA_HOME`)
"""


@cli.command("create", usage="NAME", arguments=(1, 1), help=HELP)
@click.option("-p", "--starter", default="blank", show_default=True, metavar="NAME|DIR", help="chart to start from")
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Write the chart's folder; existing files are overwritten with a warning, as Helm does."""
    from pxhelm.actions.scaffold import lacking, scaffold
    from pxhelm.app import open_services
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.files import write_files

    folder = Path(arguments[0])
    documented = options["output"] in FORMATS
    if not documented:
        click.echo(f"Creating {arguments[0]}")  # as Helm does before it looks whether it can
    with open_services(session.flags) as services:
        files = scaffold(services, folder.name, options["starter"])
    parent = folder.parent.resolve()
    if not parent.exists():
        raise PxhelmError(f"stat {parent}: no such file or directory")
    if not parent.is_dir():
        raise PxhelmError(f"no such directory {parent}")
    if folder.exists() and not folder.is_dir():
        raise PxhelmError(f"file {parent / folder.name} already exists and is not a directory")
    if documented:
        made = {"name": folder.name, "path": str(parent / folder.name), "files": sorted(files)}
        click.echo(FORMATS[options["output"]](made), nl=False)
    for path in files:
        if (folder / path).exists():
            click.echo(f'WARNING: File "{parent / folder.name / path}" already exists. Overwriting.', err=True)
    write_files(folder, files)
    (folder / "charts").mkdir(exist_ok=True)
    wanted = lacking(files)
    if wanted:
        click.echo(f"hint: fetch {', '.join(wanted)} with `pxhelm dependency update {arguments[0]}`", err=True)
