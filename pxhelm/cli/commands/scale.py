"""``pxhelm scale``: sets of guests get another number of members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.deletions import confirm_flag
from pxhelm.cli.kubectl import dry_run_flag
from pxhelm.cli.options import files_flag, flag, output_flag, selection_flags, yes_flag
from pxhelm.cli.planning import lock_timeout_flag
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

HELP = """Give sets of guests another number of members: those that lack are made, those too many go, the last first.

\b
  pxhelm scale guestset/worker --replicas=5
  pxhelm scale gs worker --current-replicas=3 --replicas=5   only if there are three
  pxhelm scale -f worker.yaml --replicas=0

The set's manifest is applied with that number, by whoever applied it before: a release keeps it until its next upgrade
says otherwise. Members that go, go with their disks; it asks before, and without a terminal it needs --yes.
"""


@cli.command("scale", usage="KIND NAME ... | KIND/NAME ... | -f FILE|DIR|-", arguments=(0, None), help=HELP)
@files_flag
@click.option("--replicas", type=click.IntRange(min=0), default=None, metavar="int", help="how many there shall be")
@click.option(
    "--current-replicas",
    type=click.IntRange(min=0),
    default=None,
    metavar="int",
    help="do it only if there are so many",
)
@selection_flags
@flag("--all", "everything", help="all sets that pxhelm manages")
@dry_run_flag("show the plan; change nothing")
@lock_timeout_flag
@yes_flag
@confirm_flag
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Plan, ask, apply, and say what became of every set."""
    from pxhelm.actions.objects import carry_out
    from pxhelm.actions.sets import plan_scale
    from pxhelm.app import open_services
    from pxhelm.cli.planning import confirm_deletion, how, show_plan, show_result
    from pxhelm.cli.progress import showing

    if options["replicas"] is None:
        raise PxhelmError('required flag(s) "replicas" not set', code=ExitCode.USAGE)
    with showing() as listen, open_services(session.flags, listen) as services:
        found = _sets(session, services, arguments, options)
        planned = plan_scale(services, found, options["replicas"], options["current_replicas"])
        if options["dry_run"]:
            show_plan(planned, options["output"])
            return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
        confirm_deletion(services, planned, options)
        result = carry_out(services, planned, how(options))
    status = show_result(result, options["output"])
    if not result.failed and options["output"] == "text":
        for one in found:
            click.echo(f"guestset/{one.name} scaled")
    return status


def _sets(session: cli.Session, services: Services, arguments: tuple[str, ...], options: dict[str, Any]) -> list[Found]:
    from pxhelm.actions.inspect import Query, find_all, kinds_of
    from pxhelm.cli.listing import either, pairs_of, selected
    from pxhelm.resource.sets import KIND

    words = either(session, arguments, options["files"])
    if not words:
        raise PxhelmError(
            "no resource is named", code=ExitCode.USAGE, hint="such as pxhelm scale guestset/worker --replicas=5"
        )
    pairs = pairs_of(words, "scale")
    chosen = options["selector"] or options["field_selector"] or options["everything"]
    if all(names for _, names in pairs) == bool(chosen):
        raise PxhelmError("no resource is named", code=ExitCode.USAGE, hint="give names, -l SELECTOR or --all")
    queries = [Query(kinds_of(kind), names, options["all_namespaces"]) for kind, names in pairs]
    kinds = [kind for query in queries for kind in query.kinds]
    wrong = next((kind for kind in kinds if kind != KIND), "")
    if wrong and not options["files"]:
        raise PxhelmError(f"cannot scale a {wrong}: only a GuestSet has members", code=ExitCode.USAGE)
    found = [one for one in selected(services, find_all(services, queries), kinds, options) if one.kind == KIND]
    if not found:
        raise PxhelmError("no matching resources found")
    return found
