"""``pxhelm get``: objects of the cluster as kubectl shows them, parts of a release as Helm does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import flag, output_flag, selection_flags
from pxhelm.cli.progress import showing
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found, Query
    from pxhelm.actions.services import Services
    from pxhelm.release.model import Release

PARTS = ("all", "values", "manifest", "notes", "hooks", "metadata")
HELP = """Show objects of the cluster, or parts of a release.

\b
Objects:
  pxhelm get vms                      virtual machines of the namespace
  pxhelm get vms,containers -A        of all namespaces; NAMESPACE - is not ours
  pxhelm get vm web -o yaml           one object in full
  pxhelm get vm/web ct/db             several
  pxhelm get all                      everything
  kinds: vms, containers, storages, pools, nodes, tasks, templates

\b
Releases:
  pxhelm get all RELEASE              also: values, manifest, notes, hooks, metadata
"""


@cli.command("get", usage="KIND[,KIND] [NAME ...] | KIND/NAME ... | PART RELEASE", arguments=(0, None), help=HELP)
@selection_flags
@flag("--cached", help="show what `discover` recorded; the cluster is not asked")
@click.option("--at", default="", metavar="TIME", help="as it was recorded to be at a time: 2026-11-03T09:12, 2h, 3d")
@flag("--no-headers", help="do not print headers")
@click.option("--sort-by", default="", metavar="PATH", help="order by a field of -o json, such as .status.node")
@click.option("--revision", type=int, default=0, metavar="int", help="get the named release with revision")
@flag("-a", "--all", "computed", help="get values: dump all (computed) values")
@click.option("--template", default="", hidden=True)
@output_flag("table", "wide", "json", "yaml", "name")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print what was asked for."""
    if not arguments:
        click.echo(click.get_current_context().get_help())  # as Helm does
        return
    if arguments[0] in PARTS and (len(arguments) > 1 or arguments[0] != "all"):
        _get_release(session, arguments, options)
    else:
        _get_objects(session, arguments, options)


def _get_objects(session: cli.Session, arguments: tuple[str, ...], options: dict[str, Any]) -> None:
    from pxhelm.app import open_services

    if options["revision"] or options["computed"] or options["template"]:
        raise PxhelmError("--revision, --all and --template are for parts of a release", code=ExitCode.USAGE)
    if options["at"]:
        from datetime import datetime

        from pxhelm.cli.times import moment_of

        options["moment"] = moment_of("--at", options["at"], datetime.now().astimezone())
    queries = _queries(arguments, options)
    with showing() as listen, open_services(session.flags, listen) as services:
        found = [one for query in queries for one in _select(services, query, options)]
        if options["sort_by"]:
            from pxhelm.cli.views.objects import sort_by

            found = sort_by(found, options["sort_by"])
        alone = len(queries) == len(queries[0].names) == 1
        text = _text(found, options, services.now().timestamp(), alone=alone)
    click.echo(text, nl=False)
    if not found and options["output"] in ("table", "wide"):
        namespaced = any(kind in ("VirtualMachine", "Container") for query in queries for kind in query.kinds)
        place = f" in {services.place.namespace} namespace" if namespaced and not options["all_namespaces"] else ""
        click.echo(f"No resources found{place}", err=True)


def _queries(arguments: tuple[str, ...], options: dict[str, Any]) -> list[Query]:
    from pxhelm.actions.inspect import Query, kinds_of

    def query(words: str, names: tuple[str, ...]) -> Query:
        templates = words.lower() in ("templates", "template")
        cached, at = options["cached"], options.get("moment", 0.0)
        return Query(kinds_of(words), names, options["all_namespaces"], templates, cached, at)

    if any("/" in word for word in arguments):
        if not all("/" in word for word in arguments):
            raise PxhelmError(
                "there is no need to specify a resource type as a separate argument when passing arguments in"
                " resource/name form (e.g. 'pxhelm get vm/web' instead of 'pxhelm get vm vm/web')",
                code=ExitCode.USAGE,
            )
        pairs = [word.split("/", 1) for word in arguments]
        return [query(kind, (name,)) for kind, name in pairs]
    names = arguments[1:]
    if names and (options["selector"] or options["field_selector"]):
        raise PxhelmError("name cannot be provided when a selector is specified", code=ExitCode.USAGE)
    if names and options["all_namespaces"]:
        raise PxhelmError("a resource cannot be retrieved by name across all namespaces", code=ExitCode.USAGE)
    return [query(arguments[0], names)]


def _select(services: Services, query: Query, options: dict[str, Any]) -> list[Found]:
    from pxhelm.actions.inspect import find
    from pxhelm.cli.selectors import field_test, label_test

    labels, fields = label_test(options["selector"]), field_test(options["field_selector"])
    found = find(services, query)
    if options["selector"]:
        found = [one for one in found if labels(one.labels)]
    closer = options["output"] == "wide" or "status.drifted" in options["field_selector"]
    if closer and not query.cached and not query.at:
        from pxhelm.actions.describe import look_closer

        found = look_closer(services, found)
    if options["field_selector"]:
        from pxhelm.cli.views.objects import document

        found = [one for one in found if fields(document(one))]
    return found


def _text(found: list[Found], options: dict[str, Any], now: float, *, alone: bool) -> str:
    from pxhelm.cli.views import objects as view
    from pxhelm.cli.views.document import as_pretty_json, as_yaml

    output = options["output"]
    if output == "name":
        return view.names_text(found)
    if output in ("json", "yaml"):
        documents = [view.document(one) for one in found]
        whole = documents[0] if alone and len(documents) == 1 else view.list_document(documents)
        return as_pretty_json(whole) if output == "json" else as_yaml(whole)
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one.kind, []).append(one)
    look = view.Look(
        now,
        wide=output == "wide",
        headers=not options["no_headers"],
        namespaces=options["all_namespaces"],
        prefix=len(groups) > 1,
    )
    return "\n".join(view.table_text(kind, members, look) for kind, members in groups.items())


def _get_release(session: cli.Session, arguments: tuple[str, ...], options: dict[str, Any]) -> None:
    from pxhelm.actions import releases
    from pxhelm.app import open_services

    part = arguments[0]
    if len(arguments) != 2:
        raise PxhelmError(
            f'"pxhelm get {part}" requires 1 argument\n\nUsage:  pxhelm get {part} RELEASE_NAME [flags]',
            code=ExitCode.FAILED,
        )
    if options["output"] in ("wide", "name"):
        raise PxhelmError(f'invalid argument "{options["output"]}" for "-o, --output" flag: invalid format type')
    if options["template"]:
        raise PxhelmError("cannot use --template: it is not supported", hint="-o json gives everything to a program")
    with open_services(session.flags) as services:
        name, revision = arguments[1], options["revision"]
        if part == "values":
            from pxhelm.cli.views.release import values_text

            values = releases.values(services, name, revision, computed=options["computed"])
            click.echo(values_text(values, options["output"], computed=options["computed"]), nl=False)
            return
        release = releases.get(services, name, revision)
        computed = releases.values(services, name, revision, computed=True) if part == "all" else None
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
