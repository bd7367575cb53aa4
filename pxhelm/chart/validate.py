"""Helm's checks of a chart's metadata: what ``helm`` refuses to load.

Returns the metadata cleaned as Helm cleans it; never looks at files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pxhelm.chart.model import ChartError, Dependency, Maintainer, Metadata
from pxhelm.golang.strconv import quote

_ALIAS: Final = re.compile(r"[a-zA-Z0-9_-]+")
_NOT_GO_SPACE: Final = frozenset("\x1c\x1d\x1e\x1f")


def validated(fields: Mapping[str, Any]) -> Metadata:
    """Make the metadata of what was decoded from Chart.yaml, unprintable characters taken out.

    Raises:
        ChartError: ``validation: …`` in Helm's words.
    """
    maintainers = fields.get("maintainers", ())
    dependencies = fields.get("dependencies")
    clean = _clean_metadata(Metadata(**{**fields, "maintainers": (), "dependencies": None}))
    if not clean.api_version:
        raise _error("chart.metadata.apiVersion is required")
    if not clean.name:
        raise _error("chart.metadata.name is required")
    if clean.name in (".", ".."):
        raise _error(f"chart.metadata.name {quote(clean.name)} is not allowed")
    if "/" in clean.name:
        raise _error(f"chart.metadata.name {quote(clean.name)} is invalid")
    if not clean.version:
        raise _error("chart.metadata.version is required")
    if not is_semver(clean.version):
        raise _error(f"chart.metadata.version {quote(clean.version)} is invalid")
    if clean.type not in ("", "application", "library"):
        raise _error("chart.metadata.type must be application or library")
    if None in maintainers:
        raise _error("maintainers must not contain empty or null nodes")
    return replace(
        clean,
        maintainers=tuple(Maintainer(sanitize(m.name), sanitize(m.email), sanitize(m.url)) for m in maintainers),
        dependencies=None if dependencies is None else _dependencies(dependencies),
    )


def is_semver(text: str) -> bool:
    """Tell whether Masterminds' ``NewVersion`` takes a text, two-part versions and ``v1`` included."""
    from pxhelm.golang import semver

    try:
        semver.parse(text)
    except semver.SemverError:
        return False
    return True


def sanitize(text: str) -> str:
    """Return a text with white space made blanks and what cannot be printed dropped, as Helm's sanitizeString."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c.isspace() and c not in _NOT_GO_SPACE else c for c in text if c.isspace() or c.isprintable())


def _clean_metadata(metadata: Metadata) -> Metadata:
    return replace(
        metadata,
        name=sanitize(metadata.name),
        description=sanitize(metadata.description),
        home=sanitize(metadata.home),
        icon=sanitize(metadata.icon),
        condition=sanitize(metadata.condition),
        tags=sanitize(metadata.tags),
        app_version=sanitize(metadata.app_version),
        kube_version=sanitize(metadata.kube_version),
        sources=tuple(map(sanitize, metadata.sources)),
        keywords=tuple(map(sanitize, metadata.keywords)),
    )


def _dependencies(dependencies: Sequence[Dependency | None]) -> tuple[Dependency, ...]:
    seen: set[str] = set()
    clean = []
    for dependency in dependencies:
        if dependency is None:
            raise _error("dependencies must not contain empty or null nodes")
        one = replace(
            dependency,
            name=sanitize(dependency.name),
            version=sanitize(dependency.version),
            repository=sanitize(dependency.repository),
            condition=sanitize(dependency.condition),
            tags=tuple(map(sanitize, dependency.tags)),
        )
        if one.alias and not _ALIAS.fullmatch(one.alias):
            raise _error(f"dependency {quote(one.name)} has disallowed characters in the alias")
        key = one.alias or one.name
        if key in seen:
            raise _error(f"more than one dependency with name or alias {quote(key)}")
        seen.add(key)
        clean.append(one)
    return tuple(clean)


def _error(text: str) -> ChartError:
    return ChartError(f"validation: {text}")
