"""``pxhelm package``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.options import access_flags, flag, text_or_document
from pxhelm.cli.sources import chart_location, source_date
from pxhelm.errors import PxhelmError

HELP = """Package a chart directory into a chart archive, and sign it with --sign.

With SOURCE_DATE_EPOCH in the environment, the same chart gives the same bytes.
"""


@cli.command("package", usage="[CHART_PATH] [...]", arguments=(0, None), help=HELP)
@flag("--sign", help="use a PGP private key to sign this package")
@click.option("--key", default="", metavar="string", help="name of the key to use when signing")
@click.option("--keyring", default="", metavar="FILE", help="keyring with the secret key (~/.gnupg/pubring.gpg)")
@click.option("--passphrase-file", default="", metavar="FILE|-", help="file with the passphrase of the key")
@click.option("--version", "chart_version", default="", metavar="string", help="set the version on the chart")
@click.option("--app-version", default="", metavar="string", help="set the appVersion on the chart")
@click.option("-d", "--destination", default=".", metavar="DIR", help="location to write the chart")
@flag("-u", "--dependency-update", help="update dependencies from Chart.yaml to charts/ before packaging")
@access_flags
@text_or_document
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:
    """Write archives."""
    from pxhelm.actions.package import PackageRequest, package
    from pxhelm.app import open_services

    if not arguments:
        raise PxhelmError("need at least one argument, the path to the chart")
    if options["sign"] and not options["key"]:
        raise PxhelmError("--key is required for signing a package")
    with open_services(session.flags) as services:
        given = options["passphrase_file"]
        phrase = services.read(given).partition(b"\n")[0].rstrip(b"\r") if given and options["sign"] else None
        packages: list[dict[str, str]] = []
        for path in arguments:
            request = PackageRequest(
                path=path,
                destination=options["destination"],
                version=options["chart_version"],
                app_version=options["app_version"],
                update=options["dependency_update"],
                sign=options["sign"],
                key=options["key"],
                keyring=options["keyring"],
                passphrase=phrase,
                ask=_asking(options["key"]),
                modified=source_date(),
                flags=chart_location(options),
            )
            made = package(services, request)
            if options["output"] == "text":
                click.echo(f"Successfully packaged chart and saved it to: {made}")
            packages.append({"chart": path, "path": made})
    if options["output"] != "text":
        from pxhelm.cli.views.document import FORMATS

        click.echo(FORMATS[options["output"]](packages), nl=False)


def _asking(key: str) -> Callable[[], bytes] | None:
    """Return what asks for a passphrase; nobody can be asked without a terminal."""
    if not sys.stdin.isatty():
        return None
    return lambda: str(click.prompt(f"Password for key {key}", hide_input=True, err=True)).encode()
