"""The command groups ``vm`` and ``container``: the verbs of ``guest_verbs``, and what needs words of its own.

A guest is named by its object's name, by the name Proxmox shows, or as ``vmid:101``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.guest_create import add_create
from pxhelm.cli.guest_delete import add_delete
from pxhelm.cli.guest_saved import add_saved
from pxhelm.cli.guest_verbs import VERBS, Asked, Verb, limit_flag
from pxhelm.cli.progress import showing
from pxhelm.cli.targets import GuestKind, chosen_flags, manner_of, show_done, targets, wait_flags

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found

__all__ = ["GuestKind", "guest_group"]


def guest_group(about: GuestKind) -> cli.Group:
    """Return the command group of a kind of guests."""
    people = about.people
    group = cli.Group(about.group, help=_HELP.format(people=people, group=about.group))
    group.callback = _nothing
    add_create(group, about)
    for name, verb in VERBS.items():
        if about.kind == "VirtualMachine" or not verb.machines_only:
            _add(group, about, name, verb)
    add_saved(group, about)
    add_delete(group, about)
    return group


_HELP = """Create {people}s, and do something to some of them at once.

\b
  pxhelm {group} start web db                        by names
  pxhelm {group} stop -l app=shop --parallel 2       by labels
  pxhelm {group} restart --all -A                    all that pxhelm manages
  pxhelm {group} start                               on a terminal: choose from a list
"""


def _nothing(**_options: Any) -> None:
    """Hold the subcommands."""


def _add(group: cli.Group, about: GuestKind, name: str, verb: Verb) -> None:
    text = verb.help.replace("{people}", about.people).replace("{group}", about.group)
    limit: Callable[[Callable[..., Any]], Callable[..., Any]] = limit_flag if verb.limited else _same

    @group.command(name, usage=verb.usage, arguments=(0, None), help=text)
    @verb.flags
    @chosen_flags
    @wait_flags
    @limit
    def run(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _run(session, about, verb, arguments, options)


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _run(
    session: cli.Session, about: GuestKind, verb: Verb, arguments: tuple[str, ...], options: dict[str, Any]
) -> int:
    from pxhelm.actions.operate import carry_out
    from pxhelm.app import open_services
    from pxhelm.cli.choice import confirm
    from pxhelm.cli.release_flags import seconds

    limit = seconds(options["timeout"]) if verb.limited else 0.0
    with showing(table=True) as listen, open_services(session.flags, listen) as services:
        guests = targets(services, about, arguments, options)
        operation = verb.make(Asked(services, guests, options)) if guests else None
        if guests and verb.loses:
            listed = ", ".join(f"{about.group}/{one.name} (vmid:{one.vmid})" for one in guests)
            confirm(f"{verb.loses} {listed}?", f"cannot go on: this would {verb.loses} {listed}", yes=options["yes"])
        done = carry_out(services, guests, operation, manner_of(options, limit=limit)) if operation else []
    _tell_manifests(guests, operation.verb if operation else "")
    return show_done(about, done, options["output"])


def _tell_manifests(guests: list[Found], verb: str) -> None:
    """Say what the next apply would undo."""
    for one in guests:
        if verb == "resize" and one.stored:
            click.echo(
                f"note: give the disk that size in the manifest of {one.name}, too: no disk can be shrunk", err=True
            )
        wanted = one.owned.get("power.policy") or one.owned.get("power")
        against = {"start": "Stopped", "stop": "Running", "shutdown": "Running"}.get(verb)
        if against and wanted == against:
            click.echo(
                f"note: the manifest of {one.name} wants it {wanted.lower()}: the next apply brings it back", err=True
            )
