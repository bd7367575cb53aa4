"""``pxhelm get``: objects of the cluster as kubectl shows them, parts of a release as Helm does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.numbers import INT
from pxhelm.cli.options import files_flag, flag, print_flags, selection_flags, texts
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.release.model import Release

PARTS = ("all", "values", "manifest", "notes", "hooks", "metadata")
HELP = """Show objects of the cluster, or parts of a release.

\b
Objects:
  pxhelm get vms                      virtual machines of the namespace
  pxhelm get vms,containers -A        of all namespaces; NAMESPACE - is not ours
  pxhelm get vm web -o yaml           one object in full
  pxhelm get vm/web ct/db             several
  pxhelm get -f web.yaml              what a manifest names
  pxhelm get all                      guests, storages, pools and nodes
  pxhelm get vms -l app=shop --field-selector status.power=running -w
  pxhelm get vms -o jsonpath='{range .items[*]}{.metadata.name}{"\\n"}{end}'
  pxhelm get vms -o custom-columns=NAME:.metadata.name,NODE:.status.node --sort-by .status.node
  kinds: `pxhelm api-resources` lists them

\b
Releases:
  pxhelm get all RELEASE              also: values, manifest, notes, hooks, metadata
"""


@cli.command("get", usage="KIND[,KIND] [NAME ...] | KIND/NAME ... | PART RELEASE", arguments=(0, None), help=HELP)
@files_flag
@selection_flags
@print_flags
@click.option("--sort-by", default="", metavar="PATH", help="order by a field of -o json, such as .status.node")
@flag("--show-labels", help="show all labels as the last column")
@texts(
    "-L", "--label-columns", commas=True, metavar="LABEL", help="labels to show as columns; may be given several times"
)
@flag("--show-kind", help="show the kind before each name")
@flag("--ignore-not-found", help="a name that is not there is no error")
@flag("-w", "--watch", help="after listing, watch for changes; Ctrl-C ends it")
@flag("--watch-only", help="watch for changes without listing first")
@flag("--output-watch-events", help="with --watch: say of each whether it was ADDED, MODIFIED or DELETED")
@click.option("--watch-timeout", default="0s", metavar="duration", help="end the watch after this time; 0s = never")
@flag("--cached", help="show what `discover` recorded; the cluster is not asked")
@click.option("--at", default="", metavar="TIME", help="as it was recorded to be at a time: 2026-11-03T09:12, 2h, 3d")
@click.option("--revision", type=INT, default=0, metavar="int", help="get the named release with revision")
@flag("-a", "--all", "computed", help="get values: dump all (computed) values")
@refused_flags("get")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Print what was asked for."""
    if not arguments and not options["files"]:
        click.echo(click.get_current_context().get_help())  # as Helm does
        return ExitCode.OK
    if arguments and arguments[0] in PARTS and (len(arguments) > 1 or arguments[0] != "all"):
        _get_release(session, arguments, options)
        return ExitCode.OK
    if options["revision"] or options["computed"]:
        raise PxhelmError("--revision and --all are for parts of a release", code=ExitCode.USAGE)
    from pxhelm.app import open_services
    from pxhelm.cli.listing import either, listing_of, show_objects
    from pxhelm.cli.progress import showing

    listing = listing_of(either(session, arguments, options["files"]), options)
    with showing() as listen, open_services(session.flags, listen) as services:
        if options["watch"] or options["watch_only"]:
            from pxhelm.cli.watching import watch

            return watch(services, listing)
        return show_objects(services, listing)


def _get_release(session: cli.Session, arguments: tuple[str, ...], options: dict[str, Any]) -> None:
    from pxhelm.actions import releases
    from pxhelm.app import open_services
    from pxhelm.cli.views.document import FORMATS

    part = arguments[0]
    if len(arguments) != 2:
        raise PxhelmError(
            f'"pxhelm get {part}" requires 1 argument\n\nUsage:  pxhelm get {part} RELEASE_NAME [flags]',
            code=ExitCode.FAILED,
        )
    options["output"] = options["output"] or "table"
    if options["output"] not in ("table", "json", "yaml"):
        raise PxhelmError(f'invalid argument "{options["output"]}" for "-o, --output" flag: invalid format type')
    with open_services(session.flags) as services:
        name, revision = arguments[1], options["revision"]
        if part == "values":
            from pxhelm.cli.views.release import values_text

            values = releases.values(services, name, revision, computed=options["computed"])
            click.echo(values_text(values, options["output"], computed=options["computed"]), nl=False)
            return
        release = releases.get(services, name, revision)
        if options["template"] and part == "all":
            from pxhelm.actions.names import shown_by
            from pxhelm.cli.views.release import as_go_sees

            click.echo(shown_by(options["template"], {"Release": as_go_sees(release)}), nl=False)
            return
        computed = releases.values(services, name, revision, computed=True) if part == "all" else None
    if options["output"] in FORMATS and part != "metadata":
        from pxhelm.cli.views.release import part_document

        click.echo(FORMATS[options["output"]](part_document(part, release, computed)), nl=False)
        return
    click.echo(_part_text(part, release, computed, options["output"]), nl=False)


def _part_text(part: str, release: Release, computed: object, output: str) -> str:
    from pxhelm.cli.views import release as view

    match part:
        case "manifest":
            return f"{release.manifest}\n"
        case "notes":
            return f"NOTES:\n{release.info.notes}\n" if release.info.notes else ""
        case "hooks":
            return view.hooks_text(release)
        case "metadata":
            return view.metadata_text(release, output)
    return view.everything_text(release, computed)
