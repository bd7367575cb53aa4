"""``pxhelm top``: what nodes and guests use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import flag, output_flag, selection_flags
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found

HELP = """Show what nodes or guests use of processor, memory and disk, as of Proxmox' last ten seconds.

\b
  pxhelm top nodes
  pxhelm top vms -A --sort-by memory
  pxhelm top ct proxy
"""
_KINDS = ("Node", "VirtualMachine", "Container", "Storage")
_ORDER = {"cpu": "cpu", "memory": "mem", "disk": "disk", "name": ""}


@cli.command("top", usage="nodes|vms|containers|storages [NAME ...]", arguments=(0, None), help=HELP)
@selection_flags
@click.option("--sort-by", type=click.Choice(tuple(_ORDER)), default=None, help="largest first; name: by name")
@flag("--no-headers", help="do not print headers")
@output_flag("table", "json", "yaml")
@refused_flags("top")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print it."""
    from pxhelm.actions.inspect import Query, find, kinds_of
    from pxhelm.app import open_services
    from pxhelm.cli.listing import selected
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views import usage as view
    from pxhelm.cli.views.document import FORMATS

    if not arguments:
        raise PxhelmError("you must say of what", code=ExitCode.USAGE, hint="pxhelm top nodes|vms|containers|storages")
    kinds = kinds_of(arguments[0])
    if not set(kinds) <= set(_KINDS):
        raise PxhelmError(
            f"nobody measures {arguments[0]}", code=ExitCode.USAGE, hint="pxhelm top nodes|vms|containers|storages"
        )
    with showing() as listen, open_services(session.flags, listen) as services:
        found = find(services, Query(kinds, arguments[1:], options["all_namespaces"]))
        found = selected(services, found, kinds, options)
    if options["sort_by"]:
        key = _ORDER[options["sort_by"]]
        found = sorted(found, key=lambda one: (-_number(one, key), one.name))
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]({"items": [view.usage_document(one) for one in found]}), nl=False)
        return
    for number, kind in enumerate(kinds):
        these = [one for one in found if one.kind == kind]
        if these:
            click.echo("\n" * bool(number) + view.usage_text(kind, these, headers=not options["no_headers"]), nl=False)
    if not found:
        click.echo("No resources found", err=True)


def _number(one: Found, key: str) -> float:
    if not key:
        return 0.0
    value = float(one.row.get(key) or 0)
    return value * float(one.row.get("maxcpu") or 1) if key == "cpu" else value
