"""``pxhelm push``."""

from __future__ import annotations

from typing import Any

from pxhelm.cli import command as cli
from pxhelm.cli.options import access_flags, text_or_document
from pxhelm.cli.results import document
from pxhelm.cli.sources import access, tell

HELP = """Upload a packaged chart to an OCI registry, with its provenance file if there is one."""


@cli.command("push", usage="[chart] [remote]", arguments=(2, None), help=HELP)
@access_flags
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Upload."""
    from pxhelm.actions.push import push
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        reference, digest = push(services, arguments[0], arguments[1], access(options), tell)
    document(options, {"chart": arguments[0], "reference": reference, "digest": digest})
