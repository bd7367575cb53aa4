"""How a repository or registry lets us in, and what goes in and out of one. Never reads a file, never connects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pxhelm.secret import Secret


@dataclass(frozen=True, slots=True)
class Access:
    """Credentials and what to trust, as flags and repositories.yaml give them."""

    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    insecure: bool = False
    plain_http: bool = False
    pass_credentials: bool = False
    """Also send them to other hosts than the repository's own."""
    home: str = ""
    """URL of the repository the credentials belong to; empty = whichever is asked."""
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Credential:
    """What lets us in at a registry: name and password, or a token to get tokens with."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A chart out of a registry."""

    digest: str
    """Of the manifest, ``sha256:…``."""
    archive: bytes
    provenance: bytes | None
    legacy: bool = False
    """Whether it was stored under the media type that Helm used at first."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A chart on its way to a registry."""

    config: bytes
    archive: bytes
    provenance: bytes | None
    annotations: Mapping[str, str]
