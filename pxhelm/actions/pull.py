"""Download charts: ``helm pull``."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from pxhelm.actions.fetching import Fetched, fetch
from pxhelm.actions.sources import ChartFlags
from pxhelm.chart.archive import unpack
from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.golang.strconv import quote

if TYPE_CHECKING:
    from pxhelm.actions.services import Services


@dataclass(frozen=True, slots=True)
class PullRequest:
    """``helm pull`` of one chart."""

    reference: str
    flags: ChartFlags = field(default_factory=ChartFlags)
    destination: str = "."
    untar: bool = False
    untar_folder: str = "."
    provenance: bool = False


@dataclass(frozen=True, slots=True)
class PulledChart:
    """A chart that was downloaded."""

    url: str
    path: str
    """The archive, or the folder it was unpacked to."""
    digest: str
    """SHA-256 of the archive, in hexadecimal digits."""


def pull(
    services: Services, request: PullRequest, say: Callable[[str], None], tell: Callable[[str], None]
) -> PulledChart:
    """Download one chart, check it when asked to, write or unpack it; PxhelmError in Helm's words."""
    disk, flags = services.sources.disk, request.flags
    with_provenance = request.provenance or flags.verify
    found = fetch(services, request.reference, flags, want_provenance=with_provenance)
    if flags.verify and found.provenance is None:
        for line in found.said[:-1]:
            tell(line)
        raise PxhelmError(f"failed to fetch provenance {quote(found.url + '.prov')}")
    for line in found.said:
        (say if line.startswith("WARNING") else tell)(line)
    path = posixpath.join(request.destination, found.name) if request.destination != "." else found.name
    if not request.untar:
        disk.write(path, found.archive, folders=False)
        if with_provenance and found.provenance is not None:
            disk.write(f"{path}.prov", found.provenance)
    if flags.verify and found.provenance is not None:
        from pxhelm.actions.verify import verify_bytes

        checked = verify_bytes(services.sources, found.name, found.archive, found.provenance, flags.keyring)
        for line in checked.lines():
            say(line)
    if request.untar:
        path = _unpack(services, request, found)
    return PulledChart(found.url, path, sha256(found.archive).hexdigest())


def _unpack(services: Services, request: PullRequest, found: Fetched) -> str:
    """Write the files of an archive and return their folder."""
    disk = services.sources.disk
    folder = request.untar_folder
    if not posixpath.isabs(folder):
        folder = posixpath.normpath(posixpath.join(request.destination, folder))
    name = posixpath.basename(request.reference.rstrip("/"))
    target = posixpath.normpath(posixpath.join(folder, name))
    if disk.kind(target):
        raise PxhelmError(f"failed to untar: a file or directory with the name {target} already exists")
    if disk.kind(folder) == "file":
        raise PxhelmError(f"failed to untar (mkdir): mkdir {folder}: not a directory")
    files = unpack(found.archive)
    chart = load(files)
    for path, data in files.items():
        disk.write(posixpath.join(folder, chart.name, path), data)
    return posixpath.join(folder, chart.name)
