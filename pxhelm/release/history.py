"""Reading releases: list, history, status, values (Helm's List, History, Status, GetValues, GetMetadata)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pxhelm.chart.encode import metadata_json
from pxhelm.errors import PxhelmError
from pxhelm.release.configuration import Configuration
from pxhelm.release.model import Release, Status
from pxhelm.release.name import check_name
from pxhelm.release.record import time_text
from pxhelm.release.selector import parse_selector
from pxhelm.values.merge import coalesce

ALL_STATES = frozenset(Status) - {Status.UNKNOWN}
"""``--all``: Helm has no name for unknown ones and never shows them."""

DEFAULT_STATES = frozenset((Status.DEPLOYED, Status.FAILED))

PENDING_STATES = frozenset(status for status in Status if status.is_pending)


class SortBy(Enum):
    """The order of a list."""

    NAME = "name"
    DATE = "date"
    """Oldest deployment first."""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """``helm list``."""

    all_namespaces: bool = False
    states: frozenset[Status] = DEFAULT_STATES
    filter: str = ""
    """Regular expression on names."""
    selector: str = ""
    """Label selector on the releases' labels."""
    limit: int = 0
    """0 and below is no limit; the command line's default is 256."""
    offset: int = 0
    sort: SortBy = SortBy.NAME
    reverse: bool = False


Matcher = Callable[[str], Callable[[str], bool]]


def go_filter(pattern: str) -> Callable[[str], bool]:
    """Return the test of a Go regular expression on names; PxhelmError with Go's text when it is none."""
    from pxhelm.golang.regexp import RegexpError, compile_pattern, matches

    try:
        compiled = compile_pattern(pattern)
    except RegexpError as error:
        raise PxhelmError(str(error)) from None
    return lambda name: matches(compiled, name)


def list_releases(
    configuration: Configuration,
    options: ListOptions,
    compile_filter: Matcher = go_filter,
    labels_of: Callable[[Release], Mapping[str, str]] = lambda release: release.labels,
) -> list[Release]:
    """Return the releases asked for, each in its last revision.

    ``compile_filter`` makes a test of the filter's text, ``labels_of`` tells what the selector sees. Only superseded revisions are asked for without
    their successors: with other states a superseded one is never the last.
    """
    configuration.objects.reach()
    matches = compile_filter(options.filter) if options.filter else _everything
    latest_only = options.states != {Status.SUPERSEDED}
    found = configuration.storage.list(all_namespaces=options.all_namespaces, latest_only=latest_only)
    named = [release for release in found if matches(release.name)]
    if not named:
        # Helm returns here, before a bad selector is noticed.
        return []
    shown = [release for release in named if release.info.status in options.states]
    selected = parse_selector(options.selector)
    shown = [release for release in shown if selected(labels_of(release))]
    if options.sort is SortBy.DATE:
        shown.sort(key=_seconds, reverse=options.reverse)
    else:
        shown.sort(key=lambda release: release.name, reverse=options.reverse)
    return shown[options.offset :][: options.limit if options.limit > 0 else sys.maxsize]


def _everything(_name: str) -> bool:
    return True


def _seconds(release: Release) -> int:
    moment = release.info.last_deployed
    return int(moment.timestamp()) if moment else 0


def history(configuration: Configuration, name: str) -> list[Release]:
    """Return the revisions of a release, oldest first; ReleaseNotFoundError when there are none."""
    configuration.objects.reach()
    check_name(name, "release name is invalid")
    return configuration.storage.history(name)


def get(configuration: Configuration, name: str, version: int = 0) -> Release:
    """Return a revision, the last for 0 and below (``helm get``, ``helm status``)."""
    configuration.objects.reach()
    check_name(name, "releaseContent: Release name is invalid")
    return configuration.storage.last(name) if version <= 0 else configuration.storage.get(name, version)


def get_values(configuration: Configuration, name: str, version: int = 0, *, computed: bool = False) -> Any:
    """Return the user's values of a revision (None when there are none), or all that templates saw."""
    release = get(configuration, name, version)
    return coalesce(release.chart, release.config) if computed else release.config


def metadata(release: Release) -> dict[str, Any]:
    """Return what ``helm get metadata -o json`` prints."""
    chart = metadata_json(release.chart.metadata)
    extra: dict[str, Any] = {key: chart[key] for key in ("annotations", "dependencies") if key in chart}
    moment = release.info.last_deployed
    return {
        "name": release.name,
        "chart": release.chart.metadata.name,
        "version": release.chart.metadata.version,
        "appVersion": release.chart.metadata.app_version,
        **extra,
        "namespace": release.namespace,
        "revision": release.version,
        "status": release.info.status.value,
        "deployedAt": time_text(moment.replace(microsecond=0) if moment else None),
    }


def list_json(release: Release) -> dict[str, Any]:
    """Return a row of ``helm list -o json``."""
    moment = release.info.last_deployed
    return {
        "name": release.name,
        "namespace": release.namespace,
        "revision": str(release.version),
        "updated": go_time(release) if moment else "-",
        "status": release.info.status.value,
        "chart": chart_label(release),
        "app_version": release.chart.metadata.app_version,
    }


def history_json(release: Release) -> dict[str, Any]:
    """Return a row of ``helm history -o json``."""
    return {
        "revision": release.version,
        "updated": time_text(release.info.last_deployed),
        "status": release.info.status.value,
        "chart": chart_label(release),
        "app_version": release.chart.metadata.app_version,
        "description": release.info.description,
    }


def chart_label(release: Release) -> str:
    """Return ``name-version`` of the chart."""
    return f"{release.chart.metadata.name}-{release.chart.metadata.version}"


def go_time(release: Release) -> str:
    """Return the time of the last deployment as Go's ``Time.String`` prints it."""
    moment = release.info.last_deployed
    if moment is None:
        return "-"
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    if moment.microsecond:
        text += f".{moment.microsecond:06d}".rstrip("0")
    offset, zone = moment.strftime("%z"), moment.tzname() or ""
    # Python names a nameless zone UTC+02:00, Go +0200.
    return f"{text} {offset} {offset if zone.startswith(('UTC+', 'UTC-')) else zone}"
