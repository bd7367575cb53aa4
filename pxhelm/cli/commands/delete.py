"""``pxhelm delete``: objects by manifest or by kind and name, never releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.deletions import confirm_flag
from pxhelm.cli.options import files_flag, flag, output_flag, yes_flag
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.resource.identity import ObjectKey

HELP = """Delete objects: the guests with their disks, or the definitions of storages and pools.

\b
  pxhelm delete -f web.yaml        what the manifests name
  pxhelm delete vm web             by kind and name
  pxhelm delete vm/web ct/db       several

Only what pxhelm manages. Asks first; without a terminal it needs --yes, else it exits with 5. More than three objects,
and more than a fifth of all, need their number there: --confirm-deletes=N. A whole release goes with `pxhelm uninstall`.
"""


@cli.command("delete", usage="-f FILE|DIR|- | KIND NAME ... | KIND/NAME ...", arguments=(0, None), help=HELP)
@files_flag
@flag("--ignore-not-found", help="what is not there counts as deleted")
@flag("--stop-on-delete", "stop", help="stop guests that run; without it they are shut down first")
@yes_flag
@confirm_flag
@output_flag("text", "json", "yaml", default="text")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Plan the deletion, ask, and do it."""
    from pxhelm.actions.objects import MANAGER, carry_out, plan_keys
    from pxhelm.app import open_services
    from pxhelm.apply.engine import PlanRequest
    from pxhelm.cli.planning import confirm_deletion, show_result
    from pxhelm.cli.progress import showing

    _check(arguments, options)
    with showing() as listen, open_services(session.flags, listen) as services:
        keys = _of_files(services, options) if options["files"] else _of_names(services, arguments, options)
        if not keys:
            return ExitCode.OK
        request = PlanRequest(manager=MANAGER, options={"stop-on-delete": True} if options["stop"] else {})
        planned = plan_keys(services, keys, request)
        confirm_deletion(services, planned, options)
        result = carry_out(services, planned)
    return show_result(result, options["output"])


def _check(arguments: tuple[str, ...], options: dict[str, Any]) -> None:
    if bool(arguments) == bool(options["files"]):
        what = "cannot delete files and names at once" if arguments else "you must say what to delete"
        raise PxhelmError(what, code=ExitCode.USAGE, hint="pxhelm delete -f FILE, or pxhelm delete KIND NAME")
    if len(arguments) == 1 and "/" not in arguments[0]:
        from pxhelm.actions.inspect import NAMES

        name = arguments[0]
        raise PxhelmError(
            f"cannot delete {name}: a kind and a name are needed",
            code=ExitCode.USAGE,
            hint=f"pxhelm delete {name} NAME"
            if name.lower() in NAMES
            else f"did you mean `pxhelm uninstall {name}`? objects are deleted by `pxhelm delete KIND NAME`",
        )


def _of_files(services: Services, options: dict[str, Any]) -> tuple[ObjectKey, ...]:
    """Return the objects of the manifests that pxhelm knows."""
    from pxhelm.actions.inspect import is_known
    from pxhelm.actions.objects import load_documents
    from pxhelm.kinds import parse_all

    parsed = parse_all(load_documents(services, options["files"]), services.place.namespace)
    known = [resource.key for resource in parsed.resources if is_known(services, resource.key)]
    if len(known) < len(parsed.resources) and not options["ignore_not_found"]:
        missing = [r.key.address for r in parsed.resources if r.key not in known]
        if not known:
            raise PxhelmError(f"{', '.join(missing)} not found", hint="nothing of it is there any more")
        click.echo(f"note: not found: {', '.join(missing)}", err=True)
    return tuple(known)


def _of_names(services: Services, arguments: tuple[str, ...], options: dict[str, Any]) -> tuple[ObjectKey, ...]:
    from pxhelm.actions.inspect import NotFoundError, find_one, key_of, kinds_of

    pairs = [
        tuple(a.split("/", 1)) if "/" in a else (arguments[0], a) for a in arguments[0 if "/" in arguments[0] else 1 :]
    ]
    keys = []
    for kind, name in pairs:
        try:
            found = find_one(services, kinds_of(kind), name)
        except NotFoundError:
            if options["ignore_not_found"]:
                continue
            raise
        if found.stored is None:
            by_vmid = (
                f"`pxhelm {'vm' if found.kind == 'VirtualMachine' else 'container'} delete vmid:{found.vmid} --yes`"
            )
            raise PxhelmError(
                f"cannot delete {kind}/{name}: pxhelm does not manage it",
                code=ExitCode.REFUSED,
                hint=f"if it shall really go: {by_vmid}" if found.vmid else "remove it in Proxmox itself",
            )
        if found.stored.release:
            click.echo(f"note: {kind}/{name} belongs to release {found.stored.release}", err=True)
        keys.append(key_of(found))
    return tuple(keys)
