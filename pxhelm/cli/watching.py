"""``get --watch``: looks again and again, and prints what is new or changed since the last look.

What changes all the time (uptime, load, traffic) is no change. Never asks more than one look at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from pxhelm.cli.listing import Listing, choose, look_of
from pxhelm.errors import ExitCode

if TYPE_CHECKING:
    from pxhelm.actions.inspect import Found, NotFoundError
    from pxhelm.actions.services import Services

_RESTLESS = frozenset(
    (
        "uptime",
        "cpu",
        "mem",
        "disk",
        "memhost",
        "netin",
        "netout",
        "diskread",
        "diskwrite",
        "usedBytes",
        "lastTimestamp",
    )
)
Key = tuple[str, str, str, int]


_EVERY = 2.0
"""Seconds between two looks."""


def watch(services: Services, listing: Listing, every: float = _EVERY) -> int:
    """Print the objects, then each change, until the time is over or somebody interrupts."""
    from pxhelm.cli.release_flags import seconds

    limit = seconds(listing.options["watch_timeout"])
    began, first = services.elapsed(), True
    seen: dict[Key, Any] = {}
    printer = _Changes(listing)
    while True:
        missing: list[NotFoundError] = []
        found = choose(services, listing, missing)
        if first and missing and not found:
            raise missing[0]
        now = {_key(one): _settled(one) for one in found}
        added = [one for one in found if _key(one) not in seen]
        changed = [one for one in found if _key(one) in seen and seen[_key(one)] != now[_key(one)]]
        gone = [] if first else [printer.last[key] for key in seen if key not in now]
        at = services.now().timestamp()
        if not (first and listing.options["watch_only"]):
            printer.show("ADDED", added, at)
        printer.keep(found)
        printer.show("MODIFIED", changed, at)
        printer.show("DELETED", gone, at)
        seen, first = now, False
        if limit and services.elapsed() - began + every > limit:
            return ExitCode.OK
        services.sleep(every)


def _key(one: Found) -> Key:
    return one.kind, one.namespace, one.name, one.vmid


def _settled(one: Found) -> Any:
    from pxhelm.cli.views.objects import document

    return _without(document(one))


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(each) for key, each in value.items() if key not in _RESTLESS}
    return value


class _Changes:
    """Prints rows below the first table, in its widths; headers come once for each kind."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._widths: dict[str, list[int]] = {}
        self.last: dict[Key, Found] = {}

    def keep(self, found: list[Found]) -> None:
        """Remember how things looked, for when they are gone."""
        self.last.update({_key(one): one for one in found})

    def show(self, event: str, found: list[Found], now: float) -> None:
        """Print objects to which something happened: ``ADDED``, ``MODIFIED``, ``DELETED``."""
        from pxhelm.cli.views.objects import document, names_text

        told = bool(self._listing.options["output_watch_events"])
        if not found:
            return
        if self._listing.output.form == "name":
            click.echo(
                "".join(f"{event:<8} {line}" if told else line for line in names_text(found).splitlines(True)), nl=False
            )
        elif self._listing.print_one is not None:
            for one in found:
                shown = document(one)
                click.echo(self._listing.print_one({"type": event, "object": shown} if told else shown), nl=False)
        else:
            click.echo("".join(self._tables(event if told else "", found, now)), nl=False)

    def _tables(self, event: str, found: list[Found], now: float) -> Iterator[str]:
        from dataclasses import replace

        from pxhelm.cli.views.objects import table_of, table_text
        from pxhelm.cli.views.table import widths_of

        look = look_of(self._listing, now)
        for kind in dict.fromkeys(one.kind for one in found):
            these = [one for one in found if one.kind == kind]
            least = self._widths.get(kind, [])
            text = table_text(kind, these, replace(look, headers=look.headers and not least), least)
            for number, line in enumerate(text.splitlines(keepends=True)):
                title = not number and look.headers and not least
                yield f"{'EVENT' if title else event:<8}   {line}" if event else line
            titles, cells = table_of(kind, these, look)
            widths = widths_of([titles, *cells] if look.headers else cells)
            self._widths[kind] = [max(pair) for pair in zip(widths, least or widths, strict=True)]
