"""What is remembered of an object beside its leaves, as bases of whoever applied it; no manifest has such paths."""

from __future__ import annotations

INHERITED = "source.clone.devices"
"""The devices that a clone brought with it."""
WAITING = "power.waiting"
"""The process that ran, and the leaves written since that it does not have."""
ORIGINAL = "original"
"""What stood in leaves that cannot be unset before they were applied first: path → value."""
MIRRORED = "labels.tags"
"""The tags that labels were when they were applied last."""
REMEMBERED = frozenset((INHERITED, WAITING, ORIGINAL, MIRRORED))
