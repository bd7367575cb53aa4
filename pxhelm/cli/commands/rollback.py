"""``pxhelm rollback``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.deletions import upgrade_deletion_flags
from pxhelm.cli.numbers import INT
from pxhelm.cli.options import (
    all_of,
    dry_run_flag,
    duration,
    flag,
    force_conflicts_flag,
    output_flag,
    server_side_flag,
    yes_flag,
)
from pxhelm.cli.options import wait_flag as wait
from pxhelm.errors import ExitCode, PxhelmError


@cli.command(
    "rollback",
    usage="<RELEASE> [REVISION] | snapshot/NAME",
    arguments=(1, None),
    help="""Roll a release back to an earlier revision: the last but one when none is given. `pxhelm history` lists them.

With snapshot/NAME a guest goes back to a Snapshot; what it wrote since is lost, so it asks first.
""",
)
@all_of(wait, duration("5m0s"))
@flag("--wait-for-jobs", help="with --wait, also wait until all Jobs have been completed")
@all_of(dry_run_flag, force_conflicts_flag, server_side_flag)
@click.option("--description", default="", metavar="string", help="add a custom description")
@flag("--recreate-pods", hidden=True, help="accepted for Helm's sake: a guest restarts when its change asks for it")
@flag("--force", "--force-replace", "force", help="replace objects that cannot be changed in place")
@flag("--cleanup-on-fail", help="delete objects created by this rollback when it fails")
@upgrade_deletion_flags
@flag("--no-hooks", help="do not run hooks")
@click.option("--history-max", type=INT, default=10, show_default=True, help="revisions kept per release; 0 keeps all")
@output_flag("table", "json", "yaml")
@flag("--start", help="with snapshot/NAME: start the guest afterwards")
@yes_flag
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Roll back."""
    if "/" in arguments[0]:
        from pxhelm.cli.snapshots import go_back

        return go_back(session, arguments[0], options)
    from pxhelm.actions.inputs import dry_run
    from pxhelm.actions.rollback import rollback
    from pxhelm.app import open_services
    from pxhelm.cli.deletions import word_as_helm
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds, truth
    from pxhelm.cli.views.release import print_release
    from pxhelm.release.options import RollbackOptions

    asked = RollbackOptions(
        version=_revision(arguments[1]) if len(arguments) > 1 else 0,
        wait=truth(options["wait"], "wait"),
        wait_for_jobs=options["wait_for_jobs"],
        timeout=seconds(options["timeout"]),
        dry_run=bool(dry_run(options["dry_run"])),
        description=options["description"],
        force=options["force"],
        cleanup_on_fail=options["cleanup_on_fail"],
        disable_hooks=options["no_hooks"],
        max_history=options["history_max"],
    )
    with showing() as listen, open_services(session.flags, listen) as services:
        word = word_as_helm(options, listen)
        release = rollback(services, arguments[0], asked, force_conflicts=options["force_conflicts"], word=word)
    if options["output"] == "table":
        click.echo("Rollback was a success! Happy Helming!")
    else:
        print_release(release, options["output"], notes=False)
    return ExitCode.OK


def _revision(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise PxhelmError(
            f'could not convert revision to a number: strconv.Atoi: parsing "{text}": invalid syntax',
            code=ExitCode.USAGE,
        ) from None
