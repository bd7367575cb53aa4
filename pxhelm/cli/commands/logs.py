"""``pxhelm logs``: the log of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import flag
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services

HELP = """Print the log of a task: of one by its UPID, of the latest one of a guest, or what a Job printed.

\b
  pxhelm logs vm/web
  pxhelm logs -f vm/web                       until the task has ended
  pxhelm logs vm/web --type qmigrate          the latest of a type
  pxhelm logs -p vm/web                       the one before
  pxhelm logs job/migrate-db                  its task's, or what its command printed
  pxhelm logs UPID:pve1:… --tail 20
  pxhelm get tasks -o wide                    lists UPIDs
"""


@cli.command("logs", usage="TASK | vm/NAME | ct/NAME | job/NAME", arguments=(0, 1), help=HELP)
@flag("-f", "--follow", help="go on until the task has ended; exit with 1 when it failed")
@click.option("--tail", type=int, default=-1, metavar="int", help="lines to begin with [default: all]")
@click.option("--type", "kind", default="", metavar="TYPE", help="of a guest: the latest task of this type")
@flag("-p", "--previous", help="of a guest: the task before the latest")
@refused_flags("logs")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Print the lines."""
    from pxhelm.actions.logs import task_of
    from pxhelm.app import open_services
    from pxhelm.cli.naming import choose_guest, guest_of
    from pxhelm.cli.progress import showing
    from pxhelm.proxmox.task import Polling, Upid, follow, read_log

    with showing() as listen, open_services(session.flags, listen) as services:
        name = arguments[0].removeprefix("task/") if arguments else choose_guest(services)
        if name.partition("/")[0].lower() in ("job", "jobs"):
            upid_of_job = _of_job(services, name)
            if not upid_of_job:
                return ExitCode.OK
            name = upid_of_job
        if name.startswith("UPID:"):
            upid = Upid.parse(name if name.endswith(":") else f"{name}:")
        elif "/" in name or name.startswith("vmid:"):
            guest = guest_of(services, name)
            upid = task_of(services, guest, kind=options["kind"], before=int(options["previous"]))
            click.echo(f"==> {upid.type} {upid} <==", err=True)
        else:
            raise PxhelmError(
                f"{name} is neither a task nor a guest",
                code=ExitCode.USAGE,
                hint=f"vm/{name}, or a UPID from `get tasks`",
            )
        lines = services.cluster.run(read_log(upid))
        tail = options["tail"]
        for line in lines if tail < 0 else lines[len(lines) - min(tail, len(lines)) :]:
            click.echo(line)
        if not options["follow"]:
            return ExitCode.OK
        shown = len(lines)

        def tell(line: str) -> None:
            nonlocal shown
            if shown > 0:
                shown -= 1
            else:
                click.echo(line)

        ended = services.cluster.run(follow(upid, Polling(first=0.2, longest=2.0), tell))
    return ExitCode.OK if ended.succeeded else ExitCode.FAILED


def _of_job(services: Services, name: str) -> str:
    """Return the UPID of a job's task; without one print what its command printed, and return nothing."""
    from pxhelm.actions.inspect import find_one
    from pxhelm.actions.own import printed, task_of_job

    job = find_one(services, ("Job",), name.partition("/")[2])
    assert job.stored is not None
    upid = task_of_job(services.store, job.stored.uid)
    for line in () if upid else printed(services.store, job.stored.uid):
        click.echo(line)
    return upid
