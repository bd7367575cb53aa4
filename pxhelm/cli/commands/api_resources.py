"""``pxhelm api-resources``: the kinds there are."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.kubectl import refused_flags
from pxhelm.cli.options import flag, output_flag, texts

HELP = """List the kinds that get, describe, explain and manifests know.

\b
  pxhelm api-resources
  pxhelm api-resources --namespaced=false -o name
  pxhelm api-resources -o wide                      with the verbs that each takes

Asks no cluster.
"""
_VERBS = "create,delete,get,list,patch,update,watch"
_LIVE_VERBS = "get,list,watch"


@cli.command("api-resources", help=HELP)
@click.option(
    "--namespaced", type=click.BOOL, default=None, metavar="bool", help="only kinds with, or without, a namespace"
)
@click.option(
    "--api-group", default=None, metavar="GROUP", help="only kinds of a group: proxmox.io, or '' for what is live"
)
@texts("--verbs", commas=True, metavar="VERB", help="only kinds that take all of these verbs")
@click.option(
    "--sort-by", type=click.Choice(("name", "kind")), default=None, help="order [default: manifests' kinds first]"
)
@flag("--no-headers", help="do not print headers")
@output_flag("table", "wide", "name", "json", "yaml")
@refused_flags("api-resources")
def command(_session: cli.Session, arguments: tuple[str, ...], **options: Any) -> None:  # noqa: ARG001 - takes none
    """Print them."""
    from pxhelm.actions.inspect import LIVE_NAMES
    from pxhelm.cli.views.document import FORMATS
    from pxhelm.cli.views.table import plain_table
    from pxhelm.kinds import KINDS
    from pxhelm.resource.parse import API_VERSION

    rows = [
        {"name": k.plural, "shortNames": list(k.short), "apiVersion": API_VERSION, "namespaced": k.namespaced, "kind": k.name,
         "verbs": _VERBS.split(",")}
        for k in KINDS.values()
    ]  # fmt: skip
    rows += [
        {"name": names[0], "shortNames": list(names[2:]), "apiVersion": "", "namespaced": kind == "Event", "kind": kind,
         "verbs": _LIVE_VERBS.split(",")}
        for kind, names in LIVE_NAMES.items()
    ]  # fmt: skip
    if options["namespaced"] is not None:
        rows = [row for row in rows if row["namespaced"] is options["namespaced"]]
    if options["api_group"] is not None:
        rows = [row for row in rows if str(row["apiVersion"]).rpartition("/")[0] == options["api_group"]]
    rows = [row for row in rows if set(options["verbs"]) <= set(row["verbs"])]  # type: ignore[call-overload]
    if options["sort_by"]:
        rows.sort(key=lambda row: str(row[options["sort_by"]]).lower())
    if options["output"] in FORMATS:
        click.echo(FORMATS[options["output"]]({"resources": rows}), nl=False)
    elif options["output"] == "name":
        click.echo("".join(f"{row['name']}\n" for row in rows), nl=False)
    else:
        titles = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
        cells = [
            [
                str(row["name"]),
                ",".join(row["shortNames"]),  # type: ignore[arg-type]  # a list of texts
                str(row["apiVersion"]) or "-",
                str(row["namespaced"]).lower(),
                str(row["kind"]),
            ]
            for row in rows
        ]
        if options["output"] == "wide":
            titles.append("VERBS")
            for cell, row in zip(cells, rows, strict=True):
                cell.append(",".join(row["verbs"]))  # type: ignore[arg-type]  # a list of texts
        click.echo(plain_table(() if options["no_headers"] else titles, cells), nl=False)
