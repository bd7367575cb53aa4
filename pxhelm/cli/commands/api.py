"""``pxhelm api``: every endpoint of the Proxmox VE API, checked by its schema before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import Decorator, all_of, flag, output_flag, texts
from pxhelm.errors import ExitCode, PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.api import Known, Wish
    from pxhelm.app import Opened
    from pxhelm.proxmox.request import Method, Progress

HELP = """Call any endpoint of the Proxmox VE API.

Every call is checked against the API schema of the server's version before it is sent: unknown parameters, types, limits,
property strings. All mistakes are told at once.

\b
  pxhelm api ls /nodes/pve1                      what is there
  pxhelm api usage /nodes/pve1/qemu POST         parameters, rights, return type
  pxhelm api get /cluster/resources type=vm      a read
  pxhelm api put /nodes/pve1/qemu/100/config memory=4096
  pxhelm api post /nodes/pve1/qemu/100/status/start --wait
  pxhelm api post /nodes/pve1/storage/local/upload content=iso --data-file filename=./debian.iso --wait
"""


@click.group("api", cls=cli.Group, help=HELP)
def command(**_options: Any) -> None:
    """Hold the subcommands."""


def _call_flags(*more: Decorator) -> Decorator:
    return all_of(
        texts("--data-file", help="take a parameter's value from a file, - for standard input", metavar="KEY=FILE"),
        flag("--no-check", help="send it as it is, whatever the schema says"),
        *more,
        output_flag("json", "yaml", "table", default="json"),
    )


_write_flags = _call_flags(flag("--wait", help="follow the task that the call starts, to its end"))
_version_flag = click.option("--api-version", default="", metavar="7.4|8.4|9.2", help="describe this version")


@command.command("get", usage="PATH [KEY=VALUE …]", arguments=(1, None))
@_call_flags(click.option("--output-file", default="", metavar="FILE", help="write the answer to a file as it is"))
def get(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Read an endpoint."""
    return _call(session, "GET", arguments, options)


@command.command("post", usage="PATH [KEY=VALUE …]", arguments=(1, None))
@_write_flags
def post(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Create something, or start something."""
    return _call(session, "POST", arguments, options)


@command.command("put", usage="PATH [KEY=VALUE …]", arguments=(1, None))
@_write_flags
def put(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Change something."""
    return _call(session, "PUT", arguments, options)


@command.command("delete", usage="PATH [KEY=VALUE …]", arguments=(1, None))
@_write_flags
def delete(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Remove something; nobody asks again."""
    return _call(session, "DELETE", arguments, options)


@command.command("ls", usage="[PATH]", arguments=(0, 1))
@flag("-R", "--recursive", help="everything below the path")
@_version_flag
@output_flag("table", "json", "yaml", "name")
def ls(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """List what is below a path, by the schema; the cluster is not asked."""
    from pxhelm.actions import api
    from pxhelm.app import open_services
    from pxhelm.cli.views.api import children_text

    with open_services(session.flags) as services:
        facts = _described(services, options["api_version"]).facts
    listing = api.descendants if options["recursive"] else api.children
    click.echo(children_text(listing(facts, arguments[0] if arguments else "/"), options["output"]), nl=False)


@command.command("usage", usage="PATH [METHOD]", arguments=(1, 2))
@_version_flag
@output_flag("text", "json", "yaml", default="text")
def usage(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Show what an endpoint takes, who may call it, and what it returns; the cluster is not asked."""
    from pxhelm.actions import api
    from pxhelm.app import open_services
    from pxhelm.cli.views.api import usage_text

    with open_services(session.flags) as services:
        known = _described(services, options["api_version"])
    found = api.endpoints(known, arguments[0], arguments[1] if len(arguments) > 1 else "")
    click.echo(usage_text(found, known, options["output"]), nl=False)


@command.group("schema", cls=cli.Group, help="The description of the API that calls are checked against.")
def schema(**_options: Any) -> None:
    """Hold the subcommands of ``schema``."""


@schema.command("update")
def update(session: cli.Session, **_options: Any) -> None:
    """Fetch the schema from the server's own manual; it is used as long as the server has this version."""
    from pxhelm.actions import api
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        facts, file = api.update(services)
    click.echo(f"API schema of Proxmox VE {facts.version}: {len(facts.paths())} paths, stored in {file}")


@schema.command("show")
@output_flag("text", "json", "yaml", default="text")
def show(session: cli.Session, **options: Any) -> None:
    """Show which schema is stored for the context, and which are shipped; the cluster is not asked."""
    from pxhelm.actions import api
    from pxhelm.app import open_services
    from pxhelm.cli.views.api import schema_text
    from pxhelm.proxmox.schema import versions

    with open_services(session.flags) as services:
        facts = api.stored(services)
        context = services.place.context
    click.echo(schema_text(context, facts, versions(), options["output"]), nl=False)


def _described(services: Opened, version: str) -> Known:
    """Return the schema of a version, or what is at hand; without a context only what is shipped."""
    from pxhelm.actions.api import Known, offline
    from pxhelm.proxmox.schema import load, versions

    if version and version not in versions():
        raise PxhelmError(
            f"cannot describe version {version}", code=ExitCode.USAGE, hint=f"one of {', '.join(versions())}"
        )
    try:
        return offline(services, version)
    except PxhelmError:  # no context is set: what is shipped needs none
        newest = versions()[-1]
        return Known(load(newest), newest, own=False)


def _call(session: cli.Session, method: Method, arguments: tuple[str, ...], options: dict[str, Any]) -> int:
    from pxhelm.actions import api
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing
    from pxhelm.cli.views.api import answer_text

    with showing() as listen, open_services(session.flags, listen) as services:
        data = api.send(services, _wish(method, arguments, options))
        if options.get("wait") and api.is_task(data):
            result = api.follow(services, str(data), lambda line: click.echo(line, err=True))
            data = {"upid": str(result.upid), "exitstatus": result.exitstatus}
    if not options.get("output_file"):
        click.echo(answer_text(data, options["output"]), nl=False)
    return ExitCode.OK


def _wish(method: Method, arguments: tuple[str, ...], options: dict[str, Any]) -> Wish:
    from pxhelm.actions.api import Wish

    return Wish(
        method,
        arguments[0],
        arguments[1:],
        options["data_file"],
        options.get("output_file", ""),
        checked=not options["no_check"],
        progress=_progress(),
    )


def _progress() -> Progress | None:
    """Return a listener that draws how far a file is; nobody listens where nobody looks."""
    import sys

    if not sys.stderr.isatty():
        return None

    def draw(done: int, whole: int) -> None:
        share = f" ({done * 100 // whole} %)" if whole else ""
        click.echo(f"\r{done / 1048576:.1f} MiB{share}", nl=done == whole, err=True)

    return draw
