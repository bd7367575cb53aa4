"""Semantic versions and ranges.

The rules are Masterminds/semver's (``golang.semver``).
"""

from __future__ import annotations

from pxhelm.golang import semver as go
from pxhelm.gotemplate.signature import Function, FunctionError, function


def semver(text: str) -> go.Version:
    """Read a version."""
    try:
        return go.parse(text)
    except go.SemverError as error:
        raise FunctionError(str(error)) from None


def semver_compare(constraint: str, version: str) -> bool:
    """Whether a version satisfies a range."""
    try:
        return go.parse_constraint(constraint).check(go.parse(version))
    except go.SemverError as error:
        raise FunctionError(str(error)) from None


FUNCTIONS: dict[str, Function] = {
    "semver": function(semver, "string", result="*semver.Version"),
    "semverCompare": function(semver_compare, "string", "string", result="bool"),
}
