"""``pxhelm unittest``."""

from __future__ import annotations

from typing import Any

import click

from pxhelm.cli import command as cli
from pxhelm.cli.command import OptionalValue
from pxhelm.cli.options import flag, texts
from pxhelm.cli.results import document
from pxhelm.errors import ExitCode, PxhelmError

HELP = """Run the tests of charts: helm-unittest suites as they are, from tests/*_test.yaml of each chart.

Each test renders the chart with its own values, release and capabilities, and asserts what came out; `lookup` finds
the objects of kubernetesProvider. Snapshots are kept in __snapshot__/ beside the suite. Exits with 1 when one fails.
"""


@cli.command("unittest", usage="CHART [...]", arguments=(1, None), help=HELP)
@texts("-f", "--file", help="patterns of suites below the chart [tests/*_test.yaml]", commas=True)
@texts("-v", "--values", help="values files (patterns) for every test", commas=True)
@flag("-u", "--update-snapshot", help="keep what was rendered as the snapshots; review them before")
@click.option(
    "-s",
    "--with-subchart",
    cls=OptionalValue,
    bare="true",
    default="true",
    show_default=True,
    metavar="bool",
    help="also run the tests of the subcharts below charts/",
)
@flag("--strict", help="refuse suites with unknown fields")
@flag("-q", "--failfast", help="stop at the first test that fails")
@flag("--skip-schema-validation", help="disable JSON schema validation")
@click.option("-t", "--output-type", default="XUnit", show_default=True, metavar="type", help="JUnit or XUnit")
@click.option("-o", "--output-file", default="", metavar="FILE", help="also write the results to a file")
@click.option("--output", default="text", type=click.Choice(("text", "json", "yaml")), help="what is printed")
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Run the suites and print what failed."""
    from time import monotonic

    from pxhelm.actions.unittest import UnittestRequest, unittest
    from pxhelm.app import open_services
    from pxhelm.charttest.report import FORMATS
    from pxhelm.cli.progress import showing
    from pxhelm.cli.release_flags import truth
    from pxhelm.cli.views.unittest import results_document, results_text
    from pxhelm.files import write_file

    form = FORMATS.get(options["output_type"].lower())
    if form is None:
        text = f'invalid argument "{options["output_type"]}" for "-t, --output-type" flag: invalid format type'
        raise PxhelmError(text, code=ExitCode.USAGE, hint="formats: JUnit, XUnit")
    began = monotonic()
    results = []
    with showing() as listen, open_services(session.flags, listen) as services:
        for chart in arguments:
            request = UnittestRequest(
                chart=chart.rstrip("/") or chart,
                patterns=options["file"] or ("tests/*_test.yaml",),
                values=tuple(path for pattern in options["values"] for path in _find("", pattern)),
                update=options["update_snapshot"],
                strict=options["strict"],
                fail_fast=options["failfast"],
                subcharts=truth(options["with_subchart"], "with-subchart"),
                skip_schema=options["skip_schema_validation"],
            )
            results.append(unittest(services, request, _find))
            if options["failfast"] and not results[-1].passed:
                break
    for done in results:
        for path, data in done.written.items():
            write_file(path, data)
    if options["output_file"]:
        write_file(options["output_file"], form([suite for done in results for suite in done.suites]).encode())
    if options["output"] == "text":
        click.echo(results_text(results, monotonic() - began).encode("utf-8", "surrogateescape"), nl=False)
    document(options, results_document(results))
    return ExitCode.OK if all(done.passed for done in results) else ExitCode.FAILED


def _find(folder: str, pattern: str) -> list[str]:
    from glob import escape, glob
    from pathlib import Path

    whole = pattern if Path(pattern).is_absolute() or not folder else f"{escape(folder)}/{pattern}"
    return sorted(Path(found).as_posix() for found in glob(whole, recursive=True) if Path(found).is_file())  # noqa: PTH207 - patterns may be absolute
