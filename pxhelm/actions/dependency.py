"""``dependency update``, ``build`` and ``list``: what Chart.yaml asks for, fetched into ``charts/`` and locked.

Follows Helm's downloader.Manager step by step, its output included.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

from pxhelm.actions.fetching import Fetched, fetch_registry, fetch_url, sorted_versions
from pxhelm.actions.indexes import (
    UPDATED,
    download_index,
    index_file,
    read_index,
    refresh_all,
    repositories,
    unmanaged,
)
from pxhelm.actions.inputs import load_chart
from pxhelm.actions.locate import Say
from pxhelm.actions.sources import ChartFlags
from pxhelm.chart import resolve
from pxhelm.chart.encode import lock_json
from pxhelm.chart.load import load, load_archive
from pxhelm.chart.model import Chart, ChartError, Dependency, Lock
from pxhelm.chart.package import file_name, pack
from pxhelm.errors import PxhelmError
from pxhelm.golang import semver, urls, yaml
from pxhelm.golang.strconv import quote
from pxhelm.repo.index import Index, Repository, parse_version, resolve_url

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import Sources

_FILE, _OCI = "file://", "oci://"


@dataclass(frozen=True, slots=True)
class DependencyRequest:
    """``helm dependency update`` or ``build``."""

    path: str
    """The chart's folder, as it is called."""
    skip_refresh: bool = False
    flags: ChartFlags = field(default_factory=ChartFlags)
    said: Callable[[str], None] = lambda _text: None
    """Told what goes to standard output, line by line."""
    told: Callable[[str], None] = lambda _text: None
    """Told what goes to standard error."""


def update(services: Services, request: DependencyRequest) -> None:
    """Resolve, fetch into ``charts/``, write the lock; PxhelmError in Helm's words."""
    manager = _Manager(services, request)
    chart = manager.chart()
    if chart.metadata.dependencies is None:
        return
    wanted = manager.with_urls(chart.metadata.dependencies)
    manager.refresh(wanted, unnamed=True)
    generated = timestamp(services)
    lock = resolve.resolve(wanted, manager.versions, generated)
    fetched = manager.fetch_all(lock.locked)
    lock = replace(lock, dependencies=fetched, digest=resolve.digest(wanted, fetched))
    if chart.lock is None or chart.lock.digest != lock.digest:
        manager.write_lock(chart, lock)


def build(services: Services, request: DependencyRequest) -> None:
    """Fetch what the lock names, after checking that it fits Chart.yaml; PxhelmError in Helm's words."""
    manager = _Manager(services, request)
    chart = manager.chart()
    lock = chart.lock
    if lock is None:
        update(services, request)
        return
    asked = chart.metadata.dependencies or ()
    v1 = chart.metadata.api_version == "v1"
    wanted = manager.with_urls(asked)
    if resolve.digest(wanted, lock.locked) != lock.digest:
        if v1:
            request.told("warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...")
        old = v1 and resolve.digest_v2(asked) == lock.digest
        if not old:
            names = ("requirements.lock", "requirements.yaml") if v1 else ("Chart.lock", "Chart.yaml")
            raise PxhelmError(
                f"the lock file ({names[0]}) is out of sync with the dependencies file ({names[1]}). "
                "Please update the dependencies",
                hint=f"pxhelm dependency update {request.path}",
            )
    manager.check_known(lock.locked)
    manager.refresh(lock.locked, unnamed=False)
    manager.fetch_all(lock.locked)


def complete(services: Services, path: str, tell: Say) -> None:
    """Update the dependencies of a chart folder when some are not there (``--dependency-update``)."""
    disk = services.sources.disk
    if disk.kind(path) == "folder" and resolve.missing(load(disk.chart(path))):
        # Helm looks at the folder from the root here, and its errors show it.
        update(services, DependencyRequest(disk.absolute(path), said=tell, told=tell))


def timestamp(services: Services, seconds: int | None = None) -> str:
    """Return the time as Go's RFC3339Nano writes it: now, or a number of seconds since 1970."""
    now = services.now()
    if seconds is not None:
        return now.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    return now.isoformat(timespec="microseconds").replace("+00:00", "Z")


class _Manager:
    """One run over one chart."""

    def __init__(self, services: Services, request: DependencyRequest) -> None:
        self.services = services
        self.sources: Sources = services.sources
        self.request = request
        self.path = posixpath.normpath(request.path)
        self.known = repositories(self.sources)
        self.indexes: dict[str, Index] = {}

    def chart(self) -> Chart:
        kind = self.sources.disk.kind(self.path)
        if not kind:
            raise PxhelmError(f"could not find {self.path}: stat {self.path}: no such file or directory")
        if kind != "folder":
            raise PxhelmError("only unpacked charts can be updated")
        return load(self.sources.disk.chart(self.path))

    def local(self, repository: str) -> str:
        """Return the folder of a ``file://`` dependency."""
        given = repository.removeprefix(_FILE)
        path = given if given.startswith("/") else posixpath.normpath(posixpath.join(self.path, given))
        if not self.sources.disk.kind(path):
            raise PxhelmError(f"directory {path} not found")
        return path

    def repository(self, one: Dependency) -> Repository | None:
        """Return the repository known here that a dependency means."""
        url = one.repository.rstrip("/")
        for known in self.known:
            if one.repository in (f"@{known.name}", f"alias:{known.name}") or known.url.rstrip("/") == url:
                return known
        return None

    def with_urls(self, wanted: Sequence[Dependency]) -> tuple[Dependency, ...]:
        """Put URLs in the place of names of repositories, and refuse names that are not known."""
        found, unknown = [], []
        for one in wanted:
            if one.repository.startswith(_FILE):
                self.local(one.repository)
            known = None if not one.repository or "://" in one.repository[:7] else self.repository(one)
            if (known is not None and one.repository[:1] == "@") or (one.repository.startswith("alias:") and known):
                found.append(replace(one, repository=known.url))
                continue
            if one.repository and self.repository(one) is None and not _is_request_uri(one.repository):
                unknown.append(one.repository)
            found.append(one)
        if unknown:
            raise _unknown(unknown)
        return tuple(found)

    def check_known(self, locked: Sequence[Dependency]) -> None:
        """Refuse a lock that names repositories which were never added: a build asks no others."""
        away = [one for one in locked if one.repository and not one.repository.startswith((_FILE, _OCI))]
        unknown = [one.repository for one in away if self.repository(one) is None]
        if unknown:
            names = ", ".join(unknown)
            text = f"no repository definition for {names}. Please add the missing repos via 'pxhelm repo add'"
            raise PxhelmError(text, hint=f"pxhelm repo add NAME {unknown[0]}")

    def refresh(self, wanted: Sequence[Dependency], *, unnamed: bool) -> None:
        """Fetch indexes anew: those never added that are needed, then all that were added."""
        say = self.request.said
        strangers = {o.repository: o for o in wanted if _is_remote(o.repository) and self.repository(o) is None}
        if strangers and unnamed and not self.request.skip_refresh:
            say("Getting updates for unmanaged Helm repositories...")
            self._fetch_indexes([Repository(unmanaged(url), url) for url in strangers])
        if self.known and not self.request.skip_refresh:
            refresh_all(self.services, self.known, say)
            say(UPDATED)

    def _fetch_indexes(self, them: Sequence[Repository]) -> None:
        for one in them:
            try:
                download_index(self.services, one)
                self.request.said(f"...Successfully got an update from the {quote(one.url)} chart repository")
            except PxhelmError as e:
                self.request.said(
                    f"...Unable to get an update from the {quote(one.url)} chart repository:\n\t{e.message}"
                )

    def versions(self, one: Dependency) -> Sequence[str] | None:
        """Return the versions there are of a dependency."""
        if not one.repository:
            path = posixpath.normpath(posixpath.join(self.path, "charts", one.name))
            if not self.sources.disk.kind(path):
                raise PxhelmError(f"directory {path} not found")
            return None
        if one.repository.startswith(_FILE):
            return [load(self.sources.disk.chart(self.local(one.repository))).metadata.version]
        if one.repository.startswith(_OCI):
            if parse_version(one.version) is not None:
                return [one.version]
            return self._tagged(one)
        index = self.index(one)
        if one.name not in index.entries:
            raise PxhelmError(f"{one.name} chart not found in repo {one.repository}")
        return [entry.version for entry in index.entries[one.name] if entry.urls]

    def _tagged(self, one: Dependency) -> Sequence[str] | None:
        """Return the tags that fit; None when none does, which the download will tell."""
        place = f"{one.repository.removeprefix(_OCI).rstrip('/')}/{one.name}"
        try:
            tags = self.sources.registry.tags(place, self.request.flags.access)
        except PxhelmError as e:
            raise PxhelmError(f"could not retrieve list of tags for repository {one.repository}: {e.message}") from None
        found = sorted_versions([v for tag in tags if (v := parse_version(tag.replace("_", "+")))])
        fits = resolve.constraint(one.version, one.name)
        return [v.go_original() for v in found if fits.check(v)] or None

    def index(self, one: Dependency) -> Index:
        known = self.repository(one)
        name = known.name if known else unmanaged(one.repository)
        if name not in self.indexes:
            try:
                self.indexes[name] = read_index(self.services, index_file(self.sources, name))
            except PxhelmError as e:
                raise PxhelmError(
                    f"no cached repository for {name} found. (try 'pxhelm repo update'): {e.message}"
                ) from None
        return self.indexes[name]

    def fetch_all(self, wanted: Sequence[Dependency]) -> tuple[Dependency, ...]:
        """Fetch every dependency, then change ``charts/`` at once; all or nothing is moved."""
        disk, say = self.sources.disk, self.request.said
        folder = posixpath.join(self.path, "charts")
        if disk.kind(folder) == "file":
            raise PxhelmError(f"{quote(folder)} is not a directory")
        say(f"Saving {len(wanted)} charts")
        new: dict[str, bytes] = {}
        told: set[str] = set()
        found = []
        try:
            for one in wanted:
                version, files = self._fetch_one(one, told)
                new.update(files)
                found.append(replace(one, version=version))
        except PxhelmError as e:
            say(f"Save error occurred:  {e.message}")
            raise
        disk.make_folder(folder)
        outdated = self._outdated(folder, new, {one.name for one in wanted if not one.repository})
        for name, data in new.items():
            path = posixpath.join(folder, name)
            if disk.kind(path) != "file" or disk.read(path) != data:
                disk.write(path, data)
        say("Deleting outdated charts")
        for name in outdated:
            disk.remove(posixpath.join(folder, name))
        return tuple(found)

    def _outdated(self, folder: str, new: dict[str, bytes], own: set[str]) -> list[str]:
        disk, gone = self.sources.disk, []
        for name in disk.names(folder):
            path = posixpath.join(folder, name)
            if name in new or disk.kind(path) != "file":
                continue
            try:
                chart = load_archive(disk.read(path))
            except ChartError as e:
                self.request.said(f"Could not verify {path} for deletion: {e.message} (Skipping)")
                continue
            if chart.name not in own:
                gone.append(name)
        return gone

    def _fetch_one(self, one: Dependency, told: set[str]) -> tuple[str, dict[str, bytes]]:
        say = self.request.said
        if not one.repository:
            say(f"Dependency {one.name} did not declare a repository. Assuming it exists in the charts directory")
            self._check_own(one)
            return one.version, {}
        if one.repository.startswith(_FILE):
            chart = load(self.sources.disk.chart(self.local(one.repository)))
            version = chart.metadata.version
            if not resolve.constraint(one.version, one.name).check(semver.parse(version)):
                raise PxhelmError(f"can't get a valid version for dependency {one.name}")
            return version, {file_name(chart): pack(chart, int(self.services.now().timestamp()))}
        if one.repository.startswith(_OCI):
            fetched: Fetched | None = self._from_registry(one)
        else:
            fetched = self._from_repository(one, told)
        return one.version, {fetched.name: fetched.archive} if fetched else {}

    def _check_own(self, one: Dependency) -> None:
        path = posixpath.join(self.path, "charts", one.name)
        try:
            chart = load(self.sources.disk.chart(path))
        except PxhelmError as e:
            raise PxhelmError(f"unable to load chart '{path}': {e.message}") from None
        version = chart.metadata.version
        if not resolve.constraint(one.version, one.name).check(semver.parse(version)):
            raise PxhelmError(
                f"dependency {one.name} at version {version} does not satisfy the constraint {one.version}"
            )

    def _from_registry(self, one: Dependency) -> Fetched:
        place = f"{one.repository.rstrip('/')}/{one.name}"
        self.request.said(f"Downloading {one.name} from repo {one.repository}")
        flags = replace(self.request.flags, version=one.version)
        try:
            fetched = fetch_registry(self.sources, place, flags, want_provenance=flags.verify)
            told = fetched.said[:-1] if flags.verify and fetched.provenance is None else fetched.said
            for line in told:
                self.request.told(line)
            self._check(fetched)
        except PxhelmError as e:
            raise PxhelmError(f"could not download {place}: {e.message}") from None
        return fetched

    def _from_repository(self, one: Dependency, told: set[str]) -> Fetched | None:
        known = self.repository(one)
        base = known.url if known else one.repository
        url = self._url(one, base)
        if url in told:
            self.request.said(f"Already downloaded {one.name} from repo {one.repository}")
            return None
        told.add(url)
        self.request.said(f"Downloading {one.name} from repo {one.repository}")
        access = known.access() if known else replace(self.request.flags.access, home=base)
        try:
            fetched = fetch_url(self.sources, url, access, want_provenance=self.request.flags.verify)
            self._check(fetched)
        except PxhelmError as e:
            raise PxhelmError(f"could not download {url}: {e.message}") from None
        return fetched

    def _url(self, one: Dependency, base: str) -> str:
        """Return where the archive of an exact version is."""
        versions = self.index(one).entries.get(one.name)
        if versions is None:
            raise PxhelmError("could not find : entry not found")
        wanted = parse_version(one.version)
        for entry in versions:
            there = parse_version(entry.version)
            if entry.urls and there is not None and wanted is not None and there.compare(wanted) == 0:
                return resolve_url(base, entry.urls[0])
        raise PxhelmError("could not find : no matching version")

    def _check(self, fetched: Fetched) -> None:
        """Check the signature when that was asked for."""
        if not self.request.flags.verify:
            return
        from pxhelm.actions.verify import verify_bytes

        if fetched.provenance is None:
            raise PxhelmError(f"failed to fetch provenance {quote(fetched.url + '.prov')}")
        keyring = self.request.flags.keyring
        verify_bytes(self.sources, fetched.name, fetched.archive, fetched.provenance, keyring)

    def write_lock(self, chart: Chart, lock: Lock) -> None:
        name = "requirements.lock" if chart.metadata.api_version == "v1" else "Chart.lock"
        data = yaml.to_yaml(lock_json(lock)).encode("utf-8", "surrogateescape")
        self.sources.disk.write(posixpath.join(self.path, name), data)


def _is_remote(repository: str) -> bool:
    return repository.startswith(("http://", "https://"))


def _is_request_uri(text: str) -> bool:
    if text.startswith("/"):
        return True
    try:
        return bool(urls.parse(text).scheme)
    except ValueError:
        return False


def _unknown(repositories: Sequence[str]) -> PxhelmError:
    text = f"no repository definition for {', '.join(repositories)}. Please add them via 'pxhelm repo add'"
    if any("//" not in one and not one.startswith(("@", "alias:")) for one in repositories):
        text += (
            '\nNote that repositories must be URLs or aliases. For example, to refer to the "example"\n'
            'repository, use "https://charts.example.com/" or "@example" instead of\n'
            "\"example\". Don't forget to add the repo, too ('pxhelm repo add')."
        )
    return PxhelmError(text)


@dataclass(frozen=True, slots=True)
class Listed:
    """What ``dependency list`` shows."""

    rows: tuple[tuple[str, str, str, str], ...]
    """Name, version, repository, status."""
    warnings: tuple[str, ...]
    asked: bool = True
    """Whether Chart.yaml has dependencies at all."""


def list_dependencies(services: Services, path: str) -> Listed:
    """Return each dependency and whether it is there."""
    disk = services.sources.disk
    folder = posixpath.normpath(path)
    chart = load_chart(services, folder) if disk.kind(folder) else load(disk.chart(folder))
    charts = posixpath.join(folder, "charts")
    if chart.metadata.dependencies is None:
        return Listed((), (f"WARNING: no dependencies at {charts}",), asked=False)
    names = [n for n in disk.names(charts) if disk.kind(posixpath.join(charts, n)) == "file"]
    rows = []
    for one in chart.metadata.dependencies:
        found = resolve.candidates(names, one)
        if len(found) > 1:
            status = "too many matches"
        elif found:
            status = resolve.archive_status(_readable(services, posixpath.join(charts, found[0])), one)
        else:
            status = resolve.unpacked_status(chart, one)
        rows.append((one.name, one.version, one.repository, status))
    return Listed(tuple(rows), tuple(_strays(services, charts, chart)))


def _strays(services: Services, charts: str, chart: Chart) -> list[str]:
    asked = {one.name for one in chart.metadata.dependencies or ()}
    found = []
    for name in services.sources.disk.names(charts):
        path = posixpath.join(charts, name)
        if (services.sources.disk.kind(path) == "file" and not name.endswith(".tgz")) or name.startswith("."):
            continue
        sub = _readable(services, path)
        if sub is None:
            found.append(f"WARNING: {quote(path)} is not a chart.")
        elif sub.name not in asked:
            found.append(f"WARNING: {quote(path)} is not in Chart.yaml.")
    return found


def _readable(services: Services, path: str) -> Chart | None:
    try:
        return load(services.sources.disk.chart(path))
    except PxhelmError:
        return None
