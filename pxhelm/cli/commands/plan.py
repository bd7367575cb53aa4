"""``pxhelm plan``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import colour
from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag
from pxhelm.cli.planning import either_flags
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Show what installing or upgrading a chart, or applying manifests, would do. Writes nothing.

`pxhelm plan RELEASE CHART` plans a chart, `pxhelm plan -f FILE` manifests. A plan of manifests can be saved with
--out and carried out with `pxhelm apply --plan FILE`, which then does exactly that or refuses.
"""


@cli.command("plan", usage="[RELEASE CHART]", arguments=(0, 2), help=HELP)
@either_flags
@click.option("--out", default="", metavar="FILE", help="save the plan of manifests")
@flag("--detailed-exitcode", help="exit with 2 when there are changes, 0 when there are none")
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Plan and print."""
    from pxhelm.app import open_services
    from pxhelm.cli.planning import planned_from
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.plan import plan_text
    from pxhelm.plan.document import Saved, to_json

    if options["out"] and arguments:
        raise PxhelmError(
            "cannot save the plan of a chart: it would not be recorded as a revision",
            code=ExitCode.USAGE,
            hint="save a plan of manifests with -f; for a chart, `pxhelm upgrade` plans again and does the same",
        )
    with showing() as listen, open_services(session.flags, listen) as services:
        planned = planned_from(services, arguments, options)
        if options["out"]:
            from pxhelm.apply.saved import save_plan
            from pxhelm.files import write_file

            write_file(options["out"], save_plan(planned).encode(), mode=0o600)
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]](to_json(Saved(planned.plan))), nl=False)
    else:
        click.echo(colour.plan(plan_text(planned.plan)), nl=False)
    if planned.plan.blocked:
        return ExitCode.REFUSED
    return 2 if options["detailed_exitcode"] and not planned.plan.empty else ExitCode.OK
