"""``pxhelm delete``: objects by manifest or by kind and name, never releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.choice import interactive
from pxhelm.cli.deletions import confirm_flag
from pxhelm.cli.kubectl import dry_run_flag, refused_flags
from pxhelm.cli.options import files_flag, flag, output_flag, selection_flags, yes_flag
from pxhelm.cli.planning import lock_timeout_flag
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.services import Services
    from pxhelm.resource.identity import ObjectKey

HELP = """Delete objects: the guests with their disks, or the definitions of storages and pools.

\b
  pxhelm delete -f web.yaml        what the manifests name
  pxhelm delete vm web             by kind and name
  pxhelm delete vm/web ct/db       several
  pxhelm delete vms -l app=shop    by labels; also --field-selector and --all

Only what pxhelm manages. Asks first; without a terminal it needs --yes, else it exits with 5. More than three objects,
and more than a fifth of all, need their number there: --confirm-deletes=N. A whole release goes with `pxhelm uninstall`.
"""


@cli.command("delete", usage="-f FILE|DIR|- | KIND NAME ... | KIND/NAME ...", arguments=(0, None), help=HELP)
@files_flag
@selection_flags
@flag("--all", "everything", help="all objects of the kind that pxhelm manages")
@flag("--ignore-not-found", help="what is not there counts as deleted")
@flag("--stop-on-delete", "--force", "--now", "stop", help="stop guests that run; without it they are shut down first")
@dry_run_flag("show the plan; delete nothing")
@lock_timeout_flag
@yes_flag
@confirm_flag
@output_flag("text", "json", "yaml", "name", default="text")
@refused_flags("delete")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Plan the deletion, ask, and do it."""
    from pxhelm.actions.objects import MANAGER, carry_out, plan_keys
    from pxhelm.app import open_services
    from pxhelm.apply.planning import PlanRequest
    from pxhelm.cli.planning import confirm_deletion, how, show_plan, show_result
    from pxhelm.cli.progress import showing

    _check(arguments, options)
    with showing() as listen, open_services(session.flags, listen) as services:
        keys = _of_files(services, options) if options["files"] else _of_names(services, arguments, options)
        if not keys:
            return ExitCode.OK
        request = PlanRequest(manager=MANAGER, options={"stop-on-delete": True} if options["stop"] else {})
        planned = plan_keys(services, keys, request)
        if options["dry_run"]:
            show_plan(planned, options["output"])
            return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
        confirm_deletion(services, planned, options)
        result = carry_out(services, planned, how(options))
    return show_result(result, options["output"])


def _check(arguments: tuple[str, ...], options: dict[str, Any]) -> None:
    if bool(arguments) == bool(options["files"]):
        what = "cannot delete files and names at once" if arguments else "you must say what to delete"
        raise PxhelmError(what, code=ExitCode.USAGE, hint="pxhelm delete -f FILE, or pxhelm delete KIND NAME")
    if len(arguments) == 1 and "/" not in arguments[0] and not _chosen(options):
        from pxhelm.actions.inspect import NAMES

        name = arguments[0]
        if name.lower() in NAMES and interactive():
            return
        raise PxhelmError(
            f"cannot delete {name}: a kind and a name are needed",
            code=ExitCode.USAGE,
            hint=f"pxhelm delete {name} NAME"
            if name.lower() in NAMES
            else f"did you mean `pxhelm uninstall {name}`? objects are deleted by `pxhelm delete KIND NAME`",
        )


def _chosen(options: dict[str, Any]) -> bool:
    return bool(options["selector"] or options["field_selector"] or options["everything"])


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
    from pxhelm.actions.inspect import NotFoundError, Query, find_each, kinds_of, only
    from pxhelm.cli.listing import pairs_of, selected

    pairs = pairs_of(arguments, "delete")
    if _chosen(options):
        if any(names for _, names in pairs):
            raise PxhelmError("name cannot be provided when a selector is specified", code=ExitCode.USAGE)
        kinds = kinds_of(pairs[0][0])
        (everything,) = find_each(services, [Query(kinds, all_namespaces=options["all_namespaces"])])
        found = [one for one in selected(services, everything, kinds, options) if one.stored]
        if not found:
            click.echo("No resources found", err=True)
        return _keys(found)
    if not any(names for _, names in pairs):
        from pxhelm.cli.choice import choose

        kinds = kinds_of(pairs[0][0])
        (everything,) = find_each(services, [Query(kinds)])
        ours = [one for one in everything if one.stored]
        return _keys([ours[place] for place in choose(pairs[0][0], [one.name for one in ours])])
    queries = [Query(kinds_of(kind), (name,)) for kind, names in pairs for name in names]
    missing: list[NotFoundError] = []
    groups = find_each(services, queries, missing)
    if missing and not options["ignore_not_found"]:
        raise missing[0]
    found = [only(group, query.names[0]) for query, group in zip(queries, groups, strict=True) if group]
    for one in found:
        if one.stored is None:
            raise _foreign(one)
    return _keys(found)


def _keys(found: list[Found]) -> tuple[ObjectKey, ...]:
    """Return the objects' keys; says to which release they belong."""
    from pxhelm.actions.inspect import key_of
    from pxhelm.cli.views.objects import short_name

    for one in found:
        if one.stored and one.stored.release:
            click.echo(f"note: {short_name(one.kind)}/{one.name} belongs to release {one.stored.release}", err=True)
    return tuple(dict.fromkeys(key_of(one) for one in found))


def _foreign(one: Found) -> PxhelmError:
    group = "vm" if one.kind == "VirtualMachine" else "container"
    by_vmid = f"if it shall really go: `pxhelm {group} delete vmid:{one.vmid} --yes`"
    return PxhelmError(
        f"cannot delete {group if one.vmid else one.kind.lower()}/{one.name}: pxhelm does not manage it",
        code=ExitCode.REFUSED,
        hint=by_vmid if one.vmid else "remove it in Proxmox itself",
    )
