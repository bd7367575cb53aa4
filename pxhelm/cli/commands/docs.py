"""``pxhelm docs``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, text_or_document

HELP = """Write the table of values into a chart's README.md, from the comments of its values.yaml.

A comment `# -- text` above a key describes it, `# -- (int) text` with its type, `# @default -- text` says what to show
as its default, `# @ignored` leaves it out. In a values.yaml without any `# --`, all comments above keys are taken. An
existing README.md is renewed between its two marks only.
"""


@click.group("docs", cls=cli.Group, help="Write a chart's documentation from its values.yaml.")
def command(**_options: Any) -> None:
    """Hold the subcommands."""


@command.command("generate", usage="CHART", arguments=(1, 1), help=HELP)
@flag("--stdout", help="print the table of values instead")
@flag("--check", help="fail when README.md is stale, and write nothing")
@text_or_document
def generate(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Write, check or print."""
    from pxhelm.actions.generate import chart_readme
    from pxhelm.app import open_services
    from pxhelm.cli.generating import settle
    from pxhelm.cli.progress import showing

    with showing() as listen, open_services(session.flags, listen) as services:
        texts = chart_readme(services, arguments[0], only_table=options["stdout"])
    settle(arguments[0], "README.md", texts, options)
