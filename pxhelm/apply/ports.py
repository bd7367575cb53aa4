"""What apply needs of the world, as one bundle of ports; ``actions`` fills it from its services.

Never holds a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol, TypeVar

from pxhelm.apply import errands
from pxhelm.apply.reach import reach
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Listener, nobody
from pxhelm.plan.leaf import Fingerprint
from pxhelm.proxmox.request import ApiGen
from pxhelm.proxmox.schema import Schema, best, load
from pxhelm.resource.guest_tag import TAG
from pxhelm.resource.kind import Kind
from pxhelm.resource.model import SecretSource
from pxhelm.resource.readiness import Reach
from pxhelm.resource.step import Delivery, Errand
from pxhelm.secret import SealingKey, Secret
from pxhelm.store.clusters import Cluster as Known
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


def no_file(path: str, _secret: Secret | None) -> None:
    """Refuse to write any secret."""
    raise PxhelmError(f"cannot write a secret to {path}: files are not available here", code=ExitCode.REFUSED)


@dataclass(frozen=True, slots=True)
class Ports:
    """The world of one command."""

    cluster: Cluster
    store: Store
    cluster_name: str
    """What keys every row of the store (``store.clusters.Cluster.key``)."""
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
    write_secret: Callable[[str, Secret | None], None] = no_file
    """Put a secret into a file that only its owner may read; None sees that it could be, and changes nothing."""
    errand: Callable[[Errand | Delivery], tuple[str, ...]] = errands.do
    """Do what is done from here, and return what was printed; ApiError when it fails."""
    reach: Callable[[Reach], bool] = reach
    """Whether a port answers, as seen from here."""
    allowed: frozenset[str] = frozenset()
    """What the operator allows manifests to do from this machine: ``commands``, ``ssh``, ``path:STORAGE``."""
    stranger: Callable[[], str] = str
    """The chart from elsewhere whose manifests may not read this machine; empty = none."""
    actor: str = ""
    """Who asked, for the journal."""
    tag: str = ""
    """The tag that guests of ours carry; empty = none."""
    label_tags: tuple[str, ...] = ()
    """Keys of the labels that guests show as tags."""
    drift_policy: str = ""
    """What happens to drift of objects that say nothing of it, and whose namespace does not."""
    vmid_range: tuple[int, int] = (10000, 99999)
    user: str = ""
    """Who signs in, ``user@realm!token``: whose tasks are ours."""
    cluster_title: str = ""
    """Proxmox' name of the cluster, as it was at first contact."""
    schema_of: Callable[[str], Schema] = load
    """The API schema of a version of Proxmox VE."""

    @property
    def permits(self) -> Mapping[str, bool]:
        """Return what the operator allows, as options of a plan: ``allow-commands``; and ``by-token``, what a token may not."""
        return {**{f"allow-{what}": True for what in self.allowed}, "by-token": "!" in self.user}


class PlacePort(Protocol):
    """Where a command works (``actions.services.Place``)."""

    @property
    def tag_guests(self) -> bool:
        """Whether guests of ours carry a tag."""

    @property
    def label_tags(self) -> tuple[str, ...]:
        """Keys of the labels that guests show as tags."""

    @property
    def drift_policy(self) -> str:
        """What happens to drift where nobody says anything of it."""

    @property
    def vmid_range(self) -> tuple[int, int]:
        """VMIDs that may be chosen."""


class ProcessPort(Protocol):
    """Who runs the command (``actions.services.Process``)."""

    @property
    def holder(self) -> Holder:
        """For leases."""

    @property
    def is_dead(self) -> IsDead:
        """Proves another holder dead."""

    @property
    def user(self) -> str:
        """Account that gave the command."""


class ServicesPort(Protocol):
    """The part of ``actions.services.Services`` from which ports are made."""

    @property
    def place(self) -> PlacePort:
        """Where the command works."""

    @property
    def meet(self) -> Callable[[], Known]:
        """See that the cluster is the one that the context led to before, and return it."""

    @property
    def store(self) -> Store:
        """What pxhelm remembers."""

    @property
    def cluster(self) -> Cluster:
        """The cluster of the context."""

    @property
    def key(self) -> SealingKey:
        """Keys the fingerprints of secrets."""

    @property
    def installation(self) -> str:
        """The id that our markers carry."""

    @property
    def process(self) -> ProcessPort:
        """Who runs the command."""

    @property
    def listen(self) -> Listener:
        """Told everything that happens."""

    @property
    def now(self) -> Callable[[], datetime]:
        """An aware clock."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Wait for seconds."""

    @property
    def new_id(self) -> Callable[[], str]:
        """Make a UUIDv4."""


def ports_of(services: ServicesPort, actor: str = "") -> Ports:
    """Return the ports that an action's services make.

    The cluster is met first. Secrets are read by ``services.read_secret`` (a map with ``env``, ``file`` or ``command``),
    where there is one.
    """
    from pxhelm.kinds import kind_of

    met = services.meet()
    read: Callable[[Mapping[str, object]], Secret] | None = getattr(services, "read_secret", None)

    def read_secret(source: SecretSource) -> Secret:
        if read is None or source.source == "secretRef":
            return no_secrets(source)
        return read({source.source: list(source.command) if source.command else source.name})

    own: Callable[[], bytes | None] = getattr(services, "api_facts", lambda: None)
    clock = services.now
    return Ports(
        cluster=services.cluster,
        store=services.store,
        cluster_name=met.key,
        cluster_title=met.title,
        installation=services.installation,
        fingerprint=services.key.fingerprint,
        holder=services.process.holder,
        now=lambda: clock().timestamp(),
        sleep=services.sleep,
        new_id=services.new_id,
        kind_of=kind_of,
        is_dead=services.process.is_dead,
        listen=services.listen,
        read_secret=read_secret,
        errand=getattr(services, "errand", errands.do),
        allowed=getattr(services, "allowed", frozenset()),
        stranger=lambda: getattr(services, "stranger", ""),
        write_secret=getattr(services, "write_secret", None) or no_file,
        user=getattr(services, "user", ""),
        actor=actor or "@".join(part for part in (services.process.user, services.process.holder.host) if part),
        vmid_range=services.place.vmid_range,
        tag=TAG if services.place.tag_guests else "",
        label_tags=services.place.label_tags,
        drift_policy=services.place.drift_policy,
        schema_of=cache(lambda version: best(version, own())),
    )
