"""The composition root: the only module that names a concrete adapter.

Never decides anything: it reads settings, makes adapters when they are first asked for, and hands them out as
``Services``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pxhelm.actions.services import ChartSource, Place, Process
from pxhelm.errors import PxhelmError
from pxhelm.events import Listener, Warned, nobody
from pxhelm.golang.bounds import bounds
from pxhelm.secret import SealingKey, Secret
from pxhelm.settings import Context, SecretSource, Settings, context_of, load, write_secret

if TYPE_CHECKING:
    from pxhelm.actions.contact import Way
    from pxhelm.actions.services import Cluster
    from pxhelm.actions.sources import Sources
    from pxhelm.gotemplate.budget import Budget
    from pxhelm.proxmox.client import Client
    from pxhelm.proxmox.connection import Certificate, Connection
    from pxhelm.release.objects import ObjectPort
    from pxhelm.render.model import JinjaJob
    from pxhelm.repo.http import Web
    from pxhelm.repo.registry import Registry
    from pxhelm.store.clusters import Cluster as Known
    from pxhelm.store.leases import Lease
    from pxhelm.store.port import Store

SIMULATED = "the cluster of this context is simulated: no real machine is touched"


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
        return Place(context.name, namespace, self._key_of_rows, context.simulated, context.vmid_range)

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

        store = open_store(self.settings.store, int(os.environ.get("PXHELM_STORE_MAX_PAGES") or 0))
        self._to_close.append(store)
        return SealedStore(store, Sealer(self.key, lambda: os.urandom(12)))

    @cached_property
    def key(self) -> SealingKey:
        """The sealing key: PXHELM_KEY (64 hex digits), else a file beside the store that only its owner can read."""
        given = os.environ.get("PXHELM_KEY", "")
        if given:
            try:
                return SealingKey(bytes.fromhex(given))
            except ValueError:
                raise PxhelmError("cannot use PXHELM_KEY: it is not 64 hexadecimal digits") from None
        from pxhelm.files import key_file

        return key_file(self.settings.store.with_suffix(".key"))

    @cached_property
    def installation(self) -> str:
        """The id that our markers carry: made once per store and cluster."""
        with self.store.transaction():
            known = self.store.clusters.get(self.place.cluster) or self.meet()
            if not known.installation:
                known = replace(known, installation=os.urandom(4).hex())
                self.store.clusters.put(known)
        return known.installation

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster: the real one over HTTPS, or the simulated one in this process."""
        from pxhelm.proxmox.client import Client

        context = self.context
        if context.simulated:
            self.listen(Warned(SIMULATED))
            client = _simulated(self.settings, self._to_close)
        else:
            client = Client(_connection(context))
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
        return SIMULATOR_TOKEN_ID if context.simulated else context.token_id or context.user

    @cached_property
    def process(self) -> Process:
        """This process, and how to prove that another one of this machine is dead."""
        import socket

        from pxhelm.files import boot_id, process_started
        from pxhelm.store.leases import Holder, provably_dead

        holder = Holder(socket.gethostname(), boot_id(), os.getpid(), process_started(os.getpid()) or "")
        user = os.environ.get("SUDO_USER") or os.environ.get("USER") or os.environ.get("LOGNAME") or str(os.getuid())
        return Process(holder, lambda other: provably_dead(other, holder, process_started), user)

    @contextmanager
    def hold(self, name: str, seconds: float) -> Iterator[Lease]:
        """Hold a lease, renewed in a thread, while the block runs."""
        leases, process = self.store.leases, self.process
        lease = leases.acquire(name, process.holder, seconds, time.time(), process.is_dead)
        ended = threading.Event()

        def renew() -> None:
            nonlocal lease
            while not ended.wait(seconds / 3):
                try:
                    lease = leases.renew(lease, seconds, time.time())
                except PxhelmError:
                    return  # lost: the journal's own check refuses whatever is written after this

        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield lease
        finally:
            ended.set()
            thread.join()
            leases.release(lease)

    @property
    def _api_file(self) -> Path:
        from urllib.parse import quote

        return self.settings.directories.data / "api" / f"{quote(self.place.context, safe='')}.z"

    def api_facts(self) -> bytes | None:
        """Read the fetched API schema of the context."""
        try:
            return self._api_file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PxhelmError(f"cannot read {self._api_file}: {_reason(error)}") from None

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

    @staticmethod
    def read(name: str) -> bytes:
        """Read a file of the user's, ``-`` for standard input."""
        if name == "-":
            return sys.stdin.buffer.read()
        try:
            return Path(name).read_bytes()
        except OSError as error:
            raise PxhelmError(f"open {name}: {_reason(error)}") from None

    @cached_property
    def budget(self) -> Budget:
        """What a rendering may spend."""
        from pxhelm.gotemplate.budget import Budget

        return Budget(*self.settings.limits.of_templates)

    def bounded(self) -> AbstractContextManager[None]:
        """Hold this process to the limits on time and memory."""
        from pxhelm.render.sandbox import bounded

        return bounded(self.settings.limits.seconds, self.settings.limits.memory)

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

    @staticmethod
    def manifests(name: str) -> Mapping[str, bytes]:
        """Read the manifest files that ``-f`` names."""
        path = Path(name)
        if name == "-" or not path.is_dir():
            return {name: Opened.read(name)}
        found = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml", ".json") and p.is_file())
        if not found:
            raise PxhelmError(f"cannot read {name}: no .yaml, .yml or .json file is in it")
        return {str(p): p.read_bytes() for p in found}

    @staticmethod
    def starter(name: str) -> Mapping[str, bytes]:
        """Read a starter chart: one of ours by name, or a folder."""
        from pxhelm.repo.local import read_starter

        return read_starter(name)

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

    write_secret = staticmethod(write_secret)

    @staticmethod
    def read_secret(source: Mapping[str, Any]) -> Secret:
        """Read a secret of a manifest from where ``valueFrom`` says."""
        command = source.get("command") or ()
        return SecretSource(str(source.get("env", "")), str(source.get("file", "")), tuple(command)).read("the secret")

    def rehearse(self) -> AbstractContextManager[Opened]:
        """Hand out services over a fresh simulated cluster, which is gone afterwards."""
        return rehearsal(self.settings)

    def close(self) -> None:
        """Close what was opened, last first."""
        while self._to_close:
            self._to_close.pop().close()


PLACES = ("registry_config", "repository_config", "repository_cache")
SIMULATOR_TOKEN_ID = "root@pam!pxhelm"  # noqa: S105 - the name of a token, not its secret


def _registry(kept: str, docker: str, web: Web) -> Registry:
    from pxhelm.repo.credentials import Credentials
    from pxhelm.repo.registry import Registry

    return Registry(Credentials(kept, (docker,)), web)


@contextmanager
def open_services(flags: Mapping[str, Any], listen: Listener = nobody) -> Iterator[Opened]:
    """Hand out the services that the global flags and the environment ask for, and close them afterwards."""
    settings = load(config_file=flags.get("config", ""), namespace=flags.get("namespace", ""))
    context = context_of(settings, flags, os.environ)
    opened = _made[-1](settings, context, listen)
    bounds.yaml_depth, bounds.yaml_aliases, bounds.regex_memory = settings.limits.of_readers
    opened.places = {name: flags[name] for name in PLACES if flags.get(name)}
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def rehearsal(settings: Settings) -> Iterator[Opened]:
    """Hand out services over a fresh simulated cluster and store, which are gone afterwards."""
    import tempfile

    from pxhelm.settings import SIMULATOR

    with tempfile.TemporaryDirectory(prefix="pxhelm-") as folder:
        fresh = replace(
            settings, directories=replace(settings.directories, data=Path(folder)), store_file=Path(folder) / "store.db"
        )
        opened = Opened(fresh, Context(SIMULATOR), nobody)
        try:
            yield opened
        finally:
            opened.close()


Make = Callable[[Settings, Context | None, Listener], Opened]

_made: list[Make] = [Opened]


@contextmanager
def composed(make: Make) -> Iterator[None]:
    """Let ``open_services`` hand out another bundle while the block runs, such as one over a pretended cluster."""
    _made.append(make)
    try:
        yield
    finally:
        _made.pop()


def forget_contact(settings: Settings, context: str) -> None:
    """Forget which cluster a context led to; what is stored of the cluster stays."""
    if settings.store.exists():
        from pxhelm.store.sqlite import open_store

        store = open_store(settings.store)
        store.clusters.part(context)
        store.close()


def peek_certificate(endpoint: str) -> Certificate:
    """Return what a server shows of itself, before anything is sent to it."""
    from pxhelm.proxmox.https import peek_certificate as peek

    return peek(endpoint)


def jinja_child() -> int:
    """Render one Jinja job from standard input to standard output; the hidden child of ``render.sandbox``."""
    from pxhelm.render.sandbox import child_main

    return child_main()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _connection(context: Context) -> Connection:
    from pxhelm.proxmox.auth import ApiToken, Login
    from pxhelm.proxmox.connection import Connection, Limits, Tls

    auth: ApiToken | Login | None = None
    if context.token_id:
        auth = ApiToken(context.token_id, context.token.read(f"the token of context {context.name}"))
    elif context.user:
        auth = Login(context.user, context.password.read(f"the password of context {context.name}"))
    else:
        raise PxhelmError(
            f"cannot sign in to context {context.name}: it has neither a token nor a user",
            hint=f"add one with `pxhelm config add {context.name}`",
        )
    tls = Tls(context.ca_file, context.fingerprint, context.insecure, context.server_name)
    limits = replace(Limits(), per_second=context.per_second)
    if context.at_once:
        limits = replace(limits, in_flight=context.at_once, per_endpoint=context.at_once)
    return Connection(context.endpoints, auth, tls, limits)


SIMULATED_PACE = 0.01
"""Factor on the durations of the built-in cluster's tasks: they can be seen, nobody waits for them."""


def _simulated(settings: Settings, to_close: list[Any]) -> Client:
    import sqlite3

    from pxhelm.proxmox.auth import parse_token
    from pxhelm.proxmox.client import Client, LocalTransport
    from pxhelm.proxmox.connection import Connection
    from pxhelm.simulator import seed
    from pxhelm.simulator.serve import Options, open_simulator

    path = settings.directories.data / "simulator.db"
    try:
        simulator = open_simulator(Options(str(path), nodes=3, time_scale=SIMULATED_PACE))
    except (sqlite3.DatabaseError, OSError) as error:
        raise PxhelmError(
            f"cannot open the simulated cluster {path}: {error}", hint="remove the file to begin with a fresh cluster"
        ) from None
    to_close.append(simulator)
    return Client(
        Connection(("simulator",), parse_token(seed.TOKEN)),
        open_transport=lambda _endpoint: LocalTransport(simulator.send),
    )
