"""Read what is stored about releases: list, history, one revision, its values. The cluster is not asked."""

from __future__ import annotations

from typing import Any

from pxhelm.actions.releasing import reading
from pxhelm.actions.services import Services
from pxhelm.release import history as stored
from pxhelm.release.history import ListOptions
from pxhelm.release.model import Release


def list_releases(services: Services, options: ListOptions) -> list[Release]:
    """Return the releases asked for, each in its last revision."""
    return stored.list_releases(reading(services), options, labels_of=_labels)


def _labels(release: Release) -> dict[str, str]:
    """Return a release's labels with those of the Secrets in which Helm keeps releases."""
    own = {"name": release.name, "owner": "helm", "status": release.info.status.value, "version": str(release.version)}
    return {**release.labels, **own}


def history(services: Services, release: str, most: int | None = None) -> list[Release]:
    """Return the revisions of a release, oldest first, the last ``most`` of them; None for all, none for 0 and below."""
    found = stored.history(reading(services), release)
    return found if most is None else found[-most:] if most > 0 else []


def get(services: Services, release: str, revision: int = 0) -> Release:
    """Return one revision, the last for 0."""
    return stored.get(reading(services), release, revision)


def values(services: Services, release: str, revision: int = 0, *, computed: bool = False) -> Any:
    """Return the user's values of a revision, or all that its templates saw."""
    return stored.get_values(reading(services), release, revision, computed=computed)
