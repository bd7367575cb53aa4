"""``pxhelm upgrade``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.deletions import upgrade_deletion_flags
from pxhelm.cli.numbers import INT
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

HELP = """Upgrade a release to a new version of its chart, or to new values.

What would change is shown by `pxhelm diff RELEASE CHART`. Without any value flag the values of the last revision are
kept, as Helm does; --reset-values goes back to the chart's own.
"""


@cli.command("upgrade", usage="[RELEASE] [CHART]", arguments=(2, 2), help=HELP)
@all_of(values_flags, strict_values_flag, chart_flags, render_flags, execution_flags, post_renderer_flags)
@upgrade_deletion_flags
@flag("-i", "--install", help="if a release by this name doesn't already exist, run an install")
@flag("--reset-values", help="reset the values to the ones built into the chart")
@flag("--reuse-values", help="reuse the last release's values and merge in any overrides")
@flag("--reset-then-reuse-values", help="reset to the chart's values, then apply the last release's and any overrides")
@click.option("--history-max", type=INT, default=10, show_default=True, help="revisions kept per release; 0 keeps all")
@flag("--cleanup-on-fail", help="allow deletion of objects created by this upgrade when it fails")
@flag("--hide-notes", help="do not show notes")
@flag("--hide-secret", help="accepted for Helm's sake: secrets are never shown")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Upgrade and print the release."""
    from dataclasses import replace

    from pxhelm.actions.install import upgrade, would_install
    from pxhelm.app import open_services
    from pxhelm.cli.deletions import word_as_helm
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import shared, wanted
    from pxhelm.cli.views.release import print_release
    from pxhelm.release.options import UpgradeOptions

    name, chart = arguments
    reuse = ("reset_values", "reuse_values", "reset_then_reuse_values", "cleanup_on_fail")
    asked = UpgradeOptions(
        **shared(options), **{flag: options[flag] for flag in reuse}, max_history=options["history_max"]
    )
    shown = options["output"] == "table"
    said = False

    def installing() -> None:
        nonlocal said
        if shown and not said:
            click.echo(f'Release "{name}" does not exist. Installing it now.')
        said = True

    with showing() as listen, open_services(session.flags, listen) as services:
        if options["install"] and would_install(services, name):
            installing()  # as in Helm before the chart is looked for
        where = located(services, chart, options)
        given = replace(wanted(name, where, options), word=word_as_helm(options, listen))
        release, installed = upgrade(services, given, asked, installing if options["install"] else None)
    if shown and not installed:
        click.echo(f'Release "{name}" has been upgraded. Happy Helming!')
    print_release(release, options["output"], notes=not options["hide_notes"])
