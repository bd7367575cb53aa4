"""What is in the trash, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxhelm.actions.trash import Trashed
from pxhelm.cli.views.live import moment
from pxhelm.cli.views.objects import short_name
from pxhelm.cli.views.table import plain_table
from pxhelm.resource.columns import duration

_TITLES = ("NAMESPACE", "NAME", "VMID", "NODE", "DELETED", "EXPIRES", "RELEASE")


def trash_text(there: Sequence[Trashed], now: float) -> str:
    """Return the table; empty when nothing is there."""
    return plain_table(_TITLES, [_cells(one, now) for one in there]) if there else ""


def _cells(one: Trashed, now: float) -> list[str]:
    left = one.until - now
    ago = duration(max(1.0, now - float(one.kept.get("at", now))))
    return [
        one.key.namespace,
        f"{short_name(one.key.kind)}/{one.key.name}",
        str(one.found.vmid),
        str(one.found.row.get("node") or "-"),
        f"{ago} ago",
        f"in {duration(left)}" if left > 0 else "due",
        str(one.kept.get("release") or "-"),
    ]


def trash_data(there: Sequence[Trashed]) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "items": [
            {
                "kind": one.key.kind,
                "namespace": one.key.namespace,
                "name": one.key.name,
                "trashName": one.found.name,
                "vmid": one.found.vmid,
                "node": str(one.found.row.get("node") or ""),
                "deletedAt": moment(one.kept.get("at")),
                "expiresAt": moment(one.until),
                "release": str(one.kept.get("release") or ""),
            }
            for one in there
        ]
    }
