"""What the commands that generate a chart's files share: print, check, or write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pxhelm.cli.results import document, voice
from pxhelm.errors import ExitCode, PxhelmError


def settle(chart: str, name: str, texts: tuple[str, str], options: Mapping[str, Any]) -> None:
    """Print the new text, fail when the old one is another (``--check``), or write it into the chart's folder."""
    from pxhelm.files import write_file

    old, new = texts
    if options["stdout"]:
        if options["output"] != "text":
            raise PxhelmError("--stdout prints the text itself: give --output without it", code=ExitCode.USAGE)
        click.echo(new, nl=False)
        return
    if options["check"]:
        document(options, {"path": f"{chart}/{name}", "stale": old != new})
        if old != new:
            hint = f"run the command without --check and commit {name}"
            raise PxhelmError(f"{chart}/{name} does not fit values.yaml", code=ExitCode.FAILED, hint=hint)
        return
    if not Path(chart).is_dir():
        raise PxhelmError(
            f"cannot write {name}: {chart} is no folder", code=ExitCode.USAGE, hint="print it with --stdout"
        )
    write_file(Path(chart) / name, new.encode("utf-8", "surrogateescape"))
    voice(options)(f"wrote {Path(chart) / name}")
    document(options, {"path": f"{chart}/{name}", "changed": old != new})
