"""A chart folder to an archive, signed when asked for; ``helm package``."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pxhelm.actions.dependency import DependencyRequest, update
from pxhelm.actions.sources import ChartFlags
from pxhelm.chart.load import load
from pxhelm.chart.package import file_name, pack
from pxhelm.chart.provenance import LockedKeyError
from pxhelm.chart.resolve import check_complete, with_versions
from pxhelm.errors import PxhelmError

if TYPE_CHECKING:
    from pxhelm.actions.services import Services


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """``helm package`` of one chart."""

    path: str
    destination: str = "."
    version: str = ""
    app_version: str = ""
    update: bool = False
    sign: bool = False
    key: str = ""
    keyring: str = ""
    passphrase: bytes | None = None
    ask: Callable[[], bytes] | None = None
    """Asks for the passphrase of a locked key when none was given; None = nobody is there to ask."""
    modified: int | None = None
    """Time of every file in the archive, in seconds since 1970; None = now."""
    flags: ChartFlags = field(default_factory=ChartFlags)
    """How the repositories of dependencies let us in."""


def package(services: Services, request: PackageRequest) -> str:
    """Write the archive (and its provenance) and return its path; PxhelmError in Helm's words."""
    disk = services.sources.disk
    path = disk.absolute(request.path)
    if not disk.kind(path):
        raise PxhelmError(f"stat {request.path}: no such file or directory")
    if request.update:
        update(services, DependencyRequest(path, flags=request.flags))
    if disk.kind(path) != "folder":
        raise PxhelmError("Chart.yaml file is missing", hint=f"{request.path} is no folder of a chart")
    chart = load(disk.chart(path))
    chart = with_versions(chart, request.version, request.app_version)
    check_complete(chart)
    folder = services.sources.folder if request.destination == "." else request.destination
    name = file_name(chart)
    modified = int(services.now().timestamp()) if request.modified is None else request.modified
    archive = pack(chart, modified)
    if disk.kind(folder) == "file":
        raise PxhelmError(f"failed to save: is not a directory: {folder}")
    target = posixpath.join(folder, name)
    disk.write(target, archive)
    if request.sign:
        from pxhelm.actions.verify import sign

        keyring = request.keyring or services.sources.keyring
        try:
            made = sign(services.sources, chart, archive, keyring, (request.key, request.passphrase))
        except LockedKeyError:
            if request.ask is None:
                raise
            made = sign(services.sources, chart, archive, keyring, (request.key, request.ask()))
        disk.write(f"{target}.prov", made)
    return target
