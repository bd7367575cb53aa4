"""What ``label`` and ``annotate`` share: kubectl's grammar ``KIND NAME ... KEY=VALUE ... KEY- ...``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import dry_run_flag, refused_flags
from pxhelm.cli.options import all_of, files_flag, flag, output_flag, selection_flags
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.metadata import Part
    from pxhelm.actions.services import Services

labelling_flags = all_of(
    files_flag,
    selection_flags,
    flag("--all", "everything", help="all objects of the kind that pxhelm manages"),
    flag("--overwrite", help="replace values that are there"),
    flag("--list", "listed", help="print what there is"),
    dry_run_flag("change nothing"),
    refused_flags("label"),
    output_flag("text", "json", "yaml", "name", default="text"),
)
USAGE = "KIND NAME ... | KIND/NAME ... | -f FILE  KEY=VALUE ... KEY- ..."


def relabel(session: cli.Session, part: Part, arguments: Sequence[str], options: dict[str, Any]) -> int:
    """Change labels or annotations of the objects that the arguments mean, and tell each."""
    from pxhelm.actions.metadata import change, current, parse_edits
    from pxhelm.app import open_services
    from pxhelm.cli.listing import of_files
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.objects import short_name

    files = options["files"]
    names, words = (of_files(session, files), arguments) if files else _split(arguments)
    edits = None if options["listed"] and not words else parse_edits(part, words, overwrite=options["overwrite"])
    rows: list[dict[str, Any]] = []
    with showing() as listen, open_services(session.flags, listen) as services:
        for one in _targets(services, names, options):
            title = f"{short_name(one.kind)}/{one.name}"
            if edits is None:
                rows.append({"name": title, part: current(one, part)})
                continue
            for key in edits.remove:
                if key not in current(one, part):
                    click.echo(f'note: {part[:-1]} "{key}" not found on {title}', err=True)
            done = change(services, one, part, edits, keep=not options["dry_run"])
            word = "annotated" if part == "annotations" else "labeled" if edits.put else "unlabeled"
            rows.append({"name": title, "result": word if done else f"not {word}"})
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]({"items": rows}), nl=False)
        return ExitCode.OK
    for row in rows:
        if options["output"] == "name":
            click.echo(row["name"])
        elif edits is None:
            click.echo("".join(f"{key}={value}\n" for key, value in sorted(row[part].items())), nl=False)
        else:
            click.echo(f"{row['name']} {row['result']}{' (dry run)' if options['dry_run'] else ''}")
    return ExitCode.OK


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the words that name objects, and those that change something."""
    at = next((n for n, word in enumerate(arguments) if n and ("=" in word or word.endswith("-"))), len(arguments))
    return arguments[:at], arguments[at:]


def _targets(services: Services, words: Sequence[str], options: dict[str, Any]) -> list[Found]:
    from pxhelm.actions.inspect import Query, find_all, kinds_of
    from pxhelm.cli.listing import pairs_of, selected

    pairs = pairs_of(words, "label")
    chosen = options["selector"] or options["field_selector"] or options["everything"]
    named = all(names for _, names in pairs)
    if named == bool(chosen):
        what = "name cannot be provided when a selector is specified" if named else "no resource is named"
        raise PxhelmError(what, code=ExitCode.USAGE, hint="give names, -l SELECTOR or --all")
    queries = [Query(kinds_of(kind), names, options["all_namespaces"]) for kind, names in pairs]
    found = selected(services, find_all(services, queries), [k for q in queries for k in q.kinds], options)
    if named:
        return found
    ours = [one for one in found if one.stored]
    if not ours:
        raise PxhelmError("no matching resources found")
    return ours
