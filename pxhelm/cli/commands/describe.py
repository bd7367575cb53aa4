"""``pxhelm describe``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import output_flag
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Show one object in full: what was applied, what is live, what drifted or is pending, and what was done to it.

\b
  pxhelm describe vm web
  pxhelm describe vm/web
  pxhelm describe vm vmid:101      also one that pxhelm does not manage
"""


@cli.command("describe", usage="KIND NAME | KIND/NAME", arguments=(1, 2), help=HELP)
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the description."""
    from pxhelm.actions.describe import describe
    from pxhelm.actions.inspect import NAMES, find_one, kinds_of
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.describe import describe_document, describe_text
    from pxhelm.cli.views.document import as_pretty_json, as_yaml

    words = arguments if len(arguments) == 2 else tuple(arguments[0].split("/", 1))
    if len(words) != 2:
        word = arguments[0]
        known = word.lower() in NAMES
        raise PxhelmError(
            f"cannot describe {word}: a kind and a name are needed",
            code=ExitCode.USAGE,
            hint=f"pxhelm describe {word} NAME"
            if known
            else f"pxhelm describe vm {word}; a release: pxhelm status {word}",
        )
    kinds = kinds_of(words[0])
    with showing() as listen, open_services(session.flags, listen) as services:
        about = describe(services, find_one(services, kinds, words[1]))
        now = services.now().timestamp()
    if options["output"] == "json":
        text = as_pretty_json(describe_document(about))
    elif options["output"] == "yaml":
        text = as_yaml(describe_document(about))
    else:
        text = describe_text(about, now)
    click.echo(text, nl=False)
