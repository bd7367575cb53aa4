"""Chart repositories: add, list, remove and update those known here, and write the index of one's own."""

from __future__ import annotations

import dataclasses
import hashlib
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pxhelm.actions.dependency import refresh_all, timestamp
from pxhelm.actions.fetching import download_index, index_file, repositories, unreachable
from pxhelm.chart.encode import metadata_json
from pxhelm.chart.load import load_archive
from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote
from pxhelm.repo.index import Entry, Index, Repository, load_index, repositories_text

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import Sources

NONE_FOUND = "no repositories found. You must add one before updating"


def _save(sources: Sources, known: Sequence[Repository]) -> None:
    sources.disk.write(sources.repositories, repositories_text(known), mode=0o600)


def add(services: Services, wanted: Repository, *, force: bool, seconds: float) -> bool:
    """Add a repository once its index was fetched; False when it was there already. PxhelmError in Helm's words."""
    sources = services.sources
    known = repositories(sources)
    if "/" in wanted.name:
        raise PxhelmError(f"repository name ({wanted.name}) contains '/', please specify a different name without '/'")
    there = next((one for one in known if one.name == wanted.name), None)
    if there is not None and not force:
        if there != wanted:
            raise PxhelmError(f"repository name ({wanted.name}) already exists, please specify a different name")
        return False
    scheme = wanted.url.partition("://")[0] if "://" in wanted.url else ""
    if scheme not in ("http", "https", "oci"):
        raise PxhelmError(f"could not find protocol handler for: {scheme}")
    try:
        if scheme == "oci":
            raise PxhelmError('failed to perform "FetchReference" on source: invalid reference')
        download_index(sources, wanted, seconds)
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


def remove(services: Services, name: str) -> None:
    """Forget a repository and its index; PxhelmError when it is not known."""
    sources = services.sources
    known = repositories(sources)
    if not sources.disk.kind(sources.repositories):
        raise PxhelmError("no repositories configured")
    kept = [one for one in known if one.name != name]
    if len(kept) == len(known):
        raise PxhelmError(f"no repo named {quote(name)} found")
    _save(sources, kept)
    sources.disk.remove(index_file(sources, name))


def update(services: Services, names: Sequence[str], say: Callable[[str], None], seconds: float) -> list[str]:
    """Fetch indexes anew, all or those named, and return the URLs of those that could not be had."""
    known = repositories(services.sources)
    if not known:
        raise PxhelmError(NONE_FOUND, hint="pxhelm repo add NAME URL")
    for name in names:
        if all(one.name != name for one in known):
            raise PxhelmError(f"no repositories found matching '{name}'.  Nothing will be updated")
    chosen = [one for one in known if not names or one.name in names]
    return refresh_all(services.sources, chosen, say, seconds)


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
            index.merge(load_index(sources.disk.read(request.merge)))
        else:
            empty = Index(generated=index.generated)
            sources.disk.write(request.merge, empty.as_json() if request.json else empty.as_yaml())
    index.sort()
    text = index.as_json() if request.json else index.as_yaml()
    path = posixpath.join(folder, "index.yaml")
    sources.disk.write(path, text, folders=False)
    return path


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
        fields["urls"] = [f"{url.rstrip('/')}/{path}" if url else path]
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
