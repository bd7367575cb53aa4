"""Charts out of repositories and registries, as Helm's ChartDownloader does.

Never looks for a chart on this machine: ``locate`` does, which comes here when there is none.
"""

from __future__ import annotations

import functools
import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pxhelm.actions.indexes import download_index, index_file, read_index, repositories, unreachable
from pxhelm.errors import PxhelmError
from pxhelm.golang import semver, urls
from pxhelm.golang.strconv import quote
from pxhelm.repo.access import Access
from pxhelm.repo.index import Entry, Repository, RepositoryError, parse_version, resolve_url
from pxhelm.repo.reference import SCHEME
from pxhelm.repo.reference import parse as parse_reference

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import ChartFlags, Sources


@dataclass(frozen=True, slots=True)
class Fetched:
    """An archive that was downloaded."""

    name: str
    """Its file name."""
    archive: bytes
    provenance: bytes | None = None
    said: tuple[str, ...] = ()
    """What a registry's download tells on standard error; last, that there is no provenance when it was wanted."""
    url: str = ""
    """Where it came from."""


def fetch(services: Services, reference: str, flags: ChartFlags, *, want_provenance: bool = False) -> Fetched:
    """Download a chart's archive.

    Raises:
        PxhelmError: in Helm's words.
    """
    if reference.startswith(SCHEME) and reference != SCHEME:
        return fetch_registry(services.sources, reference, flags, want_provenance=want_provenance)
    url, access = find(services, reference, flags)
    return fetch_url(services.sources, url, access, reference, want_provenance=want_provenance)


def fetch_url(
    sources: Sources, url: str, access: Access, reference: str = "", *, want_provenance: bool = False
) -> Fetched:
    """Download an archive from a URL, and the provenance beside it; ``reference`` is how the user called it."""
    scheme = url.partition("://")[0]
    if scheme not in ("http", "https"):
        raise PxhelmError(f"scheme {quote(scheme)} not supported")
    archive = sources.web.get(url, access)
    name = posixpath.basename(urls.parse(url).path)
    if not want_provenance:
        return Fetched(name, archive, url=url)
    try:
        return Fetched(name, archive, sources.web.get(f"{url}.prov", access), url=url)
    except PxhelmError as e:
        warning = f"WARNING: Verification not found for {reference or url}: {e.message}"
        return Fetched(name, archive, None, (warning,), url)


def find(services: Services, reference: str, flags: ChartFlags) -> tuple[str, Access]:
    """Return the URL of a chart's archive and how to be let in."""
    if flags.repo:
        return _in_unnamed(services, reference, flags)
    sources = services.sources
    scheme = reference.partition("://")[0] if "://" in reference else ""
    if scheme:
        known = next((r for r in repositories(sources) if reference.startswith(r.url.rstrip("/") + "/")), None)
        return reference, known.access() if known and not flags.access.username else flags.access
    name, slash, chart = reference.partition("/")
    if not slash or not chart:
        raise PxhelmError(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}")
    known = next((r for r in repositories(sources) if r.name == name), None)
    if known is None:
        raise PxhelmError(f"repo {name} not found", hint=f"add it with `pxhelm repo add {name} URL`")
    try:
        index = read_index(services, index_file(sources, name))
    except PxhelmError as e:
        raise PxhelmError(f"no cached repo found. (try 'pxhelm repo update'): {e.message}") from None
    try:
        entry = index.get(chart, flags.wanted)
    except RepositoryError as e:
        text = f"chart {quote(chart)} matching {flags.wanted} not found in {name} index."
        raise PxhelmError(f"{text} (try 'pxhelm repo update'): {e.message}") from None
    return _url_of(entry, known.url, f"chart {quote(reference)}"), known.access()


def _in_unnamed(services: Services, chart: str, flags: ChartFlags) -> tuple[str, Access]:
    repository = Repository("", flags.repo)
    access = replace(flags.access, home=flags.repo)
    try:
        index = download_index(services, repository, access)
    except PxhelmError as e:
        raise unreachable(flags.repo, e) from None
    what = f"chart {quote(chart)}" + (f" version {quote(flags.wanted)}" if flags.wanted else "")
    try:
        entry = index.get(chart, flags.wanted)
    except RepositoryError:
        raise PxhelmError(f"{what} not found in {flags.repo} repository") from None
    return _url_of(entry, flags.repo, what), access


def _url_of(entry: Entry, base: str, what: str) -> str:
    if not entry.urls:
        raise PxhelmError(f"{what} has no downloadable URLs")
    return resolve_url(base, entry.urls[0])


def fetch_registry(sources: Sources, reference: str, flags: ChartFlags, *, want_provenance: bool = False) -> Fetched:
    """Download a chart out of an OCI registry, by tag, digest, version or range.

    Raises:
        PxhelmError: in Helm's words.
    """
    found = parse_reference(reference)
    wanted = flags.version.strip()
    if found.tag and wanted and wanted.replace("+", "_") != found.tag:
        raise PxhelmError(f"chart reference and version mismatch: {wanted} is not {found.tag.replace('_', '+')}")
    version = wanted or found.tag.replace("_", "+")
    if found.digest:
        tag, mark, name = found.digest, "@", f"{found.name}@{found.digest.replace(':', '-')}.tgz"
        tagged = sources.registry.resolve(found.place, version.replace("+", "_"), flags.access) if version else ""
        if tagged not in ("", found.digest):
            raise PxhelmError(f"chart reference digest mismatch: {tagged} is not {found.digest}")
    else:
        tag = newest_tag(sources, found.place, version or flags.wanted, flags.access)
        mark, name = ":", f"{found.name}-{tag.replace('_', '+')}.tgz"
    pulled = sources.registry.pull(found.place, tag, flags.access)
    url = f"{SCHEME}{found.place}{mark}{tag.replace('_', '+')}"
    said = [f"Pulled: {found.place}{mark}{tag}", f"Digest: {pulled.digest}", *plus_note(found.place, tag)]
    if pulled.legacy:
        said.insert(0, "Warning: chart media type application/tar+gzip is deprecated")
    if not want_provenance:
        return Fetched(name, pulled.archive, None, tuple(said), url)
    if pulled.provenance is None:
        kind = "application/vnd.cncf.helm.chart.provenance.v1.prov"
        lacks = f"manifest does not contain a layer with mediatype {kind}"
        warning = f"WARNING: Verification not found for {reference}: {lacks}"
        return Fetched(name, pulled.archive, None, (*said, warning), url)
    return Fetched(name, pulled.archive, pulled.provenance, tuple(said * 2), url)  # Helm asks twice, and tells it twice


def newest_tag(sources: Sources, place: str, wanted: str, access: Access) -> str:
    """Return the tag of a version: a version as it is, else the newest that satisfies the range."""
    if wanted and parse_version(wanted) is not None:
        return wanted.replace("+", "_")
    found = [v for tag in sources.registry.tags(place, access) if (v := _strictly(tag.replace("_", "+")))]
    if not found:
        raise PxhelmError(f"Unable to locate any tags in provided repository: oci://{place}")
    try:
        constraint = semver.parse_constraint(wanted or "*")
    except semver.SemverError as e:
        raise PxhelmError(str(e)) from None
    fitting = sorted_versions([v for v in found if constraint.check(v)])
    if not fitting:
        raise PxhelmError(f"Could not locate a version matching provided version string {wanted}")
    return fitting[0].go_original().replace("+", "_")


def _strictly(text: str) -> semver.Version | None:
    try:
        return semver.parse_strict(text)
    except semver.SemverError:
        return None


def sorted_versions(versions: list[semver.Version]) -> list[semver.Version]:
    """Return versions, the newest first."""
    return sorted(versions, key=functools.cmp_to_key(_later))


def _later(left: semver.Version, right: semver.Version) -> int:
    return right.compare(left)


def plus_note(place: str, tag: str) -> tuple[str, ...]:
    """Return what Helm tells about a tag that stands for a version with a plus sign."""
    if "_" not in tag:
        return ()
    text = (
        f"{place}:{tag} contains an underscore.\n\n"
        "OCI artifact references (e.g. tags) do not support the plus sign (+). To support\n"
        "storing semantic versions, Helm adopts the convention of changing plus (+) to\n"
        "an underscore (_) in chart version tags when pushing to a registry and back to\n"
        "a plus (+) when pulling from a registry."
    )
    return (text,)
