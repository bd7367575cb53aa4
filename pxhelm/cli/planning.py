"""What plan, diff, apply and delete share on the command line: flags, confirmation, how a result reads."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import colour
from pxhelm.cli.options import all_of, files_flag, flag, folders, recursive_flag, set_flags, texts
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.objects import ManifestRequest
    from pxhelm.actions.services import Services
    from pxhelm.apply.engine import ApplyRequest
    from pxhelm.apply.planning import Planned
    from pxhelm.apply.result import ApplyResult

owner_flags = all_of(
    click.option("--field-manager", default="pxhelm", metavar="NAME", help="name under which fields are owned"),
    flag("--force-conflicts", help="take over fields that another manager owns"),
    flag("--skip-conflicts", help="leave such fields to their owner, and apply the rest"),
    flag("--adopt-live", help="own such fields together, with the value that they have, and apply the rest"),
    flag("--take-ownership", "--adopt", "adopt", help="take over objects that exist and belong to nobody"),
    texts("--replace", metavar="KIND/NAME", help="allow this object to be destroyed and made anew; * for all"),
    flag("--free-volumes", help="free the volumes of disks that are removed, instead of detaching them"),
    flag("--allow-offline", help="allow to stop guests for changes that need it"),
    flag("--allow-lockout", help="switch the cluster's firewall on though no rule lets the API in"),
    flag("--apply-pending", help="apply network and SDN changes that others have staged together with ours"),
    flag("--keep-network", help="leave the new network of a node as it is although contact with the node is lost"),
)


manifest_flags = all_of(files_flag, owner_flags)

either_flags = all_of(
    click.option(
        "-f",
        "--values",
        "--filename",
        "files",
        multiple=True,
        metavar="FILE",
        callback=folders,
        help="with RELEASE CHART: values in a YAML file; without: manifests (FILE, DIR or -)",
    ),
    recursive_flag,
    set_flags,
    owner_flags,
    flag("--reset-values", help="reset the values to the ones built into the chart"),
    flag("--reuse-values", help="reuse the last release's values and merge in any overrides"),
    flag("--skip-schema-validation", help="disable JSON schema validation"),
)
"""For plan and diff, which take a chart as Helm does or manifests as kubectl does."""


lock_timeout_flag = click.option(
    "--lock-timeout", default="0s", show_default=True, metavar="duration", help="time to wait for another pxhelm's lock"
)


def how(options: dict[str, Any]) -> ApplyRequest:
    """Return how to apply, by the flags."""
    from pxhelm.apply.engine import ApplyRequest
    from pxhelm.apply.shared import Settings
    from pxhelm.cli.release_flags import seconds

    return ApplyRequest(settings=Settings(lock_timeout=seconds(options["lock_timeout"])))


def show_plan(planned: Planned, output: str) -> None:
    """Print a plan that is not carried out."""
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.plan import plan_text
    from pxhelm.plan.document import Saved, to_json

    if output in FORMATS:
        click.echo(FORMATS[output](to_json(Saved(planned.plan))), nl=False)
    else:
        click.echo(colour.plan(plan_text(planned.plan)), nl=False)


def manifest_request(options: dict[str, Any]) -> ManifestRequest:
    """Return what the manifest flags ask for."""
    from pxhelm.actions.objects import ManifestRequest

    ways = [name for name in ("force_conflicts", "skip_conflicts", "adopt_live") if options[name]]
    if len(ways) > 1:
        given = " and ".join(f"--{name.replace('_', '-')}" for name in ways)
        raise PxhelmError(f"cannot do both {given}", code=ExitCode.USAGE, hint="give one of them")
    names = (
        "skip-conflicts",
        "adopt-live",
        "free-volumes",
        "allow-offline",
        "allow-lockout",
        "apply-pending",
        "keep-network",
    )
    return ManifestRequest(
        files=tuple(options["files"]),
        manager=f"kubectl:{options['field_manager']}",
        force_conflicts=options["force_conflicts"],
        adopt=options["adopt"],
        replace=tuple(options["replace"]),
        options={name: True for name in names if options[name.replace("-", "_")]},
    )


def planned_from(services: Services, arguments: tuple[str, ...], options: dict[str, Any]) -> Planned:
    """Return the plan of manifests (``-f``) or of ``RELEASE CHART``."""
    if options["files"]:
        if arguments:
            raise PxhelmError(
                f"cannot plan {arguments[0]} and files at once", code=ExitCode.USAGE, hint="give one of them"
            )
        from pxhelm.actions.objects import plan

        return plan(services, manifest_request(options))
    if len(arguments) != 2:
        raise PxhelmError(
            "nothing to plan", code=ExitCode.USAGE, hint="give RELEASE CHART, or manifests with -f FILE|DIR|-"
        )
    from pxhelm.actions.charts import plan_chart
    from pxhelm.actions.inputs import Wanted
    from pxhelm.cli.release_flags import value_flags
    from pxhelm.release.options import UpgradeOptions

    asked = UpgradeOptions(
        dry_run="server",
        reset_values=options["reset_values"],
        reuse_values=options["reuse_values"],
        skip_schema_validation=options["skip_schema_validation"],
        take_ownership=options["adopt"],
    )
    return plan_chart(
        services, Wanted(arguments[0], arguments[1], value_flags({**options, "values": options["files"]})), asked
    )


def confirm_deletion(services: Services, planned: Planned, options: dict[str, Any]) -> None:
    """Ask before objects go; many need the number in ``--confirm-deletes`` where nobody can be asked (engine.md D11.4)."""
    from pxhelm.actions.objects import count_objects
    from pxhelm.cli.deletions import word
    from pxhelm.plan.removal import check_deletions

    confirmed = options["confirm_deletes"] is not None
    if not confirmed and not options["yes"]:
        confirm_destruction(planned, yes=False)  # names everything
        return
    # Somebody who wrote --yes is not asked again, but many objects need their number.
    said = replace(word(options), ask=None, allow_empty=True)
    check_deletions(planned.plan, count_objects(services), 0, said)


def confirm_destruction(planned: Planned, *, yes: bool) -> None:
    """Ask before guests or data go; PxhelmError (REFUSED) without a terminal and without ``--yes``."""
    from pxhelm.actions.objects import destroys

    going = destroys(planned)
    if not going or yes:
        return
    listed = ", ".join(key.address for key in going)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise PxhelmError(
            f"cannot go on: this would destroy {listed}, and nobody is there to confirm it",
            code=ExitCode.REFUSED,
            hint="give --yes if that is what you want",
        )
    freed = sum(o.frees_bytes for o in planned.plan.objects)
    space = f" ({freed / 2**30:.1f} GiB will be freed)" if freed else ""
    if not click.confirm(f"destroy {listed}{space}?", err=True):
        raise PxhelmError("nothing was done", code=ExitCode.REFUSED)


def show_result(result: ApplyResult, output: str) -> int:
    """Print what became of every object and return the exit status."""
    from pxhelm.cli.views import result as view
    from pxhelm.cli.views.document import FORMATS

    if output in FORMATS:
        click.echo(FORMATS[output](view.data(result)), nl=False)
        return result.exit_code
    for line in view.names(result) if output == "name" else view.lines(result):
        click.echo(line)
    for note in view.notes(result):
        click.echo(f"note: {note}", err=True)
    return tell_failures(result)


def tell_failures(result: ApplyResult) -> ExitCode:
    """Print what failed and why, and return the exit status."""
    places = {b.key: b.place for b in result.plan.blocked}
    for o in result.failed:
        said = o.outcome.message
        click.echo(f"Error: {said if o.key.address in said else f'{o.key.address}: {said}'}", err=True)
        if places.get(o.key):
            click.echo(f"  at {places[o.key]}", err=True)
        if o.outcome.hint:
            click.echo(f"hint: {o.outcome.hint}", err=True)
    return result.exit_code
