"""Files, environment, contexts and directories that say how pxhelm runs (edge).

Never opens a store or a connection. A context names a cluster, as in kubeconfig: endpoints, how to authenticate, how
to trust; secrets stand in the environment, a file or a command's output, and are read only when they are needed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from pxhelm.errors import ExitCode, PxhelmError, Where
from pxhelm.secret import Secret

SIMULATOR = "simulator"
"""The context that is always there: a simulated cluster on this machine."""


@dataclass(frozen=True, slots=True)
class Directories:
    """Where pxhelm keeps things; each can be set by a ``PXHELM_*`` variable."""

    config: Path
    data: Path
    cache: Path
    state: Path
    """Log files of our own bugs."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Directories:
        """Return the directories of this user; none is created."""
        given = {name: environ.get(f"PXHELM_{name.upper()}_HOME", "") for name in ("config", "data", "cache", "state")}
        if not all(given.values()):
            from platformdirs import PlatformDirs

            dirs = PlatformDirs("pxhelm", appauthor=False)
            usual = {
                "config": dirs.user_config_dir,
                "data": dirs.user_data_dir,
                "cache": dirs.user_cache_dir,
                "state": dirs.user_state_dir,
            }
            given = {name: value or usual[name] for name, value in given.items()}
        return cls(**{name: Path(value) for name, value in given.items()})


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
                return Secret(Path(self.file).expanduser().read_text(encoding="utf-8").strip())
            except OSError as error:
                raise PxhelmError(f"cannot read {what}: {error.strerror}: {self.file}") from None
        if self.command:
            try:
                done = subprocess.run(self.command, capture_output=True, check=True, timeout=60)  # noqa: S603 - the user's own
            except (OSError, subprocess.SubprocessError) as error:
                reason = getattr(error, "strerror", None) or type(error).__name__
                raise PxhelmError(f"cannot read {what}: command {self.command[0]} failed: {reason}") from None
            return Secret(done.stdout.decode().strip())
        raise PxhelmError(f"cannot read {what}: no source is given", hint="set env, file or command in the context")


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
    allow_commands: bool = False
    """Whether manifests may run programs of this machine: a Job's ``command``, a secret's ``valueFrom.command``."""

    @property
    def simulated(self) -> bool:
        """Whether the cluster is the built-in simulator."""
        return not self.endpoints and self.name == SIMULATOR


@dataclass(frozen=True, slots=True)
class Limits:
    """What a chart may cost before it is refused: from ``limits`` of the configuration, then from PXHELM_LIMITS."""

    seconds: float = 60.0
    """To read and render a chart."""
    memory: int = 1 << 30
    """Bytes that reading and rendering may take."""
    steps: int = 20_000_000
    """Loop iterations and template calls."""
    output: int = 256 << 20
    """Characters that templates write."""
    depth: int = 3_000
    """Nested template calls."""
    files: int = 20_000
    """Files of an archive."""
    file: int = 5 << 20
    """Bytes of one file."""
    archive: int = 100 << 20
    """Bytes of an archive's files."""
    chart: int = 256 << 20
    """Bytes of all files of a chart and of the archives in it."""
    nested: int = 12
    """Archives within archives."""
    yaml: int = 400
    """Nested levels of a YAML document."""
    aliases: int = 100
    """Nodes reached by YAML aliases before their share of the document counts."""
    regex: int = 64 << 20
    """Bytes that a compiled regular expression may take."""
    jinja: int = 512 << 20
    """Bytes that Jinja templates may take."""

    @property
    def of_templates(self) -> tuple[int, float, int, int]:
        """Return what the template engine counts."""
        return self.steps, self.seconds, self.output, self.depth

    @property
    def of_readers(self) -> tuple[int, int, int]:
        """Return what readers of YAML and of patterns count."""
        return self.yaml, self.aliases, self.regex

    @property
    def of_archives(self) -> dict[str, int]:
        """Return what is counted while archives are read."""
        names = ("file", "files", "nested")
        return {"total": self.archive, "everything": self.chart, **{name: getattr(self, name) for name in names}}


def read_limits(given: Mapping[str, object], base: Limits, source: str) -> Limits:
    """Return limits with some replaced; PxhelmError for a name that is none or a value that is no number."""
    known = {one.name: one.type for one in fields(Limits)}
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise PxhelmError(
                f"cannot read {source}: unknown limit {name}", code=ExitCode.USAGE, hint=f"one of {', '.join(known)}"
            )
        text = str(value).strip()
        factor = 1 << {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
        try:
            number = float(text[:-1] if factor > 1 else text) * factor
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            raise PxhelmError(
                f"cannot read {source}: limit {name} is {text or 'empty'}, not a number above 0",
                code=ExitCode.USAGE,
                hint="write 120, 512M or 4G",
            )
        changes[name] = number if name == "seconds" else int(number)
    return replace(base, **changes)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command starts with: directories, contexts, and the overrides of its flags."""

    directories: Directories
    config_file: Path
    contexts: Mapping[str, Context]
    current: str
    """Name of the current context; empty when none is set."""
    namespace: str = ""
    """From ``--namespace`` or ``PXHELM_NAMESPACE``; empty = the context's, else ``default``."""
    store_file: Path | None = None
    """From ``PXHELM_STORE``; else ``pxhelm.db`` in the data directory."""
    limits: Limits = Limits()

    def context(self, name: str = "") -> Context:
        """Return the named context, or the current one; PxhelmError when there is none."""
        wanted = name or self.current
        if wanted == SIMULATOR and SIMULATOR not in self.contexts:
            return Context(SIMULATOR)
        if wanted in self.contexts:
            return self.contexts[wanted]
        if not wanted:
            raise PxhelmError(
                "cannot reach a cluster: no context is set",
                code=ExitCode.FAILED,
                hint="add one with `pxhelm config add`, or try `pxhelm --context simulator …`, which needs nothing",
            )
        import difflib

        known = [*self.contexts, SIMULATOR]
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known contexts: {', '.join(sorted(set(known)))}"
        raise PxhelmError(f"cannot use context {wanted}: it is not in {self.config_file}", hint=hint)

    def namespace_of(self, context: Context) -> str:
        """Return the namespace that a command works in."""
        return self.namespace or context.namespace or "default"

    @property
    def store(self) -> Path:
        """Return the store's file."""
        return self.store_file or self.directories.data / "pxhelm.db"


def context_of(settings: Settings, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Context | None:
    """Return the context that the global flags ask for; None is the current one, looked up when it is needed."""
    name = flags.get("context", "")
    context = settings.context(name) if name else None
    endpoint = flags.get("endpoint") or (environ.get("PXHELM_ENDPOINT", "") if not name else "")
    if endpoint:
        base = context or (settings.context() if settings.current else _from_environment(environ))
        context = replace(base, endpoints=(normalize_endpoint(endpoint),))
    changes: dict[str, Any] = {field: flags[name] for name, field in _TO_CONTEXT.items() if flags.get(name)}
    if token := flags.get("api_token"):
        token_id, equals, secret = token.partition("=")
        if not equals or "!" not in token_id or "@" not in token_id:
            raise PxhelmError("cannot use --api-token: it is not USER@REALM!ID=SECRET", code=ExitCode.USAGE)
        changes |= {"token_id": token_id, "token": SecretSource(given=Secret(secret))}
    if changes and (context or settings.current):
        context = replace(context or settings.context(), **changes)
    return context


_TO_CONTEXT: Final = {
    "fingerprint": "fingerprint",
    "pve_ca_file": "ca_file",
    "pve_tls_server_name": "server_name",
    "pve_insecure_skip_tls_verify": "insecure",
    "burst_limit": "at_once",
    "qps": "per_second",
}
"""Global flags and the field of the context that each sets."""


def _from_environment(environ: Mapping[str, str]) -> Context:
    return Context(
        "environment",
        token_id=environ.get("PXHELM_TOKEN_ID", ""),
        token=SecretSource(env="PXHELM_TOKEN"),
        fingerprint=environ.get("PXHELM_FINGERPRINT", ""),
    )


def load(environ: Mapping[str, str] | None = None, *, config_file: str = "", namespace: str = "") -> Settings:
    """Read the environment and the configuration file (which may be missing)."""
    env = os.environ if environ is None else environ
    directories = Directories.from_environment(env)
    path = Path(config_file or env.get("PXHELM_CONFIG", "") or directories.config / "config.yaml").expanduser()
    settings = Settings(
        directories=directories,
        config_file=path,
        contexts={},
        current=env.get("PXHELM_CONTEXT", ""),
        namespace=namespace or env.get("PXHELM_NAMESPACE", ""),
        store_file=Path(env["PXHELM_STORE"]).expanduser() if env.get("PXHELM_STORE") else None,
    )
    settings = _read(settings, config_file)
    pairs = (part.partition("=") for part in env.get("PXHELM_LIMITS", "").split(",") if part.strip())
    found = {name.strip(): value for name, _, value in pairs}
    return replace(settings, limits=read_limits(found, settings.limits, "PXHELM_LIMITS")) if found else settings


def _read(settings: Settings, config_file: str) -> Settings:
    path = settings.config_file
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if config_file:
            raise PxhelmError(f"cannot read {path}: no such file") from None
        return settings
    except OSError as error:
        raise PxhelmError(f"cannot read {path}: {error.strerror}") from None
    contexts, current, limits = _parse(text, path)
    return replace(settings, contexts=contexts, current=settings.current or current, limits=limits)


def _parse(text: str, path: Path) -> tuple[dict[str, Context], str, Limits]:
    import yaml

    try:
        data = yaml.load(text, yaml.CSafeLoader) or {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise PxhelmError(
            f"cannot read {path}: {error.problem}", code=ExitCode.USAGE, where=Where(str(path), line)
        ) from None
    if not isinstance(data, dict):
        raise _malformed(path, "", "a mapping with contexts")
    contexts: dict[str, Context] = {}
    for number, entry in enumerate(data.get("contexts") or []):
        place = f"contexts[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise _malformed(path, place, "a mapping with a name")
        contexts[entry["name"]] = _context(entry, path, place)
    current = data.get("currentContext") or ""
    limits = data.get("limits") or {}
    if not isinstance(limits, dict):
        raise _malformed(path, "limits", f"a mapping of {', '.join(one.name for one in fields(Limits))}")
    return contexts, str(current), read_limits(limits, Limits(), str(path))


_KEYS = {"name", "endpoints", "tokenID", "token", "user", "password", "tls", "namespace", "vmidRange", "allowCommands"}


def _context(entry: dict[str, object], path: Path, place: str) -> Context:
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise _malformed(path, f"{place}.{unknown[0]}", f"one of {', '.join(sorted(_KEYS))}")
    tls = entry.get("tls") or {}
    endpoints = entry.get("endpoints") or []
    if not isinstance(tls, dict):
        raise _malformed(path, f"{place}.tls", "a mapping of caFile, fingerprint, insecure, serverName")
    if not isinstance(endpoints, list) or not all(isinstance(e, str) for e in endpoints):
        raise _malformed(path, f"{place}.endpoints", "a list of addresses such as https://pve1:8006")
    low, _, high = str(entry.get("vmidRange") or "10000-99999").partition("-")
    if not (low.isdigit() and high.isdigit() and 100 <= int(low) <= int(high)):
        raise _malformed(path, f"{place}.vmidRange", "a range such as 10000-99999")
    return Context(
        name=str(entry["name"]),
        endpoints=tuple(normalize_endpoint(e) for e in endpoints),
        token_id=str(entry.get("tokenID") or ""),
        token=_source(entry.get("token"), path, f"{place}.token"),
        user=str(entry.get("user") or ""),
        password=_source(entry.get("password"), path, f"{place}.password"),
        ca_file=str(tls.get("caFile") or ""),
        fingerprint=str(tls.get("fingerprint") or ""),
        insecure=bool(tls.get("insecure", False)),
        server_name=str(tls.get("serverName") or ""),
        namespace=str(entry.get("namespace") or ""),
        vmid_range=(int(low), int(high)),
        allow_commands=_yes(entry.get("allowCommands", False), path, f"{place}.allowCommands"),
    )


def _yes(value: object, path: Path, place: str) -> bool:
    if not isinstance(value, bool):
        raise _malformed(path, place, "true or false")
    return value


def _source(value: object, path: Path, place: str) -> SecretSource:
    if value is None:
        return SecretSource()
    if not isinstance(value, dict) or len(value) != 1 or set(value) - {"env", "file", "command"}:
        raise _malformed(
            path, place, "one of {env: NAME}, {file: PATH}, {command: [PROGRAM, …]}; never the secret itself"
        )
    if "command" in value:
        command = value["command"]
        return SecretSource(command=tuple(str(c) for c in (command if isinstance(command, list) else [command])))
    return SecretSource(env=str(value.get("env") or ""), file=str(value.get("file") or ""))


def _malformed(path: Path, place: str, accepted: str) -> PxhelmError:
    return PxhelmError(
        f"cannot read {path}: expected {accepted}", code=ExitCode.USAGE, where=Where(str(path), field=place)
    )


def normalize_endpoint(text: str) -> str:
    """Return ``https://host:port`` of what a person types: ``pve1``, ``pve1:8006``, ``https://pve1:8006/``.

    >>> normalize_endpoint("pve1")
    'https://pve1:8006'
    """
    from urllib.parse import urlsplit

    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = parts.hostname or ""
    if not host or parts.scheme not in ("http", "https"):
        raise PxhelmError(
            f"cannot use endpoint {text}: not an address", code=ExitCode.USAGE, hint="write https://HOST:8006"
        )
    port = parts.port or 8006
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def save_context(settings: Settings, context: Context, *, make_current: bool) -> None:
    """Add or replace a context in the configuration file, keeping the user's comments; the file is 0600."""
    entry: dict[str, object] = {"name": context.name, "endpoints": list(context.endpoints)}
    if context.token_id:
        entry["tokenID"] = context.token_id
        entry["token"] = _source_entry(context.token)
    if context.user:
        entry["user"] = context.user
        entry["password"] = _source_entry(context.password)
    tls: dict[str, object] = {
        "caFile": context.ca_file,
        "fingerprint": context.fingerprint,
        "insecure": context.insecure,
        "serverName": context.server_name,
    }
    if any(tls.values()):
        entry["tls"] = {k: v for k, v in tls.items() if v}
    if context.namespace:
        entry["namespace"] = context.namespace

    def change(data: dict[str, object]) -> None:
        entries = data.setdefault("contexts", [])
        assert isinstance(entries, list)
        entries[:] = [e for e in entries if e.get("name") != context.name]
        entries.append(entry)
        if make_current:
            data["currentContext"] = context.name

    _edit(settings.config_file, change)


def use_context(settings: Settings, name: str) -> None:
    """Make a known context the current one."""
    settings.context(name)
    _edit(settings.config_file, lambda data: data.__setitem__("currentContext", name))


def remove_context(settings: Settings, name: str) -> None:
    """Remove a context; PxhelmError when it is not there."""
    if name not in settings.contexts:
        raise PxhelmError(f"cannot remove context {name}: it is not in {settings.config_file}")

    def change(data: dict[str, object]) -> None:
        entries = data["contexts"]
        assert isinstance(entries, list)
        entries[:] = [e for e in entries if e.get("name") != name]
        if data.get("currentContext") == name:
            data["currentContext"] = ""

    _edit(settings.config_file, change)


def _source_entry(source: SecretSource) -> dict[str, object]:
    if source.command:
        return {"command": list(source.command)}
    return {"env": source.env} if source.env else {"file": source.file}


def _edit(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    from io import StringIO

    from ruamel.yaml import YAML

    editor = YAML()
    editor.width = 4096  # a fingerprint stays on its line
    data = editor.load(path.read_text(encoding="utf-8")) if path.exists() else None
    if data is None:
        data = {"apiVersion": "proxmox.io/v1", "kind": "Config"}
    change(data)
    text = StringIO()
    editor.dump(data, text)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text.getvalue())
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
