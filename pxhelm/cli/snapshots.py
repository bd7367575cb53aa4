"""``pxhelm rollback snapshot/NAME``: back to a snapshot that is an object. A verb, not a state: the manifest stays as it is."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.errors import ExitCode, PxhelmError


def go_back(session: cli.Session, word: str, options: dict[str, Any]) -> int:
    """Take the guest of a snapshot back to it, after a question; PxhelmError for what is no snapshot of ours."""
    from pxhelm.actions.inspect import find_one, id_of, kinds_of
    from pxhelm.actions.operate import carry_out, exit_code
    from pxhelm.actions.saving import Rollback
    from pxhelm.app import open_services
    from pxhelm.cli.choice import confirm
    from pxhelm.cli.progress import showing

    kind, _, name = word.partition("/")
    if kinds_of(kind) != ("Snapshot",):
        raise PxhelmError(
            f"cannot roll back {word}: only releases and snapshots can be gone back to",
            code=ExitCode.USAGE,
            hint=f"the revisions of a release: pxhelm history {name}",
        )
    with showing() as listen, open_services(session.flags, listen) as services:
        snapshot = find_one(services, ("Snapshot",), name)
        vmid, _, taken = id_of(snapshot).rpartition("/")
        guest = find_one(services, ("VirtualMachine", "Container"), f"vmid:{vmid}")
        loss = f"undo everything since the snapshot {taken} in {guest.name} (vmid:{vmid})"
        confirm(f"{loss}?", f"cannot go on: this would {loss}", yes=options["yes"])
        (done,) = carry_out(services, [guest], Rollback(taken, options["start"]))
    if done.error is not None:
        raise done.error
    click.echo(f"{guest.name} {done.result}")
    return exit_code([done])
