"""``pxhelm show``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import chart_flags, text_or_document
from pxhelm.cli.sources import chart_location, raw, tell

TEXTS = {
    "all": "show all information of the chart",
    "chart": "show the chart's definition",
    "values": "show the chart's values",
    "readme": "show the chart's README",
    "crds": "show the chart's CRDs",
}


@click.group("show", cls=cli.Group, help="Show information of a chart.")
def command(**_options: Any) -> None:
    """Gather the subcommands."""


def _add(part: str) -> None:
    @cli.command(part, usage="[CHART]", arguments=(1, 1), help=TEXTS[part])
    @chart_flags
    @text_or_document
    def run(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
        from pxhelm.actions.locate import locate
        from pxhelm.actions.show import PARTS, show
        from pxhelm.app import open_services
        from pxhelm.cli.progress import showing

        with showing() as listen, open_services(session.flags, listen) as services:
            path = locate(services, arguments[0], chart_location(options), tell)
            filtered = options.get("jsonpath", "")
            if options["output"] == "text" or filtered:
                raw(show(services, path, part, filtered))
                return
            from pxhelm.cli.views.charts import shown_document
            from pxhelm.cli.views.document import FORMATS

            parts = {name: show(services, path, name) for name in (PARTS if part == "all" else (part,))}
        raw(FORMATS[options["output"]](shown_document(parts)).encode("utf-8", "surrogateescape"))

    if part == "values":
        run = click.option("--jsonpath", default="", metavar="string", help="filter the output")(run)
    command.add_command(run)


for each in TEXTS:
    _add(each)
