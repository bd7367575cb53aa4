"""``pxhelm test``."""

from __future__ import annotations

from typing import Any

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, duration, flag, output_flag, texts
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Run the tests of a release: the manifests of its chart that carry the hook `test`.

Each test is created, has to become ready, and is removed as its delete policy says.
"""


@cli.command("test", usage="[RELEASE]", arguments=(1, 1), help=HELP)
@all_of(duration("5m0s"))
@texts("--filter", commas=True, metavar="strings", help="run only name=NAME, or all but !name=NAME")
@flag("--hide-notes", help="do not show notes")
@output_flag("table", "json", "yaml")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Run the tests and print the release."""
    from pxhelm.actions.test import run_tests
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import seconds
    from pxhelm.cli.views.release import print_release
    from pxhelm.release.failure import ReleaseFailedError
    from pxhelm.release.options import TestOptions

    asked = TestOptions(seconds(options["timeout"]), *_filters(options["filter"]))
    notes = not options["hide_notes"]
    with showing() as listen, open_services(session.flags, listen) as services:
        try:
            release = run_tests(services, arguments[0], asked)
        except ReleaseFailedError as error:
            if error.release is not None:
                print_release(error.release, options["output"], notes=notes)
            raise
    print_release(release, options["output"], notes=notes)


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
