"""The dialogue of ``config add``: address, certificate, token, rights, in this order, so that no secret goes astray."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from pxhelm import settings as configuration
from pxhelm.cli.command import Session
from pxhelm.cli.views.document import FORMATS
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.files import write_file
from pxhelm.settings import Context, SecretSource, Settings

if TYPE_CHECKING:
    from pxhelm.actions.connect import Connection


_NAME = re.compile(r"\w(?:[\w.@-]*\w)?")


def add_context(session: Session, name: str, options: dict[str, Any]) -> int:
    """Ask for what the flags leave out, check it, and save the context; exit 1 when rights are missing."""
    if not _NAME.fullmatch(name):
        raise PxhelmError(
            f"cannot add the context: {name!r} is no name",
            code=ExitCode.USAGE,
            hint="use letters, digits and . _ - @ in between",
        )
    settings = configuration.load(config_file=session.flags.get("config", ""))
    endpoint = session.flags.get("endpoint") or _ask("address of a node (such as https://pve1:8006)", "--endpoint")
    endpoint = configuration.normalize_endpoint(endpoint)
    fingerprint = session.flags.get("fingerprint", "")
    if not (fingerprint or options["ca_file"] or options["insecure"] or options["no_check"]):
        fingerprint = _trust(endpoint)
    context = Context(
        name=name,
        endpoints=(endpoint,),
        ca_file=options["ca_file"] or "",
        fingerprint=fingerprint,
        insecure=options["insecure"],
        namespace=session.flags.get("namespace", ""),
        **_sign_in(settings, name, options),
    )
    configuration.save_context(settings, context, make_current=not options["no_use"])
    shown = options["output"] in FORMATS
    told = {"name": name, "endpoints": [endpoint], "fingerprint": fingerprint, "file": str(settings.config_file)}
    if not shown:
        click.echo(f'context "{name}" saved in {settings.config_file}')
    found = None if options["no_check"] else _checked(session, name)
    if shown:
        facts = (
            {} if found is None else {"version": found.version, "cluster": found.cluster, "nodes": list(found.nodes)}
        )
        missing = {} if found is None else {"missingPrivileges": list(found.missing)}
        click.echo(FORMATS[options["output"]]({**told, **facts, **missing}), nl=False)
    elif found is not None:
        _show_check(found)
    return ExitCode.FAILED if found is not None and found.missing else ExitCode.OK


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(what: str, flag: str, *, secret: bool = False) -> str:
    if not _interactive():
        raise PxhelmError(f"cannot add the context: {flag} is missing", code=ExitCode.USAGE, hint=f"give {flag}")
    answer: str = click.prompt(what, hide_input=secret, err=True)
    return answer.strip()


def _trust(endpoint: str) -> str:
    """Show a certificate that the system does not trust, and ask; returns the fingerprint to pin."""
    from pxhelm.app import peek_certificate

    if endpoint.startswith("http://"):
        raise PxhelmError(
            f"cannot add the context: {endpoint} shows no certificate, the secret would be sent in the clear",
            code=ExitCode.REFUSED,
            hint="write https://HOST:8006",
        )
    shown = peek_certificate(endpoint)
    click.echo(f"{endpoint} shows this certificate:", err=True)
    click.echo(f"  subject     {shown.subject}\n  issuer      {shown.issuer}", err=True)
    click.echo(f"  valid until {shown.not_after:%Y-%m-%d}\n  SHA-256     {shown.fingerprint}", err=True)
    if not _interactive():
        raise PxhelmError(
            "cannot add the context: nobody is there to confirm the certificate",
            code=ExitCode.USAGE,
            hint=f"compare it on the node with `pvenode cert info`, then give --fingerprint {shown.fingerprint}",
        )
    click.echo("compare it on the node: pvenode cert info", err=True)
    if not click.confirm("is it the same?", err=True):
        raise PxhelmError("cannot add the context: the certificate was not confirmed", code=ExitCode.REFUSED)
    return shown.fingerprint


def _sign_in(settings: Settings, name: str, options: dict[str, Any]) -> dict[str, Any]:
    if options["user"]:
        source = SecretSource(env=options["password_env"] or "", file=options["password_file"] or "")
        if source == SecretSource():
            source = _keep(settings, name, _ask("password", "--password-env or --password-file", secret=True))
        return {"user": options["user"], "password": source}
    token_id = options["token_id"]
    if not token_id and _interactive():
        from pxhelm.actions.connect import token_commands

        click.echo(
            "an API token is needed; on a node, as root, this makes one with the rights that pxhelm uses:", err=True
        )
        for line in token_commands():
            click.echo(f"  {line}", err=True)
    token_id = token_id or _ask("token id (USER@REALM!ID)", "--token-id")
    if "!" not in token_id or "@" not in token_id:
        raise PxhelmError(f"cannot use token {token_id}: it is not USER@REALM!ID", code=ExitCode.USAGE)
    command = tuple(shlex.split(options["token_command"] or ""))
    source = SecretSource(options["token_env"] or "", options["token_file"] or "", command)
    if source == SecretSource():
        flags = "--token-env, --token-file or --token-command"
        source = _keep(settings, name, _ask("the token's secret", flags, secret=True))
    return {"token_id": token_id, "token": source}


def _keep(settings: Settings, name: str, secret: str) -> SecretSource:
    """Write a typed secret to a file of its own that only the user can read."""
    path = settings.config_file.parent / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(path, secret.encode(), mode=0o600)
    return SecretSource(file=str(path))


def _checked(session: Session, name: str) -> Connection:
    """Meet the cluster and look at the rights; PxhelmError when another one answers than before."""
    from pxhelm.actions.connect import test_connection
    from pxhelm.app import open_services

    flags = {"context": name, "config": session.flags.get("config", "")}
    with open_services(flags) as services:
        found = test_connection(services, services.user)
        services.meet()
    return found


def _show_check(found: Connection) -> None:
    place = f", cluster {found.cluster}" if found.cluster else ""
    click.echo(f"connected: Proxmox VE {found.version}{place}, {len(found.nodes)} node(s), as {found.user}")
    if found.missing:
        show_missing(found)


def show_missing(found: Connection) -> None:
    """Print the privileges that are held nowhere, each with what it is for, and the commands that give them."""
    from pxhelm.actions.connect import explained, role_commands

    click.echo("missing rights:")
    for line in explained(found.missing):
        click.echo(f"  {line}")
    click.echo("give them on a node, as root (a role that is there already: role modify):")
    for line in role_commands(found.user, found.missing, found.version):
        click.echo(f"  {line}")
