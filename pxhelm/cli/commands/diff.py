"""``pxhelm diff``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import colour
from pxhelm.cli import command as cli
from pxhelm.cli.options import output_flag
from pxhelm.cli.planning import either_flags
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Show how the cluster differs from a chart or from manifests. Writes nothing.

Exits with 0 when nothing differs, 1 when something does, 2 on errors, as kubectl diff.
"""
DIFFERS, TROUBLE = 1, 2
UNSEEN = frozenset(("ObservationUnknown", "Unreachable", "PermissionDenied", "QuorumLost"))
"""Reasons of blocked objects that could not be compared at all."""


@cli.command("diff", usage="[RELEASE CHART]", arguments=(0, 2), help=HELP)
@either_flags
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Compare and print."""
    from pxhelm.app import open_services
    from pxhelm.cli.failure import show
    from pxhelm.cli.planning import planned_from
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.plan import plan_text
    from pxhelm.plan.document import Saved, to_json

    try:
        with showing() as listen, open_services(session.flags, listen) as services:
            planned = planned_from(services, arguments, options)
    except PxhelmError as error:
        show(error, debug=bool(session.flags.get("debug")))
        return TROUBLE
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]](to_json(Saved(planned.plan))), nl=False)
    elif not planned.plan.empty:
        click.echo(colour.plan(plan_text(planned.plan)), nl=False)
    if any(blocked.reason in UNSEEN for blocked in planned.plan.blocked):
        return TROUBLE
    return ExitCode.OK if planned.plan.empty else DIFFERS
