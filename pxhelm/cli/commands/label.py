"""``pxhelm label``."""

from __future__ import annotations

from typing import Any

from pxhelm.cli import command as cli
from pxhelm.cli.labelling import USAGE, labelling_flags, relabel

HELP = """Set or remove labels of objects. Selectors select by them; Proxmox never sees them (its tags are spec.tags).

\b
  pxhelm label vm web app=shop tier=front
  pxhelm label vm/web app=store --overwrite
  pxhelm label vm web tier-                        removes the label
  pxhelm label vms -l app=shop release=blue
  pxhelm label -f web.yaml checked=yes             what manifests name
  pxhelm label vm web --list

Applying the object's manifest again brings its labels to what the manifest says.
"""


@cli.command("label", usage=USAGE, arguments=(1, None), help=HELP)
@labelling_flags
def command(session: cli.Session, arguments: tuple[str, ...], **options: Any) -> int:
    """Change the labels."""
    return relabel(session, "labels", arguments, options)
