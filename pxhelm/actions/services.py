"""The ports that actions are given, in one bundle; ``app`` makes them, tests fake them.

Each is made when it is first asked for, so that a command pays only for what it uses. Never holds a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from pxhelm.actions.sources import Sources
    from pxhelm.chart.archive import Limits
    from pxhelm.events import Listener
    from pxhelm.gotemplate.budget import Budget
    from pxhelm.proxmox.request import ApiGen
    from pxhelm.release.objects import ObjectPort
    from pxhelm.render.model import JinjaRenderer
    from pxhelm.secret import SealingKey
    from pxhelm.store.clusters import Cluster as Known
    from pxhelm.store.leases import Holder, IsDead, Lease
    from pxhelm.store.port import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works."""

    context: str
    """Name of the context: what people are told."""
    namespace: str
    key: Callable[[], str]
    """Looks up what keys every row of the store: the cluster behind the context, as it was met last."""
    simulated: bool = False
    vmid_range: tuple[int, int] = (10000, 99999)
    tag_guests: bool = False
    """Whether guests of ours carry a tag."""
    label_tags: tuple[str, ...] = ()
    """Keys of the labels that guests show as tags."""
    drift_policy: str = ""
    """What happens to drift of objects that say nothing of it, and whose namespace does not."""

    @property
    def cluster(self) -> str:
        """What keys every row of the store."""
        return self.key()


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart's files and what was logged while reading them."""

    files: Mapping[str, bytes]
    warnings: tuple[str, ...] = ()
    limits: Limits | None = None
    """What the archives in it may hold; None = the usual."""


@dataclass(frozen=True, slots=True)
class Process:
    """Who runs the command: for leases, and for proving that another holder is dead."""

    holder: Holder
    is_dead: IsDead
    user: str = ""
    """Account of the operating system that gave the command."""


class Cluster(Protocol):
    """Runs generators of requests against the cluster of the context."""

    def run(self, operation: ApiGen[T]) -> T:
        """Drive one operation to its end; raises what it raises (``ApiError``)."""

    def run_all(self, operations: Sequence[ApiGen[T]], limit: int = 0) -> list[T | Exception]:
        """Drive many at once, within the limits per node and ``limit``; a failure takes the place of its result."""


class Services(Protocol):
    """Everything an action may use."""

    @property
    def place(self) -> Place:
        """Where the command works."""

    @property
    def store(self) -> Store:
        """What pxhelm remembers, sealed at rest."""

    @property
    def cluster(self) -> Cluster:
        """The cluster of the context."""

    @property
    def objects(self) -> Callable[[str, bool], ObjectPort]:
        """Return the objects of a release (``namespace/name``; whether to take fields over from other managers)."""

    @property
    def meet(self) -> Callable[[], Known]:
        """See that the cluster is the one that the context led to before, and return it; asked once per command.

        For every command that may change the cluster or the store, before it looks into the store.
        """

    @property
    def greet(self) -> Callable[[], None]:
        """Meet the cluster only if the context is new; nothing happens when it does not answer."""

    @property
    def budget(self) -> Budget:
        """What a rendering may spend."""

    @property
    def bounded(self) -> Callable[..., AbstractContextManager[None]]:
        """Hold the process to limits on time and memory while the block runs; RenderError when one is reached.

        May be told what the block does, if not rendering, and how many times the memory of a rendering it may take.
        """

    @property
    def key(self) -> SealingKey:
        """Seals payloads and keys the HMACs of write-only values."""

    @property
    def installation(self) -> str:
        """The id that our markers carry."""

    @property
    def process(self) -> Process:
        """Who runs the command."""

    @property
    def hold(self) -> Callable[[str, float], AbstractContextManager[Lease]]:
        """Hold a lease of the store, renewed in the background, for as long as the block runs; LeaseHeldError."""

    @property
    def listen(self) -> Listener:
        """Told everything that happens."""

    @property
    def now(self) -> Callable[[], datetime]:
        """An aware clock."""

    @property
    def elapsed(self) -> Callable[[], float]:
        """Seconds of a clock that only goes forward."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Wait for seconds."""

    @property
    def new_id(self) -> Callable[[], str]:
        """Make a UUIDv4."""

    @property
    def random_bytes(self) -> Callable[[int], bytes]:
        """Make random bytes."""

    @property
    def read(self) -> Callable[[str], bytes]:
        """Read a file of the user's, ``-`` for standard input; PxhelmError ``open NAME: no such file or directory``."""

    @property
    def chart(self) -> Callable[[str], ChartSource]:
        """Read a chart by path; PxhelmError in Helm's words."""

    @property
    def manifests(self) -> Callable[[str], Mapping[str, bytes]]:
        """Read the manifest files a ``-f`` names: a file, every YAML of a folder, or ``-``."""

    @property
    def post_render(self) -> Callable[[str, tuple[str, ...], str], str]:
        """Pipe a text through an executable: program, arguments, text."""

    @property
    def jinja(self) -> JinjaRenderer:
        """Render Jinja templates in a child process with limits."""

    @property
    def resolve(self) -> Callable[[str], str]:
        """Return an address of a host name, empty when there is none (``--enable-dns``)."""

    @property
    def api_facts(self) -> Callable[[], bytes | None]:
        """Return the API schema of the context's server that was fetched from it; None when none was."""

    @property
    def keep_api_facts(self) -> Callable[[bytes], str]:
        """Keep the API schema of the context's server, and return the name of its file."""

    @property
    def starter(self) -> Callable[[str], Mapping[str, bytes]]:
        """Read a starter chart by name or path."""

    @property
    def sources(self) -> Sources:
        """Where charts come from: files, repositories, registries."""

    @property
    def came_from(self) -> Callable[[str, str], None]:
        """Remember that the chart was fetched from elsewhere: how it was called, and its URL (kinds.md 2.3)."""

    def rehearse(self) -> AbstractContextManager[Services]:
        """Hand out services over a fresh simulated cluster, which is gone afterwards."""
