"""What the commands that generate a chart's files share: print, check, or write."""

from __future__ import annotations

from pathlib import Path

import click

from pxhelm.errors import ExitCode, PxhelmError


def settle(chart: str, name: str, texts: tuple[str, str], *, stdout: bool, check: bool) -> None:
    """Print the new text, fail when the old one is another (``check``), or write it into the chart's folder."""
    from pxhelm.files import write_file

    old, new = texts
    if stdout:
        click.echo(new, nl=False)
        return
    if check:
        if old != new:
            hint = f"run the command without --check and commit {name}"
            raise PxhelmError(f"{chart}/{name} does not fit values.yaml", code=ExitCode.FAILED, hint=hint)
        return
    if not Path(chart).is_dir():
        raise PxhelmError(
            f"cannot write {name}: {chart} is no folder", code=ExitCode.USAGE, hint="print it with --stdout"
        )
    write_file(Path(chart) / name, new.encode("utf-8", "surrogateescape"))
    click.echo(f"wrote {Path(chart) / name}")
