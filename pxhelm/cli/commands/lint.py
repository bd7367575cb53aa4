"""``pxhelm lint``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, pve_version, text_or_document, values_flags
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Examine charts for possible issues. Errors fail the command, with --strict warnings do, too.

What the kinds of Proxmox objects do not take, such as a misspelt field, is told on standard error with the template's
line; with --strict-kinds it is an error. With --pve 8.4, so is what that version of Proxmox VE does not have: kinds,
fields and values; no cluster is asked.
"""


@cli.command("lint", usage="PATH", arguments=(0, None), help=HELP)
@values_flags
@flag("--strict", help="fail on lint warnings")
@flag("--strict-kinds", help="fail when an object has fields or values that its kind does not take")
@flag("--with-subcharts", help="lint dependent charts")
@flag("--quiet", help="print only warnings and errors")
@flag("--skip-schema-validation", help="disable JSON schema validation")
@click.option("--kube-version", default="", metavar="string", help="Kubernetes version used for deprecation checks")
@pve_version
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Look at charts and print what was found."""
    from pxhelm.actions.lint import LintCharts, lint_charts
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import value_flags
    from pxhelm.cli.views.lint import report, summary

    request = LintCharts(
        paths=arguments or (".",),
        values=value_flags(options),
        namespace=session.flags.get("namespace") or "default",
        kube_version=options["kube_version"],
        strict=options["strict"],
        quiet=options["quiet"],
        with_subcharts=options["with_subcharts"],
        skip_schema=options["skip_schema_validation"],
        strict_kinds=options["strict_kinds"],
        pve=options["pve"],
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        found = lint_charts(services, request)
    if options["output"] != "text":
        from pxhelm.cli.views.charts import lint_document
        from pxhelm.cli.views.document import FORMATS

        click.echo(FORMATS[options["output"]](lint_document(found)), nl=False)
        return ExitCode.FAILED if any(one.failed for one in found) else ExitCode.OK
    text = report(found, quiet=request.quiet)
    click.echo(text.encode("utf-8", "surrogateescape"), nl=False)
    for one in found:
        for mistake in one.mistakes:
            click.echo(f"hint: {one.path}/{mistake.path}: {mistake.message}", err=True)
    if any(one.failed for one in found):
        raise PxhelmError(summary(found))
    if not request.quiet or text:
        click.echo(summary(found))
    return ExitCode.OK
