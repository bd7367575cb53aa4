"""``pxhelm explain``: the fields of a kind, from its table."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import flag, output_flag
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Show what a kind, or a field of it, is: type, default, what a change does to a running guest, and the parameter of
Proxmox behind it.

\b
  pxhelm explain vm
  pxhelm explain vm.spec.disks
  pxhelm explain vm.spec.disks.scsi0.size
  pxhelm explain container --recursive
  pxhelm explain storage -o json

Asks no cluster.
"""


@cli.command("explain", usage="KIND[.FIELD ...]", arguments=(1, 1), help=HELP)
@flag("--recursive", help="print the fields of fields, names and types only")
@output_flag("text", "json", "yaml", default="text")
@refused_flags("explain")
def command(_session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the fields at and below the path."""
    from pxhelm.actions.inspect import kinds_of
    from pxhelm.cli.views import explain as view
    from pxhelm.cli.views.document import FORMATS, as_pretty_json
    from pxhelm.kinds import KINDS
    from pxhelm.resource.explain import explain

    word, _, path = arguments[0].partition(".")
    kinds = kinds_of(word)
    if len(kinds) != 1 or kinds[0] not in KINDS:
        raise PxhelmError(f"cannot explain {word}: it has no fields of its own", code=ExitCode.USAGE)
    kind = KINDS[kinds[0]]
    path = path.strip(".")
    if path in view.ENVELOPE:
        click.echo(view.envelope_text(kind, path), nl=False)
        return
    inside = path.removeprefix("spec").lstrip(".")
    fields = explain(kind, inside)
    if not fields:
        raise PxhelmError(f'field "{path}" does not exist', code=ExitCode.USAGE, hint=view.suggestion(kind, inside))
    if options["output"] == "json":
        click.echo(as_pretty_json(view.explain_document(kind, inside, fields)), nl=False)
    elif options["output"] == "yaml":
        click.echo(FORMATS["yaml"](view.explain_document(kind, inside, fields)), nl=False)
    else:
        click.echo(view.explain_text(kind, inside, fields, recursive=options["recursive"]), nl=False)
