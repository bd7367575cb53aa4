"""``pxhelm cp``: one file to or from a virtual machine, through the guest agent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.errors import ExitCode, PxhelmError, system_says

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services

HELP = """Copy a file to or from a virtual machine through its guest agent.

\b
  pxhelm cp vm/web:/etc/hosts hosts
  pxhelm cp index.html vm/web:/var/www/index.html
  pxhelm cp vm/web:/var/log/syslog -                  to standard output
  pxhelm cp vm/web:/etc/hosts /tmp/                   into a folder

One file, not folders. What is written belongs to root; more than 45 KiB needs /bin/sh and base64 in the guest.
"""


@cli.command("cp", usage="SOURCE TARGET", arguments=(2, 2), help=HELP)
def command(session: cli.Session, arguments: tuple[str, ...], **_options: Any) -> int:
    """Copy in the direction that the arguments have."""
    from pxhelm.actions.agent import check_machine
    from pxhelm.app import open_services
    from pxhelm.cli.naming import guest_of
    from pxhelm.cli.progress import showing

    source, target = (_split(text) for text in arguments)
    if bool(source[0]) == bool(target[0]):
        raise PxhelmError(
            "one of source and target must be in a guest, the other here",
            code=ExitCode.USAGE,
            hint="a file of a guest is written vm/NAME:PATH",
        )
    with showing() as listen, open_services(session.flags, listen) as services:
        guest = guest_of(services, source[0] or target[0])
        check_machine(guest, "copy files of")
        if source[0]:
            return _download(services, guest, source[1], target[1])
        return _upload(services, guest, source[1], target[1])


def _split(text: str) -> tuple[str, str]:
    """Return guest and path of ``vm/NAME:PATH``; no guest for a file of this machine."""
    guest, colon, path = text.rpartition(":") if text.startswith("vmid:") else text.partition(":")
    local = not colon or text.startswith((".", "/", "-")) or guest == "vmid"
    return ("", text) if local else (guest, path)


def _download(services: Services, guest: Found, path: str, target: str) -> int:
    from pxhelm.actions.agent import read_file
    from pxhelm.files import replacing

    if target == "-":
        services.cluster.run(read_file(guest, path, sys.stdout.buffer.write))
        sys.stdout.buffer.flush()
        return ExitCode.OK
    place = Path(target)
    if place.is_dir() or target.endswith("/"):
        place = place / path.rpartition("/")[2]
    try:
        with replacing(place) as file:
            size = services.cluster.run(read_file(guest, path, file.write))
    except OSError as error:
        raise PxhelmError(f"open {place}: {system_says(error)}") from None
    click.echo(f"{place}: {size} bytes", err=True)
    return ExitCode.OK


def _upload(services: Services, guest: Found, source: str, path: str) -> int:
    from pxhelm.actions.agent import write_file
    from pxhelm.app import reading

    if source != "-" and Path(source).is_dir():
        raise PxhelmError(f"cannot copy {source}: it is a folder", code=ExitCode.USAGE, hint="copy one file at a time")
    data = reading.read(source)
    if path.endswith("/") or not path:
        if source == "-":
            raise PxhelmError("what is the file to be called?", code=ExitCode.USAGE, hint=f"vm/{guest.name}:/tmp/NAME")
        path += Path(source).name
    services.cluster.run(write_file(guest, path, data))
    click.echo(f"{guest.name}:{path}: {len(data)} bytes", err=True)
    return ExitCode.OK
