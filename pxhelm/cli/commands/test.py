"""``pxhelm test``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, duration, flag, output_flag, texts
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.events import Event
    from pxhelm.release.model import Release

HELP = """Run the tests of a release: the manifests of its chart that carry the hook `test`.

Each test is created, has to become ready, and is removed as its delete policy says.
"""


@cli.command("test", usage="[RELEASE]", arguments=(1, 1), help=HELP)
@all_of(duration("5m0s"))
@texts("--filter", commas=True, metavar="strings", help="run only name=NAME, or all but !name=NAME")
@flag("--logs", help="print the logs of the tests' tasks when all are done")
@flag("--hide-notes", help="do not show notes")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Run the tests and print the release."""
    from pxhelm.actions.test import run_tests
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds
    from pxhelm.cli.views.release import print_release
    from pxhelm.events import TaskProgress
    from pxhelm.release.failure import ReleaseFailedError
    from pxhelm.release.options import TestOptions

    asked = TestOptions(seconds(options["timeout"]), *_filters(options["filter"]))
    notes = not options["hide_notes"]
    logs: dict[str, list[str]] = {}
    with showing() as tell:

        def listen(event: Event) -> None:
            if isinstance(event, TaskProgress):
                logs.setdefault(event.address, []).append(event.last_line)
            tell(event)

        def show(release: Release) -> None:
            print_release(release, options["output"], notes=notes)
            if options["logs"] and options["output"] == "table":
                for address, lines in logs.items():
                    click.echo(f"TASK LOGS: {address}\n" + "".join(f"{line}\n" for line in lines))

        with open_services(session.flags, listen) as services:
            try:
                release = run_tests(services, arguments[0], asked)
            except ReleaseFailedError as error:
                if error.release is not None:
                    show(error.release)
                raise
    show(release)


def _filters(given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names to run and the names to leave out."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for text in given:
        attribute, _, name = text.partition("=")
        if attribute not in ("name", "!name") or not name:
            raise PxhelmError(f'cannot filter by "{text}"', code=ExitCode.USAGE, hint="name=NAME or !name=NAME")
        (unwanted if attribute.startswith("!") else wanted).append(name)
    return tuple(wanted), tuple(unwanted)
