"""``vm create`` and ``container create``: a manifest from flags, applied as ``apply -f`` would.

Never makes a guest that no manifest describes.
"""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import colour
from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, flag, output_flag, read_pairs, texts
from pxhelm.cli.progress import showing
from pxhelm.cli.targets import GuestKind
from pxhelm.errors import ExitCode, PxhelmError

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


def add_create(group: cli.Group, about: GuestKind) -> None:
    """Add ``create``."""
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
    from pxhelm.apply.planning import PlanRequest
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
            click.echo(colour.plan(plan_text(planned.plan)), nl=False)
            return ExitCode.REFUSED if planned.plan.blocked else ExitCode.OK
        result = objects.carry_out(services, planned)
    return show_result(result, options["output"])


def manifest_of_flags(kind: str, name: str, namespace: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest that the flags of ``create`` stand for."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if options["label"]:
        metadata["labels"] = read_pairs(options["label"], "--label")
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
