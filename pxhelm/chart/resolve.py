"""Dependencies: what Chart.yaml asks for against what there is, the lock and its digest, and the state of ``charts/``.

The digest is Helm's to the byte. Never reads a disk, never downloads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pxhelm.chart.encode import dependency_json
from pxhelm.chart.model import Chart, ChartError, Dependency, Lock
from pxhelm.errors import PxhelmError
from pxhelm.golang import json, semver
from pxhelm.golang.strconv import quote

Versions = Callable[[Dependency], Sequence[str] | None]
"""Versions of a dependency that can be had, the newest first; None = take the version as it is asked for."""


def digest(wanted: Iterable[Dependency], locked: Iterable[Dependency]) -> str:
    """Return the digest that ties a lock to Chart.yaml: SHA-256 of Go's JSON of both lists."""
    both = [[_ordered(dependency_json(one)) for one in each] for each in (wanted, locked)]
    return _sha256(json.ordered(both))


def _ordered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the order of the struct's fields; maps below are sorted by key, as Go does."""
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def constraint(version: str, name: str) -> semver.Constraints:
    """Read the range of a dependency.

    Raises:
        PxhelmError: in Helm's words.
    """
    try:
        return semver.parse_constraint(version)
    except semver.SemverError as e:
        raise PxhelmError(f"dependency {quote(name)} has an invalid version/constraint format: {e}") from None


def resolve(wanted: Sequence[Dependency], versions: Versions, generated: str) -> Lock:
    """Choose a version of each dependency.

    Raises:
        PxhelmError: naming all that cannot be satisfied, in Helm's words.
    """
    locked, missing = [], []
    for one in wanted:
        fits = constraint(one.version, one.name)
        there = versions(one)
        if there is None:
            locked.append(Dependency(name=one.name, repository=one.repository, version=one.version))
            continue
        chosen = next((v for v in there if _satisfies(fits, v)), None)
        if chosen is None:
            missing.append(f"{quote(one.name)} (repository {quote(one.repository)}, version {quote(one.version)})")
            continue
        locked.append(Dependency(name=one.name, repository=one.repository, version=chosen))
    if missing:
        raise PxhelmError(
            f"can't get a valid version for {len(missing)} subchart(s): {', '.join(missing)}. Make sure a matching "
            "chart version exists in the repo, or change the version constraint in Chart.yaml"
        )
    return Lock(generated=generated, digest=digest(wanted, locked), dependencies=tuple(locked))


def _satisfies(fits: semver.Constraints, version: str) -> bool:
    try:
        return fits.check(semver.parse(version))
    except semver.SemverError:
        return False


def satisfied(version: str, wanted: str) -> str:
    """Return why a version does not do, as ``dependency list`` says it; nothing when it does."""
    if version == wanted:
        return ""
    try:
        fits, found = semver.parse_constraint(wanted), semver.parse(version)
    except semver.SemverError:
        return "invalid version"
    return "" if fits.check(found) else "wrong version"


def archive_status(chart: Chart | None, dependency: Dependency) -> str:
    """Return the state of an archive in ``charts/``; None stands for one that cannot be read."""
    if chart is None:
        return "corrupt"
    if chart.name != dependency.name:
        return "misnamed"
    return satisfied(chart.metadata.version, dependency.version) or "ok"


def candidates(names: Iterable[str], dependency: Dependency) -> list[str]:
    """Return which files of ``charts/`` may be the archive of a dependency."""
    found = [n for n in names if n.startswith(f"{dependency.name}-") and n.endswith(".tgz")]
    if len(found) < 2:
        return found
    return [n for n in found if _is_version(n.removeprefix(f"{dependency.name}-").removesuffix(".tgz"))]


def unpacked_status(parent: Chart, dependency: Dependency) -> str:
    """Return the state of a dependency that has no archive of its own."""
    found = [sub for sub in parent.dependencies if sub.name == dependency.name]
    if not found:
        return "missing"
    return satisfied(found[-1].metadata.version, dependency.version) or "unpacked"


def _is_version(text: str) -> bool:
    try:
        semver.parse(text)
    except semver.SemverError:
        return False
    return True


def missing(chart: Chart) -> list[str]:
    """Return the names of dependencies that are asked for and not there, in the order of Chart.yaml."""
    have = {sub.name for sub in chart.dependencies}
    return [one.name for one in chart.metadata.dependencies or () if one.name not in have]


def check_complete(chart: Chart) -> None:
    """Refuse a chart whose dependencies are not there.

    Raises:
        ChartError: in Helm's words.
    """
    names = missing(chart)
    if names:
        raise ChartError(f"found in Chart.yaml, but missing in charts/ directory: {', '.join(names)}")


def with_versions(chart: Chart, version: str, app_version: str) -> Chart:
    """Return a chart with another version and appVersion; empty = as it is.

    Raises:
        ChartError: for a version that is none.
    """
    if version:
        try:
            semver.parse(version)
        except semver.SemverError as error:
            raise ChartError(str(error)) from None
    metadata = replace(
        chart.metadata,
        version=version or chart.metadata.version,
        app_version=app_version or chart.metadata.app_version,
    )
    return replace(chart, metadata=metadata)


def digest_v2(wanted: Iterable[Dependency]) -> str:
    """Return the digest that Helm 2 put into requirements.lock: of the requirements alone."""
    fields = [_ordered(dependency_json(one)) for one in wanted]
    return _sha256(json.ordered({"dependencies": fields}))


def _sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
