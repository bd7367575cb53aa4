"""``pxhelm tpl``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, text_or_document, values_flags
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Evaluate a template expression with everything that a chart's templates see.

`pxhelm tpl -e '{{ include "web.labels" . }}' ./web -f prod.yaml`. Without braces the whole is one action:
`pxhelm tpl -e '.Values.disks | toYaml' ./web`.
"""


@cli.command("tpl", usage="CHART", arguments=(1, 1), help=HELP)
@click.option("-e", "--expression", metavar="TEMPLATE", help="template text to evaluate")
@values_flags
@click.option("--release", default="release-name", show_default=True, metavar="NAME", help="name of .Release")
@flag("--live", help="let lookup find the objects that pxhelm manages")
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print what the expression writes."""
    from pxhelm.actions.tpl import TplRequest, tpl
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import value_flags

    if options["expression"] is None:
        hint = "pxhelm tpl -e '{{ .Values.name }}' CHART"
        raise PxhelmError('required flag(s) "expression" not set', code=ExitCode.USAGE, hint=hint)
    with showing() as listen, open_services(session.flags, listen) as services:
        text = tpl(
            services,
            TplRequest(
                chart=arguments[0],
                expression=options["expression"],
                release=options["release"],
                namespace=services.settings.namespace or "default",
                values=value_flags(options),
                live=options["live"],
            ),
        )
    if options["output"] != "text":
        from pxhelm.cli.views.document import FORMATS

        text = FORMATS[options["output"]]({"output": text})
    click.echo((text if text.endswith("\n") else text + "\n").encode("utf-8", "surrogateescape"), nl=False)
