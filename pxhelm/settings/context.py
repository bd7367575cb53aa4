"""Contexts: clusters, and how to reach and to sign in at them (edge: reads secrets from where a context says)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pxhelm.errors import ExitCode, PxhelmError, system_says
from pxhelm.secret import Secret

SIMULATOR = "simulator"
"""The context that is always there: a simulated cluster on this machine."""
_PATIENCE = 60
"""Seconds for which a command may think about a secret."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret comes from: exactly one of the three; the value itself never stands in the file."""

    env: str = ""
    file: str = ""
    command: tuple[str, ...] = ()
    given: Secret | None = None
    """From a flag."""

    def read(self, what: str) -> Secret:
        """Return the secret; PxhelmError names the source, never the value."""
        if self.given is not None:
            return self.given
        if self.env:
            if self.env not in os.environ:
                raise PxhelmError(
                    f"cannot read {what}: environment variable {self.env} is not set",
                    hint=f"export {self.env}=…",
                )
            return Secret(os.environ[self.env])
        if self.file:
            try:
                return _text(Path(self.file).expanduser().read_bytes(), what, self.file)
            except OSError as error:
                raise PxhelmError(f"cannot read {what}: {system_says(error)}: {self.file}") from None
        if self.command:
            return _text(_printed(self.command, what), what, f"what {self.command[0]} prints")
        raise PxhelmError(f"cannot read {what}: no source is given", hint="set env, file or command in the context")


def _text(raw: bytes, what: str, source: str) -> Secret:
    try:
        return Secret(raw.decode().strip())
    except UnicodeDecodeError:
        raise PxhelmError(f"cannot read {what}: {source} is no text in UTF-8") from None


def _printed(command: tuple[str, ...], what: str) -> bytes:
    """Return what a program prints; what it says of a failure, it says to the user itself."""
    failed = f"cannot read {what}: command {command[0]} failed"
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=_PATIENCE)  # noqa: S603 - the user's own
    except OSError as error:
        raise PxhelmError(f"{failed}: {system_says(error)}") from None
    except subprocess.TimeoutExpired:
        raise PxhelmError(f"{failed}: not done after {_PATIENCE} seconds") from None
    if done.returncode:
        raise PxhelmError(f"{failed}: exit status {done.returncode}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Ssh:
    """How the nodes are reached by the system's ``sftp``."""

    host: str = ""
    """``root@{address}``, ``root@{node}.example.org``."""
    options: tuple[str, ...] = ()
    """Of ``sftp``: ``-i``, ``~/.ssh/pve``."""


@dataclass(frozen=True, slots=True)
class Context:
    """One cluster and how to reach it."""

    name: str
    endpoints: tuple[str, ...] = ()
    """``https://host:8006``, tried in order."""
    token_id: str = ""
    """``user@realm!id``; its secret comes from ``token``."""
    token: SecretSource = field(default_factory=SecretSource)
    user: str = ""
    """``user@realm`` for a password and ticket instead of a token."""
    password: SecretSource = field(default_factory=SecretSource)
    ca_file: str = ""
    fingerprint: str = ""
    """SHA-256 of the certificate, ``AA:BB:…``, pinned."""
    insecure: bool = False
    server_name: str = ""
    """The name that the certificate must have, instead of the endpoint's."""
    at_once: int = 0
    """Requests under way at once; 0 is the client's own limit."""
    per_second: float = 0.0
    """Requests begun in a second; 0 is no limit."""
    namespace: str = ""
    vmid_range: tuple[int, int] = (10000, 99999)
    tag_guests: bool = False
    """Whether guests of ours carry the tag ``pxhelm``, for people who look for them in Proxmox' own pages."""
    label_tags: tuple[str, ...] = ()
    """Keys of the labels that guests carry as tags too: ``app: shop`` as ``app.shop``."""
    drift_policy: str = ""
    """``pxhelm.io/drift-policy`` of objects whose manifest and namespace say nothing; empty = Report."""
    allow_commands: bool = False
    """Whether manifests may run programs of this machine: a Job's ``command``, a secret's ``valueFrom.command``."""

    allow_value_from: tuple[str, ...] = ()
    """Where charts come from that may name variables and files of this machine: repositories, registries, parts of URLs."""

    ssh: Ssh = field(default_factory=Ssh)
    """How files are put on nodes that the API does not take; without a host they are not."""
    shared_paths: Mapping[str, str] = field(default_factory=dict)
    """Storage → the folder of this machine where it is mounted, too."""

    @property
    def simulated(self) -> bool:
        """Whether the cluster is the built-in simulator."""
        return not self.endpoints and self.name == SIMULATOR


def normalize_endpoint(text: str) -> str:
    """Return ``https://host:port`` of what a person types: ``pve1``, ``pve1:8006``, ``https://pve1:8006/``.

    >>> normalize_endpoint("pve1")
    'https://pve1:8006'
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port or 8006
    except ValueError:  # brackets that do not match, a port that is none
        scheme, host, port = "", "", 0
    if not host or scheme not in ("http", "https"):
        raise PxhelmError(
            f"cannot use endpoint {text}: not an address", code=ExitCode.USAGE, hint="write https://HOST:8006"
        )
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
