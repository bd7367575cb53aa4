"""``pxhelm values``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import output_flag, texts, values_flags

HELP = """Show the values that a chart's templates see, or where a value comes from.

`pxhelm values CHART -f prod.yaml` prints all values; `--explain db.size` shows each layer that had a say in one
(the chart's values.yaml, a subchart's, each -f file, each --set) and which of them won. A dot in a name is written
`\\.`, an item of a list `disks[0].size`, a subchart's value `SUBCHART.key`.
"""


@cli.command("values", usage="CHART", arguments=(1, 1), help=HELP)
@values_flags
@texts("--explain", help="tell where the value of this key comes from (can be repeated)", metavar="KEY")
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the values, or their story."""
    from pxhelm.actions.values import coalesced, explain_keys
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import value_flags
    from pxhelm.cli.views.document import FORMATS, as_yaml
    from pxhelm.cli.views.values import explanation_data, explanation_text

    form = FORMATS.get(options["output"])
    with showing() as listen, open_services(session.flags, listen) as services:
        if options["explain"]:
            found = explain_keys(services, arguments[0], value_flags(options), options["explain"])
            if form:
                text = form([explanation_data(one) for one in found])
            else:
                text = "\n".join(explanation_text(one) for one in found)
        else:
            text = (form or as_yaml)(coalesced(services, arguments[0], value_flags(options)))
    click.echo(text.encode("utf-8", "surrogateescape"), nl=False)
