"""``pxhelm registry``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.asking import answer, secret
from pxhelm.cli.options import flag, text_or_document
from pxhelm.cli.results import document
from pxhelm.cli.sources import access, secret_line, tell
from pxhelm.errors import PxhelmError


@click.group("registry", cls=cli.Group, help="Log in to or log out from an OCI registry.")
def command(**_options: Any) -> None:
    """Gather the subcommands."""


@cli.command("login", usage="[host]", arguments=(1, None), help="log in to a registry")
@click.option("-u", "--username", default="", metavar="string", help="registry username")
@click.option("-p", "--password", default="", metavar="string", help="registry password or identity token")
@flag("--password-stdin", help="read password or identity token from stdin")
@flag("--insecure", help="allow connections to TLS registry without certs")
@flag("--plain-http", help="use insecure HTTP connections")
@click.option("--ca-file", default="", metavar="FILE", help="verify certificates with this CA bundle")
@click.option("--cert-file", default="", metavar="FILE", help="identify with this certificate")
@click.option("--key-file", default="", metavar="FILE", help="key of the certificate")
@text_or_document
def login(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Try credentials and keep them."""
    from pxhelm.app import open_services

    if options["password_stdin"]:
        options["password"] = secret_line()
    elif options["password"]:
        tell("WARNING: Using --password via the CLI is insecure. Use --password-stdin.")
    else:
        options["username"] = options["username"] or answer("Username", "--username")
        what = "Password" if options["username"] else "Token"
        options["password"] = secret(what, "--password-stdin")
        if not options["password"]:
            raise PxhelmError(f"{what.lower()} required")
    with open_services(session.flags) as services:
        services.sources.registry.login(arguments[0], access(options))
    tell("Login Succeeded")
    document(options, {"registry": arguments[0], "username": options["username"], "loggedIn": True})


@cli.command("logout", usage="[host]", arguments=(1, None), help="log out from a registry")
@text_or_document
def logout(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Forget credentials."""
    from pxhelm.app import open_services

    with open_services(session.flags) as services:
        services.sources.registry.logout(arguments[0])
    tell(f"Removing login credentials for {arguments[0]}")
    document(options, {"registry": arguments[0], "loggedIn": False})


command.add_command(login)
command.add_command(logout)
