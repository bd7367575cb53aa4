"""``Services`` of one command: every port is made when it is first asked for, and closed with the command.

Never decides anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pxhelm.actions.services import ChartSource, Place, Process
from pxhelm.app import reading
from pxhelm.errors import ExitCode, PxhelmError
from pxhelm.events import Listener, Warned, nobody
from pxhelm.secret import SealingKey, Secret
from pxhelm.settings import Context, SecretSource, Settings

if TYPE_CHECKING:
    from pxhelm.actions.contact import Way
    from pxhelm.actions.services import Cluster
    from pxhelm.actions.sources import Sources
    from pxhelm.apply.deliveries import Ways
    from pxhelm.gotemplate.budget import Budget
    from pxhelm.release.objects import ObjectPort
    from pxhelm.render.model import JinjaJob
    from pxhelm.repo.http import Web
    from pxhelm.repo.registry import Registry
    from pxhelm.resource.step import Delivery, Errand
    from pxhelm.store.clusters import Cluster as Known
    from pxhelm.store.leases import Lease
    from pxhelm.store.port import Store

_SIMULATED = "the cluster of this context is simulated: no real machine is touched"
_SIMULATOR_USER = "root@pam!pxhelm"


class Opened:
    """``Services`` of one command, over the adapters that the context asks for."""

    def __init__(self, settings: Settings, context: Context | None, listen: Listener) -> None:
        self.settings = settings
        self._context = context
        self.listen = listen
        self.sleep: Callable[[float], None] = time.sleep
        self.elapsed: Callable[[], float] = time.monotonic
        self.random_bytes: Callable[[int], bytes] = os.urandom
        self.places: Mapping[str, str] = {}
        """What the global flags say about where things are kept; the environment says the rest."""
        self.stranger = ""
        """The chart from elsewhere that this command works on, if it may not name variables and files of this machine."""
        self._to_close: list[Any] = []
        self._met: Known | None = None

    @property
    def context(self) -> Context:
        """The context; PxhelmError when none is set, so offline commands never ask."""
        return self._context or self.settings.context()

    @cached_property
    def place(self) -> Place:
        """Where the command works."""
        context = self.context
        namespace = self.settings.namespace_of(context)
        return Place(
            context.name,
            namespace,
            self._key_of_rows,
            context.simulated,
            context.vmid_range,
            context.tag_guests,
            context.label_tags,
            context.drift_policy,
        )

    @property
    def way(self) -> Way:
        """How the context is told from others: by its name, or by the address that a flag or the environment gives."""
        from pxhelm.actions.contact import Way

        context = self.context
        named = context.simulated or context.name in self.settings.contexts
        return Way(context.name, transient=context.simulated) if named else Way(context.endpoints[0], context.name)

    def meet(self) -> Known:
        """See that the cluster is the one that the context led to before; asked once."""
        from pxhelm.actions.contact import meet

        if self._met is None:
            self._met = meet(self.store, self.cluster, self.way)
        return self._met

    def greet(self) -> None:
        """Meet the cluster only if the context is new, and answers."""
        if self._met is None and self.store.clusters.behind(self.way.context) is None:
            with suppress(PxhelmError):
                self.meet()

    def _key_of_rows(self) -> str:
        way = self.way
        known = self._met or self.store.clusters.behind(way.context) or self.store.clusters.behind(way.formerly)
        return known.key if known is not None else way.context

    @cached_property
    def store(self) -> Store:
        """The store, sealed with this installation's key."""
        from pxhelm.store.sealed import SealedStore, Sealer
        from pxhelm.store.sqlite import open_store

        sealer = Sealer(self.key, lambda: os.urandom(12))  # before the store is there: its key is made with it
        pages = os.environ.get("PXHELM_STORE_MAX_PAGES") or "0"
        if not pages.isdecimal():
            raise PxhelmError(f"cannot use PXHELM_STORE_MAX_PAGES: {pages} is no number of pages")
        store = open_store(self.settings.store, int(pages))
        self._to_close.append(store)
        return SealedStore(store, sealer)

    @cached_property
    def key(self) -> SealingKey:
        """The sealing key: PXHELM_KEY (64 hex digits), else a file beside the store that only its owner can read."""
        from pxhelm.files import key_file

        given = os.environ.get("PXHELM_KEY", "")
        if not given:
            store = self.settings.store
            return key_file(store.with_suffix(".key"), may_make=not store.exists())
        try:
            return SealingKey(bytes.fromhex(given))
        except ValueError:
            raise PxhelmError("cannot use PXHELM_KEY: it is not 64 hexadecimal digits") from None

    @cached_property
    def installation(self) -> str:
        """The id that our markers carry: made once per store and cluster."""
        key = self.place.cluster
        met = self.store.clusters.get(key) or self.meet()  # asks the cluster: not while the store is locked
        with self.store.transaction():
            known = self.store.clusters.get(met.key) or met
            if not known.installation:
                known = replace(known, installation=os.urandom(4).hex())
                self.store.clusters.put(known)
        return known.installation

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster: the real one over HTTPS, or the simulated one in this process."""
        from pxhelm.app import clusters

        context = self.context
        if context.simulated:
            self.listen(Warned(_SIMULATED))
            simulator = clusters.open_simulated(self.settings.directories.data / "simulator.db")
            self._to_close.append(simulator)
            client = clusters.simulated(simulator)
        else:
            client = clusters.real(context)
        self._to_close.append(client)
        return client

    def objects(self, release: str, force_conflicts: bool = False) -> ObjectPort:
        """Return the objects of a release (``namespace/name``) over plan and apply."""
        from pxhelm.apply.objects import ReleaseObjects

        return ReleaseObjects(self, release, force_conflicts=force_conflicts)

    @property
    def user(self) -> str:
        """Who signs in."""
        context = self.context
        return _SIMULATOR_USER if context.simulated else context.token_id or context.user

    @cached_property
    def process(self) -> Process:
        """This process, and how to prove that another one of this machine is dead."""
        from pxhelm.app.held import this_process

        return this_process()

    def hold(self, name: str, seconds: float) -> AbstractContextManager[Lease]:
        """Hold a lease, renewed in a thread, while the block runs."""
        from pxhelm.app.held import hold

        return hold(self.store.leases, self.process, name, seconds)

    @property
    def _api_file(self) -> Path:
        from urllib.parse import quote

        return self.settings.directories.data / "api" / f"{quote(self.place.context, safe='')}.z"

    def api_facts(self) -> bytes | None:
        """Read the fetched API schema of the context."""
        return reading.read_if_there(self._api_file)

    def keep_api_facts(self, facts: bytes) -> str:
        """Write the fetched API schema of the context."""
        from pxhelm.files import write_file

        write_file(self._api_file, facts)
        return str(self._api_file)

    @staticmethod
    def now() -> datetime:
        """Return the time, with its zone."""
        return datetime.now().astimezone()

    @staticmethod
    def new_id() -> str:
        """Make a UUIDv4."""
        import uuid

        return str(uuid.uuid4())

    read = staticmethod(reading.read)
    manifests = staticmethod(reading.manifests)

    @cached_property
    def budget(self) -> Budget:
        """What a rendering may spend."""
        from pxhelm.gotemplate.budget import Budget

        return Budget(*self.settings.limits.of_templates)

    def bounded(self, doing: str = "rendering", memory: int = 1) -> AbstractContextManager[None]:
        """Hold this process to the limits on time and memory, or to several times that memory."""
        from pxhelm.render.sandbox import bounded

        return bounded(self.settings.limits.seconds, self.settings.limits.memory * memory, doing)

    def chart(self, reference: str) -> ChartSource:
        """Read a chart folder or archive."""
        from pxhelm.chart.archive import Limits as ArchiveLimits
        from pxhelm.repo.local import read_chart

        if not Path(reference).exists():
            raise PxhelmError(f'path "{reference}" not found', hint="give the folder or the .tgz of a chart")
        limits = ArchiveLimits(**self.settings.limits.of_archives)
        found = read_chart(reference, limits)
        return ChartSource(found.files, found.warnings, limits)

    @cached_property
    def sources(self) -> Sources:
        """Where charts come from: files, repositories, registries."""
        from pxhelm.actions.sources import Sources, WhenUsed
        from pxhelm.repo.local import Disk

        folders, environ = self.settings.directories, os.environ

        def place(name: str, usual: Path) -> str:
            return self.places.get(name) or environ.get(f"PXHELM_{name.upper()}") or str(usual)

        web: Any = WhenUsed(self._web)
        kept = place("registry_config", folders.config / "registry" / "config.json")
        docker = str(Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json")
        return Sources(
            disk=Disk(),
            web=web,
            registry=cast("Any", WhenUsed(lambda: _registry(kept, docker, web))),
            repositories=place("repository_config", folders.config / "repositories.yaml"),
            cache=place("repository_cache", folders.cache / "repository"),
            keyring=str(Path(environ.get("GNUPGHOME") or Path.home() / ".gnupg") / "pubring.gpg"),
            folder=str(Path.cwd()),
        )

    def _web(self) -> Web:
        from pxhelm.repo.http import Web

        web = Web()
        self._to_close.append(web)
        return web

    def starter(self, name: str) -> Mapping[str, bytes]:
        """Read a starter chart: the user's or one of ours by name, or a folder."""
        from pxhelm.repo.local import read_starter

        return read_starter(name, self.settings.directories.data / "starters")

    @staticmethod
    def post_render(program: str, arguments: tuple[str, ...], text: str) -> str:
        """Pipe a text through an executable."""
        from pxhelm.render.sandbox import post_render

        return post_render(program, arguments, text)

    def jinja(self, job: JinjaJob) -> Mapping[str, str]:
        """Render Jinja templates in a child process with limits."""
        from pxhelm.render.sandbox import Limits as ChildLimits
        from pxhelm.render.sandbox import render_jinja

        return render_jinja(job, ChildLimits(memory_bytes=self.settings.limits.jinja))

    @staticmethod
    def resolve(host: str) -> str:
        """Return an address of a host name, empty when there is none."""
        import socket

        try:
            return socket.gethostbyname(host)
        except OSError:
            return ""

    @staticmethod
    def write_secret(path: str, secret: Secret | None) -> None:
        """Put a secret that Proxmox shows once into a file of the user alone; None only sees that it could be put there."""
        from pxhelm.files import check_writable, write_file

        if secret is None:
            check_writable(path)
            return
        write_file(path, f"{secret.reveal()}\n".encode(), mode=0o600)

    def came_from(self, reference: str, url: str) -> None:
        """Remember a chart from elsewhere, unless the context lists where it comes from."""
        known = [entry.rstrip("/") for entry in self._allow_value_from]
        if not any(name == entry or name.startswith(f"{entry}/") for name in (reference, url) for entry in known):
            self.stranger = reference

    @property
    def _allow_value_from(self) -> tuple[str, ...]:
        try:
            return self.context.allow_value_from
        except PxhelmError:  # no context: nothing is applied
            return ()

    @cached_property
    def allowed(self) -> frozenset[str]:
        """What manifests may do from this machine, ``commands``, ``ssh``, ``path:STORAGE``."""
        ways = self.ways
        found = {"commands": self.context.allow_commands, "ssh": bool(ways.host)}
        return frozenset(
            (*(name for name, is_so in found.items() if is_so), *(f"path:{name}" for name in ways.folders))
        )

    @cached_property
    def ways(self) -> Ways:
        """How files get to storages past the API."""
        from pxhelm.apply.deliveries import Ways

        context = self.context
        return Ways(context.ssh.host, context.ssh.options, context.shared_paths)

    def errand(self, errand: Errand | Delivery) -> tuple[str, ...]:
        """Do what a manifest wants done from this machine."""
        from pxhelm.apply.errands import do

        return do(errand, self.ways)

    def read_secret(self, source: Mapping[str, Any]) -> Secret:
        """Read a secret of a manifest from where ``valueFrom`` says; PxhelmError (REFUSED) for a program that may not run."""
        command = source.get("command") or ()
        if command and "commands" not in self.allowed:
            raise PxhelmError(
                f"cannot read the secret: valueFrom.command would run {command[0]} on this machine",
                code=ExitCode.REFUSED,
                hint="if you trust it: allowCommands: true in the context, or PXHELM_ALLOW_COMMANDS=1",
            )
        return SecretSource(str(source.get("env", "")), str(source.get("file", "")), tuple(command)).read("the secret")

    def rehearse(self) -> AbstractContextManager[Opened]:
        """Hand out services over a fresh simulated cluster, which is gone afterwards."""
        return rehearsal(self.settings)

    def close(self) -> None:
        """Close what was opened, last first."""
        while self._to_close:
            self._to_close.pop().close()


def _registry(kept: str, docker: str, web: Web) -> Registry:
    from pxhelm.repo.credentials import Credentials
    from pxhelm.repo.registry import Registry

    return Registry(Credentials(kept, (docker,)), web)


@contextmanager
def rehearsal(settings: Settings) -> Iterator[Opened]:
    """Hand out services over a fresh simulated cluster and store, which are gone afterwards."""
    import tempfile

    from pxhelm.settings import SIMULATOR

    with tempfile.TemporaryDirectory(prefix="pxhelm-") as folder:
        fresh = replace(
            settings, directories=replace(settings.directories, data=Path(folder)), store_file=Path(folder) / "store.db"
        )
        opened = Opened(fresh, fresh.variables.on(Context(SIMULATOR)), nobody)
        try:
            yield opened
        finally:
            opened.close()
