"""``pxhelm schema``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, text_or_document

HELP = """Write a chart's values.schema.json from its values.yaml and the comments there.

Types are those of the defaults, descriptions the comments (see `pxhelm docs generate`). `# @schema minimum:1;maximum:9`
above a key, or YAML between two `# @schema` lines, adds to its schema and wins; `required:true` makes it required.
"""


@click.group("schema", cls=cli.Group, help="Write the schema of a chart's values.")
def command(**_options: Any) -> None:
    """Hold the subcommands."""


@command.command("generate", usage="CHART", arguments=(1, 1), help=HELP)
@flag("--stdout", help="print it instead")
@flag("--check", help="fail when values.schema.json is stale, and write nothing")
@flag("--force", help="replace one that was written by hand")
@text_or_document
def generate(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Write, check or print."""
    from pxhelm.actions.generate import chart_schema
    from pxhelm.app import open_services
    from pxhelm.cli.generating import settle
    from pxhelm.cli.progress import showing

    with showing() as listen, open_services(session.flags, listen) as services:
        texts = chart_schema(services, arguments[0], force=options["force"] or options["stdout"])
    settle(arguments[0], "values.schema.json", texts, options)
