"""Where a cluster is and whom to trust, as plain data. Never opens a connection."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from pxhelm.proxmox.auth import Auth


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust: the system's authorities, a CA file, one certificate by its fingerprint, or anybody."""

    ca_file: str = ""
    fingerprint: str = ""
    """SHA-256 of the certificate, ``AA:BB:…``; then neither name, authority nor age are looked at."""
    insecure: bool = False
    server_name: str = ""
    """The name that the certificate must have; empty = the endpoint's."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is asked at once, and how patiently; seconds."""

    per_endpoint: int = 6
    in_flight: int = 24
    per_second: float = 0.0
    """Requests begun in a second; 0 is no limit."""
    connect: float = 5.0
    read: float = 30.0
    keepalive: float = 3.0
    """Less than the 5 s after which the server closes."""
    pauses: tuple[float, ...] = (0.2, 0.5, 1.0)
    """Before the first, second, third repetition of a read."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything that is needed to reach a cluster."""

    endpoints: tuple[str, ...]
    """``https://host:8006``, the preferred one first."""
    auth: Auth | None = None
    """None = anonymous; enough for ``/access/ticket`` and ``/access/domains`` alone."""
    tls: Tls = field(default_factory=Tls)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows of itself before it is trusted."""

    fingerprint: str
    subject: str
    issuer: str
    not_after: datetime


def fingerprint_of(der: bytes) -> str:
    """Return the SHA-256 fingerprint as Proxmox shows it: ``AA:BB:…``."""
    return hashlib.sha256(der).digest().hex(":").upper()
