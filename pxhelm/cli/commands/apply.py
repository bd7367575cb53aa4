"""``pxhelm apply``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import dry_run_flag, refused_flags
from pxhelm.cli.options import output_flag, yes_flag
from pxhelm.cli.planning import lock_timeout_flag, manifest_flags
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Bring the cluster to what manifests say, or carry out a saved plan.

What is as wanted is not touched. Objects that are not named are not touched. A command that was killed is repeated: it
goes on where it stopped. Exits with 3 when only a part could be done.
"""


@cli.command("apply", usage="-f FILE|DIR|-", arguments=(0, 0), help=HELP)
@manifest_flags
@click.option(
    "--plan", "plan_file", default="", metavar="FILE", help="carry out the plan that `pxhelm plan --out` saved"
)
@dry_run_flag("show the plan, write nothing")
@lock_timeout_flag
@yes_flag
@output_flag("text", "json", "yaml", "name", default="text")
@refused_flags("apply")
def command(session: cli.Session, **options: Any) -> int:
    """Plan, ask, apply, and print what became of every object."""
    from pxhelm.actions.objects import carry_out, load_plan, plan
    from pxhelm.app import open_services
    from pxhelm.cli.planning import confirm_destruction, how, manifest_request, show_plan, show_result
    from pxhelm.cli.progress import showing

    if bool(options["files"]) == bool(options["plan_file"]):
        raise PxhelmError(
            "cannot apply: give either -f or --plan", code=ExitCode.USAGE, hint="pxhelm apply -f FILE|DIR|-"
        )
    with showing() as listen, open_services(session.flags, listen) as services:
        if options["plan_file"]:
            planned = load_plan(services, options["plan_file"])
        else:
            planned = plan(services, manifest_request(options))
        if options["dry_run"]:
            show_plan(planned, options["output"])
            return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
        confirm_destruction(planned, yes=options["yes"])
        result = carry_out(services, planned, how(options))
    return show_result(result, options["output"])
