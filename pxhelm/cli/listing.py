"""What ``get`` does with objects: find them, choose, order, print, and watch.

Holds no format and no table of its own: those are ``views.printer`` and ``views.objects``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found, NotFoundError, Query
    from pxhelm.actions.services import Services
    from pxhelm.cli.command import Session
    from pxhelm.cli.views.objects import Look
    from pxhelm.cli.views.printer import Output


KIND = "GuestSet"
"""Sets of guests are shown with how many of their members are there."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is to be shown, and how."""

    queries: tuple[Query, ...]
    output: Output
    print_one: Callable[[Mapping[str, Any]], str] | None
    """None for tables and names."""
    options: Mapping[str, Any]

    @property
    def alone(self) -> bool:
        """Whether one thing was named, so that it is printed without a list around it."""
        return len(self.queries) == len(self.queries[0].names) == 1

    @property
    def close(self) -> bool:
        """Whether the objects' own configurations are read: for wide tables, and for what is named and printed whole."""
        named = all(query.names for query in self.queries)
        return self.output.form == "wide" or (named and self.print_one is not None)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind that is asked for."""
        return tuple(dict.fromkeys(kind for query in self.queries for kind in query.kinds))


def show_objects(services: Services, listing: Listing) -> int:
    """Print the objects that are asked for, and return the exit status."""
    missing: list[NotFoundError] = []
    found = choose(services, listing, missing)
    click.echo(listing_text(listing, found, services.now().timestamp()), nl=False)
    if listing.options["ignore_not_found"]:
        return ExitCode.OK
    if not found and not missing and listing.output.tabular:
        click.echo(f"No resources found{_place(listing, services.place.namespace)}", err=True)
    if missing and not found:
        raise missing[0]
    for error in missing:
        click.echo(f"Error: {error.message}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
    return ExitCode.FAILED if missing else ExitCode.OK


def _place(listing: Listing, namespace: str) -> str:
    from pxhelm.kinds import KINDS

    namespaced = any(kind in KINDS and KINDS[kind].namespaced for kind in listing.kinds)
    return f" in {namespace} namespace" if namespaced and not listing.options["all_namespaces"] else ""


def listing_of(arguments: tuple[str, ...], options: dict[str, Any]) -> Listing:
    """Read arguments and flags; PxhelmError in kubectl's words when they do not go together."""
    from pxhelm.cli.views.printer import parse_output, printer_of

    if options["at"]:
        from datetime import datetime

        from pxhelm.cli.times import moment_of

        options["moment"] = moment_of("--at", options["at"], datetime.now().astimezone())
    output = parse_output(options["output"], options["template"], read_text)
    printed = None
    if not output.tabular and output.form != "name":
        printed = printer_of(output, headers=not options["no_headers"])
    return Listing(_queries(arguments, options), output, printed, options)


def read_text(name: str) -> str:
    """Read a text file of the user's; ``-`` is standard input."""
    from pxhelm.app import reading

    return reading.read(name).decode("utf-8", "surrogateescape")


def pairs_of(arguments: Sequence[str], verb: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return kinds with names of ``KIND NAME ...`` or ``KIND/NAME ...``; PxhelmError in kubectl's words."""
    if not any("/" in word for word in arguments[:1]) and not all("/" in word for word in arguments[1:]):
        return [(arguments[0], tuple(arguments[1:]))]
    if all("/" in word for word in arguments):
        return [(kind, (name,)) for kind, _, name in (word.partition("/") for word in arguments)]
    if len(arguments) == 1:
        return [(arguments[0], ())]
    raise PxhelmError(
        "there is no need to specify a resource type as a separate argument when passing arguments in"
        f" resource/name form (e.g. 'pxhelm {verb} vm/web' instead of 'pxhelm {verb} vm vm/web')",
        code=ExitCode.USAGE,
    )


def of_files(session: Session, files: Sequence[str]) -> tuple[str, ...]:
    """Return what manifests name, as ``KIND/NAME``; their namespace counts where no other is given. PxhelmError."""
    from pxhelm.app import reading
    from pxhelm.manifest import load_manifests

    documents = [
        one
        for name in files
        for path, data in reading.manifests(name).items()
        for one in load_manifests(data.decode("utf-8", "surrogateescape"), path)
    ]
    if not documents:
        raise PxhelmError("no objects given", code=ExitCode.USAGE, hint="name manifests with -f FILE|DIR|-")
    spaces = {one.namespace for one in documents if one.namespace}
    if len(spaces) > 1 and not session.flags.get("namespace"):
        raise PxhelmError(
            f"the manifests are of several namespaces: {', '.join(sorted(spaces))}", code=ExitCode.USAGE, hint="give -n"
        )
    if spaces:
        session.flags.setdefault("namespace", spaces.pop())
    return tuple(dict.fromkeys(f"{one.kind}/{one.name}" for one in documents))


def either(session: Session, arguments: tuple[str, ...], files: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments, or what the manifests name when those are given instead."""
    if arguments and files:
        raise PxhelmError("cannot take files and names at once", code=ExitCode.USAGE, hint="give one of them")
    return of_files(session, files) if files else arguments


def _queries(arguments: tuple[str, ...], options: dict[str, Any]) -> tuple[Query, ...]:
    from pxhelm.actions.inspect import Query, kinds_of

    def query(words: str, names: tuple[str, ...]) -> Query:
        templates = words.lower() in ("templates", "template")
        cached, at = options["cached"], options.get("moment", 0.0)
        return Query(kinds_of(words), names, options["all_namespaces"], templates, cached, at)

    queries = tuple(query(kind, names) for kind, names in pairs_of(arguments, "get"))
    if any(each.names for each in queries):
        if options["selector"] or options["field_selector"]:
            raise PxhelmError("name cannot be provided when a selector is specified", code=ExitCode.USAGE)
        if options["all_namespaces"]:
            raise PxhelmError("a resource cannot be retrieved by name across all namespaces", code=ExitCode.USAGE)
    return queries


def choose(services: Services, listing: Listing, missing: list[NotFoundError]) -> list[Found]:
    """Return the objects that are asked for, in the order of ``--sort-by``."""
    from pxhelm.actions.inspect import find_all

    found = find_all(services, listing.queries, missing)
    found = selected(services, found, listing.kinds, listing.options, close=listing.close)
    if listing.print_one is not None and not (listing.options["cached"] or listing.options["at"]):
        from pxhelm.actions.asked import with_answers
        from pxhelm.actions.conditions import dated
        from pxhelm.actions.past import with_past

        found = with_past(services, with_answers(services, found)) if listing.close else found
        found = dated(services, found)
    if listing.options["sort_by"]:
        from pxhelm.cli.views.objects import document
        from pxhelm.cli.views.printer import ordered_by

        order = ordered_by([document(one) for one in found], listing.options["sort_by"])
        found = [found[place] for place in order]
    return found


def selected(
    services: Services, found: list[Found], kinds: Sequence[str], options: Mapping[str, Any], *, close: bool = False
) -> list[Found]:
    """Return what label and field selectors leave, looked at more closely where that is asked for."""
    from pxhelm.cli.selectors import CLOSER, field_test, label_test

    labels, fields = label_test(options["selector"]), field_test(options["field_selector"], kinds)
    if options["selector"]:
        found = [one for one in found if labels(one.labels)]
    if KIND in kinds:
        from pxhelm.actions.inspect import Query
        from pxhelm.actions.sets import counted

        recorded = bool(options.get("cached")), float(options.get("moment") or 0.0)
        found = counted(services, found, Query((KIND,), (), True, False, *recorded))
    asked = options["field_selector"]
    if (close or any(field in asked for field in CLOSER)) and not (options.get("cached") or options.get("moment")):
        from pxhelm.actions.describe import look_closer

        found = look_closer(services, found, others="status.osType" in asked)
    if asked:
        from pxhelm.cli.views.objects import document

        found = [one for one in found if fields(document(one))]
    return found


def listing_text(listing: Listing, found: Sequence[Found], now: float) -> str:
    """Return everything that is printed for the objects."""
    from pxhelm.cli.views import objects as view

    if listing.output.form == "name":
        return view.names_text(found)
    if listing.print_one is not None:
        documents = [view.document(one) for one in found]
        whole = documents[0] if listing.alone and len(documents) == 1 else view.list_document(documents)
        return listing.print_one(whole)
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one.kind, []).append(one)
    look = look_of(listing, now)
    return "\n".join(view.table_text(kind, members, look) for kind, members in groups.items())


def look_of(listing: Listing, now: float) -> Look:
    """Return how tables look."""
    from pxhelm.cli.views.objects import Look

    options = listing.options
    return Look(
        now,
        wide=listing.output.form == "wide",
        headers=not options["no_headers"],
        namespaces=options["all_namespaces"],
        prefix=options["show_kind"] or len(listing.kinds) > 1,
        labels=tuple(options["label_columns"]),
        all_labels=options["show_labels"],
    )
