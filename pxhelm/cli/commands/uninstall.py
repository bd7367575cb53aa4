"""``pxhelm uninstall``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, duration, flag, output_flag
from pxhelm.cli.options import wait_flag as wait
from pxhelm.errors import ExitCode, PxhelmError


def _cascade(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse what Helm refuses; Proxmox VE has no owners that a deletion could follow."""
    if value not in ("background", "foreground", "orphan"):
        raise PxhelmError(
            f'invalid cascade value ({value}). Must be "background", "foreground", or "orphan"', code=ExitCode.USAGE
        )
    return value


@cli.command(
    "uninstall",
    usage="RELEASE_NAME [...]",
    arguments=(1, None),
    help="Delete everything that a release created, and its history. Only guests that carry the release's proof are touched.",
)
@all_of(wait, duration("5m0s"))
@flag("--dry-run", help="simulate an uninstall")
@flag("--keep-history", help="mark the release as deleted, but keep its history")
@flag("--no-hooks", help="do not run hooks")
@flag("--ignore-not-found", help="treat 'release not found' as a successful uninstall")
@click.option("--description", default="", metavar="string", help="add a custom description")
@click.option("--cascade", default="background", hidden=True, callback=_cascade)
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Uninstall each release in turn."""
    from pxhelm.actions.rollback import uninstall
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds, truth
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.release.options import UninstallOptions

    asked = UninstallOptions(
        wait=truth(options["wait"], "wait"),
        timeout=seconds(options["timeout"]),
        dry_run=options["dry_run"],
        keep_history=options["keep_history"],
        disable_hooks=options["no_hooks"],
        ignore_not_found=options["ignore_not_found"],
        description=options["description"],
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        for name in arguments:
            done = uninstall(services, name, asked)
            if options["output"] in FORMATS:
                kept = done.info.splitlines() if done and done.info else []
                row = {"name": name, "uninstalled": done is not None, "kept": kept}
                click.echo(FORMATS[options["output"]](row), nl=False)
                continue
            if done and done.info:
                click.echo(done.info)
            click.echo(f'release "{name}" uninstalled')
