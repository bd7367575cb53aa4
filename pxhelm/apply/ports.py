"""What apply needs of the world, as one bundle of ports; ``actions`` fills it from its services.

Never holds a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Listener, nobody
from pxhelm.plan.leaf import Fingerprint
from pxhelm.proxmox.request import ApiGen
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import SecretSource
from pxhelm.secret import Secret
from pxhelm.store.leases import Holder, IsDead, never
from pxhelm.store.port import Store

T = TypeVar("T")


class Cluster(Protocol):
    """Runs generators of requests against the cluster."""

    def run(self, operation: ApiGen[T]) -> T:
        """Drive one operation to its end; raises what it raises (``ApiError``)."""

    def run_all(self, operations: Sequence[ApiGen[T]]) -> list[T | Exception]:
        """Drive many at once, within the limits per node; a failure takes the place of its result."""


def no_secrets(source: SecretSource) -> Secret:
    """Refuse to read any secret."""
    raise PxhelmError(f"cannot read the secret {source}: secrets are not available here", code=ExitCode.REFUSED)


@dataclass(frozen=True, slots=True)
class Ports:
    """The world of one command."""

    cluster: Cluster
    store: Store
    cluster_name: str
    """Name of the context: keys every row of the store."""
    installation: str
    """Id that our markers carry."""
    fingerprint: Fingerprint
    """Keyed HMAC of a text (``SealingKey.fingerprint``)."""
    holder: Holder
    """Who runs the command, for leases."""
    now: Callable[[], float]
    """Unix seconds."""
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
    """Makes a UUIDv4."""
    kind_of: Callable[[str], Kind]
    """The kind of a name; PxhelmError when there is none."""
    is_dead: IsDead = never
    listen: Listener = nobody
    read_secret: Callable[[SecretSource], Secret] = no_secrets
    actor: str = ""
    """Who asked, for the journal."""
    vmid_range: tuple[int, int] = (10000, 99999)
