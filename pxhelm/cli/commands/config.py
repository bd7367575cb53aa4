"""``pxhelm config``: contexts, that is clusters and how to reach them. Never prints a secret."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import all_of, flag, output_flag
from pxhelm.errors import ExitCode, PxhelmError


@click.group("config", cls=cli.Group, help="Manage contexts: clusters and how to reach them.")
def command(**_options: Any) -> None:
    """Hold the subcommands."""


_token_flags = all_of(
    click.option("--token-id", metavar="USER@REALM!ID", help="API token to sign in with"),
    click.option("--token-env", metavar="NAME", help="environment variable that holds the token's secret"),
    click.option("--token-file", metavar="FILE", help="file that holds the token's secret"),
    click.option("--token-command", metavar="COMMAND", help="command that prints the token's secret"),
    click.option("--user", metavar="USER@REALM", help="user to sign in with a password instead"),
    click.option("--password-env", metavar="NAME", help="environment variable that holds the password"),
    click.option("--password-file", metavar="FILE", help="file that holds the password"),
)


@command.command("add", usage="NAME", arguments=(1, 1))
@_token_flags
@click.option("--ca-file", metavar="FILE", help="certificates to trust, such as a node's /etc/pve/pve-root-ca.pem")
@flag("--insecure-skip-tls-verify", "insecure", help="trust any certificate (for tests)")
@flag("--no-check", help="do not connect")
@flag("--no-use", help="do not make it the current context")
@output_flag("text", "json", "yaml", default="text")
def add(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Add or replace a context.

    Asks for what the flags leave out. Shows the certificate's fingerprint before anything secret is sent, then checks
    the rights and prints the commands that give the missing ones. The secret itself is never stored in the
    configuration; typed in, it goes to a file that only you can read.
    """
    from pxhelm.cli.contexts import add_context

    return add_context(session, arguments[0], options)


@command.command("use", usage="NAME", arguments=(1, 1))
@output_flag("text", "json", "yaml", default="text")
def use(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Make a context the current one."""
    from pxhelm import settings

    settings.use_context(_load(session), arguments[0])
    _tell(options, f'switched to context "{arguments[0]}"', {"name": arguments[0], "current": True})


@command.command("list")
@output_flag("table", "json", "yaml", "name")
def list_(session: cli.Session, **options: Any) -> None:
    """List the contexts."""
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.table import plain_table
    from pxhelm.settings import SIMULATOR, Context

    loaded = _load(session)
    contexts = {SIMULATOR: Context(SIMULATOR), **loaded.contexts}
    if options["output"] == "name":
        click.echo("\n".join(contexts))
        return
    if options["output"] in FORMATS:
        data = [
            {
                "name": c.name,
                "current": c.name == loaded.current,
                "endpoints": list(c.endpoints),
                "user": c.token_id or c.user,
                "simulated": c.simulated,
            }
            for c in contexts.values()
        ]
        click.echo(FORMATS[options["output"]](data), nl=False)
        return
    rows = [
        (
            "*" if c.name == loaded.current else "",
            c.name,
            ",".join(c.endpoints) or "(simulated)",
            c.token_id or c.user,
            c.namespace,
        )
        for c in contexts.values()
    ]
    click.echo(plain_table(("CURRENT", "NAME", "ENDPOINTS", "USER", "NAMESPACE"), rows), nl=False)


@command.command("current")
@output_flag("text", "json", "yaml", default="text")
def current(session: cli.Session, **options: Any) -> None:
    """Print the current context."""
    loaded = _load(session)
    if not loaded.current:
        raise PxhelmError("no context is set", code=ExitCode.FAILED, hint="add one with `pxhelm config add NAME`")
    _tell(options, loaded.current, {"name": loaded.current})


@command.command("remove", usage="NAME", arguments=(1, 1))
@output_flag("text", "json", "yaml", default="text")
def remove(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Remove a context from the configuration; the cluster and what is stored of it stay as they are."""
    from pxhelm import settings
    from pxhelm.app import forget_contact

    loaded = _load(session)
    settings.remove_context(loaded, arguments[0])
    forget_contact(loaded, arguments[0])
    _tell(options, f'removed context "{arguments[0]}"', {"name": arguments[0], "removed": True})


@command.command("pin", usage="[NAME]", arguments=(0, 1))
@flag("--renewed", help="the cluster's certificate authority was made anew: all that is stored of the cluster stays")
@flag("--replaced", help="the context leads to another cluster now: begin anew for it, keep the old one's records")
@output_flag("text", "json", "yaml", default="text")
def pin(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Show which cluster a context is pinned to, or accept the one it leads to now.

    At first contact pxhelm remembers the cluster's root certificate, and refuses to work when another cluster answers.
    The root certificate is /etc/pve/pve-root-ca.pem of any node. Without flags the cluster is not asked.
    """
    from pxhelm.actions.contact import accept, pinned
    from pxhelm.app import open_services
    from pxhelm.cli.progress import showing

    if options["renewed"] and options["replaced"]:
        raise PxhelmError("give one of --renewed and --replaced", code=ExitCode.USAGE)
    flags = {**session.flags, **({"context": arguments[0]} if arguments else {})}
    with showing() as listen, open_services(flags, listen) as services:
        if options["renewed"] or options["replaced"]:
            accept(services.store, services.cluster, services.way, renewed=options["renewed"])
        found = pinned(services.store, services.way)
    if found is None:
        name = arguments[0] if arguments else services.place.context
        raise PxhelmError(f"context {name} is not pinned: its cluster was not met yet", hint="pxhelm discover")
    data = {
        "cluster": found.cluster.key,
        "name": found.cluster.title,
        "rootCertificate": found.cluster.root_ca,
        "installation": found.cluster.installation,
        "contexts": list(found.contexts),
    }
    lines = [
        f"cluster:           {found.cluster.key}",
        f"name in Proxmox:   {found.cluster.title or '(a node alone)'}",
        f"root certificate:  {found.cluster.root_ca or '(not shown)'}",
        f"contexts:          {', '.join(found.contexts)}",
    ]
    _tell(options, "\n".join(lines), data)


def _tell(options: dict[str, Any], text: str, data: dict[str, Any]) -> None:
    from pxhelm.cli.views.document import FORMATS

    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]](data), nl=False)
    else:
        click.echo(text)


def _load(session: cli.Session) -> Any:
    from pxhelm import settings

    return settings.load(config_file=session.flags.get("config", ""), namespace=session.flags.get("namespace", ""))
