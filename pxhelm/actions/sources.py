"""Where charts come from, as ports: this machine's files, repositories over HTTP, OCI registries.

``app`` makes them of the edges in ``repo``. Never holds a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pxhelm.repo.access import Access, Artifact, Pulled

DEVELOPMENT = ">0.0.0-0"
"""The range of ``--devel``."""


@dataclass(frozen=True, slots=True)
class ChartFlags:
    """Flags that say where a chart is and how it is checked."""

    version: str = ""
    devel: bool = False
    repo: str = ""
    verify: bool = False
    keyring: str = ""
    access: Access = field(default_factory=Access)

    @property
    def wanted(self) -> str:
        """The version or range that is asked for."""
        return self.version.strip() or (DEVELOPMENT if self.devel else "")


class Disk(Protocol):
    """Files of this machine; failures are PxhelmError in Go's words, ``open NAME: no such file or directory``."""

    def read(self, path: str) -> bytes:
        """Return a file's content."""

    def kind(self, path: str) -> str:
        """Return ``file``, ``folder``, or nothing when there is neither."""

    def modified(self, path: str) -> float:
        """Return when a file was last written, in seconds since 1970."""

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; none when there is no such folder."""

    def write(self, path: str, data: bytes, *, mode: int | None = None, folders: bool = True) -> None:
        """Write a file whole or not at all; ``folders`` says whether missing ones are made."""

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it."""

    def remove(self, path: str) -> None:
        """Remove a file that may be gone already."""

    def absolute(self, path: str) -> str:
        """Return the path from the root, without ``.`` and ``..``."""

    def chart(self, path: str) -> Mapping[str, bytes]:
        """Return the files of a chart folder or archive; ChartError in Helm's words."""


class Web(Protocol):
    """Plain downloads."""

    def get(self, url: str, access: Access) -> bytes:
        """Return what stands behind a URL; PxhelmError in Go's words."""


class Registry(Protocol):
    """An OCI registry; references are ``host/path`` without scheme."""

    def tags(self, reference: str, access: Access) -> list[str]:
        """Return the tags of a repository."""

    def resolve(self, reference: str, tag: str, access: Access) -> str:
        """Return the digest of the manifest under a tag, empty when it cannot be told."""

    def pull(self, reference: str, tag: str, access: Access) -> Pulled:
        """Return the chart under a tag or digest, its digests checked."""

    def push(self, reference: str, tag: str, artifact: Artifact, access: Access) -> str:
        """Store a chart under a tag and return the digest of its manifest."""

    def login(self, host: str, access: Access) -> None:
        """Try the credentials and keep them."""

    def logout(self, host: str) -> None:
        """Forget the credentials of a host."""


class WhenUsed:
    """Stands for a port that is made when something is first asked of it: most charts are folders of this machine."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        made = self.__dict__.get("_made")
        if made is None:
            made = self._made = self._make()
        return getattr(made, name)


@dataclass(frozen=True, slots=True)
class Sources:
    """The ports and the files they keep."""

    disk: Disk
    web: Web
    registry: Registry
    repositories: str
    """repositories.yaml."""
    cache: str
    """Folder of downloaded indexes and charts."""
    keyring: str
    """The keyring that is used when none is named."""
    folder: str
    """The working directory."""
