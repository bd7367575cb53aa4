"""Chart repositories: add, list, remove and update those known here, and write the index of one's own."""

from __future__ import annotations

import dataclasses
import hashlib
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pxhelm.actions.dependency import timestamp
from pxhelm.actions.indexes import (
    UPDATED,
    download_index,
    index_file,
    read_index,
    refresh_all,
    repositories,
    unreachable,
)
from pxhelm.chart.encode import metadata_json
from pxhelm.chart.load import load_archive
from pxhelm.errors import PxhelmError
from pxhelm.golang import urls
from pxhelm.golang.strconv import quote
from pxhelm.repo.index import Entry, Index, Repository, repositories_text

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import Sources

_TAKEN_DOWN = {
    "//kubernetes-charts.storage.googleapis.com": "https://charts.helm.sh/stable",
    "//kubernetes-charts-incubator.storage.googleapis.com": "https://charts.helm.sh/incubator",
}
"""Repositories of Helm's makers that are no more, and where their charts went."""

NONE_FOUND = "no repositories found. You must add one before updating"


def _save(sources: Sources, known: Sequence[Repository]) -> None:
    sources.disk.write(sources.repositories, repositories_text(known), mode=0o600)


@dataclass(frozen=True, slots=True)
class AddRequest:
    """``helm repo add``."""

    wanted: Repository
    force: bool = False
    """Whether another repository of this name is replaced."""
    deprecated: bool = False
    """Whether repositories that were taken down may be added."""
    seconds: float = 120.0


def add(services: Services, request: AddRequest) -> bool:
    """Add a repository once its index was fetched; False when it was there already. PxhelmError in Helm's words."""
    sources, wanted = services.sources, request.wanted
    for old, new in () if request.deprecated else _TAKEN_DOWN.items():
        if old in wanted.url:
            raise PxhelmError(f"repo {quote(wanted.url)} is no longer available; try {quote(new)} instead")
    known = repositories(sources)
    if "/" in wanted.name:
        raise PxhelmError(f"repository name ({wanted.name}) contains '/', please specify a different name without '/'")
    there = next((one for one in known if one.name == wanted.name), None)
    if there is not None and not request.force:
        if there != wanted:
            raise PxhelmError(f"repository name ({wanted.name}) already exists, please specify a different name")
        return False
    scheme = wanted.url.partition("://")[0] if "://" in wanted.url else ""
    if scheme not in ("http", "https", "oci"):
        raise PxhelmError(f"could not find protocol handler for: {scheme}")
    try:
        download_index(services, wanted, wanted.access(request.seconds))
    except PxhelmError as e:
        raise unreachable(wanted.url, e) from None
    kept = [one for one in known if one.name != wanted.name] if there is None else list(known)
    if there is None:
        kept.append(wanted)
    else:
        kept[kept.index(there)] = wanted
    _save(sources, kept)
    return True


def known_repositories(services: Services) -> list[Repository]:
    """Return the repositories known here."""
    return repositories(services.sources)


def remove(services: Services, names: Sequence[str], say: Callable[[str], None]) -> None:
    """Forget repositories and their indexes, up to the first that is not known; PxhelmError for that."""
    sources = services.sources
    known = repositories(sources)
    if not known:
        raise PxhelmError("no repositories configured")
    for name in names:
        kept = [one for one in known if one.name != name]
        if len(kept) == len(known):
            raise PxhelmError(f"no repo named {quote(name)} found")
        known = kept
        _save(sources, known)
        sources.disk.remove(index_file(sources, name))
        say(f"{quote(name)} has been removed from your repositories")


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """``helm repo update``."""

    names: tuple[str, ...] = ()
    """Repositories to ask; empty = all."""
    seconds: float = 120.0
    strict: bool = False
    """Whether one that cannot be had makes the command fail."""


def update(services: Services, request: UpdateRequest, say: Callable[[str], None]) -> list[str]:
    """Fetch indexes anew and return the URLs of those that could not be had; PxhelmError in Helm's words."""
    names = request.names
    known = repositories(services.sources)
    if not known:
        raise PxhelmError(NONE_FOUND, hint="pxhelm repo add NAME URL")
    for name in names:
        if all(one.name != name for one in known):
            raise PxhelmError(f"no repositories found matching '{name}'.  Nothing will be updated")
    chosen = [one for one in known if not names or one.name in names]
    failed = refresh_all(services, chosen, say, request.seconds)
    if failed and request.strict:
        raise PxhelmError(f"Failed to update the following repositories: [{' '.join(failed)}]")
    say(UPDATED)
    return failed


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """``helm repo index``."""

    folder: str
    url: str = ""
    merge: str = ""
    json: bool = False
    created: int | None = None
    """Time that the index gives for itself and its charts, in seconds since 1970; None = now."""


def write_index(services: Services, request: IndexRequest) -> str:
    """Write index.yaml for the archives in a folder and one level below, and return its path; PxhelmError in Helm's words."""
    sources = services.sources
    folder = sources.disk.absolute(request.folder)
    index = make_index(services, folder, request)
    if request.merge:
        if sources.disk.kind(request.merge):
            index.merge(_merged(services, request.merge))
        else:
            empty = Index(generated=index.generated)
            sources.disk.write(request.merge, empty.as_json() if request.json else empty.as_yaml())
    index.sort()
    text = index.as_json() if request.json else index.as_yaml()
    path = posixpath.join(folder, "index.yaml")
    sources.disk.write(path, text, folders=False)
    return path


def _merged(services: Services, path: str) -> Index:
    try:
        return read_index(services, path)
    except PxhelmError as e:
        raise PxhelmError(f"merge failed: {e.message}") from None


def make_index(services: Services, folder: str, request: IndexRequest) -> Index:
    """Return the index of the archives in a folder; what is no chart is left out."""
    disk, url, now = services.sources.disk, request.url, timestamp(services, request.created)
    index = Index(generated=now)
    for path in _archives(services.sources, folder):
        archive = disk.read(posixpath.join(folder, path))
        try:
            chart = load_archive(archive)
        except PxhelmError:
            continue
        if index.has(chart.name, chart.metadata.version):
            continue
        fields = metadata_json(dataclasses.replace(chart.metadata, api_version=chart.metadata.api_version or "v1"))
        fields["urls"] = [urls.join(url, path) if url else path]
        fields["created"] = now
        fields["digest"] = hashlib.sha256(archive).hexdigest()
        index.add(Entry(fields))
    return index


def _archives(sources: Sources, folder: str) -> list[str]:
    names = sources.disk.names(folder)
    below = [f"{name}/{inner}" for name in names for inner in _names_in(sources, folder, name)]
    return [name for name in (*names, *below) if name.endswith(".tgz")]


def _names_in(sources: Sources, folder: str, name: str) -> list[str]:
    path = posixpath.join(folder, name)
    return sources.disk.names(path) if sources.disk.kind(path) == "folder" else []
