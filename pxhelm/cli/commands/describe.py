"""``pxhelm describe``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import files_flag, output_flag, selection_flags
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

HELP = """Show objects in full: what was applied, what is live, what drifted or is pending, and what was done to them.

\b
  pxhelm describe vm web
  pxhelm describe vm/web ct/db
  pxhelm describe vms -l app=shop
  pxhelm describe vm vmid:101      also one that pxhelm does not manage
"""


@cli.command(
    "describe", usage="KIND NAME ... | KIND/NAME ... | KIND -l SELECTOR | -f FILE", arguments=(0, None), help=HELP
)
@files_flag
@selection_flags
@click.option("--show-events", type=click.BOOL, default=True, metavar="bool", help="show events, too  [default: true]")
@output_flag("text", "json", "yaml", default="text")
@refused_flags("describe")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Print the descriptions."""
    from pxhelm.actions.describe import describe
    from pxhelm.app import open_services
    from pxhelm.cli.listing import either
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.describe import describe_document, describe_text
    from pxhelm.cli.views.document import as_pretty_json, as_yaml
    from pxhelm.cli.views.objects import list_document

    named = either(session, arguments, options["files"])
    if not named:
        raise PxhelmError("you must say what to describe", code=ExitCode.USAGE, hint="pxhelm describe KIND NAME")
    with showing() as listen, open_services(session.flags, listen) as services:
        found = _objects(services, named, options)
        about = [describe(services, one) for one in found]
        if not options["show_events"]:
            about = [replace(each, events=()) for each in about]
        now = services.now().timestamp()
    if options["output"] == "text":
        click.echo("\n\n".join(describe_text(each, now) for each in about), nl=False)
        return
    documents = [describe_document(each) for each in about]
    whole = documents[0] if len(documents) == 1 else list_document(documents)
    click.echo(as_pretty_json(whole) if options["output"] == "json" else as_yaml(whole), nl=False)


def _objects(services: Services, arguments: tuple[str, ...], options: dict[str, Any]) -> list[Found]:
    from pxhelm.actions.inspect import NAMES, Query, find_each, kinds_of, only
    from pxhelm.cli.listing import pairs_of, selected

    pairs = pairs_of(arguments, "describe")
    chosen = options["selector"] or options["field_selector"]
    if any(names for _, names in pairs):
        if chosen:
            raise PxhelmError("name cannot be provided when a selector is specified", code=ExitCode.USAGE)
        queries = [Query(kinds_of(kind), (name,)) for kind, names in pairs for name in names]
        groups = find_each(services, queries)
        return [only(group, query.names[0]) for query, group in zip(queries, groups, strict=True)]
    word = pairs[0][0]
    if not chosen and word.lower() not in NAMES:
        raise PxhelmError(
            f"cannot describe {word}: a kind and a name are needed",
            code=ExitCode.USAGE,
            hint=f"pxhelm describe vm {word}; a release: pxhelm status {word}",
        )
    kinds = kinds_of(word)
    (found,) = find_each(services, [Query(kinds, all_namespaces=options["all_namespaces"])])
    if not chosen:
        from pxhelm.cli.choice import choose

        return [found[place] for place in choose(word, [one.name for one in found])]
    found = selected(services, found, kinds, options)
    if not found:
        raise PxhelmError("no matching resources found")
    return found
