"""The annotations that steer pxhelm (kinds.md 12). Unknown ones of ours are errors, those of others pass untouched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from pxhelm.resource.aside import POLICY as TRASH
from pxhelm.resource.types import TYPES

PREFIX = "pxhelm.io/"

_BOOL = re.compile("true|false")
_ANY = re.compile(".*", re.DOTALL)
_DURATION = re.compile(".+")

_DEPENDENCY = r"[A-Za-z0-9]+(/[^/,:\s]+){1,2}(:Ready|:Exists)?"

VALUES: dict[str, tuple[re.Pattern[str], str]] = {
    "prevent-destroy": (_BOOL, '"true" or "false"'),
    "deletion-policy": (
        re.compile(rf"Delete|Retain|DetachDisks|BackupThenDelete|{TRASH.pattern.replace('?P<ttl>', '')}"),
        "Delete, Retain, DetachDisks, BackupThenDelete or Trash(7d)",
    ),
    "replace-policy": (re.compile("Never|Recreate|CreateFirst"), "Never, Recreate or CreateFirst"),
    "drift-policy": (re.compile("Ignore|Report|Correct"), "Ignore, Report or Correct"),
    "ignore-differences": (_ANY, "a list of paths"),
    "management": (re.compile(r"\*|Observe|Observe, ?Update|Paused"), "*, Observe, Observe,Update or Paused"),
    "adoption-policy": (re.compile("MustMatch|AdoptIfUnowned|AdoptAll"), "MustMatch, AdoptIfUnowned or AdoptAll"),
    "adopt-from": (re.compile(r"vmid:[0-9]+|release:[^/]+/[^/]+"), "vmid:101 or release:NAMESPACE/NAME"),
    "moved-from": (
        re.compile(r"[^/,\s]+(/[^/,\s]+){0,2}(\s*[,\n]\s*[^/,\s]+(/[^/,\s]+){0,2})*\s*"),
        "a former name: web, NAMESPACE/web or Kind/NAMESPACE/web, several with the latest first",
    ),
    "depends-on": (
        re.compile(rf"\s*({_DEPENDENCY}(\s*[,\n]\s*|\s*$))*\s*"),
        "a list of Kind/namespace/name, each with :Ready or :Exists if need be",
    ),
    "ready-timeout": (_DURATION, "a duration"),
    "apply-timeout": (_DURATION, "a duration"),
    "force-conflicts": (_ANY, "field managers"),
    "snapshot-before": (_BOOL, '"true" or "false"'),
    "description": (_ANY, "a text"),
}


LATER: dict[tuple[str, str], str] = {
    ("drift-policy", "Prevent"): "nothing watches the cluster between two commands yet; use Correct",
}
"""Values of kinds.md that are refused, and why: an annotation without effect would be a promise that nobody keeps."""


def check_annotation(key: str, value: str) -> tuple[str, str] | None:
    """Return message and hint for an annotation that is wrong; None when there is nothing to say."""
    if not key.startswith(PREFIX):
        return None
    name = key.removeprefix(PREFIX)
    if name not in VALUES:
        near = get_close_matches(name, VALUES, 1)
        hint = f"did you mean {PREFIX}{near[0]}?" if near else f"known: {', '.join(sorted(VALUES))}"
        return f"unknown annotation {key}", hint
    pattern, accepts = VALUES[name]
    wrong = not pattern.fullmatch(value)
    inner = value if pattern is _DURATION else value[6:-1] if value.startswith("Trash(") else ""
    if inner and not wrong:
        try:
            TYPES["duration"].read(inner)
        except ValueError:
            wrong = True
    if not wrong:
        return None
    return f"annotation {key} must be {accepts}, not {value!r}", LATER.get((name, value.partition("(")[0]), "")


def seconds(annotations: Mapping[str, str], name: str) -> float:
    """Return the seconds of an annotation that holds a duration; 0 when it is not there."""
    text = annotations.get(PREFIX + name, "")
    value = TYPES["duration"].read(text) if text else 0
    return float(value) if isinstance(value, (int, float)) else 0.0


def paths(value: str) -> tuple[str, ...]:
    """Return the items of an annotation that holds a list, separated by commas or line ends."""
    return tuple(item.strip() for item in value.replace("\n", ",").split(",") if item.strip())
