"""What a command did, for programs: one document on standard output, and its words on standard error instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from pxhelm.cli.sources import tell


def voice(options: Mapping[str, Any]) -> Callable[[str], None]:
    """Return what says a line to people: standard output, or standard error beside a document."""
    return click.echo if options["output"] == "text" else tell


def document(options: Mapping[str, Any], value: object) -> None:
    """Print what was done as JSON or YAML; nothing for people, who were told."""
    if options["output"] != "text":
        from pxhelm.cli.views.document import FORMATS

        click.echo(FORMATS[options["output"]](value), nl=False)
