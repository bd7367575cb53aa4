"""Which guests a verb is for: by names, selectors, or all of ours; and what became of them.

Somebody else's guest is a target when it is named, or when ``--include-foreign`` says so: never by accident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli.command import OptionalValue
from pxhelm.cli.options import all_of, flag, output_flag, selection_flags
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.operate import Done, Manner
    from pxhelm.actions.services import Services


@dataclass(frozen=True, slots=True)
class GuestKind:
    """What the two groups differ in."""

    kind: str
    """``VirtualMachine`` or ``Container``."""
    group: str
    """Name of the command group."""
    people: str
    """What its guests are called: ``virtual machine``."""


chosen_flags = all_of(
    selection_flags,
    flag("--all", "everything", help="all guests of the namespace that pxhelm manages"),
    flag("--include-foreign", help="selectors and --all also mean guests that pxhelm does not manage"),
    click.option("--parallel", type=click.IntRange(1), default=None, metavar="N", help="guests at once"),
    output_flag("text", "json", "yaml", default="text"),
)
wait_flags = all_of(
    click.option(
        "--wait",
        cls=OptionalValue,
        bare="true",
        default="true",
        metavar="bool",
        help="wait until it is done [default: true]",
    ),
    flag("--no-wait", help="return when the task has begun; `pxhelm logs` follows it"),
)


def targets(services: Services, about: GuestKind, names: Sequence[str], options: dict[str, Any]) -> list[Found]:
    """Return the guests that names, selectors or ``--all`` mean, each once; a list to choose from on a terminal."""
    from pxhelm.actions.inspect import Query, find

    by_selector = bool(options["selector"] or options["field_selector"] or options["everything"])
    if names and by_selector:
        raise PxhelmError(
            "name cannot be provided when a selector is specified",
            code=ExitCode.USAGE,
            hint="give names, vmid:N, or a selector with -l",
        )
    if names:
        return named(services, about, names)
    everything = find(services, Query((about.kind,), all_namespaces=options["all_namespaces"]))
    here = [one for one in everything if not one.template]
    if by_selector:
        from pxhelm.cli.listing import selected

        return _ours(selected(services, here, (about.kind,), options), options)
    from pxhelm.cli.choice import choose

    rows = [f"{one.name:<30} {one.row.get('status', '-'):<9} {one.vmid or '-'}" for one in here]
    unique = [one.name if [o.name for o in here].count(one.name) == 1 else f"vmid:{one.vmid}" for one in here]
    return [here[place] for place in choose("guest", unique, rows=rows)]


def _ours(found: list[Found], options: dict[str, Any]) -> list[Found]:
    if options["include_foreign"]:
        return found
    ours = [one for one in found if one.stored]
    if len(ours) < len(found):
        left = len(found) - len(ours)
        what = (
            "1 guest that pxhelm does not manage matches"
            if left == 1
            else f"{left} guests that pxhelm does not manage match"
        )
        click.echo(f"note: {what}, too, and {'was' if left == 1 else 'were'} left out (--include-foreign)", err=True)
    return ours


def named(services: Services, about: GuestKind, names: Sequence[str]) -> list[Found]:
    """Return the guests of some names with one question to the cluster; PxhelmError when a name is ambiguous."""
    from pxhelm.actions.inspect import Query, find_each, only

    queries = [Query((about.kind,), (name,)) for name in dict.fromkeys(names)]
    found: dict[object, Found] = {}
    for query, matches in zip(queries, find_each(services, queries), strict=True):
        one = only(matches, query.names[0])
        found[one.vmid or id(one)] = one
    return list(found.values())


def manner_of(options: dict[str, Any], *, limit: float = 0.0) -> Manner:
    """Return how the flags want it carried out."""
    from pxhelm.actions.operate import Manner
    from pxhelm.cli.release_flags import truth

    waits = truth(options.get("wait", "true"), "wait") and not options.get("no_wait", False)
    return Manner(options["parallel"] or 0, waits, limit)


def show_done(about: GuestKind, done: list[Done], output: str) -> int:
    """Print what became of each guest, and return the exit status."""
    from pxhelm.actions.operate import exit_code
    from pxhelm.cli.views.document import FORMATS

    if output in FORMATS:
        rows = [
            {"name": one.guest.name, "namespace": one.guest.namespace, "vmid": one.guest.vmid, "result": one.result}
            | ({"error": one.error.message} if one.error else {})
            | ({"task": one.upid} if one.upid else {})
            for one in done
        ]
        click.echo(FORMATS[output]({"guests": rows}), nl=False)
        return exit_code(done)
    for one in done:
        if one.error is None:
            task = f" ({one.upid})" if one.upid else ""
            click.echo(f"{about.group}/{one.guest.name} {one.result}{task}")
            continue
        click.echo(f"Error: {about.group}/{one.guest.name}: {one.error.message}", err=True)
        if one.error.hint:
            click.echo(f"hint: {one.error.hint}", err=True)
    if not done:
        click.echo("No resources found", err=True)
    return exit_code(done)
