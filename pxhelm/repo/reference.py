"""What a chart argument means: a path, ``repository/chart``, ``oci://…``, a URL, or a name with ``--repo``.

Only reads the text; whether a path exists is told by the caller, who has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.golang.strconv import quote


class Kind(Enum):
    """Where a chart is."""

    PATH = "path"
    REPOSITORY = "repository"
    """In a repository added under a name."""
    REPOSITORY_URL = "repository url"
    """In a repository named by ``--repo``."""
    URL = "url"
    """A packaged chart behind a URL."""
    REGISTRY = "registry"
    """In an OCI registry."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A chart argument, understood."""

    kind: Kind
    name: str
    """The path, the URL, or the chart's name in its repository."""
    repository: str = ""
    """The repository's name or URL."""
    version: str = ""
    """A version or a range; empty = the newest release."""


def parse(text: str, *, version: str = "", repo_url: str = "", exists: bool = False) -> Reference:
    """Tell what a chart argument names, as Helm's LocateChart decides.

    ``exists``: whether a file or folder of that name is there; it wins over a repository of the same name.

    Raises:
        PxhelmError: for a path that is not there and for what is no reference at all.
    """
    name, version = text.strip(), version.strip()
    if exists:
        return Reference(Kind.PATH, name, version=version)
    if name.startswith((".", "/")):
        raise PxhelmError(f"path {quote(name)} not found")
    if name.startswith("oci://"):
        return _registry(name, version)
    if repo_url:
        return Reference(Kind.REPOSITORY_URL, name, repo_url.rstrip("/"), version)
    if name.startswith(("http://", "https://")):
        return Reference(Kind.URL, name, version=version)
    repository, slash, chart = name.partition("/")
    if not slash or not chart:
        raise PxhelmError(
            f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {name}",
            code=ExitCode.USAGE,
            hint="give a folder, a .tgz, repository/chart, oci://registry/chart or --repo URL chart",
        )
    return Reference(Kind.REPOSITORY, chart, repository, version)


def _registry(name: str, version: str) -> Reference:
    """Take a tag off ``oci://host/path/chart:1.2.3``; it must agree with ``--version``."""
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return Reference(Kind.REGISTRY, name, version=version)
    if version and version != tag.replace("_", "+"):
        raise PxhelmError(
            f"chart reference and version mismatch: {version} is not {tag}", code=ExitCode.USAGE, hint="leave one out"
        )
    return Reference(Kind.REGISTRY, path, version=tag.replace("_", "+"))
