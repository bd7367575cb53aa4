"""What the flags mean that say where a chart is and how a repository lets us in. Never downloads anything."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from pxhelm.errors import PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import ChartFlags
    from pxhelm.repo.access import Access


def access(options: dict[str, Any]) -> Access:
    """Return how a repository or registry lets us in."""
    from pxhelm.repo.access import Access
    from pxhelm.secret import Secret

    return Access(
        username=options.get("username") or "",
        password=Secret(options.get("password") or ""),
        cert_file=options.get("cert_file") or "",
        key_file=options.get("key_file") or "",
        ca_file=options.get("ca_file") or "",
        insecure=bool(options.get("insecure")),
        plain_http=bool(options.get("plain_http")),
        pass_credentials=bool(options.get("pass_credentials")),
    )


def chart_location(options: dict[str, Any]) -> ChartFlags:
    """Return what the flags say about where a chart is."""
    from pxhelm.actions.sources import ChartFlags

    return ChartFlags(
        version=options.get("chart_version") or "",
        devel=bool(options.get("devel")),
        repo=options.get("repo") or "",
        verify=bool(options.get("verify")),
        keyring=options.get("keyring") or "",
        access=access(options),
    )


def located(services: Services, chart: str, options: dict[str, Any]) -> str:
    """Return the path of a chart, with the dependencies that it lacks when ``--dependency-update`` asks for them."""
    from pxhelm.actions.locate import locate

    path = locate(services, chart, chart_location(options), tell)
    if options["dependency_update"]:
        from pxhelm.actions.dependency import complete

        complete(services, path, tell)
    return path


def tell(text: str) -> None:
    """Print a line on standard error."""
    click.echo(text, err=True)


def raw(data: bytes) -> None:
    """Print bytes as they are."""
    click.echo(data, nl=False)


def secret_line() -> str:
    """Read a password from standard input, without its line end."""
    return sys.stdin.read().rstrip("\r\n")


def source_date() -> int | None:
    """Return the seconds since 1970 that SOURCE_DATE_EPOCH asks for, so that the same input gives the same bytes."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 12):
        raise PxhelmError(f"cannot use SOURCE_DATE_EPOCH: {given} is no number of seconds since 1970")
    return int(given) if given else None
