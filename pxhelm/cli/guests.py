"""The commands that ``vm`` and ``container`` share: create, start, stop, restart, delete.

A guest is named by its object's name, by the name Proxmox shows, or as ``vmid:101``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, flag, output_flag, texts, yes_flag
from pxhelm.cli.progress import showing
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found
    from pxhelm.actions.power import Done
    from pxhelm.actions.services import Services

Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class GuestKind:
    """What the two groups differ in."""

    kind: str
    """``VirtualMachine`` or ``Container``."""
    group: str
    """Name of the command group."""
    people: str
    """What its guests are called: ``virtual machine``."""


_chosen = all_of(
    click.option("-l", "--selector", default="", metavar="string", help="label query, instead of names"),
    output_flag("text", "json", "yaml", default="text"),
)
_patience = click.option(
    "--timeout", default="180s", show_default=True, metavar="duration", help="time the guest's system has to shut down"
)
_NAMES = "NAME|vmid:N ..."


def guest_group(about: GuestKind) -> cli.Group:
    """Return the command group of a kind of guests."""
    people = about.people
    group = cli.Group(about.group, help=f"Create, start, stop, restart or delete {people}s.")
    group.callback = _nothing

    @group.command("start", usage=_NAMES, arguments=(0, None), help=f"Start {people}s and wait until they run.")
    @_chosen
    def start(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _power(session, about, "start", arguments, options)

    @group.command("stop", usage=_NAMES, arguments=(0, None), help=_STOP.format(people=people))
    @_chosen
    @flag("--force", help="pull the plug")
    @_patience
    def stop(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _power(session, about, "stop", arguments, options)

    @group.command("restart", usage=_NAMES, arguments=(0, None), help=_RESTART.format(people=people))
    @_chosen
    @flag("--force", help="pull the plug, then start")
    @_patience
    def restart(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _power(session, about, "restart", arguments, options)

    @group.command("delete", usage=_NAMES, arguments=(0, None), help=_DELETE.format(people=people))
    @_chosen
    @flag("--force", help="also if it runs")
    @yes_flag
    def delete(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _delete(session, about, arguments, options)

    _add_create(group, about)
    return group


_STOP = """Shut {people}s down and wait until they are off.

Asks the system in the guest to shut down; --force pulls the plug.
"""
_RESTART = """Restart {people}s, so that pending changes come into effect. What is off is started.

Asks the system in the guest to shut down; --force pulls the plug.
"""
_DELETE = """Delete {people}s with their disks.

Asks first; without a terminal it needs --yes, else it exits with 5. One that pxhelm does not manage must be named by
its VMID (vmid:101) and --yes be given.
"""


def _nothing(**_options: Any) -> None:
    """Hold the subcommands."""


def _guests(services: Services, about: GuestKind, names: Sequence[str], selector: str) -> list[Found]:
    """Return the guests that names or a selector mean, each once."""
    from pxhelm.actions.inspect import Query, find, find_one
    from pxhelm.cli.selectors import label_test

    if bool(names) == bool(selector):
        what = "name cannot be provided when a selector is specified" if names else "no guest is named"
        raise PxhelmError(what, code=ExitCode.USAGE, hint="give names, vmid:N, or a selector with -l")
    if selector:
        wanted = label_test(selector)
        return [one for one in find(services, Query((about.kind,))) if wanted(one.labels) and not one.template]
    found = [find_one(services, (about.kind,), name) for name in dict.fromkeys(names)]
    return list({one.vmid or id(one): one for one in found}.values())


def _power(
    session: cli.Session, about: GuestKind, verb: str, arguments: tuple[str, ...], options: dict[str, Any]
) -> int:
    from pxhelm.actions.power import Verb, Wish, carry_out
    from pxhelm.app import open_services
    from pxhelm.cli.release_flags import seconds

    timeout = seconds(options.get("timeout", "180s"))
    with showing() as listen, open_services(session.flags, listen) as services:
        guests = _guests(services, about, arguments, options["selector"])
        done = carry_out(services, guests, Wish(Verb(verb), options.get("force", False), timeout))
    return _show(about, done, options["output"])


def _show(about: GuestKind, done: list[Done], output: str) -> int:
    from pxhelm.actions.power import exit_code
    from pxhelm.cli.views.document import FORMATS

    if output in FORMATS:
        rows = [
            {"name": one.guest.name, "namespace": one.guest.namespace, "vmid": one.guest.vmid, "result": one.result}
            | ({"error": one.error.message} if one.error else {})
            for one in done
        ]
        click.echo(FORMATS[output]({"guests": rows}), nl=False)
        return exit_code(done)
    for one in done:
        if one.error is None:
            click.echo(f"{about.group}/{one.guest.name} {one.result}")
            continue
        click.echo(f"Error: {about.group}/{one.guest.name}: {one.error.message}", err=True)
        if one.error.hint:
            click.echo(f"hint: {one.error.hint}", err=True)
    if not done:
        click.echo("No resources found", err=True)
    return exit_code(done)


def _delete(session: cli.Session, about: GuestKind, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.app import open_services

    with showing() as listen, open_services(session.flags, listen) as services:
        guests = _guests(services, about, arguments, options["selector"])
        foreign = [one for one in guests if one.stored is None]
        for one in foreign:
            _check_foreign(about, one, named=f"vmid:{one.vmid}" in arguments, yes=options["yes"])
        status = _delete_ours(services, [one for one in guests if one.stored], options)
        if foreign:
            from pxhelm.actions.power import Verb, Wish, carry_out

            done = carry_out(services, foreign, Wish(Verb.DESTROY, options["force"]))
            status = max(status, _show(about, done, options["output"]))
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
    from pxhelm.apply.engine import PlanRequest
    from pxhelm.cli.planning import confirm_destruction, show_result

    asked = {"stop-on-delete": True} if options["force"] else {}
    planned = plan_keys(services, [key_of(one) for one in guests], PlanRequest(manager=MANAGER, options=asked))
    confirm_destruction(planned, yes=options["yes"])
    return show_result(carry_out(services, planned), options["output"])


# create

_size_flags = all_of(
    click.option("--node", metavar="NODE", help="node to create it on [default: any that fits]"),
    click.option("--cores", type=int, metavar="int", help="processor cores"),
    click.option("--memory", metavar="SIZE", help="memory, such as 4G (a bare number: MiB)"),
    texts("--disk", metavar="STORAGE:SIZE", help="disk, such as local-lvm:32G; the first is the root disk"),
    texts("--bridge", metavar="BRIDGE", help="network device on this bridge"),
    click.option("--ip", metavar="CIDR|dhcp", help="address of the first network device"),
    click.option("--gateway", metavar="ADDRESS", help="gateway of the first network device"),
    click.option("--pool", metavar="POOL", help="pool to put it in"),
    texts("--tag", metavar="TAG", help="tag to show in Proxmox"),
    texts("--label", metavar="KEY=VALUE", help="label of the object"),
    click.option("--vmid", metavar="N", type=int, help="VMID [default: a free one]"),
    click.option(
        "--power", type=click.Choice(("Running", "Stopped", "OnCreate", "Unmanaged")), help="power state to keep"
    ),
    flag("--dry-run", help="print the manifest (-o yaml, json) or the plan; write nothing"),
    output_flag("text", "json", "yaml", default="text"),
)


def _add_create(group: cli.Group, about: GuestKind) -> None:
    from_what = (
        "guest template" if about.kind == "VirtualMachine" else "template file, such as local:vztmpl/debian.tar.zst"
    )

    @group.command("create", usage="NAME", arguments=(1, 1), help=_CREATE.format(people=about.people))
    @click.option("--template", metavar="NAME", help=f"{from_what} to make it from")
    @_size_flags
    def create(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
        return _create(session, about, arguments[0], options)


_CREATE = """Create a {people}, as `apply -f` of a manifest would.

The manifest is kept: `get -o yaml` shows it, `apply -f` changes it, `delete` removes it. See it first with
--dry-run -o yaml.
"""


def _create(session: cli.Session, about: GuestKind, name: str, options: dict[str, Any]) -> int:
    from pxhelm.actions import objects
    from pxhelm.app import open_services
    from pxhelm.apply.engine import PlanRequest
    from pxhelm.cli.planning import show_result
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.plan import plan_text
    from pxhelm.resource.identity import ObjectKey

    with showing() as listen, open_services(session.flags, listen) as services:
        namespace = services.place.namespace
        body = manifest_of_flags(about.kind, name, namespace, options)
        if options["dry_run"] and options["output"] in FORMATS:
            click.echo(FORMATS[options["output"]](body), nl=False)
            return ExitCode.OK
        resources = objects.parse_text(services, FORMATS["yaml"](body), "the flags")
        from pxhelm.actions.inspect import is_known

        if is_known(services, ObjectKey(about.kind, namespace, name)):
            raise PxhelmError(
                f'{about.group} "{name}" already exists in namespace {namespace}',
                code=ExitCode.CONFLICT,
                hint=f"see it with `pxhelm describe {about.group} {name}`",
            )
        planned = objects.plan_resources(services, resources, PlanRequest(manager=objects.MANAGER))
        if options["dry_run"]:
            click.echo(plan_text(planned.plan), nl=False)
            return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
        result = objects.carry_out(services, planned)
    return show_result(result, options["output"])


def manifest_of_flags(kind: str, name: str, namespace: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest that the flags of ``create`` stand for."""
    from pxhelm.cli.release_flags import labels

    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if options["label"]:
        metadata["labels"] = labels(options["label"])
    spec: dict[str, Any] = {key: options[key] for key in ("vmid", "node", "template", "pool", "power") if options[key]}
    if options["tag"]:
        spec["tags"] = list(options["tag"])
    if options["cores"]:
        spec["cpu"] = {"cores": options["cores"]}
    if options["memory"]:
        memory = options["memory"]
        spec["memory"] = int(memory) if memory.isdigit() else memory
    disks = [_disk(text) for text in options["disk"]]
    if kind == "Container" and disks:
        spec["rootfs"] = disks.pop(0)
        if disks:
            raise PxhelmError(
                "cannot create more than the root disk: a mount point needs a path",
                code=ExitCode.USAGE,
                hint="write a manifest with spec.mounts; --dry-run -o yaml prints one to begin with",
            )
    elif disks:
        spec["disks"] = {f"scsi{number}": disk for number, disk in enumerate(disks)}
    networks = {f"net{number}": {"bridge": bridge} for number, bridge in enumerate(options["bridge"])}
    first = {key: options[key] for key in ("ip", "gateway") if options[key]}
    if first:
        networks["net0"] = {**networks.get("net0", {}), **first}
    if networks:
        spec["networks"] = networks
    return {"apiVersion": "proxmox.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _disk(text: str) -> dict[str, str]:
    storage, colon, size = text.partition(":")
    if not (colon and storage and size):
        raise PxhelmError(
            f'invalid argument "{text}" for "--disk" flag: not STORAGE:SIZE',
            code=ExitCode.USAGE,
            hint="write it as local-lvm:32G",
        )
    return {"storage": storage, "size": f"{size}G" if size.isdigit() else size}
