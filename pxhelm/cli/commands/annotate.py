"""``pxhelm annotate``."""

from __future__ import annotations

from typing import Any

from pxhelm.cli import command as cli
from pxhelm.cli.labelling import USAGE, labelling_flags, relabel

HELP = """Set or remove annotations of objects. Those of pxhelm.io/ steer pxhelm; others are yours.

\b
  pxhelm annotate vm web pxhelm.io/prevent-destroy=true
  pxhelm annotate vm web pxhelm.io/prevent-destroy-
  pxhelm annotate vms --all owner=ops --overwrite
  pxhelm annotate vm web --list

Applying the object's manifest again brings its annotations to what the manifest says.
"""


@cli.command("annotate", usage=USAGE, arguments=(1, None), help=HELP)
@labelling_flags
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Change the annotations."""
    return relabel(session, "annotations", arguments, options)
