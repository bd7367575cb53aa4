"""Annotations that would do nothing at an object of a kind: they are mistakes, since nobody would keep their promise (kinds.md 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from pxhelm.resource.annotations import PREFIX, paths
from pxhelm.resource.kind import Kind
from pxhelm.resource.sets import KIND as SET


def misplaced(kind: Kind, key: str, value: str) -> tuple[str, str] | None:
    """Return message and hint for an annotation that would do nothing at an object of this kind; None when it does something."""
    name = key.removeprefix(PREFIX) if key.startswith(PREFIX) else ""
    if name == "ignore-differences":
        return _unknown_path(kind, value)
    guests, instead = FOR_GUESTS.get(name, (None, ""))
    if kind.guest or guests is None or not guests.match(value):
        return None
    message = f"annotation {key}: {value} is for guests, not for a {kind.name}"
    return message, "write it in spec.template.metadata.annotations" if kind.name == SET else instead


FOR_GUESTS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "deletion-policy": (re.compile("DetachDisks|BackupThenDelete|Trash"), "use Delete or Retain"),
    "snapshot-before": (re.compile("true"), "leave it out: there is nothing to take a snapshot of"),
    "adopt-from": (re.compile("vmid:"), "use adoption-policy: AdoptIfUnowned, or release:NAMESPACE/NAME"),
}
"""Values without effect on anything else, and what to write instead."""


def _unknown_path(kind: Kind, value: str) -> tuple[str, str] | None:
    known = [each.path.split(".") for each in kind.fields]
    for path in paths(value):
        if not any(_fits(path.split("."), names) for names in known):
            near = get_close_matches(path, [each.path for each in kind.fields], 1)
            hint = f"did you mean {near[0]}?" if near else f"`pxhelm explain {kind.name}` lists the fields"
            return f"annotation {PREFIX}ignore-differences: a {kind.name} has no field {path}", hint
    return None


def _fits(pattern: list[str], names: list[str]) -> bool:
    """Whether a pattern names a field, or what is above it; ``*`` stands for one name in both."""
    long = len(pattern) > len(names) and names[-1] != "*"
    return not long and all(p == n or "*" in (p, n) for p, n in zip(pattern, names, strict=False))
