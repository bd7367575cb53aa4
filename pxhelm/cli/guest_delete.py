"""``vm delete`` and ``container delete``: ours by a plan, somebody else's by VMID only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.deletions import confirm_flag
from pxhelm.cli.options import flag, yes_flag
from pxhelm.cli.progress import showing
from pxhelm.cli.targets import GuestKind, chosen_flags, manner_of, show_done, targets
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

_DELETE = """Delete {people}s with their disks.

Asks first; without a terminal it needs --yes, else it exits with 5. One that pxhelm does not manage must be named by
its VMID (vmid:101) and --yes be given.
"""


def add_delete(group: cli.Group, about: GuestKind) -> None:
    """Add ``delete``."""

    @group.command("delete", usage="NAME|vmid:N ...", arguments=(0, None), help=_DELETE.format(people=about.people))
    @chosen_flags
    @flag("--force", help="also if it runs")
    @yes_flag
    @confirm_flag
    def delete(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _delete(session, about, arguments, options)


def _delete(session: cli.Session, about: GuestKind, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.app import open_services

    with showing() as listen, open_services(session.flags, listen) as services:
        guests = targets(services, about, arguments, options)
        foreign = [one for one in guests if one.stored is None]
        for one in foreign:
            _check_foreign(about, one, named=f"vmid:{one.vmid}" in arguments, yes=options["yes"])
        status = _delete_ours(services, [one for one in guests if one.stored], options)
        if foreign:
            from pxhelm.actions.operate import carry_out
            from pxhelm.actions.power import Verb, Wish

            done = carry_out(services, foreign, Wish(Verb.DESTROY, options["force"]), manner_of(options))
            status = max(status, show_done(about, done, options["output"]))
    return status


def _check_foreign(about: GuestKind, one: Found, *, named: bool, yes: bool) -> None:
    if not named:
        raise PxhelmError(
            f"cannot delete {about.group}/{one.name}: pxhelm does not manage it",
            code=ExitCode.REFUSED,
            hint=f"if it shall really go: pxhelm {about.group} delete vmid:{one.vmid} --yes",
        )
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise PxhelmError(
            f"cannot delete {about.group}/{one.name} (VMID {one.vmid}): pxhelm does not manage it, and nobody is there to"
            " confirm it",
            code=ExitCode.REFUSED,
            hint="give --yes if that is what you want",
        )
    click.echo(f"pxhelm does not manage {about.group}/{one.name}; its disks cannot be brought back", err=True)
    if click.prompt(f"type its name to destroy VMID {one.vmid}", err=True) != one.name:
        raise PxhelmError("nothing was done", code=ExitCode.REFUSED)


def _delete_ours(services: Services, guests: list[Found], options: dict[str, Any]) -> int:
    if not guests:
        return ExitCode.OK
    from pxhelm.actions.inspect import key_of
    from pxhelm.actions.objects import MANAGER, carry_out, plan_keys
    from pxhelm.apply.planning import PlanRequest
    from pxhelm.cli.planning import confirm_deletion, show_result

    asked = {"stop-on-delete": True} if options["force"] else {}
    planned = plan_keys(services, [key_of(one) for one in guests], PlanRequest(manager=MANAGER, options=asked))
    confirm_deletion(services, planned, options)
    return show_result(carry_out(services, planned), options["output"])
