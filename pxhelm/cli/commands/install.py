"""``pxhelm install``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import (
    all_of,
    chart_flags,
    execution_flags,
    flag,
    output_flag,
    post_renderer_flags,
    render_flags,
    strict_values_flag,
    values_flags,
)
from pxhelm.cli.sources import located
from pxhelm.errors import PxhelmError

HELP = """Install a chart as a release.

The chart is a folder or a packaged chart. Values come from its values.yaml, then from -f files in order, then from
--set-json, --set, --set-string, --set-file and --set-literal in this order of kinds. What would happen is shown by
`pxhelm plan NAME CHART`. A command that was killed is repeated: it goes on where it stopped.
"""


@cli.command("install", usage="[NAME] [CHART]", arguments=(1, None), help=HELP)
@all_of(values_flags, strict_values_flag, chart_flags, render_flags, execution_flags, post_renderer_flags)
@flag("-g", "--generate-name", help="generate the name (and omit the NAME parameter)")
@click.option("--name-template", metavar="string", help="template of the release's name")
@flag("--replace", help="reuse the given name if it is that of a deleted release which remains in the history")
@flag("--hide-notes", help="do not show notes")
@flag("--hide-secret", help="accepted for Helm's sake: secrets are never shown")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Install and print the release."""
    from pxhelm.actions.install import install
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import name_and_chart, shared, wanted
    from pxhelm.cli.views.release import print_release
    from pxhelm.release.options import InstallOptions

    try:
        name, chart = name_and_chart(arguments, options)
        asked = InstallOptions(**shared(options), replace=options["replace"])
        with showing() as listen, open_services(session.flags, listen) as services:
            where = located(services, chart, options)
            release = install(services, wanted(name, where, options), asked)
    except PxhelmError as error:
        raise error.prefixed("INSTALLATION FAILED: ") from None
    print_release(release, options["output"], notes=not options["hide_notes"])
