"""What a release may be called: Helm's rule, in Helm's words."""

from __future__ import annotations

import re

from pxhelm.errors import PxhelmError

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LONGEST = 53
INVALID_NAME = (
    "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    " and the length must not be longer than 53"
)


def name_problem(name: str) -> str:
    """Return what is wrong with a release's name in Helm's words, empty when nothing is."""
    if not name:
        return "no name provided"
    if len(name) > _LONGEST or not _NAME.match(name):
        return INVALID_NAME
    return ""


def check_name(name: str, prefix: str) -> None:
    """Raise PxhelmError ``prefix: name`` when the name is not one of a release."""
    if name_problem(name):
        raise PxhelmError(f"{prefix}: {name}", hint=name_problem(name))
