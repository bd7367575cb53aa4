"""The indexes of chart repositories: fetched, kept on this machine, read again.

What an index holds and Helm leaves out is told as Helm tells it.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pxhelm.errors import PxhelmError
from pxhelm.events import Warned
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access
from pxhelm.repo.index import Index, Repository, load_index, load_repositories

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import Sources

_MEMORY = 4
"""An index may take so many times the memory of a rendering: public ones reach fifty megabytes of YAML."""


def repositories(sources: Sources) -> list[Repository]:
    """Return the repositories known here; none when none was ever added."""
    if not sources.disk.kind(sources.repositories):
        return []
    return load_repositories(sources.disk.read(sources.repositories))


def index_file(sources: Sources, name: str) -> str:
    """Return where a repository's index is kept."""
    return posixpath.join(sources.cache, f"{name}-index.yaml")


def unmanaged(url: str) -> str:
    """Return the name under which the index of a repository that was never added is kept."""
    return "helm-manager-" + hashlib.sha256(url.encode()).hexdigest()


def download_index(services: Services, repository: Repository, access: Access | None = None) -> Index:
    """Fetch an index, check it and keep it under the repository's name, if it has one.

    Raises:
        PxhelmError: in Helm's words, also for a registry, which has no index.
    """
    sources = services.sources
    if repository.url.startswith("oci://"):
        raise PxhelmError('failed to perform "FetchReference" on source: invalid reference')
    data = sources.web.get(repository.index_url, access or repository.access())
    index = _loaded(services, data, repository.url)
    if repository.name:
        sources.disk.write(index_file(sources, repository.name), data)
    return index


def read_index(services: Services, path: str) -> Index:
    """Read an index of this machine; PxhelmError in Helm's words."""
    data = services.sources.disk.read(path)
    try:
        return _loaded(services, data, path)
    except PxhelmError as e:
        raise PxhelmError(f"error loading {path}: {e.message}") from None


def _loaded(services: Services, data: bytes, source: str) -> Index:
    with services.bounded("reading the index of a repository", _MEMORY):
        index = load_index(data)
    for name, why in index.skipped:
        services.listen(Warned(f"skipping loading invalid entry for chart {name} from {source}: {why}"))
    return index


def refresh_all(
    services: Services, known: Sequence[Repository], say: Callable[[str], None], seconds: float = 120.0
) -> list[str]:
    """Fetch the indexes of repositories anew and return the URLs of those that could not be had."""
    say("Hang tight while we grab the latest from your chart repositories...")
    failed = []
    for one in known:
        try:
            download_index(services, one, one.access(seconds))
            say(f"...Successfully got an update from the {quote(one.name)} chart repository")
        except PxhelmError as e:
            failed.append(one.url)
            say(f"...Unable to get an update from the {quote(one.name)} chart repository ({one.url}):\n\t{e.message}")
    return failed


UPDATED = "Update Complete. ⎈Happy Helming!⎈"
"""What Helm says when all repositories were asked, also when some had no answer."""


def unreachable(url: str, error: PxhelmError) -> PxhelmError:
    """Return Helm's sentence for a repository that has no index."""
    return PxhelmError(f"looks like {quote(url)} is not a valid chart repository or cannot be reached: {error.message}")
